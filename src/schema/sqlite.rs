//! SQLite files, opened read-only: tables, columns and keys by PRAGMA, and a bounded sample of cell values.
//!
//! Never writes. Text that is not UTF-8 is read with replacement characters. Internal, shadow and virtual tables
//! and views are passed over.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

use super::{ColumnDraft, ForeignKeyDraft, Schema, SchemaBuilder, TableDraft, TableId};
use crate::error::{Error, Result};

/// How many cell values are read, and how long they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleLimits {
    /// Distinct values a column.
    pub max_values_per_column: usize,
    /// Distinct values over all columns, shared equally: bounds memory where there are thousands of columns.
    pub max_values: usize,
    /// Longer values are passed over; a question does not quote them, and a cut value equals no cell.
    pub max_chars: usize,
    /// Rows of a table that are looked at: bounds the time on large tables.
    pub max_rows: usize,
}

impl Default for SampleLimits {
    /// 2,000 values hold every name column of Spider but the largest; 400,000 values take about 40 MB; 20,000 rows
    /// are scanned in a few milliseconds a column.
    fn default() -> Self {
        Self { max_values_per_column: 2_000, max_values: 400_000, max_chars: 60, max_rows: 20_000 }
    }
}

impl SampleLimits {
    /// The values one of `columns` columns may hold.
    fn values_each(&self, columns: usize) -> usize {
        self.max_values_per_column.min(self.max_values / columns.max(1))
    }
}

/// Reads the schema of a database file, with samples. Its name is the file's name without the ending.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read; [`Error::Schema`] when it is not a SQLite database or holds no tables.
pub fn read_schema(path: &Path, limits: SampleLimits) -> Result<Schema> {
    let connection = open(path)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut builder = SchemaBuilder::new(&name);
    let failed = |error| unreadable(path, &error);
    for table in table_names(&connection).map_err(failed)? {
        builder.add_table(read_table(&connection, &table).map_err(failed)?);
        for key in foreign_keys(&connection, &table).map_err(failed)? {
            builder.add_foreign_key(key);
        }
    }
    let mut schema = builder.build().map_err(|error| error_in(path, error))?;
    fill_samples(&connection, &mut schema, limits, path)?;
    Ok(schema)
}

/// Fills the samples of a schema from its database file; tables and columns are matched by name, upper and lower
/// case alike. Returns a note for every column that the database lacks.
///
/// # Errors
/// As [`read_schema`].
pub fn add_samples(schema: &mut Schema, path: &Path, limits: SampleLimits) -> Result<Vec<String>> {
    let connection = open(path)?;
    fill_samples(&connection, schema, limits, path)
}

/// Opens a file read-only. One in WAL mode that lies in a read-only folder opens only as `immutable`.
fn open(path: &Path) -> Result<Connection> {
    let context = || format!("opening the database {}", path.display());
    std::fs::File::open(path).map_err(|source| Error::Io { context: context(), source })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(probed);
    let opened = match opened {
        Err(error) if matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) => {
            Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI).and_then(probed)
        }
        other => other,
    };
    opened.map_err(|error| unreadable(path, &error))
}

/// Reads one page, so that a file that is not a database is found out here.
fn probed(connection: Connection) -> rusqlite::Result<Connection> {
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

fn immutable_uri(path: &Path) -> String {
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{escaped}?immutable=1")
}

fn unreadable(path: &Path, error: &rusqlite::Error) -> Error {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "this is not a SQLite database".to_owned(),
        _ => error.to_string(),
    };
    Error::Schema { findings: vec![format!("{}: {reason}", path.display())] }
}

fn error_in(path: &Path, error: Error) -> Error {
    match error {
        Error::Schema { findings } => {
            let placed = findings.into_iter().map(|finding| format!("{}: {finding}", path.display()));
            Error::Schema { findings: placed.collect() }
        }
        other => other,
    }
}

/// The tables in the order of their creation.
fn table_names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        r"SELECT m.name FROM sqlite_master AS m JOIN pragma_table_list AS l ON l.name = m.name AND l.schema = 'main'
          WHERE m.type = 'table' AND l.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.rowid",
    )?;
    statement.query_map([], |row| text(row, 0))?.collect()
}

fn read_table(connection: &Connection, table: &str) -> rusqlite::Result<TableDraft> {
    // `hidden` is 1 for columns that `SELECT *` does not show; generated columns (2, 3) are columns like others.
    let mut statement =
        connection.prepare("SELECT name, type, pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid")?;
    let mut draft = TableDraft { name: table.to_owned(), ..TableDraft::default() };
    let mut key: Vec<(i64, String)> = Vec::new();
    let mut rows = statement.query([table])?;
    while let Some(row) = rows.next()? {
        let (name, declared_type, place_in_key) = (text(row, 0)?, text(row, 1)?, row.get(2)?);
        if place_in_key > 0 {
            key.push((place_in_key, name.clone()));
        }
        draft.columns.push(ColumnDraft { name, declared_type, ..ColumnDraft::default() });
    }
    key.sort();
    draft.primary_key = key.into_iter().map(|(_, name)| name).collect();
    Ok(draft)
}

