//! Spider's `tables.json`: a list of schemas with curated names.
//!
//! Column ids are Spider's column indices minus one (its column 0 is `*`); table ids are its table indices. Also
//! reads the same form with the types and key lists of sets that follow it.

use std::path::Path;

use serde::Deserialize;

use super::{ColumnDraft, ForeignKeyDraft, Schema, SchemaBuilder, TableDraft};
use crate::error::{Error, Result};

/// One database as the file spells it. A column is (table index, name); the first one is (-1, `*`).
#[derive(Debug, Deserialize)]
struct Database {
    db_id: String,
    table_names_original: Vec<String>,
    #[serde(default)]
    table_names: Vec<String>,
    column_names_original: Vec<(i64, String)>,
    #[serde(default)]
    column_names: Vec<(i64, String)>,
    #[serde(default)]
    column_types: Vec<String>,
    #[serde(default)]
    primary_keys: Vec<KeyColumns>,
    #[serde(default)]
    foreign_keys: Vec<(usize, usize)>,
}

/// A key is one column index, or a list of them where it is composite.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum KeyColumns {
    One(usize),
    Many(Vec<usize>),
}

impl KeyColumns {
    fn indices(&self) -> &[usize] {
        match self {
            Self::One(index) => std::slice::from_ref(index),
            Self::Many(indices) => indices,
        }
    }
}

/// Reads all schemas of a `tables.json`, in its order.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Schema`] with every finding when its content is wrong.
pub fn read_tables(path: &Path) -> Result<Vec<Schema>> {
    let context = || format!("reading {}", path.display());
    let bytes = std::fs::read(path).map_err(|source| Error::Io { context: context(), source })?;
    parse_tables(&bytes).map_err(|error| in_file(path, error))
}

/// Reads the content of a `tables.json`: a list of schemas, or a single one.
///
/// # Errors
/// [`Error::Schema`] with every finding.
pub fn parse_tables(json: &[u8]) -> Result<Vec<Schema>> {
    let single = json.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let parsed = if single { serde_json::from_slice(json).map(|one| vec![one]) } else { serde_json::from_slice(json) };
    let databases: Vec<Database> =
        parsed.map_err(|error| Error::Schema { findings: vec![format!("not in the form of tables.json: {error}")] })?;
    let mut schemas = Vec::new();
    let mut findings = Vec::new();
    for database in &databases {
        match build(database) {
            Ok(schema) => schemas.push(schema),
            Err(Error::Schema { findings: more }) => {
                findings.extend(more.into_iter().map(|finding| format!("{}: {finding}", database.db_id)));
            }
            Err(other) => return Err(other),
        }
    }
    if findings.is_empty() { Ok(schemas) } else { Err(Error::Schema { findings }) }
}

/// Puts the file's name before each finding.
fn in_file(path: &Path, error: Error) -> Error {
    match error {
        Error::Schema { findings } => {
            let placed = findings.into_iter().map(|finding| format!("{}: {finding}", path.display()));
            Error::Schema { findings: placed.collect() }
        }
        other => other,
    }
}

fn build(database: &Database) -> Result<Schema> {
    let findings = check(database);
    if !findings.is_empty() {
        return Err(Error::Schema { findings });
    }
    let mut builder = SchemaBuilder::new(&database.db_id);
    for table in drafts(database) {
        builder.add_table(table);
    }
    for &(from, to) in &database.foreign_keys {
        let place = format!("foreign key [{from}, {to}]");
        let (table, columns) = (database.table_of(from), vec![database.column_name(from)]);
        let (target, target_columns) = (database.table_of(to), vec![database.column_name(to)]);
        builder.add_foreign_key(ForeignKeyDraft { table, columns, target, target_columns, place });
    }
    builder.build()
}

