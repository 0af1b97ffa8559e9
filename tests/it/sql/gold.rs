//! The benchmark's gold queries: they read, read back, and mean the same to their database.

use std::collections::HashMap;
use std::path::Path;

use super::super::data;
use argiope::query::Query;
use argiope::schema::{Schema, spider};
use argiope::sql::{self, Dialect, ParseOptions};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

const SPLITS: [&str; 3] = ["train", "train_others", "dev"];

/// Every tenth query by default; `ARGIOPE_GOLD_STEP=1` runs them all.
fn step() -> usize {
    std::env::var("ARGIOPE_GOLD_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(10)
}

/// (place, database, text) of a split's gold queries.
fn gold(split: &str) -> Option<Vec<(usize, String, String)>> {
    let text = std::fs::read_to_string(data(&format!("spider/{split}.json"))?).unwrap();
    let rows: Value = serde_json::from_str(&text).unwrap();
    let field = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = rows.as_array().unwrap().iter().enumerate();
    Some(rows.map(|(place, row)| (place, field(row, "db_id"), field(row, "query"))).step_by(step()).collect())
}

fn schemas() -> Option<HashMap<String, Schema>> {
    let schemas = spider::read_tables(&data("spider/tables.json")?).unwrap();
    Some(schemas.into_iter().map(|schema| (schema.name.clone(), schema)).collect())
}

fn options(dialect: Dialect) -> ParseOptions {
    ParseOptions { dialect, lenient: true }
}

#[test]
fn gold_reads_and_reads_back() {
    let Some(schemas) = schemas() else { return };
    for split in SPLITS {
        let Some(rows) = gold(split) else { return };
        let (mut read, mut strict, mut back) = (0, 0, 0);
        for (place, database, text) in &rows {
            let schema = &schemas[database];
            strict += usize::from(sql::check(text.trim_end_matches(';'), Dialect::Sqlite, schema).is_ok());
            match sql::parse_with(text, options(Dialect::Sqlite), schema) {
                Ok(query) => {
                    read += 1;
                    back += usize::from(Dialect::ALL.iter().all(|dialect| reads_back(&query, schema, *dialect)));
                }
                Err(error) => eprintln!("{split} {place} {error}: {text}"),
            }
        }
        eprintln!("{split}: {} gold queries, {read} read, {strict} strict, {back} read back", rows.len());
        assert_eq!(read, back);
        assert!(read * 1000 >= rows.len() * 999);
    }
}

fn reads_back(query: &Query, schema: &Schema, dialect: Dialect) -> bool {
    let text = sql::render(query, schema, dialect);
    let again = sql::parse_with(&text, options(dialect), schema);
    let checked = sql::check(&text, dialect, schema);
    if again.as_ref() != Ok(query) || checked.is_err() {
        eprintln!("{dialect:?} {checked:?} {again:?}: {text}");
        return false;
    }
    true
}

#[test]
fn rendered_gold_returns_the_same_rows() {
    let (Some(schemas), Some(databases)) = (schemas(), data("spider/database")) else { return };
    for split in SPLITS {
        let Some(rows) = gold(split) else { return };
        let (mut same, mut different, mut failed) = (0, 0, 0);
        for (place, database, text) in &rows {
            let schema = &schemas[database];
            let Ok(query) = sql::parse_with(text, options(Dialect::Sqlite), schema) else { continue };
            let rendered = sql::render(&query, schema, Dialect::Sqlite);
            let connection = open(&databases.join(database).join(format!("{database}.sqlite")));
            match (rows_of(&connection, text), rows_of(&connection, &rendered)) {
                (Ok(gold), Ok(ours)) if gold == ours => same += 1,
                (Ok(_), Ok(_)) => {
                    different += 1;
                    eprintln!("{split} {place} {database} differs: {text}\n    {rendered}");
                }
                (gold, ours) => {
                    failed += 1;
                    eprintln!("{split} {place} {database} {:?} {:?}: {text}\n    {rendered}", gold.err(), ours.err());
                }
            }
        }
        eprintln!("{split}: {same} the same rows, {different} others, {failed} failed");
        assert!(different * 200 <= rows.len() && failed == 0);
    }
}

#[test]
fn loom_reads_and_returns_the_same_rows() {
    let (Some(questions), Some(folder)) = (data("loom/questions.jsonl"), data("loom/schemas")) else { return };
    let text = std::fs::read_to_string(questions).unwrap();
    let mut databases: HashMap<String, (Schema, Connection)> = HashMap::new();
    let (mut all, mut same, mut others) = (0, 0, 0);
    for line in text.lines().step_by(step()) {
        let row: Value = serde_json::from_str(line).unwrap();
        let (name, gold) = (row["db_id"].as_str().unwrap(), row["query"].as_str().unwrap());
        let (schema, connection) = databases.entry(name.to_owned()).or_insert_with(|| {
            let definitions = std::fs::read_to_string(folder.join(format!("{name}.sql"))).unwrap();
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(&definitions).unwrap();
            (sql::ddl::read(&definitions, name).unwrap().0, connection)
        });
        all += 1;
        let query = match sql::parse(gold, Dialect::Sqlite, schema) {
            Ok(query) => query,
            Err(error) => {
                eprintln!("loom {name} {error}: {gold}");
                continue;
            }
        };
        assert!(Dialect::ALL.iter().all(|dialect| reads_back(&query, schema, *dialect)), "{gold}");
        let rendered = sql::render(&query, schema, Dialect::Sqlite);
        if rows_of(connection, gold).unwrap() == rows_of(connection, &rendered).unwrap() {
            same += 1;
        } else {
            others += 1;
            eprintln!("loom {name} differs: {gold}\n    {rendered}");
        }
    }
    eprintln!("loom: {all} queries, {same} the same rows, {others} others");
    assert!((same + others) * 1000 >= all * 995 && others * 200 <= all);
}

fn open(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).unwrap()
}

/// All rows as text, sorted: a bag.
fn rows_of(connection: &Connection, text: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(text)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut bag = Vec::new();
    while let Some(row) = rows.next()? {
        let cells: Vec<String> = (0..columns).map(|cell| format!("{:?}", row.get_ref(cell))).collect();
        bag.push(cells.join("|"));
    }
    bag.sort();
    Ok(bag)
}

#[test]
fn a_check_is_quick() {
    let (Some(schemas), Some(rows)) = (schemas(), gold("dev")) else { return };
    let texts: Vec<(&Schema, String)> = rows
        .iter()
        .filter_map(|(_, database, text)| {
            let schema = &schemas[database];
            let query = sql::parse_with(text, options(Dialect::Sqlite), schema).ok()?;
            Some((schema, sql::render(&query, schema, Dialect::Sqlite)))
        })
        .collect();
    let start = std::time::Instant::now();
    for (schema, text) in &texts {
        assert_eq!(sql::check(text, Dialect::Sqlite, schema), Ok(()));
    }
    let mean = start.elapsed() / texts.len() as u32;
    eprintln!("parse, resolve and check: {mean:?} a query");
    assert!(mean.as_millis() < 5, "the limit is 0.2 ms in a release build on a free machine");
}

#[test]
fn every_schema_becomes_a_database() {
    let Some(schemas) = schemas() else { return };
    for schema in schemas.values() {
        super::database(schema);
    }
}
