//! Syntax trees of CREATE TABLE and ALTER TABLE to the drafts of a schema.

use std::collections::HashMap;

use sqlparser::ast::{
    AlterTable, AlterTableOperation, ColumnDef, ColumnOption, CommentObject, CreateTable, CreateTableLikeKind,
    DataType, EnumMember, Expr, ForeignKeyConstraint, Ident, IndexColumn, ObjectName, RenameTableNameKind,
    TableConstraint,
};

use crate::schema::{ColumnDraft, ForeignKeyDraft, SchemaBuilder, TableDraft, fold, words_of};

/// The tables so far, in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// The tables; those that were dropped again are gone.
    pub(super) drafts: Vec<TableDraft>,
    foreign_keys: Vec<ForeignKeyDraft>,
    /// Folded name → place in `drafts`, the latest where there are two.
    places: HashMap<String, usize>,
    /// PostgreSQL keeps a name that is not quoted in lower case.
    lower_unquoted: bool,
    /// Labels of `CREATE TYPE … AS ENUM`, by folded name.
    enums: HashMap<String, Vec<String>>,
}

impl Tables {
    /// No tables yet; with `lower_unquoted`, names that are not quoted are kept in lower case.
    pub(super) fn new(lower_unquoted: bool) -> Self {
        Self { lower_unquoted, ..Self::default() }
    }

