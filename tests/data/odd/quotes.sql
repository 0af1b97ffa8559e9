-- Quotes, brackets, semicolons and SQL inside of names and values.
CREATE TABLE "the ""best"" list" (
  "it's" INTEGER PRIMARY KEY,
  "a""b" TEXT,
  "back`tick" TEXT,
  "x; DROP TABLE y; --" TEXT,
  "semi;colon" TEXT,
  "100%" REAL,
  "what?" TEXT,
  "(in brackets)" TEXT,
  "a.b" TEXT,
  "c,d" TEXT
);
CREATE TABLE "O'Hara" (
  "it's" INTEGER REFERENCES "the ""best"" list"("it's"),
  "/* no comment */" TEXT,
  "-- nor this" TEXT
);
INSERT INTO "the ""best"" list" VALUES (1, 'O''Brien', '`', '"; DROP TABLE x; --', 'a;b', 1.5, '?', '()', '.', ',');
INSERT INTO "O'Hara" VALUES (1, '/* text */', '-- text');
