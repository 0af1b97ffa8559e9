//! DDL text: the odd schemas and dumps of tests/data/odd, bad input, and size.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use argiope::Error;
use argiope::schema::sqlite::{SampleLimits, add_samples, read_schema};
use argiope::schema::{Column, Schema, spider};
use argiope::sql::{Dialect, ddl};

/// Odd schemas that every reader must take. Each is SQLite's DDL and can be made a database.
const ODD: [&str; 10] = [
    "spaces",
    "quotes",
    "reserved",
    "unicode",
    "mixed_case",
    "no_keys",
    "self_reference",
    "composite_keys",
    "digits",
    "one_letter",
];

/// Every text here is read in well under a second on an idle machine; one that takes this long is read in
/// quadratic time, whatever else the machine does.
const PATIENCE: Duration = Duration::from_secs(60);

fn odd_text(name: &str) -> String {
    std::fs::read_to_string(crate::root().join("tests/data/odd").join(format!("{name}.sql"))).unwrap()
}

fn odd(name: &str) -> (Schema, Vec<String>) {
    ddl::read(&odd_text(name), name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A column by `table.column`, spelled exactly.
fn column<'a>(schema: &'a Schema, table: &str, name: &str) -> &'a Column {
    let found = schema.columns.iter().find(|column| column.name == name && schema.table(column.table).name == table);
    found.unwrap_or_else(|| panic!("no {table}.{name}"))
}

/// Foreign keys as `a(x, y) -> b(z, w)`.
fn foreign_keys(schema: &Schema) -> Vec<String> {
    let side = |ids: Vec<_>| {
        let names: Vec<&str> = ids.iter().map(|&id| schema.column(id).name.as_str()).collect();
        format!("{}({})", schema.table(schema.column(ids[0]).table).name, names.join(", "))
    };
    let both = |key: &argiope::schema::ForeignKey| {
        let (from, to) = key.columns.iter().copied().unzip();
        format!("{} -> {}", side(from), side(to))
    };
    schema.foreign_keys.iter().map(both).collect()
}

fn primary_key(schema: &Schema, table: &str) -> Vec<String> {
    let id = schema.table_named(table).unwrap();
    schema.table(id).primary_key.iter().map(|&column| schema.column(column).name.clone()).collect()
}

fn findings<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result.unwrap_err() {
        Error::Schema { findings } => findings,
        other => panic!("another error: {other}"),
    }
}

/// A temporary file with this content, gone at the end of the test.
struct TempFile(std::path::PathBuf);

