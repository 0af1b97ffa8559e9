-- Words of SQL as names.
CREATE TABLE "order" (
  "select" INTEGER PRIMARY KEY,
  "from" DATE,
  "where" TEXT,
  "group" INTEGER REFERENCES "group"("index"),
  "desc" TEXT,
  "limit" INTEGER
);
CREATE TABLE "group" (
  "index" INTEGER PRIMARY KEY,
  "table" TEXT,
  "primary" INTEGER,
  "check" BOOLEAN,
  "default" TEXT
);
CREATE TABLE "user" (
  "key" TEXT PRIMARY KEY,
  "values" TEXT,
  "join" INTEGER REFERENCES "order"("select"),
  "distinct" INTEGER,
  "case" TEXT,
  "null" TEXT,
  "count" INTEGER,
  "and" TEXT
);
CREATE TABLE "join" ("on" INTEGER REFERENCES "user"("key"), "left" TEXT, "as" TEXT, "union" TEXT, "exists" TEXT);
