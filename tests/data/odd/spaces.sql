-- Names with spaces, in all three ways to quote them.
CREATE TABLE "order details" (
  "line no" INTEGER PRIMARY KEY,
  "unit price" DECIMAL(8, 2),
  "ship  to  town" TEXT,
  "who bought it" INTEGER REFERENCES [loyal customers]("card no")
);
CREATE TABLE [loyal customers] (
  `card no` INTEGER PRIMARY KEY,
  [ full name ] TEXT
);
INSERT INTO "loyal customers" VALUES (1, 'Ana Ruiz'), (2, 'Bo Lind');
INSERT INTO "order details" VALUES (1, 9.50, 'New York', 1), (2, 3, 'Oslo', 2);
