//! What the parser lets through and must not be handed out.

use super::odd_schema;
use argiope::schema::{Schema, SchemaBuilder};
use argiope::sql::{self, Dialect, ParseOptions};

fn pets() -> Schema {
    let mut builder = SchemaBuilder::new("pets");
    builder
        .table("student")
        .column("id", "INTEGER")
        .column("name", "TEXT")
        .column("age", "INTEGER")
        .table("pet")
        .column("id", "INTEGER")
        .column("owner", "INTEGER")
        .column("kind", "TEXT")
        .column("born", "DATE");
    builder.build().unwrap()
}

/// Refused in all dialects, with a finding that holds `reason`.
fn refused(text: &str, reason: &str) {
    let schema = pets();
    for dialect in Dialect::ALL {
        let found = sql::check(text, dialect, &schema).expect_err(text);
        let told = found.iter().any(|finding| finding.contains(reason)) || reason.is_empty();
        assert!(told, "{dialect:?} {text}: {found:?}, not {reason}");
    }
}

/// Refused in this dialect, taken by SQLite.
fn refused_by(dialect: Dialect, text: &str) {
    assert_eq!(sql::check(text, Dialect::Sqlite, &pets()), Ok(()), "{text}");
    assert!(sql::check(text, dialect, &pets()).is_err(), "{dialect:?} {text}");
}

fn taken(text: &str) {
    let schema = pets();
    for dialect in Dialect::ALL {
        assert_eq!(sql::check(text, dialect, &schema), Ok(()), "{dialect:?} {text}");
    }
}

#[test]
fn good_queries_pass() {
    taken("SELECT name FROM student WHERE age > 3 ORDER BY age DESC LIMIT 1");
    taken(
        "SELECT T1.name, count(*) FROM student AS T1 JOIN pet AS T2 ON T1.id = T2.owner GROUP BY T1.id HAVING count(*) > 1",
    );
    taken("SELECT name FROM student WHERE id NOT IN (SELECT owner FROM pet)");
    taken("SELECT name FROM student EXCEPT SELECT kind FROM pet ORDER BY name");
    taken("select NAME from Student s where exists (select * from pet where pet.owner = s.id);");
    taken("SELECT count(DISTINCT kind), max(id) - min(id) FROM pet");
    taken("SELECT kind AS k, count(*) AS n FROM pet GROUP BY k ORDER BY n DESC");
    taken("SELECT avg(n) FROM (SELECT count(*) AS n FROM pet GROUP BY kind) AS x");
}

#[test]
fn names_must_be_in_scope_and_plain() {
    refused("SELECT nme FROM student", "no column nme");
    refused("SELECT name FROM students", "no table students");
    refused("SELECT T9.name FROM student AS T1", "no source is called T9");
    refused("SELECT student.name FROM student AS T1", "no source is called student");
    refused("SELECT T1.kind FROM student AS T1", "T1 has no column kind");
    refused("SELECT id FROM student AS T1 JOIN pet AS T2 ON T1.id = T2.owner", "more than one source");
    refused("SELECT T1.id FROM student AS T1 JOIN pet AS T1 ON T1.id = T1.owner", "two sources are called T1");
    refused(
        "SELECT name FROM student WHERE id IN (SELECT owner FROM pet AS T2) AND T2.kind = 'x'",
        "no source is called T2",
    );
    refused("SELECT x.name FROM student AS x, (SELECT kind FROM pet WHERE owner = x.id) AS y", "no source is called x");
    refused("SELECT order FROM student", "");
    refused("SELECT name FROM sqlite_master", "no table sqlite_master");
    refused("SELECT name FROM information_schema.tables", "outside of this schema");
    refused("SELECT x.n FROM (SELECT count(*) FROM pet) AS x", "x has no column n");
}

