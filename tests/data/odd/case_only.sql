-- Must be refused: SQLite and MySQL hold these names for the same.
CREATE TABLE Item (id INTEGER PRIMARY KEY, Name TEXT, name TEXT);
CREATE TABLE shelf (id INTEGER PRIMARY KEY, item INTEGER REFERENCES Item(id));
CREATE TABLE item (id INTEGER PRIMARY KEY, colour TEXT);
