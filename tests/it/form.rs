//! What the form can say, row by row: SQL, its canonical form, and the SQL that comes back.

use std::cell::RefCell;

use argiope::form::{Keyword, Recogniser, Symbol, from_query, to_query};
use argiope::query::{FindValues, Literal, ValueTarget, Values};
use argiope::schema::{Schema, SchemaBuilder};
use argiope::sql::{self, Dialect};

/// Spells the n-th literal by word n.
#[derive(Default)]
struct Aside(RefCell<Vec<(Literal, ValueTarget)>>);

impl FindValues for Aside {
    fn find(&self, literal: &Literal, target: &ValueTarget) -> Option<(usize, usize)> {
        // Constants that have a keyword of their own are not spelled.
        if matches!(literal, Literal::Number(text) if text == "1" || text == "100") {
            return None;
        }
        let mut all = self.0.borrow_mut();
        all.push((literal.clone(), *target));
        Some((all.len() - 1, all.len() - 1))
    }
}

impl Values for Aside {
    fn literal(&self, start: usize, _: usize, target: &ValueTarget) -> Literal {
        let (literal, found_for) = self.0.borrow()[start].clone();
        assert_eq!(found_for, *target, "both directions see the same target for {literal:?}");
        literal
    }

    fn other(&self, _: &ValueTarget) -> Literal {
        Literal::Text("other".to_owned())
    }
}

fn school() -> Schema {
    let mut builder = SchemaBuilder::new("school");
    builder.table("student").column("id", "INTEGER").column("name", "TEXT").column("age", "INTEGER");
    builder.column("born", "DATE").column("mentor_id", "INTEGER").primary_key(&["id"]);
    builder.foreign_key(&["mentor_id"], "student", &["id"]);
    builder
        .table("course")
        .column("code", "TEXT")
        .column("title", "TEXT")
        .column("fee", "REAL")
        .column("hours", "REAL");
    builder.primary_key(&["code"]);
    builder.table("enrolment").column("student_id", "INTEGER").column("course_code", "TEXT").column("mark", "REAL");
    builder.foreign_key(&["student_id"], "student", &["id"]).foreign_key(&["course_code"], "course", &["code"]);
    builder.table("swap").column("from_id", "INTEGER").column("to_id", "INTEGER").column("day", "DATE");
    builder.foreign_key(&["from_id"], "student", &["id"]).foreign_key(&["to_id"], "student", &["id"]);
    builder.table("room").column("number", "INTEGER").column("floor", "INTEGER");
    builder.build().unwrap()
}

fn spell(form: &[Symbol], schema: &Schema) -> String {
    let spell = |symbol: &Symbol| match *symbol {
        Symbol::Keyword(keyword) => keyword.name().to_owned(),
        Symbol::Column(id) => {
            format!("{}.{}", schema.table(schema.column(id).table).name, schema.column(id).name)
        }
        Symbol::Table(table) => schema.table(table).name.clone(),
        Symbol::Word(word) => format!("w{word}"),
    };
    form.iter().map(spell).collect::<Vec<_>>().join(" ")
}

/// SQL → form, as spelled; form → SQL gives `back`.
fn check_back(text: &str, expected: &str, back: &str) {
    let schema = school();
    let query = sql::parse(text, Dialect::Sqlite, &schema).unwrap_or_else(|error| panic!("{text}: {error}"));
    let values = Aside::default();
    let form = from_query(&schema, &query, &values).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(spell(&form, &schema), expected, "{text}");
    let again = to_query(&schema, &form, &values).unwrap();
    assert_eq!(sql::render(&again, &schema, Dialect::Sqlite), back);
}

fn check(text: &str, expected: &str) {
    check_back(text, expected, text);
}

#[test]
fn one_table() {
    check("SELECT name FROM student", "student.name");
    check("SELECT * FROM student", "student");
    check("SELECT count(*) FROM student", "COUNT student");
    check("SELECT DISTINCT name, age FROM student", "DISTINCT student.name student.age");
    check("SELECT count(DISTINCT name) FROM student", "COUNT DISTINCT student.name");
    check("SELECT name FROM student WHERE age > 20", "student.name WHERE student.age GT w0 w0");
    check("SELECT name FROM student ORDER BY age DESC LIMIT 1", "student.name DESC student.age LIMIT_ONE");
    check("SELECT name FROM student ORDER BY age LIMIT 7", "student.name ASC student.age LIMIT w0 w0");
    check("SELECT name FROM student WHERE born IS NOT NULL", "student.name WHERE student.born NOT_NULL");
    check("SELECT name FROM student WHERE name LIKE '%x%'", "student.name WHERE student.name LIKE_CONTAINS w0 w0");
    check("SELECT name FROM student WHERE age BETWEEN 3 AND 5", "student.name WHERE student.age BETWEEN w0 w0 w1 w1");
    check("SELECT name FROM student WHERE age NOT IN (3, 5)", "student.name WHERE student.age NOT_IN w0 w0 w1 w1");
    check(
        "SELECT age, count(*) FROM student GROUP BY age HAVING count(*) > 1",
        "student.age COUNT student GROUP student.age HAVING COUNT student GT NUM_1",
    );
}

