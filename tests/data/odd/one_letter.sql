-- The shortest names, names like aliases and functions, and words of other tables.
CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, t TEXT, T1 INTEGER);
CREATE TABLE T1 (t INTEGER REFERENCES t(a), a TEXT, T2 TEXT);
CREATE TABLE T2 (count INTEGER, avg REAL, max REAL, min TEXT, sum REAL, strftime TEXT, rowid_ INTEGER);
CREATE TABLE _ (_ INTEGER, __ TEXT);
INSERT INTO t VALUES (1, 'b', 't', 2);
