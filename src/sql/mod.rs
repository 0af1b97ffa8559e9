//! SQL text ↔ [`Query`](crate::query::Query): parse and resolve, render for a dialect, check. Owns `sqlparser`.
//!
//! | file | what it owns |
//! |---|---|
//! | `parse` | text → one read-only statement → `Query`; what can go wrong as [`ParseError`] |
//! | `resolve` | syntax tree → `Query`: scopes, names, joins, expressions, conditions |
//! | `rules` | what a resolved query must keep to be taken by every database |
//! | `check` | the last judge of a text: parse, resolve, rules, all findings |
//! | `render` | `Query` → text of one dialect; names and quoting; `CREATE TABLE` text for SQLite |
//! | `ddl` | `CREATE TABLE` text and dumps → `Schema` |
//! | `walk` | column references and widths of a `Query` |
//!
//! ```
//! use argiope::{schema::SchemaBuilder, sql};
//!
//! let mut builder = SchemaBuilder::new("pets");
//! builder.table("pet").column("name", "TEXT").column("born", "DATE");
//! let schema = builder.build()?;
//! let text = "select NAME from Pet p where strftime('%Y', p.born) <> '2024'";
//! let query = sql::parse(text, sql::Dialect::Sqlite, &schema).expect("reads");
//! let postgres = sql::render(&query, &schema, sql::Dialect::Postgres);
//! assert_eq!(postgres, "SELECT name FROM pet WHERE EXTRACT(YEAR FROM born) != 2024");
//! assert!(sql::check(&postgres, sql::Dialect::Postgres, &schema).is_ok());
//! assert!(sql::check("DROP TABLE pet", sql::Dialect::Postgres, &schema).is_err());
//! # Ok::<(), argiope::Error>(())
//! ```
//!
//! Knows nothing about symbols, questions or models. Runs nothing: no database is opened here.

mod check;
pub mod ddl;
mod parse;
mod render;
mod resolve;
mod rules;
mod walk;

pub use crate::dialect::Dialect;
pub use check::check;
pub use parse::{ParseError, ParseOptions, parse, parse_with};
pub use render::{render, to_sqlite_ddl};
pub use rules::violations;

/// The parser's own description of a dialect.
fn parser_dialect(dialect: Dialect) -> &'static dyn sqlparser::dialect::Dialect {
    match dialect {
        Dialect::Sqlite => &sqlparser::dialect::SQLiteDialect {},
        Dialect::Postgres => &sqlparser::dialect::PostgreSqlDialect {},
        Dialect::MySql => &sqlparser::dialect::MySqlDialect {},
    }
}