#[test]
fn and_or_brackets() {
    check(
        "SELECT name FROM student WHERE age = 3 OR age = 4 AND name = 'x'",
        "student.name WHERE student.age EQ w0 w0 OR student.age EQ w1 w1 AND student.name EQ w2 w2",
    );
    check(
        "SELECT name FROM student WHERE (age = 3 OR age = 4) AND name = 'x'",
        "student.name WHERE OPEN student.age EQ w0 w0 OR student.age EQ w1 w1 CLOSE AND student.name EQ w2 w2",
    );
}

#[test]
fn arithmetic_and_dates() {
    check("SELECT fee / hours FROM course", "DIV course.fee course.hours");
    check("SELECT sum(fee * hours) FROM course", "SUM MUL course.fee course.hours");
    check(
        "SELECT title FROM course WHERE fee > hours * 0.8",
        "course.title WHERE course.fee GT MUL course.hours w0 w0",
    );
    check("SELECT fee * 100 / hours FROM course", "DIV MUL course.fee NUM_100 course.hours");
    check("SELECT max(fee) - min(fee) FROM course", "SUB MAX course.fee MIN course.fee");
    check(
        "SELECT strftime('%Y', born), count(*) FROM student GROUP BY strftime('%Y', born)",
        "YEAR student.born COUNT student GROUP YEAR student.born",
    );
    check(
        "SELECT name FROM student WHERE strftime('%m', born) = '05'",
        "student.name WHERE MONTH student.born EQ w0 w0",
    );
}

#[test]
fn derived_joins() {
    check(
        "SELECT T1.name, T2.mark FROM student AS T1 JOIN enrolment AS T2 ON T1.id = T2.student_id",
        "student.name enrolment.mark",
    );
    check(
        "SELECT T1.name, T3.title FROM student AS T1 JOIN enrolment AS T2 ON T1.id = T2.student_id JOIN course AS T3 ON T2.course_code = T3.code",
        "student.name course.title",
    );
    check(
        "SELECT T1.name FROM student AS T1 JOIN enrolment AS T2 ON T1.id = T2.student_id",
        "student.name JOIN enrolment",
    );
    check(
        "SELECT T1.name, count(*) FROM student AS T1 JOIN enrolment AS T2 ON T1.id = T2.student_id GROUP BY T1.id",
        "student.name COUNT enrolment GROUP student.id",
    );
    // The key's side of equal columns is the canonical one.
    check_back(
        "SELECT T1.name FROM student AS T1 JOIN enrolment AS T2 ON T1.id = T2.student_id WHERE T2.mark = 1 GROUP BY T2.student_id",
        "student.name WHERE enrolment.mark EQ NUM_1 GROUP student.id",
        "SELECT T1.name FROM student AS T1 JOIN enrolment AS T2 ON T1.id = T2.student_id WHERE T2.mark = 1 GROUP BY T1.id",
    );
}

#[test]
fn explicit_and_outer_joins() {
    check(
        "SELECT T1.name, T2.floor FROM student AS T1 JOIN room AS T2 ON T1.age = T2.number",
        "student.name room.floor ON student.age room.number",
    );
    check(
        "SELECT T1.name, T2.day FROM student AS T1 JOIN swap AS T2 ON T1.id = T2.to_id",
        "student.name swap.day ON swap.to_id student.id",
    );
    check(
        "SELECT T1.name, count(T2.mark) FROM student AS T1 LEFT JOIN enrolment AS T2 ON T1.id = T2.student_id GROUP BY T1.id",
        "student.name COUNT enrolment.mark OUTER student GROUP student.id",
    );
}

