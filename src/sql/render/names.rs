//! Names as a dialect must spell them: quoted only where the bare word would not be read as this name.

use super::super::Dialect;

/// Where a name stands; SQLite and its parsers take more bare words as tables than as columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Table,
    Column,
}

/// Writes a name, quoted where it must be.
pub(super) fn write_name(out: &mut String, name: &str, dialect: Dialect, place: Place) {
    if !needs_quotes(name, dialect, place) {
        return out.push_str(name);
    }
    let quote = if dialect == Dialect::MySql { '`' } else { '"' };
    out.push(quote);
    for character in name.chars() {
        if character == quote {
            out.push(quote);
        }
        out.push(character);
    }
    out.push(quote);
}

fn needs_quotes(name: &str, dialect: Dialect, place: Place) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let plain = first && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // Postgres folds bare words to lower case, so a name with a capital is another name without quotes.
    let folded = dialect == Dialect::Postgres && name.bytes().any(|byte| byte.is_ascii_uppercase());
    !plain || folded || is_reserved(name, dialect, place)
}

fn is_reserved(name: &str, dialect: Dialect, place: Place) -> bool {
    let lower = name.to_ascii_lowercase();
    let listed = |words: &[&str]| words.binary_search(&lower.as_str()).is_ok();
    let _ = place;
    match dialect {
        Dialect::Sqlite => listed(SQLITE),
        Dialect::Postgres => listed(SQLITE),
        Dialect::MySql => listed(SQLITE),
    }
}

const SQLITE: &[&str] = &[
    "add",
    "all",
    "alter",
    "and",
    "as",
    "between",
    "case",
    "check",
    "collate",
    "commit",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "default",
    "delete",
    "distinct",
    "drop",
    "else",
    "except",
    "exists",
    "for",
    "foreign",
    "from",
    "full",
    "group",
    "having",
    "if",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "left",
    "limit",
    "natural",
    "not",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "outer",
    "primary",
    "references",
    "right",
    "select",
    "set",
    "table",
    "then",
    "to",
    "transaction",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "when",
    "where",
];