#[test]
fn all_findings_are_told() {
    let found = sql::check("SELECT nme, T3.x, pg_sleep(9) FROM student", Dialect::Postgres, &pets()).unwrap_err();
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn widths_must_agree() {
    refused("SELECT name FROM student UNION SELECT id, kind FROM pet", "differ in their number of columns");
    refused("SELECT * FROM student UNION SELECT * FROM pet", "differ in their number of columns");
    refused("SELECT name FROM student WHERE id IN (SELECT id, owner FROM pet)", "more than one column");
    refused("SELECT name FROM student WHERE id = (SELECT * FROM pet)", "more than one column");
    refused("SELECT name FROM student WHERE (id, age) IN (SELECT id, owner FROM pet)", "");
}

#[test]
fn aggregates_stand_where_they_may() {
    refused("SELECT max(count(*)) FROM pet", "inside an aggregate");
    refused("SELECT name FROM student WHERE max(age) > 3", "aggregate in WHERE");
    refused("SELECT name FROM student GROUP BY count(*)", "aggregate in GROUP BY");
    refused("SELECT name FROM student ORDER BY count(*)", "aggregate in ORDER BY");
    refused("SELECT name FROM student HAVING age > 3", "HAVING without GROUP BY");
    refused("SELECT sum(*) FROM pet", "");
    refused("SELECT count(DISTINCT *) FROM pet", "");
    refused("SELECT name FROM student AS a WHERE 1 < (SELECT max(a.age) FROM pet)", "select around it");
    refused("SELECT count(*) AS n FROM pet WHERE n > 1", "");
    refused("SELECT T1.id FROM student AS T1 JOIN pet AS T2 ON T1.id = max(T2.id)", "aggregate in WHERE");
}

#[test]
fn only_one_reading_statement() {
    for text in [
        "SELECT name FROM student; DROP TABLE student",
        "SELECT name FROM student; SELECT name FROM student",
        "DROP TABLE student",
        "DELETE FROM student",
        "UPDATE student SET age = 1",
        "INSERT INTO student VALUES (1, 'a', 2)",
        "WITH x AS (DELETE FROM student RETURNING id) SELECT id FROM x",
        "PRAGMA writable_schema = 1",
        "ATTACH DATABASE 'x' AS y",
        "VACUUM",
        "EXPLAIN SELECT name FROM student",
        "SELECT name FROM student FOR UPDATE",
        "SELECT name INTO copy FROM student",
        "SELECT name FROM student INTO OUTFILE '/tmp/x'",
        "SELECT name INTO OUTFILE '/tmp/x' FROM student",
        "SELECT name INTO/**/OUTFILE '/tmp/x' FROM student",
        "SELECT name FROM student -- and more\n",
        "SELECT name FROM student /* ; DROP TABLE student */",
        "SELECT name FROM student /*! INTO OUTFILE '/tmp/x' */",
        "SELECT name FROM student # comment",
        "SELECT name FROM student\0; DROP TABLE student",
        "BEGIN",
        "COPY student TO '/tmp/x'",
        "CALL f()",
        "TABLE student",
        "VALUES (1)",
        "SELECT 1",
        "",
        ";",
        "hello",
    ] {
        refused(text, "");
    }
}

#[test]
fn a_backslash_means_something_in_mysql_only() {
    let text = "SELECT id FROM student WHERE name = '\\' OR id = 1; DROP TABLE student; --'";
    assert_eq!(sql::check(text, Dialect::MySql, &pets()), Ok(()));
    assert!(sql::check(text, Dialect::Sqlite, &pets()).is_err());
    assert!(sql::check("SELECT id FROM student WHERE name = '\\'", Dialect::MySql, &pets()).is_err());
}

#[test]
fn functions_off_the_list_are_refused() {
    for call in [
        "pg_read_file('/etc/passwd')",
        "load_extension('x')",
        "load_file('/etc/passwd')",
        "sleep(10)",
        "pg_sleep(10)",
        "randomblob(1000000000)",
        "max(id, age)",
        "count(id) OVER ()",
        "sum(age) FILTER (WHERE age > 1)",
        "string_agg(name, ',')",
        "current_user",
        "CURRENT_TIMESTAMP",
        "readfile('x')",
        "writefile('x', 'y')",
        "fts3_tokenizer('x')",
        "CASE age WHEN 1 THEN 1 END",
        "CAST(age AS REGCLASS)",
        "TRY_CAST(age AS TEXT)",
        "round(age, 1)",
        "age || name",
        "age::text",
        "name COLLATE nocase",
        "(SELECT pg_read_file('x') FROM pet)",
        "NULL",
        "?",
    ] {
        refused(&format!("SELECT {call} FROM student"), "");
        refused(&format!("SELECT name FROM student WHERE {call} = 1"), "");
    }
}

#[test]
fn values_that_no_query_holds_are_judged_by_their_parts() {
    for value in [
        "CASE WHEN age > 1 THEN name WHEN name LIKE 'a%' THEN 'x' ELSE 'y' END",
        "coalesce(name, 'x')",
        "round(abs(age))",
        "sum(CASE WHEN age > 1 THEN 1 ELSE 0 END)",
        "rank() OVER (PARTITION BY name ORDER BY age DESC, name)",
        "row_number() OVER (ORDER BY age) + 1",
    ] {
        let text = format!("SELECT {value} FROM student");
        taken(&text);
        assert!(sql::parse(&text, Dialect::Sqlite, &pets()).is_err(), "{text}");
    }
    for (dialect, kind) in [(Dialect::Sqlite, "REAL"), (Dialect::Postgres, "NUMERIC"), (Dialect::MySql, "SIGNED")] {
        let text = format!("SELECT name FROM student WHERE CAST(age AS {kind}) / 2 > 1");
        assert_eq!(sql::check(&text, dialect, &pets()), Ok(()), "{text}");
    }
    refused("SELECT CASE WHEN colour > 1 THEN 1 END FROM student", "colour");
    refused("SELECT coalesce(name, colour) FROM student", "colour");
    refused("SELECT name FROM student WHERE CASE WHEN count(id) > 1 THEN 1 ELSE 2 END = 1", "aggregate in WHERE");
    refused("SELECT name FROM student WHERE rank() OVER (ORDER BY age) = 1", "window");
    refused("SELECT sum(rank() OVER (ORDER BY age)) FROM student", "window");
    refused("SELECT rank() OVER (ORDER BY colour) FROM student", "colour");
    refused("SELECT coalesce(name) FROM student", "coalesce");
}

#[test]
fn other_clauses_are_refused() {
    refused("WITH x AS (SELECT name FROM student) SELECT name FROM x", "WITH");
    refused("WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT 1 FROM x) SELECT * FROM x", "WITH");
    refused("SELECT name FROM student LIMIT 1 OFFSET 2", "OFFSET");
    refused("SELECT name FROM student NATURAL JOIN pet", "NATURAL");
    refused("SELECT name FROM student CROSS JOIN generate_series(1, 10)", "");
    refused("SELECT name FROM student WHERE age > ALL (SELECT age FROM student)", "");
    refused("SELECT name FROM student LIMIT 1 UNION SELECT name FROM student", "");
    refused("(SELECT name FROM student LIMIT 1) UNION SELECT name FROM student", "");
}

#[test]
fn dialects_differ() {
    refused_by(Dialect::Postgres, "SELECT T1.name FROM student AS T1 JOIN pet AS T2");
    refused_by(Dialect::MySql, "SELECT T1.name FROM student AS T1 LEFT JOIN pet AS T2");
    refused_by(Dialect::Postgres, "SELECT kind, count(*) AS n FROM pet GROUP BY kind HAVING n > 1");
    refused_by(Dialect::MySql, "SELECT kind AS k FROM pet WHERE k = 'cat'");
    refused_by(Dialect::MySql, "SELECT count(*) FROM (SELECT kind FROM pet)");
    refused_by(Dialect::Postgres, "SELECT name FROM student WHERE name = \"Ann\"");
    refused_by(Dialect::Postgres, "SELECT kind FROM pet WHERE strftime('%Y', born) = '2024'");
    refused_by(Dialect::Postgres, "SELECT name FROM student, pet JOIN pet AS p ON p.owner = student.id");
}

#[test]
fn stars_over_stars_are_bounded() {
    let mut text = "SELECT *, * FROM student".to_owned();
    for _ in 0..40 {
        text = format!("SELECT *, * FROM ({text}) AS x");
    }
    refused(&text, "more than 2000 columns");
    let mut text = "SELECT id, id AS id, count(*) FROM student".to_owned();
    for _ in 0..30 {
        text = format!("SELECT x.id, x.id FROM ({text}) AS x");
    }
    let query = sql::parse(&text, Dialect::Sqlite, &pets()).unwrap();
    assert!(!sql::render(&query, &pets(), Dialect::Sqlite).is_empty());
}

#[test]
fn absurd_texts_are_refused_quickly() {
    let schema = pets();
    let deep = format!("SELECT {}id{} FROM student", "(".repeat(5_000), ")".repeat(5_000));
    let nested =
        format!("{}SELECT id FROM student{}", "SELECT id FROM student WHERE id IN (".repeat(300), ")".repeat(300));
    let nots = format!("SELECT id FROM student WHERE {} id = 1", "NOT ".repeat(3_900));
    let minus = format!("SELECT {} id FROM student", "- ".repeat(3_900));
    let long = format!("SELECT id FROM student WHERE {} id = 1", "id = 1 OR ".repeat(20_000));
    let unions = vec!["SELECT id FROM student"; 900].join(" UNION ");
    for text in [deep, nested, nots, minus, long, unions] {
        for dialect in Dialect::ALL {
            assert!(sql::check(&text, dialect, &schema).is_err());
        }
    }
    let chain = format!("SELECT id FROM student WHERE {} id = 1", "id = 1 OR ".repeat(900));
    let sum = format!("SELECT {} id FROM student", "id + ".repeat(1_900));
    for dialect in Dialect::ALL {
        assert_eq!(sql::check(&chain, dialect, &schema), Ok(()));
        let _no_crash = sql::check(&sum, dialect, &schema);
    }
}

/// One text as it should be rendered in each dialect.
fn renders(text: &str, sqlite: &str, postgres: &str, mysql: &str) {
    for schema in [pets(), odd_schema()] {
        let Ok(query) = sql::parse(text, Dialect::Sqlite, &schema) else { continue };
        for (dialect, expected) in Dialect::ALL.into_iter().zip([sqlite, postgres, mysql]) {
            assert_eq!(sql::render(&query, &schema, dialect), expected);
            assert_eq!(sql::parse(expected, dialect, &schema).as_ref(), Ok(&query), "{dialect:?} {expected}");
        }
        return;
    }
    panic!("{text} is of no schema");
}

#[test]
fn intersect_after_union_keeps_its_order_but_is_refused() {
    let text = "SELECT kind FROM pet UNION SELECT name FROM student INTERSECT SELECT name FROM student";
    refused(text, "");
    let lenient = |dialect| ParseOptions { dialect, lenient: true };
    let query = sql::parse_with(text, lenient(Dialect::Sqlite), &pets()).unwrap();
    assert_eq!(sql::render(&query, &pets(), Dialect::Sqlite), text);
    let bracketed = "(SELECT kind FROM pet UNION SELECT name FROM student) INTERSECT SELECT name FROM student";
    assert_eq!(sql::render(&query, &pets(), Dialect::Postgres), bracketed);
    assert_eq!(sql::parse_with(bracketed, lenient(Dialect::Postgres), &pets()), Ok(query));
}

#[test]
fn texts_of_the_dialects() {
    renders(
        "select NAME from STUDENT where not (age <= 3 or name like '%o''x\\%')",
        "SELECT name FROM student WHERE age > 3 AND name NOT LIKE '%o''x\\%'",
        "SELECT name FROM student WHERE age > 3 AND name NOT ILIKE '%o''x\\\\%'",
        "SELECT name FROM student WHERE age > 3 AND name NOT LIKE '%o''x\\\\\\\\%'",
    );
    renders(
        "SELECT kind FROM pet WHERE strftime('%Y', born) = '2024' AND strftime('%m', born) IN ('05', '06')",
        "SELECT kind FROM pet WHERE strftime('%Y', born) = '2024' AND strftime('%m', born) IN ('05', '06')",
        "SELECT kind FROM pet WHERE EXTRACT(YEAR FROM born) = 2024 AND EXTRACT(MONTH FROM born) IN (5, 6)",
        "SELECT kind FROM pet WHERE YEAR(born) = 2024 AND MONTH(born) IN (5, 6)",
    );
    renders(
        "SELECT strftime('%Y-%m', born), count(*) FROM pet GROUP BY 1",
        "SELECT strftime('%Y-%m', born), count(*) FROM pet GROUP BY strftime('%Y-%m', born)",
        "SELECT to_char(born, 'YYYY-MM'), count(*) FROM pet GROUP BY to_char(born, 'YYYY-MM')",
        "SELECT DATE_FORMAT(born, '%Y-%m'), count(*) FROM pet GROUP BY DATE_FORMAT(born, '%Y-%m')",
    );
    renders(
        "SELECT s.name FROM student s LEFT JOIN pet p ON p.owner = s.id WHERE p.id IS NULL",
        "SELECT T1.name FROM student AS T1 LEFT JOIN pet AS T2 ON T1.id = T2.owner WHERE T2.id IS NULL",
        "SELECT T1.name FROM student AS T1 LEFT JOIN pet AS T2 ON T1.id = T2.owner WHERE T2.id IS NULL",
        "SELECT T1.name FROM student AS T1 LEFT JOIN pet AS T2 ON T1.id = T2.owner WHERE T2.id IS NULL",
    );
    renders(
        "SELECT name FROM student, pet WHERE student.id = owner AND EXISTS (SELECT * FROM pet WHERE owner = student.id)",
        "SELECT T1.name FROM student AS T1 JOIN pet AS T2 WHERE T1.id = T2.owner \
         AND EXISTS (SELECT * FROM pet WHERE owner = T1.id)",
        "SELECT T1.name FROM student AS T1 CROSS JOIN pet AS T2 WHERE T1.id = T2.owner \
         AND EXISTS (SELECT * FROM pet WHERE owner = T1.id)",
        "SELECT T1.name FROM student AS T1 CROSS JOIN pet AS T2 WHERE T1.id = T2.owner \
         AND EXISTS (SELECT * FROM pet WHERE owner = T1.id)",
    );
    renders(
        "SELECT avg(n) FROM (SELECT kind, count(*) AS n FROM pet GROUP BY kind)",
        "SELECT avg(c1) FROM (SELECT kind, count(*) AS c1 FROM pet GROUP BY kind)",
        "SELECT avg(c1) FROM (SELECT kind, count(*) AS c1 FROM pet GROUP BY kind) AS T1",
        "SELECT avg(c1) FROM (SELECT kind, count(*) AS c1 FROM pet GROUP BY kind) AS T1",
    );
    renders(
        "SELECT count(*) FROM \"Order\" WHERE paid = 1 AND \"group\" = \"no such column\" AND \"placed on\" LIKE '2024%'",
        "SELECT count(*) FROM \"Order\" WHERE paid = 1 AND \"group\" = 'no such column' AND \"placed on\" LIKE '2024%'",
        "SELECT count(*) FROM \"Order\" WHERE paid = TRUE AND \"group\" = 'no such column' \
         AND CAST(\"placed on\" AS TEXT) ILIKE '2024%'",
        "SELECT count(*) FROM `Order` WHERE paid = 1 AND `group` = 'no such column' AND `placed on` LIKE '2024%'",
    );
    renders(
        "SELECT id FROM T2 AS x WHERE EXISTS (SELECT * FROM plain WHERE year = x.id)",
        "SELECT T1.id FROM T2 AS T1 WHERE EXISTS (SELECT * FROM plain WHERE year = T1.id)",
        "SELECT T1.id FROM \"T2\" AS T1 WHERE EXISTS (SELECT * FROM plain WHERE year = T1.id)",
        "SELECT T1.id FROM T2 AS T1 WHERE EXISTS (SELECT * FROM plain WHERE year = T1.id)",
    );
}
