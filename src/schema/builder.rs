//! Builds a [`Schema`] from names: every reader collects drafts here, and here names become ids.
//!
//! Knows nothing about files or SQL. What makes a schema unusable is a finding (all are listed); what a sloppy
//! source may get wrong without harm, such as a foreign key to a table that is not there, is a note.

use std::collections::HashMap;

use super::{Column, ColumnId, ColumnKind, ForeignKey, Schema, Table, TableId, fold, words_of};
use crate::error::{Error, Result};

/// A table as a source describes it.
#[derive(Debug, Clone, Default)]
pub struct TableDraft {
    /// The name, unquoted.
    pub name: String,
    /// The curated name in words, where the source has one.
    pub label: Option<String>,
    /// The columns, in order.
    pub columns: Vec<ColumnDraft>,
    /// The primary key's column names, in order.
    pub primary_key: Vec<String>,
    /// Where it stands in the source (`line 12`), for findings; may be empty.
    pub place: String,
}

/// A column as a source describes it.
#[derive(Debug, Clone, Default)]
pub struct ColumnDraft {
    /// The name, unquoted.
    pub name: String,
    /// The curated name in words, where the source has one.
    pub label: Option<String>,
    /// The declared type; the kind follows from it.
    pub declared_type: String,
    /// A comment in the source.
    pub comment: Option<String>,
    /// Distinct cell values.
    pub samples: Vec<String>,
}

/// A foreign key as a source describes it.
#[derive(Debug, Clone, Default)]
pub struct ForeignKeyDraft {
    /// The referencing table.
    pub table: String,
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub target: String,
    /// The referenced columns; empty means the target's primary key.
    pub target_columns: Vec<String>,
    /// Where it stands in the source, for notes; may be empty.
    pub place: String,
}

/// Collects tables and keys by name and builds the schema.
///
/// ```
/// use argiope::schema::SchemaBuilder;
/// let schema = SchemaBuilder::new("shop")
///     .table("customer").column("id", "INTEGER").column("name", "TEXT").primary_key(&["id"])
///     .table("invoice").column("nr", "INTEGER").column("customer_id", "INTEGER")
///     .foreign_key(&["customer_id"], "customer", &["id"])
///     .build()?;
/// assert_eq!(schema.columns[3].label, "customer id");
/// # Ok::<(), argiope::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SchemaBuilder {
    name: String,
    tables: Vec<TableDraft>,
    foreign_keys: Vec<ForeignKeyDraft>,
    findings: Vec<String>,
}

