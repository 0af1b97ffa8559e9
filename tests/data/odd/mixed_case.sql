-- The case of a name is kept, and keys refer to it in any other.
CREATE TABLE StudentRecord (StuID INTEGER PRIMARY KEY, stuName TEXT, GPA REAL, HTTPServer2 TEXT, iOSVersion TEXT);
CREATE TABLE COURSE (COURSEID INTEGER PRIMARY KEY, cTitle TEXT, Credits INTEGER);
CREATE TABLE enrolledIn (
  stuid INTEGER, CourseId INTEGER, Grade TEXT,
  PRIMARY KEY (STUID, courseid),
  FOREIGN KEY (StuId) REFERENCES studentrecord(STUID),
  FOREIGN KEY (COURSEID) REFERENCES Course(courseId)
);