#[test]
fn copies() {
    check(
        "SELECT T1.name, T2.name FROM student AS T1 JOIN student AS T2 ON T1.mentor_id = T2.id",
        "student.name COPY_1 student.name",
    );
    check(
        "SELECT T1.name, T3.name FROM student AS T1 JOIN swap AS T2 ON T1.id = T2.from_id JOIN student AS T3 ON T2.to_id = T3.id",
        "student.name COPY_1 student.name JOIN swap",
    );
    check(
        "SELECT T1.name FROM student AS T1 JOIN student AS T2 ON T1.age = T2.age WHERE T2.name = 'x'",
        "student.name ON student.age COPY_1 student.age WHERE COPY_1 student.name EQ w0 w0",
    );
}

#[test]
fn nested_queries() {
    check(
        "SELECT name FROM student WHERE age > (SELECT avg(age) FROM student)",
        "student.name WHERE student.age GT OPEN AVG student.age CLOSE",
    );
    check(
        "SELECT name FROM student WHERE id NOT IN (SELECT student_id FROM enrolment)",
        "student.name WHERE student.id NOT_IN OPEN enrolment.student_id CLOSE",
    );
    check(
        "SELECT T1.name FROM student AS T1 WHERE EXISTS (SELECT * FROM enrolment WHERE student_id = T1.id)",
        "student.name WHERE EXISTS OPEN enrolment WHERE enrolment.student_id EQ UP student.id CLOSE",
    );
    check(
        "SELECT count(*) FROM (SELECT age FROM student GROUP BY age HAVING count(*) > 1)",
        "FROM OPEN student.age GROUP student.age HAVING COUNT student GT NUM_1 CLOSE COUNT STAR",
    );
}

#[test]
fn compounds() {
    check("SELECT name FROM student INTERSECT SELECT title FROM course", "student.name INTERSECT course.title");
    check(
        "SELECT name FROM student WHERE age = 1 UNION SELECT title FROM course ORDER BY name LIMIT 1",
        "student.name WHERE student.age EQ NUM_1 UNION course.title ASC OUT_1 LIMIT_ONE",
    );
}

#[test]
fn what_is_forbidden() {
    use Keyword as K;
    let schema = school();
    let refused = |form: &[Symbol]| {
        let recogniser = Recogniser::new(&schema, 9, 100);
        let mut state = recogniser.start();
        for (at, &symbol) in form.iter().enumerate() {
            match recogniser.advance(&state, symbol) {
                Some(next) => state = next,
                None => return at + 1 == form.len(),
            }
        }
        false
    };
    let (name, age) = (Symbol::Column(argiope::schema::ColumnId(1)), Symbol::Column(argiope::schema::ColumnId(2)));
    let table = Symbol::Table(argiope::schema::TableId(0));
    let k = Symbol::from;
    assert!(refused(&[name, k(K::Where), k(K::Max)]), "an aggregate in WHERE");
    assert!(refused(&[k(K::Max), k(K::Min)]), "an aggregate in an aggregate");
    assert!(refused(&[name, k(K::Ascending), k(K::Count)]), "an aggregate as sort key without groups");
    assert!(refused(&[name, k(K::Having)]), "HAVING without GROUP");
    assert!(refused(&[name, age, k(K::Union), name, k(K::Where)]), "arms of different width");
    assert!(refused(&[name, k(K::Where), name, k(K::In), k(K::Open), name, age]), "two outputs to look up in");
    assert!(refused(&[name, k(K::Union), name, k(K::Intersect)]), "INTERSECT after UNION");
    assert!(refused(&[k(K::Count), k(K::Distinct), k(K::Star)]), "DISTINCT *");
    assert!(refused(&[k(K::Star), k(K::End)]), "rows from nowhere");
    assert!(refused(&[name, table]), "`*` behind other items");
    assert!(refused(&[name, k(K::Where), k(K::Up)]), "nothing around the outermost select");
}

/// A chain of tables without declared keys, but with columns named like the next table's key.
fn chain(tables: usize) -> Schema {
    let mut builder = SchemaBuilder::new("chain");
    for table in 0..tables {
        builder.table(&format!("t{table}")).column(&format!("k{table}"), "INTEGER");
        builder
            .column(&format!("k{}", table + 1), "INTEGER")
            .column("name", "TEXT")
            .primary_key(&[&format!("k{table}")]);
    }
    builder.build().unwrap()
}

fn sources(schema: &Schema, names: &[&str]) -> usize {
    let column = |name: &&str| {
        let table = schema.table_named(name).unwrap();
        Symbol::Column(schema.column_named(table, "name").unwrap())
    };
    let form: Vec<Symbol> = names.iter().map(column).collect();
    to_query(schema, &form, &Aside::default()).unwrap().first.from.sources.len()
}