impl TempFile {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("argiope-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes the file a database, without waiting for the disk.
fn fill(file: &TempFile, ddl: &str) {
    let connection = rusqlite::Connection::open(&file.0).unwrap();
    connection.execute_batch(&format!("PRAGMA synchronous = OFF; BEGIN; {ddl}; COMMIT;")).unwrap();
}

#[test]
fn odd_names_read_alike_from_text_and_from_a_database() {
    for name in ODD {
        let (from_text, notes) = odd(name);
        assert!(notes.is_empty(), "{name}: {notes:?}");
        let file = TempFile::new(&format!("{name} 100%?#.sqlite"), b"");
        fill(&file, &odd_text(name));
        let from_file = read_schema(&file.0, SampleLimits::default()).unwrap();
        let shape = |schema: &Schema| {
            let tables: Vec<_> = schema.tables.iter().map(|table| format!("{table:?}")).collect();
            let columns: Vec<_> = schema.columns.iter().map(|c| (c.name.clone(), c.kind, c.samples.clone())).collect();
            (tables, columns, schema.foreign_keys.clone())
        };
        assert_eq!(shape(&from_text), shape(&from_file), "{name}");
        let mut emptied = from_text.without_samples();
        assert!(add_samples(&mut emptied, &file.0, SampleLimits::default()).unwrap().is_empty());
        assert_eq!(shape(&emptied), shape(&from_file), "{name}");
    }
}

#[test]
fn odd_names_are_spelled_as_they_are() {
    let (quotes, _) = odd("quotes");
    assert_eq!(column(&quotes, "the \"best\" list", "a\"b").samples, ["O'Brien"]);
    assert_eq!(column(&quotes, "the \"best\" list", "it's").samples, ["1"]);
    assert_eq!(column(&quotes, "the \"best\" list", "x; DROP TABLE y; --").samples, ["\"; DROP TABLE x; --"]);
    assert_eq!(column(&quotes, "O'Hara", "/* no comment */").samples, ["/* text */"]);
    let (spaces, _) = odd("spaces");
    assert_eq!(column(&spaces, "loyal customers", " full name ").label, "full name");
    assert_eq!(column(&spaces, "order details", "ship  to  town").samples, ["New York", "Oslo"]);
    let (unicode, _) = odd("unicode");
    assert_eq!(column(&unicode, "顧客", "氏名").samples, ["山田太郎"]);
    assert_eq!(column(&unicode, "Bestellungen", "Größe").label, "größe");
    let (mixed, _) = odd("mixed_case");
    assert_eq!(column(&mixed, "StudentRecord", "HTTPServer2").label, "http server 2");
    assert_eq!(foreign_keys(&mixed)[0], "enrolledIn(stuid) -> StudentRecord(StuID)");
}

#[test]
fn keys_are_read_in_their_order() {
    let (schema, _) = odd("composite_keys");
    assert_eq!(primary_key(&schema, "section"), ["course", "semester", "year"]);
    let expected = [
        "takes(course, semester, year) -> section(course, semester, year)",
        "teaches(c, s, y) -> section(course, semester, year)",
    ];
    assert_eq!(foreign_keys(&schema), expected);
    let (schema, _) = odd("self_reference");
    let expected = [
        "employee(boss_id) -> employee(id)",
        "employee(mentor_id) -> employee(id)",
        "employee(unit_id) -> unit(id)",
        "unit(head_id) -> employee(id)",
        "unit(parent_id) -> unit(id)",
        "flight(origin) -> airport(code)",
        "flight(destination) -> airport(code)",
    ];
    assert_eq!(foreign_keys(&schema), expected);
}

#[test]
fn a_postgres_dump_is_read() {
    let (schema, notes) = odd("postgres_dump");
    let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["customers", "orders"]);
    assert_eq!(primary_key(&schema, "customers"), ["id"]);
    assert_eq!(foreign_keys(&schema), ["orders(customer_id) -> customers(id)"]);
    let name = column(&schema, "customers", "full_name");
    assert_eq!(name.comment.as_deref(), Some("Given name, then family name; it's one text."));
    assert_eq!(name.samples, ["Ana; CREATE TABLE no (x int);", "Tab\there"]);
    assert_eq!(column(&schema, "customers", "MixedCase").samples, ["back\\slash"]);
    assert_eq!(column(&schema, "customers", "state").samples, ["happy", "it's fine"]);
    let kinds: Vec<String> = schema.columns.iter().map(|column| format!("{:?}", column.kind)).collect();
    let expected = "Number Text Text Text Other Text Time Time Text Number Boolean Number Number Time Other";
    assert_eq!(kinds.join(" "), expected);
    assert!(notes.iter().any(|note| note.contains("CREATE FUNCTION")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("orders_2024")), "{notes:?}");
}

#[test]
fn a_mysql_dump_is_read() {
    let (schema, notes) = odd("mysql_dump");
    let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["order line", "product"]);
    assert_eq!(schema.tables[0].columns.len(), 12);
    assert_eq!(primary_key(&schema, "order line"), ["id"]);
    assert_eq!(primary_key(&schema, "product"), ["id"]);
    assert_eq!(foreign_keys(&schema), ["order line(product_id) -> product(id)"]);
    assert_eq!(column(&schema, "order line", "id").comment.as_deref(), Some("the line's number; unique"));
    assert_eq!(column(&schema, "order line", "size").samples, ["S", "M", "it's XL"]);
    assert_eq!(column(&schema, "order line", "note").samples, ["It's \"fine\"; really\\"]);
    assert_eq!(column(&schema, "product", "name").samples, ["Shirt", "Hat"]);
    let kinds: Vec<String> = schema.columns.iter().map(|column| format!("{:?}", column.kind)).collect();
    let expected = "Number Number Text Text Boolean Number Number Time Other Text Text Number Number Text";
    assert_eq!(kinds.join(" "), expected);
    assert!(notes.iter().any(|note| note.contains("CREATE")), "{notes:?}");
}

#[test]
fn a_sqlite_dump_is_read() {
    let (schema, notes) = odd("sqlite_dump");
    let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["town", "road"], "{notes:?}");
    let types: Vec<&str> = schema.columns.iter().map(|column| column.declared_type.as_str()).collect();
    let expected = [
        "INTEGER",
        "LONG VARCHAR(20)",
        "UNSIGNED BIG INT",
        "NATIVE REAL",
        "DATETIME",
        "INT",
        "INTEGER",
        "INTEGER",
        "REAL",
    ];
    assert_eq!(types, expected);
    assert_eq!(primary_key(&schema, "road"), ["a", "b"]);
    assert_eq!(foreign_keys(&schema), ["road(a) -> town(id)", "road(b) -> town(id)"]);
    assert_eq!(column(&schema, "town", "name").samples, ["Bergen"]);
    assert_eq!(column(&schema, "town", "area").samples, ["464.7", "2"]);
}

