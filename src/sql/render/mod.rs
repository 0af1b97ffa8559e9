//! [`Query`] → text of one dialect. Total and deterministic: every query has exactly one text, and it reads back as
//! the same query.
//!
//! Aliases are `T1`, `T2`, … counted over the whole text; a select with one source that nothing inside refers to
//! stands without alias, with bare column names. For SQLite the text keeps to what Spider's official exact match
//! reads: `!=`, lower-case functions, no quotes and no column aliases where none are needed.

mod clauses;
mod ddl;
mod exprs;
mod scope;

pub use ddl::to_sqlite_ddl;
pub(super) use exprs::date_text;

use super::Dialect;
use crate::query::Query;
use crate::schema::Schema;
use scope::Names;

/// The text of a query in a dialect.
pub fn render(query: &Query, schema: &Schema, dialect: Dialect) -> String {
    let mut renderer = Renderer::new(schema, dialect);
    renderer.query(query, &[]);
    renderer.out
}

/// One rendering.
struct Renderer<'s> {
    schema: &'s Schema,
    dialect: Dialect,
    out: String,
    /// The number of the last alias.
    aliases: usize,
    /// Numbers that no alias may have, because a table is called `T7`.
    taken: Vec<usize>,
    /// The selects around the current place; the innermost last.
    scopes: Vec<Names>,
}

impl<'s> Renderer<'s> {
    fn new(schema: &'s Schema, dialect: Dialect) -> Self {
        let taken = schema.tables.iter().filter_map(|table| alias_number(&table.name)).collect();
        Self { schema, dialect, out: String::with_capacity(128), aliases: 0, taken, scopes: Vec::new() }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes `parts` with `separator` between them.
    fn list<T>(&mut self, parts: &[T], separator: &str, mut write: impl FnMut(&mut Self, &T)) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            write(self, part);
        }
    }

    fn new_alias(&mut self) -> String {
        loop {
            self.aliases += 1;
            if !self.taken.contains(&self.aliases) {
                return format!("T{}", self.aliases);
            }
        }
    }
}

fn alias_number(name: &str) -> Option<usize> {
    name.strip_prefix(['T', 't'])?.parse().ok()
}