impl SchemaBuilder {
    /// An empty schema of this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), tables: Vec::new(), foreign_keys: Vec::new(), findings: Vec::new() }
    }

    /// Begins a table; the calls that follow speak of it.
    pub fn table(&mut self, name: &str) -> &mut Self {
        self.add_table(TableDraft { name: name.to_owned(), ..TableDraft::default() })
    }

    /// Adds a column to the latest table.
    pub fn column(&mut self, name: &str, declared_type: &str) -> &mut Self {
        let column =
            ColumnDraft { name: name.to_owned(), declared_type: declared_type.to_owned(), ..Default::default() };
        if let Some(table) = self.latest("column", name) {
            table.columns.push(column);
        }
        self
    }

    /// Gives the latest column its cell values.
    pub fn samples(&mut self, values: &[&str]) -> &mut Self {
        let samples = values.iter().map(|&value| value.to_owned()).collect();
        if let Some(column) = self.tables.last_mut().and_then(|table| table.columns.last_mut()) {
            column.samples = samples;
        }
        self
    }

    /// Sets the primary key of the latest table.
    pub fn primary_key(&mut self, columns: &[&str]) -> &mut Self {
        let key = owned(columns);
        if let Some(table) = self.latest("primary key", &columns.join(", ")) {
            table.primary_key = key;
        }
        self
    }

    /// Adds a foreign key from columns of the latest table; no target columns means the target's primary key.
    /// The target may be a table that is added later.
    pub fn foreign_key(&mut self, columns: &[&str], target: &str, target_columns: &[&str]) -> &mut Self {
        let table = self.latest("foreign key", &columns.join(", ")).map(|table| table.name.clone());
        if let Some(table) = table {
            self.add_foreign_key(ForeignKeyDraft {
                table,
                columns: owned(columns),
                target: target.to_owned(),
                target_columns: owned(target_columns),
                place: String::new(),
            });
        }
        self
    }

    /// Adds a whole table.
    pub fn add_table(&mut self, table: TableDraft) -> &mut Self {
        self.tables.push(table);
        self
    }

    /// Adds a foreign key between any two tables.
    pub fn add_foreign_key(&mut self, key: ForeignKeyDraft) -> &mut Self {
        self.foreign_keys.push(key);
        self
    }

    /// No table was added yet.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Builds the schema; notes are dropped.
    ///
    /// # Errors
    /// As [`SchemaBuilder::build_with_notes`].
    pub fn build(&self) -> Result<Schema> {
        self.build_with_notes().map(|(schema, _)| schema)
    }

    /// Builds the schema, and says what was left out: keys that name nothing, tables without columns.
    ///
    /// # Errors
    /// [`Error::Schema`] with every finding: no tables, a name that is empty, two tables (or two columns of one
    /// table) of one name, upper and lower case alike.
    pub fn build_with_notes(&self) -> Result<(Schema, Vec<String>)> {
        let mut notes = Vec::new();
        let used: Vec<&TableDraft> = self.tables.iter().filter(|table| has_columns(table, &mut notes)).collect();
        let mut findings = self.findings.clone();
        check_names(&used, &mut findings);
        if used.is_empty() && findings.is_empty() {
            findings.push(format!("schema {:?}: there are no tables in it", self.name));
        }
        if !findings.is_empty() {
            return Err(Error::Schema { findings });
        }
        let mut schema = Schema { name: self.name.clone(), tables: vec![], columns: vec![], foreign_keys: vec![] };
        for draft in &used {
            push_table(&mut schema, draft);
        }
        let names = Names::of(&schema);
        for (draft, id) in used.iter().zip(schema.table_ids()) {
            schema.tables[id.index()].primary_key = primary_key(&names, draft, id, &mut notes);
        }
        for draft in &self.foreign_keys {
            match foreign_key(&schema, &names, draft) {
                Ok(key) if schema.foreign_keys.contains(&key) => {}
                Ok(key) => schema.foreign_keys.push(key),
                Err(reason) => {
                    notes.push(at(&draft.place, &format!("foreign key of {:?} left out: {reason}", draft.table)))
                }
            }
        }
        Ok((schema, notes))
    }

    /// The latest table; a finding when there is none yet.
    fn latest(&mut self, what: &str, name: &str) -> Option<&mut TableDraft> {
        if self.tables.is_empty() {
            self.findings.push(format!("{what} {name:?} stands before the first table"));
        }
        self.tables.last_mut()
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A message with its place before it.
fn at(place: &str, message: &str) -> String {
    if place.is_empty() { message.to_owned() } else { format!("{place}: {message}") }
}

fn has_columns(table: &TableDraft, notes: &mut Vec<String>) -> bool {
    if table.columns.is_empty() {
        notes.push(at(&table.place, &format!("table {:?} left out: it has no columns", table.name)));
    }
    !table.columns.is_empty()
}

/// Finds empty and repeated names.
fn check_names(tables: &[&TableDraft], findings: &mut Vec<String>) {
    let mut first_tables: HashMap<String, &TableDraft> = HashMap::new();
    for table in tables {
        if table.name.is_empty() {
            findings.push(at(&table.place, "a table has an empty name"));
        }
        if let Some(first) = first_tables.get(&fold(&table.name)) {
            let earlier =
                if first.place.is_empty() { String::new() } else { format!(" (the first at {})", first.place) };
            let message =
                format!("table {:?} is defined twice{}{earlier}", table.name, case_hint(&first.name, &table.name));
            findings.push(at(&table.place, &message));
        } else {
            first_tables.insert(fold(&table.name), table);
        }
        check_columns(table, findings);
    }
}

fn check_columns(table: &TableDraft, findings: &mut Vec<String>) {
    let mut first_columns: HashMap<String, &str> = HashMap::new();
    for column in &table.columns {
        if column.name.is_empty() {
            findings.push(at(&table.place, &format!("table {:?} has a column with an empty name", table.name)));
        }
        if let Some(first) = first_columns.insert(fold(&column.name), &column.name) {
            let hint = case_hint(first, &column.name);
            let message = format!("table {:?} has column {:?} twice{hint}", table.name, column.name);
            findings.push(at(&table.place, &message));
        }
    }
}

/// Says so when two names are one only because case does not count.
fn case_hint(first: &str, second: &str) -> String {
    if first == second {
        return String::new();
    }
    format!(", as {first:?} and {second:?} differ by upper and lower case only")
}

fn push_table(schema: &mut Schema, draft: &TableDraft) {
    let id = TableId(schema.tables.len() as u32);
    let start = schema.columns.len() as u32;
    schema.columns.extend(draft.columns.iter().map(|column| Column {
        table: id,
        name: column.name.clone(),
        label: label(&column.label, &column.name),
        kind: ColumnKind::of_declared_type(&column.declared_type),
        declared_type: column.declared_type.clone(),
        comment: column.comment.clone(),
        samples: column.samples.clone(),
    }));
    schema.tables.push(Table {
        name: draft.name.clone(),
        label: label(&draft.label, &draft.name),
        columns: start..schema.columns.len() as u32,
        primary_key: Vec::new(),
    });
}

fn label(curated: &Option<String>, name: &str) -> String {
    let curated = curated.as_deref().map(str::trim).filter(|label| !label.is_empty());
    curated.map_or_else(|| words_of(name), str::to_lowercase)
}

fn primary_key(names: &Names, draft: &TableDraft, table: TableId, notes: &mut Vec<String>) -> Vec<ColumnId> {
    names.columns(table, &draft.primary_key).unwrap_or_else(|missing| {
        let message = format!("primary key of {:?} left out: there is no column {missing:?}", draft.name);
        notes.push(at(&draft.place, &message));
        Vec::new()
    })
}

/// Resolves a foreign key, or says why it leads nowhere.
fn foreign_key(schema: &Schema, names: &Names, draft: &ForeignKeyDraft) -> std::result::Result<ForeignKey, String> {
    let from = names.table(&draft.table)?;
    let to = names.table(&draft.target)?;
    let no_column = |missing| format!("there is no column {missing:?}");
    let sources = names.columns(from, &draft.columns).map_err(no_column)?;
    let targets = if draft.target_columns.is_empty() {
        schema.table(to).primary_key.clone()
    } else {
        names.columns(to, &draft.target_columns).map_err(no_column)?
    };
    if sources.is_empty() || sources.len() != targets.len() {
        return Err(format!("{} column(s) cannot refer to {} of {:?}", sources.len(), targets.len(), draft.target));
    }
    Ok(ForeignKey { columns: sources.into_iter().zip(targets).collect() })
}

/// Folded names to ids, so that large schemas resolve in linear time.
struct Names {
    tables: HashMap<String, TableId>,
    columns: HashMap<(TableId, String), ColumnId>,
}

impl Names {
    fn of(schema: &Schema) -> Self {
        let tables = schema.table_ids().map(|id| (fold(&schema.table(id).name), id)).collect();
        let key = |id: ColumnId| (schema.column(id).table, fold(&schema.column(id).name));
        Self { tables, columns: schema.column_ids().map(|id| (key(id), id)).collect() }
    }

    fn table(&self, name: &str) -> std::result::Result<TableId, String> {
        self.tables.get(&fold(name)).copied().ok_or_else(|| format!("there is no table {name:?}"))
    }

    /// All of these columns, or the name of the first that is missing.
    fn columns(&self, table: TableId, names: &[String]) -> std::result::Result<Vec<ColumnId>, String> {
        let find = |name: &String| self.columns.get(&(table, fold(name))).copied().ok_or_else(|| name.clone());
        names.iter().map(find).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn findings(builder: &SchemaBuilder) -> Vec<String> {
        match builder.build().unwrap_err() {
            Error::Schema { findings } => findings,
            other => vec![other.to_string()],
        }
    }

    #[test]
    fn keys_resolve_without_regard_to_case() {
        let schema = SchemaBuilder::new("s")
            .table("A")
            .column("id", "int")
            .column("k", "int")
            .primary_key(&["ID", "K"])
            .table("b")
            .column("x", "int")
            .column("y", "int")
            .foreign_key(&["X", "y"], "a", &[])
            .build()
            .unwrap();
        assert_eq!(schema.table(TableId(0)).primary_key, [ColumnId(0), ColumnId(1)]);
        assert_eq!(schema.foreign_keys[0].columns, [(ColumnId(2), ColumnId(0)), (ColumnId(3), ColumnId(1))]);
        assert_eq!(schema.columns_of(TableId(1)).collect::<Vec<_>>(), [ColumnId(2), ColumnId(3)]);
    }

    #[test]
    fn every_finding_is_listed() {
        let mut builder = SchemaBuilder::new("s");
        builder.table("t").column("a", "int").column("A", "int").table("T").column("", "int");
        assert_eq!(findings(&builder).len(), 3, "{:?}", findings(&builder));
        assert!(findings(&SchemaBuilder::new("s"))[0].contains("no tables"));
        assert_eq!(findings(SchemaBuilder::new("s").column("lost", "int")).len(), 1);
    }

    #[test]
    fn keys_to_nothing_are_notes() {
        let mut builder = SchemaBuilder::new("s");
        builder.table("t").column("a", "int").primary_key(&["z"]).table("empty");
        builder.foreign_key(&["a"], "gone", &["id"]);
        let (schema, notes) = builder.build_with_notes().unwrap();
        assert_eq!((schema.tables.len(), schema.foreign_keys.len(), notes.len()), (1, 0, 3), "{notes:?}");
    }
}
