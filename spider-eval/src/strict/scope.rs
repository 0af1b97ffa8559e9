//! What names mean in one SELECT: its sources, the names it gives, and the SELECT around it.

use std::collections::HashMap;

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use crate::tables::Tables;

/// The query uses something that is not read here, so its meaning cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unread;

pub(super) type Read<T> = Result<T, Unread>;

/// The columns of a source.
#[derive(Debug, Clone)]
pub(super) enum Columns {
    /// Those of a table of the schema.
    Table(u16),
    /// The names a nested query gives.
    Named(Vec<String>),
}

/// One entry of FROM.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The name by which the text calls it, lower case.
    pub(super) name: String,
    /// What stands for it in the compared form: the same for the same table whatever its alias.
    pub(super) label: String,
    /// Its columns.
    pub(super) columns: Columns,
}

/// The names of one SELECT.
pub(super) struct Scope<'p> {
    pub(super) tables: &'p Tables,
    pub(super) depth: usize,
    pub(super) sources: Vec<Source>,
    /// The names SELECT gives, with what they stand for.
    pub(super) aliases: Vec<(String, String)>,
    /// For columns that a join condition makes equal, the one that stands for all.
    pub(super) twins: HashMap<String, String>,
    pub(super) outer: Option<&'p Scope<'p>>,
}

impl Scope<'_> {
    /// The compared form of a column name, looked up outwards.
    pub(super) fn column(&self, owner: Option<&str>, name: &str) -> Option<String> {
        let fitting = self.sources.iter().filter(|source| owner.is_none_or(|owner| source.name == owner));
        let mut found = fitting.filter_map(|source| self.column_of(source, name));
        let (found, other) = (found.next(), found.next());
        if other.is_some() {
            return None; // ambiguous
        }
        let found = found.map(|column| self.twins.get(&column).cloned().unwrap_or(column));
        let alias =
            || self.aliases.iter().find(|(alias, _)| owner.is_none() && alias == name).map(|(_, of)| of.clone());
        found.or_else(alias).or_else(|| self.outer?.column(owner, name))
    }

    fn column_of(&self, source: &Source, name: &str) -> Option<String> {
        match &source.columns {
            Columns::Table(table) => {
                self.tables.column(*table, name)?;
                Some(format!("{}.{name}", source.label))
            }
            Columns::Named(names) => {
                let place = names.iter().position(|given| given == name)?;
                Some(format!("{}.{place}", source.label))
            }
        }
    }

    /// What a name that SELECT gives stands for.
    pub(super) fn alias(&self, name: &str) -> Option<&str> {
        self.aliases.iter().find(|(alias, _)| alias == name).map(|(_, of)| of.as_str())
    }

    /// Whether a column in compared form belongs to this SELECT and to none around it.
    pub(super) fn owns(&self, column: &str) -> bool {
        let label = column.rsplit_once('.').map_or(column, |(label, _)| label);
        self.sources.iter().any(|source| source.label == label)
    }
}

/// A name in lower case.
pub(super) fn lower(ident: &Ident) -> String {
    ident.value.to_lowercase()
}

/// The last part of a name in lower case.
pub(super) fn last_name(name: &ObjectName) -> Read<String> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => Ok(lower(ident)),
        _ => Err(Unread),
    }
}
