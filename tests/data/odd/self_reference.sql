-- Tables that refer to themselves, to each other, and twice to the same one.
CREATE TABLE employee (
  id INTEGER PRIMARY KEY,
  name TEXT,
  boss_id INTEGER REFERENCES employee(id),
  mentor_id INTEGER REFERENCES employee,
  unit_id INTEGER REFERENCES unit(id)
);
CREATE TABLE unit (id INTEGER PRIMARY KEY, title TEXT, head_id INTEGER REFERENCES employee(id), parent_id INTEGER REFERENCES unit(id));
CREATE TABLE flight (nr TEXT PRIMARY KEY, origin TEXT REFERENCES airport(code), destination TEXT REFERENCES airport(code));
CREATE TABLE airport (code TEXT PRIMARY KEY, city TEXT);