#[test]
fn keys_that_a_schema_forgot_connect_tables_that_are_near() {
    let schema = chain(500);
    assert_eq!(sources(&schema, &["t7", "t8"]), 2);
    assert_eq!(sources(&schema, &["t0", "t3"]), 4, "two tables between");
    assert_eq!(sources(&schema, &["t0", "t6"]), 7, "five tables between");
    assert_eq!(sources(&schema, &["t0", "t400"]), 2, "too far: crossed, not 399 joins");
    assert_eq!(sources(&schema, &["t0", "t3", "t9", "t499"]), 4 + 6 + 1);
}

/// What the second source of a two-table form is joined on, as (earlier column, its column).
fn join_of(schema: &Schema, first: (&str, &str), second: (&str, &str)) -> (String, String) {
    let column = |(table, column): (&str, &str)| {
        let table = schema.table_named(table).unwrap();
        Symbol::Column(schema.column_named(table, column).unwrap())
    };
    let query = to_query(schema, &[column(first), column(second)], &Aside::default()).unwrap();
    let text = argiope::sql::render(&query, schema, argiope::sql::Dialect::Sqlite);
    let (_, condition) = text.split_once(" ON ").unwrap_or_else(|| panic!("{text}"));
    let (left, right) = condition.split_once(" = ").unwrap();
    (left.to_owned(), right.to_owned())
}

#[test]
fn a_column_called_after_a_table_is_its_key() {
    let flights = |kind: &str, column: &str| {
        let mut builder = SchemaBuilder::new("air");
        builder.table("airlines").column("uid", "INTEGER").column("airline", "TEXT").primary_key(&["uid"]);
        builder.table("flights").column(column, kind).column("number", "INTEGER");
        builder.build().unwrap()
    };
    let join = |kind, column| join_of(&flights(kind, column), ("airlines", "uid"), ("flights", "number"));
    assert_eq!(join("INTEGER", "Airline"), ("T1.uid".to_owned(), "T2.Airline".to_owned()));
    assert_eq!(join("INTEGER", "airline_id"), ("T1.uid".to_owned(), "T2.airline_id".to_owned()));
    assert_eq!(join("TEXT", "Airline"), ("T1.airline".to_owned(), "T2.Airline".to_owned()), "a name, not a key");
}

#[test]
fn ids_are_the_last_columns_that_are_guessed_for_keys() {
    let mut builder = SchemaBuilder::new("fleet");
    builder.table("car").column("id", "INTEGER").column("plate", "TEXT").column("owner", "TEXT");
    builder.table("fine").column("id", "INTEGER").column("plate", "INTEGER").column("amount", "REAL");
    let join = join_of(&builder.build().unwrap(), ("car", "owner"), ("fine", "amount"));
    assert_eq!(join, ("T1.plate".to_owned(), "T2.plate".to_owned()));
}

#[test]
fn the_order_in_which_keys_are_listed_does_not_matter() {
    let friends = |order: [&str; 2]| {
        let mut builder = SchemaBuilder::new("school");
        builder.table("student").column("id", "INTEGER").column("name", "TEXT").primary_key(&["id"]);
        builder.table("friend").column("student_id", "INTEGER").column("friend_id", "INTEGER").column("since", "DATE");
        for column in order {
            builder.foreign_key(&[column], "student", &["id"]);
        }
        builder.build().unwrap()
    };
    for order in [["student_id", "friend_id"], ["friend_id", "student_id"]] {
        let join = join_of(&friends(order), ("student", "name"), ("friend", "since"));
        assert_eq!(join, ("T1.id".to_owned(), "T2.student_id".to_owned()));
    }
}

#[test]
fn the_same_form_always_means_the_same() {
    let schema = school();
    let form: Vec<Symbol> = [(0, 1), (1, 1), (2, 2)]
        .iter()
        .map(|&(table, place)| {
            let columns = schema.table(argiope::schema::TableId(table)).columns.clone();
            Symbol::Column(argiope::schema::ColumnId(columns.start + place))
        })
        .collect();
    let first = to_query(&schema, &form, &Aside::default()).unwrap();
    for _ in 0..20 {
        assert_eq!(to_query(&schema, &form, &Aside::default()).unwrap(), first);
    }
}

#[test]
fn a_broken_form_is_an_error() {
    let schema = school();
    let name = Symbol::Column(argiope::schema::ColumnId(1));
    for form in
        [vec![], vec![Keyword::Max.into()], vec![name, Keyword::Where.into(), name], vec![name, Symbol::Word(1)]]
    {
        assert!(to_query(&schema, &form, &Aside::default()).is_err(), "{form:?}");
    }
}
