//! Schemas from the three sources: `tables.json`, SQLite files and DDL text; agreement between them, odd names,
//! and bad input. The odd schemas lie in tests/data/odd.

use std::path::PathBuf;
use std::time::Instant;

use argiope::schema::sqlite::{SampleLimits, add_samples, read_schema};
use argiope::schema::{Schema, spider};
use argiope::sql::ddl;

/// No cell values: only the shape is asked for.
const NO_SAMPLES: SampleLimits = SampleLimits { max_values_per_column: 0, max_values: 0, max_chars: 0, max_rows: 0 };

/// Names folded, for sources that spell them in different case.
fn names(schema: &Schema) -> Vec<(String, Vec<String>)> {
    let columns = |id| schema.columns_of(id).map(|column| schema.column(column).name.to_lowercase()).collect();
    schema.table_ids().map(|id| (schema.table(id).name.to_lowercase(), columns(id))).collect()
}

/// Keys by name.
fn keys(schema: &Schema) -> Vec<String> {
    let name = |id| {
        let column = schema.column(id);
        format!("{}.{}", schema.table(column.table).name, column.name).to_lowercase()
    };
    let primary = schema
        .tables
        .iter()
        .map(|table| format!("{:?}", table.primary_key.iter().map(|&id| name(id)).collect::<Vec<_>>()));
    let foreign = schema
        .foreign_keys
        .iter()
        .map(|key| format!("{:?}", key.columns.iter().map(|&(from, to)| (name(from), name(to))).collect::<Vec<_>>()));
    primary.chain(foreign).collect()
}

fn spider_schemas() -> Option<Vec<(Schema, PathBuf)>> {
    let (tables, databases) = (crate::data("spider/tables.json")?, crate::data("spider/database")?);
    let schemas = spider::read_tables(&tables).unwrap();
    Some(
        schemas
            .into_iter()
            .map(|schema| {
                let path = databases.join(&schema.name).join(format!("{}.sqlite", schema.name));
                (schema, path)
            })
            .collect(),
    )
}

#[test]
fn spider_reads_alike_from_tables_and_databases() {
    let Some(schemas) = spider_schemas() else { return };
    assert_eq!(schemas.len(), 166);
    for (schema, path) in &schemas {
        let read = read_schema(path, NO_SAMPLES).unwrap();
        let mut ours = names(&read);
        // SQLite's own table; Spider lists it for one database.
        let mut theirs: Vec<_> = names(schema).into_iter().filter(|(table, _)| table != "sqlite_sequence").collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{}", schema.name);
    }
}

#[test]
fn spider_reads_alike_from_databases_and_their_own_ddl() {
    let Some(schemas) = spider_schemas() else { return };
    for (schema, path) in &schemas {
        let connection =
            rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let query = "SELECT group_concat(sql, ';' || char(10)) FROM (SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid)";
        let text: String = connection.query_row(query, [], |row| row.get(0)).unwrap();
        let (read, _) = ddl::read(&text, &schema.name).unwrap_or_else(|error| panic!("{}: {error}", schema.name));
        let expected = read_schema(path, NO_SAMPLES).unwrap();
        assert_eq!(names(&read), names(&expected), "{}", schema.name);
        assert_eq!(keys(&read), keys(&expected), "{}", schema.name);
        let kinds = |schema: &Schema| schema.columns.iter().map(|column| column.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&read), kinds(&expected), "{}", schema.name);
    }
}

#[test]
fn samples_come_from_databases_within_their_limits() {
    let Some(schemas) = spider_schemas() else { return };
    let limits = SampleLimits::default();
    let (mut slowest, mut missing) = (0, Vec::new());
    for (mut schema, path) in schemas {
        let begin = Instant::now();
        missing.extend(add_samples(&mut schema, &path, limits).unwrap());
        slowest = slowest.max(begin.elapsed().as_millis());
        for column in &schema.columns {
            assert!(column.samples.len() <= limits.max_values_per_column);
            assert!(column.samples.iter().all(|value| value.chars().count() <= limits.max_chars));
        }
        if schema.name == "concert_singer" {
            let country = schema.columns.iter().find(|column| column.name == "Country").unwrap();
            assert!(country.samples.iter().any(|value| value == "France"));
        }
    }
    eprintln!("slowest database: {slowest} ms");
    assert!(missing.iter().all(|note| note.contains("sqlite_sequence")), "{missing:?}");
}

#[test]
fn every_loom_schema_reads_with_its_rows() {
    let Some(folder) = crate::data("loom/schemas") else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (schema, notes) = ddl::read(&text, "loom").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        count += 1;
        if !notes.is_empty() {
            // Values that an UPDATE sets are not seen.
            let known = |note: &String| note.contains("UPDATE") || note.contains("PRAGMA");
            assert!(notes.iter().all(known), "{}: {notes:?}", path.display());
            continue;
        }
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(&text).unwrap();
        for column in &schema.columns {
            let table = &schema.table(column.table).name;
            let query =
                format!("SELECT DISTINCT \"{}\" AS x FROM \"{table}\" WHERE length(x) BETWEEN 1 AND 60", column.name);
            let mut statement = connection.prepare(&query).unwrap();
            let mut values: Vec<String> = statement
                .query_map([], |row| {
                    Ok(match row.get_ref(0).unwrap() {
                        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                        rusqlite::types::ValueRef::Real(number) => number.to_string(),
                        other => other.as_str().unwrap().to_owned(),
                    })
                })
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let mut samples = column.samples.clone();
            samples.sort();
            values.sort();
            assert_eq!(samples, values, "{}: {table}.{}", path.display(), column.name);
        }
    }
    assert_eq!(count, 225);
}

#[test]
fn every_bird_schema_reads_alike_from_ddl_and_tables() {
    let (Some(ddl), Some(tables)) = (crate::data("extra/bird/ddl.json"), crate::data("extra/bird/tables.json")) else {
        return;
    };
    let texts: std::collections::HashMap<String, String> =
        serde_json::from_slice(&std::fs::read(ddl).unwrap()).unwrap();
    let schemas = spider::read_tables(&tables).unwrap();
    assert_eq!((schemas.len(), texts.len()), (68, 68));
    for schema in schemas {
        let (read, notes) =
            ddl::read(&texts[&schema.name], &schema.name).unwrap_or_else(|error| panic!("{}: {error}", schema.name));
        assert!(notes.iter().all(|note| note.contains("passed over")), "{}: {notes:?}", schema.name);
        let (mut ours, mut theirs) = (names(&read), names(&schema));
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{}", schema.name);
    }
}