    /// Where a table stands in `drafts`.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(&fold(name)).copied()
    }

    /// Adds a table. Returns why it is left out, where it is.
    pub(super) fn create(&mut self, table: &CreateTable, line: usize) -> Option<String> {
        let (name, label) = self.named(last(&table.name)?);
        if table.if_not_exists && self.place(&name).is_some() {
            return Some(format!("table {name:?} exists already (IF NOT EXISTS)"));
        }
        if fold(&name).starts_with("sqlite_") {
            return Some(format!("table {name:?} is one of SQLite's own"));
        }
        if let Some(parent) = &table.partition_of {
            return Some(format!("table {name:?} is a partition of {parent}"));
        }
        let mut draft = TableDraft { name, label, place: format!("line {line}"), ..TableDraft::default() };
        for parent in inherited(table) {
            let parent = self.place(&last(parent)?.value).map(|place| &self.drafts[place]);
            draft.columns.extend(parent.iter().flat_map(|parent| parent.columns.clone()));
        }
        let place = self.drafts.len();
        self.places.insert(fold(&draft.name), place);
        self.drafts.push(draft);
        let columns = table.columns.iter().filter(|column| !is_index(column, table));
        columns.for_each(|column| self.add_column(place, column, line));
        table.constraints.iter().for_each(|constraint| self.add_constraint(place, constraint, line));
        None
    }

    /// Applies what changes columns and keys; the rest changes nothing that is kept. False when the table is not known.
    pub(super) fn alter(&mut self, alter: &AlterTable, line: usize) -> bool {
        let Some(place) = last(&alter.name).and_then(|name| self.place(&name.value)) else { return false };
        for operation in &alter.operations {
            self.apply(place, operation, line);
        }
        true
    }

    fn apply(&mut self, place: usize, operation: &AlterTableOperation, line: usize) {
        match operation {
            AlterTableOperation::AddConstraint { constraint, .. } => self.add_constraint(place, constraint, line),
            AlterTableOperation::AddColumn { column_def, .. } => self.add_column(place, column_def, line),
            AlterTableOperation::DropColumn { column_names, .. } => {
                let gone: Vec<String> = column_names.iter().map(|name| fold(&name.value)).collect();
                self.drafts[place].columns.retain(|column| !gone.contains(&fold(&column.name)));
            }
            AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
                self.rename_column(place, &old_column_name.value, new_column_name);
            }
            AlterTableOperation::RenameTable {
                table_name: RenameTableNameKind::As(name) | RenameTableNameKind::To(name),
            } => self.rename_table(place, name),
            _ => {}
        }
    }

    /// Forgets a table and the keys from and to it.
    pub(super) fn drop_table(&mut self, name: &ObjectName) {
        let Some(place) = last(name).and_then(|name| self.places.remove(&fold(&name.value))) else { return };
        let gone = fold(&self.drafts.remove(place).name);
        self.foreign_keys.retain(|key| fold(&key.table) != gone && fold(&key.target) != gone);
        self.places.values_mut().filter(|later| **later > place).for_each(|later| *later -= 1);
    }

    /// COMMENT ON COLUMN. A table's comment has no place in a schema.
    pub(super) fn comment(&mut self, object: CommentObject, name: &ObjectName, comment: Option<&str>) {
        let idents: Vec<&Ident> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        if let (CommentObject::Column, [.., table, column]) = (object, idents.as_slice()) {
            let draft = self.place(&table.value).map(|place| &mut self.drafts[place]);
            let column = draft.and_then(|draft| find_column(draft, &column.value));
            if let Some(column) = column {
                column.comment = comment.map(str::to_owned);
            }
        }
    }

    /// CREATE TYPE … AS ENUM: its labels are the values of the columns of that type.
    pub(super) fn create_enum(&mut self, name: &ObjectName, labels: &[Ident]) {
        if let Some(name) = last(name) {
            self.enums.insert(fold(&name.value), labels.iter().map(|label| label.value.clone()).collect());
        }
    }

    /// Everything collected, ready to build.
    pub(super) fn into_builder(self, name: &str) -> SchemaBuilder {
        let mut builder = SchemaBuilder::new(name);
        for draft in self.drafts {
            builder.add_table(draft);
        }
        for key in self.foreign_keys {
            builder.add_foreign_key(key);
        }
        builder
    }

    /// The name as the database keeps it, and the words of its spelling where that lost them.
    fn named(&self, ident: &Ident) -> (String, Option<String>) {
        if self.lower_unquoted && ident.quote_style.is_none() {
            let lower = ident.value.to_lowercase();
            let label = (lower != ident.value).then(|| words_of(&ident.value));
            return (lower, label);
        }
        (ident.value.clone(), None)
    }

    fn add_column(&mut self, place: usize, column: &ColumnDef, line: usize) {
        let (name, label) = self.named(&column.name);
        let mut draft =
            ColumnDraft { name, label, declared_type: declared(&column.data_type), ..ColumnDraft::default() };
        draft.samples = self.enum_values(&column.data_type);
        for option in &column.options {
            match &option.option {
                ColumnOption::PrimaryKey(_) => self.drafts[place].primary_key = vec![draft.name.clone()],
                ColumnOption::ForeignKey(key) => self.add_foreign_key(place, vec![draft.name.clone()], key, line),
                ColumnOption::Comment(comment) => draft.comment = Some(comment.clone()),
                _ => {}
            }
        }
        self.drafts[place].columns.push(draft);
    }

    fn add_constraint(&mut self, place: usize, constraint: &TableConstraint, line: usize) {
        match constraint {
            TableConstraint::PrimaryKey(key) => {
                self.drafts[place].primary_key = key.columns.iter().filter_map(indexed_column).collect();
            }
            TableConstraint::ForeignKey(key) => {
                let columns = key.columns.iter().map(|column| column.value.clone()).collect();
                self.add_foreign_key(place, columns, key, line);
            }
            _ => {}
        }
    }

    fn add_foreign_key(&mut self, place: usize, columns: Vec<String>, key: &ForeignKeyConstraint, line: usize) {
        let Some(target) = last(&key.foreign_table) else { return };
        self.foreign_keys.push(ForeignKeyDraft {
            table: self.drafts[place].name.clone(),
            columns,
            target: target.value.clone(),
            target_columns: key.referred_columns.iter().map(|column| column.value.clone()).collect(),
            place: format!("line {line}"),
        });
    }

    fn enum_values(&self, data_type: &DataType) -> Vec<String> {
        match data_type {
            DataType::Enum(members, _) => members.iter().map(enum_member).collect(),
            DataType::Custom(name, _) => {
                let labels = last(name).and_then(|name| self.enums.get(&fold(&name.value)));
                labels.cloned().unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    fn rename_column(&mut self, place: usize, old: &str, new: &Ident) {
        let (name, label) = self.named(new);
        let table = fold(&self.drafts[place].name);
        let rename = |column: &mut String| {
            if fold(column) == fold(old) {
                column.clone_from(&name);
            }
        };
        self.drafts[place].primary_key.iter_mut().for_each(rename);
        for key in &mut self.foreign_keys {
            if fold(&key.table) == table {
                key.columns.iter_mut().for_each(rename);
            }
            if fold(&key.target) == table {
                key.target_columns.iter_mut().for_each(rename);
            }
        }
        if let Some(column) = find_column(&mut self.drafts[place], old) {
            (column.name, column.label) = (name.clone(), label);
        }
    }

    fn rename_table(&mut self, place: usize, new: &ObjectName) {
        let Some(ident) = last(new) else { return };
        let (name, label) = self.named(ident);
        let old = fold(&self.drafts[place].name);
        for key in &mut self.foreign_keys {
            for table in [&mut key.table, &mut key.target] {
                if fold(table) == old {
                    table.clone_from(&name);
                }
            }
        }
        self.places.remove(&old);
        self.places.insert(fold(&name), place);
        (self.drafts[place].name, self.drafts[place].label) = (name, label);
    }
}

/// The last part of a name: what stands before it names a database or a namespace.
fn last(name: &ObjectName) -> Option<&Ident> {
    name.0.last().and_then(|part| part.as_ident())
}

/// The tables whose columns come first: INHERITS (a, b) and LIKE a.
fn inherited(table: &CreateTable) -> impl Iterator<Item = &ObjectName> {
    let like = table.like.as_ref().map(|like| match like {
        CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like) => &like.name,
    });
    table.inherits.iter().flatten().chain(like)
}

/// MySQL's `KEY name (a, b)`, which another dialect takes for a column of the type `name(a, b)`.
fn is_index(column: &ColumnDef, table: &CreateTable) -> bool {
    const WORDS: [&str; 4] = ["KEY", "INDEX", "FULLTEXT", "SPATIAL"];
    let is_column = |argument: &String| table.columns.iter().any(|column| fold(&column.name.value) == fold(argument));
    let is_word = column.name.quote_style.is_none() && WORDS.contains(&column.name.value.to_uppercase().as_str());
    match &column.data_type {
        DataType::Custom(_, arguments) => {
            is_word && !arguments.is_empty() && arguments.iter().all(|argument| is_column(&argument.to_string()))
        }
        _ => false,
    }
}

fn find_column<'a>(draft: &'a mut TableDraft, name: &str) -> Option<&'a mut ColumnDraft> {
    draft.columns.iter_mut().find(|column| fold(&column.name) == fold(name))
}

fn declared(data_type: &DataType) -> String {
    match data_type {
        DataType::Unspecified => String::new(),
        // The name alone, without the quotes that the parser would put around it.
        DataType::Custom(name, arguments) if arguments.is_empty() => {
            last(name).map_or_else(String::new, |name| name.value.clone())
        }
        other => other.to_string(),
    }
}

fn enum_member(member: &EnumMember) -> String {
    match member {
        EnumMember::Name(name) | EnumMember::NamedValue(name, _) => name.clone(),
    }
}

/// `a`, `a DESC`, and the prefix `a(10)` of MySQL; other expressions name no column.
fn indexed_column(column: &IndexColumn) -> Option<String> {
    match &column.column.expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::Function(function) => last(&function.name).map(|name| name.value.clone()),
        _ => None,
    }
}
