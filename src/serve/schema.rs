//! A schema as a client sends it: DDL text, or tables as JSON.

use crate::error::{Error, Result};
use crate::pipeline::read_ddl;
use crate::schema::{ColumnDraft, ForeignKeyDraft, Schema, SchemaBuilder, TableDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A schema: `ddl` or `tables`, not both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaBody {
    /// `CREATE TABLE` text as SQLite, PostgreSQL or MySQL dumps write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);")]
    pub ddl: Option<String>,
    /// The tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tables: Option<Vec<TableBody>>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TableBody {
    /// The name as SQL must spell it, unquoted.
    pub name: String,
    /// What it is called in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The columns, in order.
    pub columns: Vec<ColumnBody>,
    /// Names of the primary key's columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// Keys to other tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKeyBody>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnBody {
    /// The name as SQL must spell it, unquoted.
    pub name: String,
    /// The declared type.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub declared_type: String,
    /// What it is called in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Some of its cells, as text; questions are matched with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
}

/// A key to another table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignKeyBody {
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The other table.
    pub table: String,
    /// The other table's columns; its primary key where they are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

impl SchemaBody {
    /// Bytes that are equal for equal schemas.
    pub(super) fn content(&self) -> Vec<u8> {
        // Strings and lists of them always have a JSON text.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The schema with notes on what was passed over.
    pub(super) fn read(&self) -> Result<(Schema, Vec<String>)> {
        match (&self.ddl, &self.tables) {
            (Some(ddl), None) => read_ddl(ddl, "schema"),
            (None, Some(tables)) => build(tables),
            _ => Err(Error::input("`schema` needs exactly one of `ddl` and `tables`")),
        }
    }
}

fn build(tables: &[TableBody]) -> Result<(Schema, Vec<String>)> {
    let mut builder = SchemaBuilder::new("schema");
    for (place, table) in tables.iter().enumerate() {
        let place = format!("tables[{place}]");
        for key in &table.foreign_keys {
            builder.add_foreign_key(ForeignKeyDraft {
                table: table.name.clone(),
                columns: key.columns.clone(),
                target: key.table.clone(),
                target_columns: key.references.clone(),
                place: place.clone(),
            });
        }
        builder.add_table(TableDraft {
            name: table.name.clone(),
            label: table.label.clone(),
            columns: table.columns.iter().map(column).collect(),
            primary_key: table.primary_key.clone(),
            place,
        });
    }
    builder.build_with_notes()
}

fn column(column: &ColumnBody) -> ColumnDraft {
    ColumnDraft {
        name: column.name.clone(),
        label: column.label.clone(),
        declared_type: column.declared_type.clone(),
        comment: column.comment.clone(),
        samples: column.samples.clone(),
    }
}
