//! Scopes: which sources a select sees under which names, and what a name stands for.
//!
//! A stack of frames, one a select; the last is the innermost. A frame is closed while its own FROM is read, so that
//! a derived table sees neither its neighbours nor its owner's sources.

use super::Resolver;
use crate::query::{ColumnRef, Expr, Literal, Target};
use crate::schema::{Schema, TableId};
use crate::sql::Dialect;
use sqlparser::ast::Ident;

/// What one select sees.
#[derive(Debug, Default, Clone)]
pub(super) struct Frame {
    pub(super) sources: Vec<Scoped>,
    /// Column aliases of the select list, as WHERE, GROUP BY, HAVING and ORDER BY may name them.
    pub(super) aliases: Vec<(String, Expr)>,
    /// Whether the clause that is being read may name them; dialects differ.
    pub(super) aliases_shown: bool,
    /// Columns merged by USING: ambiguous, but equal.
    pub(super) merged: Vec<String>,
    pub(super) open: bool,
}

/// One source under its name.
#[derive(Debug, Clone)]
pub(super) struct Scoped {
    /// The alias, or the table's name; none for a derived table without alias.
    pub(super) name: Option<String>,
    pub(super) rows: Rows,
}

/// What a source's columns are.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    Table(TableId),
    Outputs(Vec<Option<String>>),
    /// An unknown table: reported once, its columns are not reported again.
    Unknown,
}

impl Rows {
    /// The column of this name.
    pub(super) fn find(&self, name: &str, schema: &Schema) -> Option<Target> {
        match self {
            Self::Table(table) => schema
                .columns_of(*table)
                .find(|column| schema.column(*column).name.eq_ignore_ascii_case(name))
                .map(Target::Column),
            Self::Outputs(names) => names
                .iter()
                .position(|output| output.as_deref().is_some_and(|output| output.eq_ignore_ascii_case(name)))
                .map(Target::Output),
            Self::Unknown => None,
        }
    }

    /// Whether a derived table has the name twice: SQLite then means the first, the others refuse.
    fn doubled(&self, name: &str) -> bool {
        let Self::Outputs(names) = self else { return false };
        names.iter().flatten().filter(|output| output.eq_ignore_ascii_case(name)).count() > 1
    }

    /// The names of all columns, in order.
    pub(super) fn names(&self, schema: &Schema) -> Vec<Option<String>> {
        match self {
            Self::Table(table) => {
                schema.columns_of(*table).map(|column| Some(schema.column(column).name.clone())).collect()
            }
            Self::Outputs(names) => names.clone(),
            Self::Unknown => Vec::new(),
        }
    }
}

/// A stand-in for what could not be resolved; never leaves this module, because a finding stands beside it.
pub(super) fn nothing() -> Expr {
    Expr::Literal(Literal::Number("0".to_owned()))
}

impl Resolver<'_> {
    /// An unqualified name.
    pub(super) fn bare(&mut self, ident: &Ident) -> Expr {
        for depth in 0..self.frames.len() {
            if let Some(expr) = self.bare_at(depth, &ident.value) {
                return expr;
            }
        }
        if self.options.dialect == Dialect::Sqlite && ident.quote_style == Some('"') {
            return Expr::Literal(Literal::Text(ident.value.clone()));
        }
        self.unresolved(format!("no column {} here", ident.value));
        nothing()
    }

    fn bare_at(&mut self, depth: usize, name: &str) -> Option<Expr> {
        let frame = &self.frames[self.frames.len() - 1 - depth];
        if !frame.open {
            return None;
        }
        let mut found = frame.sources.iter().enumerate().filter_map(|(source, scoped)| {
            Some(ColumnRef { depth, source, target: scoped.rows.find(name, self.schema)? })
        });
        let first = found.next();
        let strange = self.options.dialect != Dialect::Sqlite;
        let again = found.next().is_some() || (strange && frame.sources.iter().any(|scoped| scoped.rows.doubled(name)));
        let merged = frame.merged.iter().any(|merged| merged.eq_ignore_ascii_case(name));
        let shown = depth == 0 && frame.aliases_shown;
        let alias = frame.aliases.iter().find(|(alias, _)| shown && alias.eq_ignore_ascii_case(name));
        let unknown = frame.sources.iter().any(|scoped| matches!(scoped.rows, Rows::Unknown));
        match (first, alias) {
            (Some(column), _) => {
                if again && !merged && !self.options.lenient {
                    self.unresolved(format!("column {name} stands in more than one source"));
                }
                Some(Expr::Column(column))
            }
            (None, Some((_, expr))) => Some(expr.clone()),
            (None, None) => unknown.then(nothing),
        }
    }

    /// A name with the source's name before it.
    pub(super) fn qualified(&mut self, qualifier: &Ident, name: &Ident) -> Expr {
        let mut known = false;
        for (depth, frame) in self.frames.iter().rev().enumerate() {
            if !frame.open {
                continue;
            }
            for source in self.sources_named(frame, &qualifier.value) {
                known = true;
                let rows = &frame.sources[source].rows;
                if let Some(target) = rows.find(&name.value, self.schema) {
                    if rows.doubled(&name.value) && self.options.dialect != Dialect::Sqlite && !self.options.lenient {
                        self.unresolved(format!("{} has {} twice", qualifier.value, name.value));
                    }
                    return Expr::Column(ColumnRef { depth, source, target });
                }
                if matches!(rows, Rows::Unknown) {
                    return nothing();
                }
            }
        }
        self.unresolved(match known {
            true => format!("{} has no column {}", qualifier.value, name.value),
            false => format!("no source is called {}", qualifier.value),
        });
        nothing()
    }

    /// The sources of this name; by the table's own name too when reading leniently.
    fn sources_named(&self, frame: &Frame, name: &str) -> Vec<usize> {
        let by_name = |scoped: &Scoped| scoped.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name));
        let by_table = |scoped: &Scoped| match scoped.rows {
            Rows::Table(table) => self.options.lenient && self.schema.table(table).name.eq_ignore_ascii_case(name),
            _ => false,
        };
        let numbered = || frame.sources.iter().enumerate();
        let exact: Vec<usize> = numbered().filter(|(_, scoped)| by_name(scoped)).map(|(source, _)| source).collect();
        if exact.is_empty() {
            return numbered().filter(|(_, scoped)| by_table(scoped)).map(|(source, _)| source).collect();
        }
        exact
    }

    /// The source of the innermost select that `T.*` means.
    pub(super) fn source_named(&mut self, name: &str) -> Option<usize> {
        let found = self.frames.last().and_then(|frame| self.sources_named(frame, name).first().copied());
        if found.is_none() {
            self.unresolved(format!("no source is called {name}"));
        }
        found
    }
}
