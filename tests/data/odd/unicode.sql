-- Names in other scripts, accents, marks that combine, and a right-to-left one.
CREATE TABLE "顧客" ("番号" INTEGER PRIMARY KEY, "氏名" TEXT, "生年月日" DATE);
CREATE TABLE Bestellungen (Nr INTEGER PRIMARY KEY, Größe REAL, Straße TEXT, "顧客番号" INTEGER REFERENCES "顧客"("番号"));
CREATE TABLE "élèves" ("prénom" TEXT, "né le" DATE, "école" TEXT, "note" REAL);
CREATE TABLE "Заказы" ("Номер" INTEGER PRIMARY KEY, "Город" TEXT, "Сумма" NUMERIC);
CREATE TABLE "مدينة" ("اسم" TEXT, "سكان" INTEGER);
CREATE TABLE "🍕 orders" ("🧀" TEXT, "price €" REAL, "cafe´ name" TEXT);
INSERT INTO "顧客" VALUES (1, '山田太郎', '1990-04-01');
INSERT INTO "élèves" VALUES ('Zoé', '2010-01-31', 'Jean-Moulin', 15.5);
INSERT INTO "Заказы" VALUES (1, 'Москва', 10.25);