/// The foreign keys in the order of the DDL (SQLite counts them from the last). Without named target columns
/// (`to` is NULL) they refer to the primary key.
fn foreign_keys(connection: &Connection, table: &str) -> rusqlite::Result<Vec<ForeignKeyDraft>> {
    let mut statement = connection
        .prepare(r#"SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq"#)?;
    let mut keys: Vec<(i64, ForeignKeyDraft)> = Vec::new();
    let mut rows = statement.query([table])?;
    while let Some(row) = rows.next()? {
        let (id, target, from, to) = (row.get(0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?);
        if keys.last().is_none_or(|(last, _)| *last != id) {
            keys.push((id, ForeignKeyDraft { table: table.to_owned(), target, ..ForeignKeyDraft::default() }));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(from);
            key.target_columns.extend(Some(to).filter(|name| !name.is_empty()));
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// A cell as text, whatever it holds; NULL is empty.
fn text(row: &Row<'_>, index: usize) -> rusqlite::Result<String> {
    Ok(cell_text(row.get_ref(index)?).unwrap_or_default())
}

/// Numbers are spelled as a question would: `3`, not `3.0`. Binary data and NULL have no text.
fn cell_text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

fn fill_samples(
    connection: &Connection,
    schema: &mut Schema,
    limits: SampleLimits,
    path: &Path,
) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let values = limits.values_each(schema.columns.len());
    for table in schema.table_ids() {
        fill_table(connection, schema, table, SampleLimits { max_values_per_column: values, ..limits }, &mut notes)
            .map_err(|error| unreadable(path, &error))?;
    }
    Ok(notes)
}

fn fill_table(
    connection: &Connection,
    schema: &mut Schema,
    table: TableId,
    limits: SampleLimits,
    notes: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let name = schema.table(table).name.clone();
    let present = read_table(connection, &name)?.columns;
    for column in schema.columns_of(table) {
        let column = &mut schema.columns[column.index()];
        let wanted = super::fold(&column.name);
        match present.iter().find(|draft| super::fold(&draft.name) == wanted) {
            Some(draft) => column.samples = sample(connection, &name, &draft.name, limits)?,
            None => notes.push(format!("the database has no column {:?} in table {name:?}", column.name)),
        }
    }
    Ok(())
}

/// Distinct values of one column among the first rows. Too long ones are passed over by the query, not counted.
fn sample(connection: &Connection, table: &str, column: &str, limits: SampleLimits) -> rusqlite::Result<Vec<String>> {
    let (table, column) = (quoted(table), quoted(column));
    let query = format!(
        "SELECT DISTINCT x FROM (SELECT {column} AS x FROM {table} LIMIT ?1)
         WHERE typeof(x) <> 'blob' AND length(x) BETWEEN 1 AND ?2 LIMIT ?3"
    );
    let mut statement = connection.prepare(&query)?;
    let bounds = [limits.max_rows, limits.max_chars, limits.max_values_per_column];
    let mut rows = statement.query(bounds.map(|bound| bound as i64))?;
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        values.extend(cell_text(row.get_ref(0)?).filter(|value| !value.trim().is_empty()));
    }
    Ok(values)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::schema::ColumnId;

    const DDL: &str = r#"CREATE TABLE "big town" (id INTEGER PRIMARY KEY AUTOINCREMENT, "na""me" VARCHAR(9), size REAL, raw BLOB);
        CREATE TABLE road (a INT, b INT REFERENCES "Big Town", c INT, PRIMARY KEY (b, a), FOREIGN KEY (c, a) REFERENCES road(b, a));
        CREATE VIEW v AS SELECT 1;
        INSERT INTO "big town" VALUES (1, 'Oslo', 3.0, x'00'), (2, CAST(x'ff41' AS TEXT), 2.5, NULL), (3, 'a name too long', 3, '');"#;

    fn filled() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(DDL).unwrap();
        connection
    }

    #[test]
    fn tables_keys_and_samples_are_read() {
        let connection = filled();
        assert_eq!(table_names(&connection).unwrap(), ["big town", "road"]);
        let mut builder = SchemaBuilder::new("s");
        for table in ["big town", "road"] {
            builder.add_table(read_table(&connection, table).unwrap());
            for key in foreign_keys(&connection, table).unwrap() {
                builder.add_foreign_key(key);
            }
        }
        let mut schema = builder.build().unwrap();
        assert_eq!(schema.tables[1].primary_key, [ColumnId(5), ColumnId(4)]);
        assert_eq!(schema.foreign_keys[0].columns, [(ColumnId(5), ColumnId(0))]);
        assert_eq!(schema.foreign_keys[1].columns, [(ColumnId(6), ColumnId(5)), (ColumnId(4), ColumnId(4))]);
        let limits = SampleLimits { max_chars: 9, ..SampleLimits::default() };
        fill_samples(&connection, &mut schema, limits, Path::new("memory")).unwrap();
        assert_eq!(schema.columns[1].samples, ["Oslo", "\u{fffd}A"]);
        assert_eq!(schema.columns[2].samples, ["3", "2.5"]);
        assert!(schema.columns[3].samples.is_empty());
        assert!(schema.without_samples().columns[1].samples.is_empty());
    }

    #[test]
    fn paths_in_uris_are_escaped() {
        assert_eq!(immutable_uri(Path::new("/a b/50%?#.db")), "file:/a b/50%25%3f%23.db?immutable=1");
    }
}
