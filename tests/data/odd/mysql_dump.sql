-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `shop`;

DROP TABLE IF EXISTS `order line`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `order line` (
  `id` int unsigned NOT NULL AUTO_INCREMENT COMMENT 'the line''s number; unique',
  `product_id` bigint(20) unsigned DEFAULT NULL,
  `size` enum('S','M','it\'s XL') CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT 'M' COMMENT 'shirt \'size\'',
  `flags` set('a','b') DEFAULT NULL,
  `gift` tinyint(1) NOT NULL DEFAULT '0',
  `price` decimal(10,2) NOT NULL DEFAULT '0.00',
  `made` year(4) DEFAULT NULL,
  `changed` timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `place` point /*!80003 SRID 4326 */ DEFAULT NULL,
  `doc` json DEFAULT NULL,
  `note` mediumtext COLLATE utf8mb4_unicode_ci,
  `total` decimal(12,2) GENERATED ALWAYS AS ((`price` * 2)) STORED,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u_note` (`note`(20)) USING BTREE COMMENT 'an index',
  KEY `k_product` (`product_id`,`price` DESC),
  FULLTEXT KEY `ft` (`note`) /*!50100 WITH PARSER `ngram` */ ,
  SPATIAL KEY `sp` (`place`),
  CONSTRAINT `fk_product` FOREIGN KEY (`product_id`) REFERENCES `product` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION,
  CONSTRAINT `price_is_good` CHECK ((`price` >= 0))
) ENGINE=InnoDB AUTO_INCREMENT=1043 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci ROW_FORMAT=DYNAMIC COMMENT='Lines; of orders'
/*!50100 PARTITION BY HASH (`id`) PARTITIONS 4 */;

LOCK TABLES `order line` WRITE;
/*!40000 ALTER TABLE `order line` DISABLE KEYS */;
INSERT INTO `order line` (`id`, `product_id`, `size`, `note`) VALUES (1,7,'M','It\'s \"fine\"; really\\'),(2,NULL,'S',_binary 'x');
UNLOCK TABLES;

# a comment; of MySQL's own
CREATE TABLE `product` (
  `id` bigint(20) unsigned NOT NULL,
  `name` varchar(255) NOT NULL
) ENGINE=MyISAM;
ALTER TABLE `product`
  ADD PRIMARY KEY (`id`),
  ADD UNIQUE KEY `name` (`name`);
ALTER TABLE `product`
  MODIFY `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=8;

DELIMITER ;;
CREATE DEFINER=`root`@`localhost` TRIGGER `t` BEFORE INSERT ON `product` FOR EACH ROW BEGIN
  IF NEW.name = '' THEN SET NEW.name = 'none'; END IF;
END;;
DELIMITER ;
/*!50001 CREATE VIEW `v` AS SELECT 1 AS `one` */;
INSERT INTO `product` VALUES (7,'Shirt'),(8,'Hat');
