-- Keys of several columns, in another order than the columns.
CREATE TABLE section (
  year INTEGER, semester TEXT, course TEXT, room TEXT, seats INTEGER,
  PRIMARY KEY (course, semester, year)
);
CREATE TABLE takes (
  student INTEGER, course TEXT, semester TEXT, year INTEGER, grade TEXT,
  PRIMARY KEY (student, course, semester, year),
  FOREIGN KEY (course, semester, year) REFERENCES section (course, semester, year)
);
CREATE TABLE teaches (
  teacher INTEGER, c TEXT, s TEXT, y INTEGER,
  PRIMARY KEY (teacher, c, s, y),
  FOREIGN KEY (c, s, y) REFERENCES section
);
CREATE TABLE translation (word TEXT, language TEXT, meaning TEXT, PRIMARY KEY (word, language)) WITHOUT ROWID;
