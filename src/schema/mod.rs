//! A database schema as ids: tables, columns, keys and a bounded sample of cell values.
//!
//! Owns the readers of Spider's `tables.json` and of SQLite files. Knows nothing about SQL text (DDL is read by
//! `sql`), questions or tokens. Everything above works on [`TableId`] and [`ColumnId`], never on names.

mod builder;
mod kind;
pub mod spider;
pub mod sqlite;
mod words;

use std::ops::Range;

pub use builder::{ColumnDraft, ForeignKeyDraft, SchemaBuilder, TableDraft};
pub use words::words_of;

/// The place of a table in [`Schema::tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u32);

/// The place of a column in [`Schema::columns`], counted over all tables (there is no column for `*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u32);

impl TableId {
    /// As an index into [`Schema::tables`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ColumnId {
    /// As an index into [`Schema::columns`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a column holds, as coarse as linking and rendering need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// Character data, and everything unknown.
    Text,
    /// Integers and decimals.
    Number,
    /// Dates, times, timestamps.
    Time,
    /// True or false.
    Boolean,
    /// Binary and other data.
    Other,
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name as SQL must spell it, unquoted, in its original case.
    pub name: String,
    /// The name in words, lower case, for linking: curated where the source has it, else split from `name`.
    pub label: String,
    /// Its columns, which stand together in [`Schema::columns`]; as a range of their indices.
    pub columns: Range<u32>,
    /// The primary key, in order; empty where there is none.
    pub primary_key: Vec<ColumnId>,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The table that owns it.
    pub table: TableId,
    /// The name as SQL must spell it, unquoted, in its original case.
    pub name: String,
    /// The name in words, lower case, for linking: curated where the source has it, else split from `name`.
    pub label: String,
    /// The coarse type.
    pub kind: ColumnKind,
    /// The declared type, as the source spells it; empty where unknown.
    pub declared_type: String,
    /// A comment on the column in the source.
    pub comment: Option<String>,
    /// Distinct cell values as text, bounded in number and length; empty where no database is at hand.
    pub samples: Vec<String>,
}

/// A foreign key; more than one pair where the key is composite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// (referencing column, referenced column) pairs; all of one pair of tables; never empty.
    pub columns: Vec<(ColumnId, ColumnId)>,
}

/// A whole schema. Immutable once built; build it with [`SchemaBuilder`] or a reader.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The database's name, for messages.
    pub name: String,
    /// All tables, in the source's order.
    pub tables: Vec<Table>,
    /// All columns, table after table.
    pub columns: Vec<Column>,
    /// All foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
}

impl Schema {
    /// The table with this id.
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.index()]
    }

    /// The column with this id.
    pub fn column(&self, id: ColumnId) -> &Column {
        &self.columns[id.index()]
    }

    /// All table ids, in order.
    pub fn table_ids(&self) -> impl Iterator<Item = TableId> + use<> {
        (0..self.tables.len() as u32).map(TableId)
    }

    /// All column ids, in order.
    pub fn column_ids(&self) -> impl Iterator<Item = ColumnId> + use<> {
        (0..self.columns.len() as u32).map(ColumnId)
    }

    /// The columns of one table, in order.
    pub fn columns_of(&self, table: TableId) -> impl Iterator<Item = ColumnId> + use<> {
        self.table(table).columns.clone().map(ColumnId)
    }
    /// The table of this name, upper and lower case alike. A schema never holds two such tables.
    pub fn table_named(&self, name: &str) -> Option<TableId> {
        let wanted = fold(name);
        self.table_ids().find(|&id| fold(&self.table(id).name) == wanted)
    }

    /// The column of this name in a table, upper and lower case alike. A table never holds two such columns.
    pub fn column_named(&self, table: TableId, name: &str) -> Option<ColumnId> {
        let wanted = fold(name);
        self.columns_of(table).find(|&id| fold(&self.column(id).name) == wanted)
    }

    /// The same schema with every label split from its name, as an app's bare DDL would give it.
    #[must_use]
    pub fn without_labels(&self) -> Self {
        let mut schema = self.clone();
        for table in &mut schema.tables {
            table.label = words_of(&table.name);
        }
        for column in &mut schema.columns {
            column.label = words_of(&column.name);
        }
        schema
    }

    /// The same schema without cell values.
    #[must_use]
    pub fn without_samples(&self) -> Self {
        let mut schema = self.clone();
        schema.columns.iter_mut().for_each(|column| column.samples = Vec::new());
        schema
    }
}

/// How names are compared: SQLite and MySQL hold `Name` and `name` for one, so a schema may not hold both.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}
