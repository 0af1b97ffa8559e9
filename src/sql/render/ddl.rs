//! A schema as `CREATE TABLE` text for SQLite: an empty database on which rendered queries can be prepared.

use crate::schema::{Column, ColumnId, ColumnKind, ForeignKey, Schema, TableId};

/// SQLite's own bookkeeping table, which exists as soon as one table counts its keys and cannot be made by name.
const SEQUENCE: &str =
    "CREATE TABLE \"counted keys\" (id INTEGER PRIMARY KEY AUTOINCREMENT);\nDROP TABLE \"counted keys\";\n";

/// The statements that make an empty SQLite database of this schema. A table without columns, which SQLite does not
/// know, gets one called `_`.
pub fn to_sqlite_ddl(schema: &Schema) -> String {
    let mut out = String::new();
    for id in schema.table_ids() {
        let table = schema.table(id);
        if table.name.eq_ignore_ascii_case("sqlite_sequence") {
            out.push_str(SEQUENCE);
        } else {
            create(&mut out, schema, id);
        }
    }
    out
}

fn create(out: &mut String, schema: &Schema, id: TableId) {
    let table = schema.table(id);
    let mut lines: Vec<String> = table.columns.clone().map(|id| column(schema.column(ColumnId(id)))).collect();
    if lines.is_empty() {
        lines.push("\"_\" TEXT".to_owned());
    }
    if !table.primary_key.is_empty() {
        lines.push(format!("PRIMARY KEY ({})", names(schema, table.primary_key.iter().copied())));
    }
    let owner = |key: &ForeignKey| key.columns.first().map(|(column, _)| schema.column(*column).table);
    for key in &schema.foreign_keys {
        if owner(key) == Some(id) {
            lines.push(foreign_key(schema, key));
        }
    }
    out.push_str(&format!("CREATE TABLE {} (\n    {}\n);\n", quoted(&table.name), lines.join(",\n    ")));
}

fn column(column: &Column) -> String {
    format!("{} {}", quoted(&column.name), declared(column))
}

/// The declared type where it is harmless text, else one that fits the kind.
fn declared(column: &Column) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b' ' || byte == b'_';
    let harmless = !column.declared_type.trim().is_empty() && column.declared_type.bytes().all(plain);
    match column.kind {
        _ if harmless && type_word(&column.declared_type) => &column.declared_type,
        ColumnKind::Number => "NUMERIC",
        ColumnKind::Boolean => "BOOLEAN",
        ColumnKind::Time => "DATETIME",
        ColumnKind::Text | ColumnKind::Other => "TEXT",
    }
}

/// Whether a declared type is one of the usual words, which SQLite reads as a type.
fn type_word(declared: &str) -> bool {
    const WORDS: [&str; 14] = [
        "bigint",
        "blob",
        "bool",
        "boolean",
        "char",
        "date",
        "datetime",
        "double",
        "int",
        "integer",
        "real",
        "text",
        "timestamp",
        "varchar",
    ];
    WORDS.iter().any(|word| declared.eq_ignore_ascii_case(word))
}

fn foreign_key(schema: &Schema, key: &ForeignKey) -> String {
    let target = key.columns.first().map(|(_, to)| schema.table(schema.column(*to).table).name.as_str());
    format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        names(schema, key.columns.iter().map(|(from, _)| *from)),
        quoted(target.unwrap_or_default()),
        names(schema, key.columns.iter().map(|(_, to)| *to)),
    )
}

fn names(schema: &Schema, columns: impl Iterator<Item = ColumnId>) -> String {
    columns.map(|id| quoted(&schema.column(id).name)).collect::<Vec<_>>().join(", ")
}

/// Always in quotes: a definition takes fewer bare words than a query.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