#[test]
fn migrations_are_followed() {
    let text = "CREATE TABLE a (id int primary key, x int);
        CREATE TABLE IF NOT EXISTS a (other int);
        CREATE TABLE b (a_id int references a(id), old int, gone text);
        ALTER TABLE b RENAME COLUMN old TO new; ALTER TABLE b DROP COLUMN gone;
        ALTER TABLE a ADD COLUMN y text, ADD CHECK (y <> ''); ALTER TABLE a RENAME TO c;
        DROP TABLE IF EXISTS d; CREATE TABLE d (z int); DROP TABLE d; CREATE TABLE d (w int); CREATE TABLE e (x int, KEY i (x));";
    let (schema, _) = ddl::read(text, "m").unwrap();
    let names: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "x", "y", "a_id", "new", "w", "x"]);
    assert_eq!(foreign_keys(&schema), ["b(a_id) -> c(id)"]);
}

#[test]
fn the_dialect_decides_on_case_and_backslashes() {
    let text = "CREATE TABLE StuRec (StuName text, \"Kept\" text);";
    let (schema, _) = ddl::read_as(text, "s", Some(Dialect::Postgres)).unwrap();
    assert_eq!((schema.tables[0].name.as_str(), schema.tables[0].label.as_str()), ("sturec", "stu rec"));
    assert_eq!((schema.columns[0].name.as_str(), schema.columns[0].label.as_str()), ("stuname", "stu name"));
    assert_eq!(schema.columns[1].name, "Kept");
    assert_eq!(ddl::read(text, "s").unwrap().0.columns[0].name, "StuName");
    for (text, value) in [
        ("CREATE TABLE p (v text); INSERT INTO p VALUES ('C:\\');", "C:\\"),
        ("CREATE TABLE p (v text); INSERT INTO p VALUES ('it\\'s');", "it's"),
    ] {
        assert_eq!(ddl::read(text, "s").unwrap().0.columns[0].samples, [value]);
    }
}

#[test]
fn bad_text_is_told_with_place_and_reason() {
    for (text, expected) in [
        ("", &["no CREATE TABLE"][..]),
        ("  \n-- nothing\n;;", &["no CREATE TABLE"]),
        (&odd_text("no_tables"), &["no CREATE TABLE"]),
        ("hello world\nthis; is no SQL", &["no CREATE TABLE", "line 1: this is not SQL: \"hello world", "line 2"]),
        ("{\"a\": 1}", &["no CREATE TABLE", "line 1: this is not SQL"]),
        ("CREATE TABLE a (id int);\nCRATE TABLE b (id int);", &["line 2: this is not SQL: \"CRATE TABLE b"]),
        ("CREATE TABLE a (id int);\n\ncreate table A (x int);", &["line 3: table \"A\" is defined twice", "line 1"]),
        (&odd_text("case_only"), &["column \"name\" twice", "differ by upper and lower case only"]),
        ("CREATE TABLE a (\n id int,\n name te", &["line 3"]),
        ("CREATE TABLE", &["line 1"]),
        ("CREATE TABLE a (id int);\nCREATE TABLE b (x text DEFAULT 'open);\n", &["line 2: a string begins here"]),
        ("/* for ever\nCREATE TABLE a (id int);", &["line 1: a comment begins here"]),
        ("CREATE TABLE a (\n id int,\n 5 % x,\n b text,\n ) (,\n c int);\nCREATE TABLE ((;", &["line 3", "line 7"]),
        ("CREATE TABLE a (\nb int DEFAULT,\nc int,\nd int REFERENCES,\ne int)", &["line 2", "line 4"]),
        ("CREATE TABLE a\0(b int)", &["line 1: this is a binary file"]),
    ] {
        let found = findings(ddl::read(text, "bad"));
        for part in expected {
            assert!(found.iter().any(|finding| finding.contains(part)), "{text:?}: {part} not in {found:?}");
        }
    }
}

#[test]
fn deep_and_endless_text_is_refused_or_read_without_a_panic() {
    let deep = format!("CREATE TABLE a (x int DEFAULT {}1{})", "(".repeat(20_000), ")".repeat(20_000));
    assert!(!findings(ddl::read(&deep, "deep")).is_empty());
    for text in [
        "(",
        "'",
        "$",
        "$a$",
        "[",
        "\\",
        "`",
        "--",
        "/*",
        "E'\\",
        "CREATE TABLE (",
        "INSERT INTO a VALUES (",
        "DELIMITER",
        "COPY a FROM stdin",
    ] {
        let _ = ddl::read(&text.repeat(2_000), "noise");
        let _ = ddl::read(&format!("CREATE TABLE a (b int);{text}"), "noise");
        let _ = ddl::read(&format!("CREATE TABLE a (b int {text}"), "noise");
    }
}

