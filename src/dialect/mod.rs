//! Whose SQL a text is, and how names are spelled in it.
//!
//! What `sql` and `grammar` share. Knows nothing about schemas, queries or how text is parsed.

mod names;
mod reserved;

pub use names::{Place, needs_quotes, write_name, write_quoted};

/// Whose SQL a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs, reason = "the names are the products' own")]
pub enum Dialect {
    #[default]
    Sqlite,
    Postgres,
    MySql,
}

impl Dialect {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];
}
