-- Names that begin with digits, hold only digits, or look like numbers.
CREATE TABLE "2024_sales" ("1st_quarter" REAL, "2nd" REAL, "3" REAL, "4e5" REAL, "0x1F" TEXT, id INTEGER PRIMARY KEY);
CREATE TABLE "360" ("007" TEXT, "1.5" REAL, "-1" INTEGER, sale INTEGER REFERENCES "2024_sales"(id));
CREATE TABLE t1 (c1 INTEGER, c11 INTEGER, c2 TEXT);
INSERT INTO "2024_sales" VALUES (1.5, 2, 3, 4, '0x1F', 1);