#[test]
fn hostile_text_takes_no_more_than_linear_time() {
    for part in [
        "[",
        "CREATE TRIGGER t BEGIN x;\n",
        "$ a$",
        "/* ",
        "CREATE TABLE a (b int;\n",
        "(",
        "'' ",
        "\n.",
        "create ",
        "# ",
    ] {
        let text = part.repeat(400_000 / part.len());
        let begin = Instant::now();
        let _ = ddl::read(&text, "hostile");
        assert!(begin.elapsed() < PATIENCE, "{part:?}: {:?}", begin.elapsed());
    }
}

#[test]
fn every_cut_of_a_dump_is_read_or_refused() {
    for name in ["postgres_dump", "mysql_dump", "sqlite_dump", "quotes", "unicode"] {
        let text = odd_text(name);
        for (at, _) in text.char_indices().step_by(23) {
            let _ = ddl::read(&text[..at], name);
            let _ = ddl::read(&text[at..], name);
        }
    }
}

#[test]
fn files_that_are_no_schema_are_told() {
    let text = TempFile::new(
        "text.sqlite",
        b"CREATE TABLE a (id int); -- not a database, and long enough to have a header of one",
    );
    assert!(findings(read_schema(&text.0, SampleLimits::default()))[0].contains("not a SQLite database"));
    let empty = TempFile::new("empty.sqlite", b"");
    assert!(findings(read_schema(&empty.0, SampleLimits::default()))[0].contains("no tables"));
    let missing = std::path::Path::new("no/such/file.sqlite");
    assert!(matches!(read_schema(missing, SampleLimits::default()), Err(Error::Io { .. })));
    assert!(read_schema(&std::env::temp_dir(), SampleLimits::default()).is_err());
    assert!(matches!(spider::read_tables(missing), Err(Error::Io { .. })));
    let wrong = findings(spider::read_tables(&text.0));
    assert!(wrong[0].contains("text.sqlite") && wrong[0].contains("line 1"), "{wrong:?}");
    let mut cut = vec![0u8; 4096];
    cut[..16].copy_from_slice(b"SQLite format 3\0");
    let cut = TempFile::new("cut.sqlite", &cut);
    assert!(read_schema(&cut.0, SampleLimits::default()).is_err());
    assert!(findings(ddl::read_bytes(b"SQLite format 3\0rest", "f"))[0].contains("SQLite database"));
    assert!(findings(ddl::read_bytes(&[0x89, b'P', b'N', b'G', 0, 0, 1], "f"))[0].contains("binary"));
}

/// `tables` tables of `width` columns, each with a key to the one before.
fn large_ddl(tables: usize, width: usize) -> String {
    let mut text = String::new();
    for table in 0..tables {
        write!(text, "CREATE TABLE table_{table} (\n  id INTEGER PRIMARY KEY").unwrap();
        for column in 1..width - 1 {
            write!(text, ",\n  column_{column} VARCHAR(40) DEFAULT 'x' NOT NULL").unwrap();
        }
        writeln!(text, ",\n  before INTEGER REFERENCES table_{}(id)\n);", table.saturating_sub(1)).unwrap();
    }
    text
}

#[test]
fn large_schemas_are_read_quickly() {
    for (tables, width) in [(300, 12), (500, 10)] {
        let text = large_ddl(tables, width);
        let begin = Instant::now();
        let (schema, notes) = ddl::read(&text, "large").unwrap();
        let elapsed = begin.elapsed();
        eprintln!("{tables} tables, {} columns from DDL: {} ms", schema.columns.len(), elapsed.as_millis());
        assert_eq!((schema.tables.len(), schema.columns.len()), (tables, tables * width));
        assert_eq!((schema.foreign_keys.len(), notes.len()), (tables, 0));
        assert!(elapsed < PATIENCE, "{elapsed:?}");
        let file = TempFile::new(&format!("large-{tables}.sqlite"), b"");
        fill(&file, &text);
        let begin = Instant::now();
        let from_file = read_schema(&file.0, SampleLimits::default()).unwrap();
        eprintln!("and from a database: {} ms", begin.elapsed().as_millis());
        assert_eq!(from_file.foreign_keys, schema.foreign_keys);
    }
}

#[test]
fn rows_are_bounded_and_read_quickly() {
    let mut text = "CREATE TABLE a (n INTEGER, v TEXT);\n".to_owned();
    for row in 0..100_000 {
        writeln!(text, "INSERT INTO a VALUES ({row}, 'it''s value {row}; of many');").unwrap();
    }
    let begin = Instant::now();
    let (schema, _) = ddl::read(&text, "rows").unwrap();
    eprintln!("100,000 rows of {} MB: {} ms", text.len() >> 20, begin.elapsed().as_millis());
    assert_eq!(schema.columns[1].samples.len(), SampleLimits::default().max_values_per_column);
    assert!(begin.elapsed() < PATIENCE);
}
