//! Names as a dialect must spell them: quoted only where the bare word would not be read as this name.

use super::Dialect;
use super::reserved::is_reserved;

/// Where a name stands; SQLite and its parsers take more bare words as tables than as columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A source of rows.
    Table,
    /// A column.
    Column,
}

/// Writes a name, quoted where it must be.
pub fn write_name(out: &mut String, name: &str, dialect: Dialect, place: Place) {
    if !needs_quotes(name, dialect, place) {
        return out.push_str(name);
    }
    write_quoted(out, name, dialect);
}

/// Writes a name in the dialect's quotes.
pub fn write_quoted(out: &mut String, name: &str, dialect: Dialect) {
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

/// Whether the bare word would not be read as this name.
pub fn needs_quotes(name: &str, dialect: Dialect, place: Place) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let plain = first && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // Postgres folds bare words to lower case, so a name with a capital is another name without quotes.
    let folded = dialect == Dialect::Postgres && name.bytes().any(|byte| byte.is_ascii_uppercase());
    !plain || folded || is_reserved(name, dialect, place)
}