/// Everything the indices can get wrong, so that the rest may rely on them.
fn check(database: &Database) -> Vec<String> {
    let mut findings = Vec::new();
    let tables = database.table_names_original.len() as i64;
    let columns = &database.column_names_original;
    if columns.first().is_none_or(|(table, _)| *table != -1) {
        findings.push("the first column must be [-1, \"*\"]".to_owned());
    }
    for (index, (table, name)) in columns.iter().enumerate().skip(1) {
        let sorted = *table >= columns[index - 1].0;
        if !(0..tables).contains(table) {
            findings.push(format!("column {index} ({name:?}) belongs to table {table}, which does not exist"));
        } else if !sorted {
            findings.push(format!("column {index} ({name:?}) does not stand with the others of its table"));
        }
    }
    let keys = database.primary_keys.iter().flat_map(KeyColumns::indices).copied();
    for index in keys.chain(database.foreign_keys.iter().flat_map(|&(from, to)| [from, to])) {
        if index == 0 || index >= columns.len() {
            findings.push(format!("a key names column {index}, which does not exist"));
        }
    }
    findings
}

/// The tables with their columns, types, labels and primary keys.
fn drafts(database: &Database) -> Vec<TableDraft> {
    let labels = database.table_names.iter().map(|label| Some(label.clone())).chain(std::iter::repeat(None));
    let named = database.table_names_original.iter().zip(labels);
    let mut tables: Vec<TableDraft> =
        named.map(|(name, label)| TableDraft { name: name.clone(), label, ..TableDraft::default() }).collect();
    for (index, (table, name)) in database.column_names_original.iter().enumerate().skip(1) {
        tables[*table as usize].columns.push(ColumnDraft {
            name: name.clone(),
            label: database.column_names.get(index).map(|(_, label)| label.clone()),
            declared_type: database.column_types.get(index).cloned().unwrap_or_default(),
            ..ColumnDraft::default()
        });
    }
    for &index in database.primary_keys.iter().flat_map(KeyColumns::indices) {
        let (table, name) = &database.column_names_original[index];
        tables[*table as usize].primary_key.push(name.clone());
    }
    tables
}

impl Database {
    fn table_of(&self, column: usize) -> String {
        self.table_names_original[self.column_names_original[column].0 as usize].clone()
    }

    fn column_name(&self, column: usize) -> String {
        self.column_names_original[column].1.clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::schema::{ColumnId, ColumnKind};

    const SHOP: &str = r#"[{"db_id": "shop", "table_names_original": ["Cust", "Ord"], "table_names": ["Customer", "order"],
        "column_names_original": [[-1, "*"], [0, "Id"], [0, "Nm"], [1, "nr"], [1, "cust"]],
        "column_names": [[-1, "*"], [0, "id"], [0, "name"], [1, "number"], [1, "customer"]],
        "column_types": ["text", "number", "text", "number", "number"],
        "primary_keys": [1, [3, 4]], "foreign_keys": [[4, 1], [4, 1]]}]"#;

    #[test]
    fn ids_are_spiders_indices_minus_one() {
        let schema = &parse_tables(SHOP.as_bytes()).unwrap()[0];
        assert_eq!(schema.tables[0].label, "customer");
        assert_eq!((schema.columns[1].label.as_str(), schema.columns[1].kind), ("name", ColumnKind::Text));
        assert_eq!(schema.tables[1].primary_key, [ColumnId(2), ColumnId(3)]);
        assert_eq!(schema.foreign_keys.len(), 1);
        assert_eq!(schema.foreign_keys[0].columns, [(ColumnId(3), ColumnId(0))]);
        assert_eq!(schema.without_labels().columns[1].label, "nm");
    }

    #[test]
    fn wrong_content_is_told() {
        let broken = SHOP.replace("[1, \"nr\"]", "[7, \"nr\"]").replace("[4, 1]]", "[4, 99]]");
        for (json, words) in
            [(broken.as_str(), vec!["table 7", "column 99"]), ("[{}]", vec!["db_id"]), ("\u{0}", vec!["line 1"])]
        {
            let message = parse_tables(json.as_bytes()).unwrap_err().to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
    }
}
