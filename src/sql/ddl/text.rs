//! What a text is before it is split: bytes to characters, and whose dump it is.

use crate::error::{Error, Result};
use crate::sql::Dialect;

/// How much of a text is looked at to tell its dialect: definitions stand before rows, and 1 MB is read in no time.
const DETECTION_BYTES: usize = 1 << 20;

/// Spellings, in lower case, that only one product's DDL has. The first that is found decides.
const SIGNS: &[(&str, Dialect)] = &[
    ("-- mysql dump", Dialect::MySql),
    ("-- mariadb dump", Dialect::MySql),
    ("-- phpmyadmin", Dialect::MySql),
    ("/*!4", Dialect::MySql),
    ("/*!5", Dialect::MySql),
    ("engine=", Dialect::MySql),
    ("engine =", Dialect::MySql),
    ("auto_increment", Dialect::MySql),
    (" key `", Dialect::MySql),
    ("-- postgresql database dump", Dialect::Postgres),
    ("pg_catalog", Dialect::Postgres),
    ("alter table only", Dialect::Postgres),
    ("from stdin", Dialect::Postgres),
    ("comment on ", Dialect::Postgres),
    ("serial primary key", Dialect::Postgres),
    ("without time zone", Dialect::Postgres),
    ("with time zone", Dialect::Postgres),
    ("timestamptz", Dialect::Postgres),
    ("as identity", Dialect::Postgres),
    ("create extension", Dialect::Postgres),
    ("jsonb", Dialect::Postgres),
];

/// Bytes as text, with a note where some are not UTF-8. Understands byte order marks.
///
/// # Errors
/// [`Error::Schema`] when this is no text.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Option<String>)> {
    let finding = |message: &str| Err(Error::Schema { findings: vec![message.to_owned()] });
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode(rest),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ if bytes.starts_with(b"SQLite format 3\0") => {
            finding("this is a SQLite database, not SQL text; give it as a database")
        }
        [0x1F, 0x8B, ..] => finding("this is a compressed file, not SQL text; unpack it first"),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => check_text(text).map(|()| (text.to_owned(), None)),
            Err(error) => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                check_text(&text)?;
                let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
                Ok((text, Some(format!("line {line}: some text is not UTF-8 and is read with replacement characters"))))
            }
        },
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(String, Option<String>)> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    let text = String::from_utf16_lossy(&units);
    check_text(&text).map(|()| (text, None))
}

/// Refuses what is no text: a NUL, or a replacement character in every tenth place.
///
/// # Errors
/// [`Error::Schema`] with the place.
pub(super) fn check_text(text: &str) -> Result<()> {
    let replaced = text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
    let place = text.find('\0').or_else(|| if replaced * 10 > text.len() { text.find('\u{FFFD}') } else { None });
    let Some(at) = place else { return Ok(()) };
    let line = 1 + text[..at].matches('\n').count();
    Err(Error::Schema { findings: vec![format!("line {line}: this is a binary file, not SQL text")] })
}

/// Whose DDL a text is; `None` where nothing tells, as in most that is plain.
pub(super) fn dialect_of(text: &str) -> Option<Dialect> {
    let bytes = text.as_bytes();
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DETECTION_BYTES)]).to_lowercase();
    SIGNS.iter().find(|(sign, _)| start.contains(sign)).map(|&(_, dialect)| dialect)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn bytes_become_text_or_a_finding() {
        assert_eq!(decode("\u{FEFF}añb".as_bytes()).unwrap(), ("añb".to_owned(), None));
        assert_eq!(decode(b"\xFF\xFEa\0b\0").unwrap().0, "ab");
        assert_eq!(decode(b"\xFE\xFF\0a\0b").unwrap().0, "ab");
        assert!(decode(b"a long latin text\n\xE9t\xE9 and more of it").unwrap().1.unwrap().starts_with("line 2"));
        for (bytes, word) in
            [(&b"SQLite format 3\0.."[..], "database"), (b"\x1F\x8B\x08", "compressed"), (b"a\nb\0c", "line 2")]
        {
            assert!(decode(bytes).unwrap_err().to_string().contains(word), "{bytes:?}");
        }
        assert!(decode(&[0x80; 40]).unwrap_err().to_string().contains("binary"));
    }

    #[test]
    fn dumps_tell_their_dialect() {
        for (text, dialect) in [
            ("CREATE TABLE `a` (x int) ENGINE=InnoDB", Some(Dialect::MySql)),
            ("CREATE TABLE a (x serial primary key)", Some(Dialect::Postgres)),
            ("CREATE TABLE `a` (x INTEGER PRIMARY KEY AUTOINCREMENT)", None),
        ] {
            assert_eq!(dialect_of(text), dialect, "{text}");
        }
    }
}
