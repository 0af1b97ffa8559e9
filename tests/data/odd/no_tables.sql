-- Must be refused: SQL, but no tables at all.
PRAGMA foreign_keys = ON;
CREATE VIEW v AS SELECT 1 AS one;
SELECT * FROM v;
