-- Tables without any key, and columns without a type.
CREATE TABLE reading (sensor, taken_at, value);
CREATE TABLE sensor (code TEXT, place TEXT, unit TEXT);
CREATE TABLE log (line TEXT);
INSERT INTO sensor VALUES ('s1', 'cellar', 'C'), ('s2', 'roof', 'C');
INSERT INTO reading VALUES ('s1', '2024-05-01 10:00', 11.5), ('s2', '2024-05-01 10:00', 23);
