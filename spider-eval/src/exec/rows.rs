//! Results as data: values as SQLite gives them, and one notion of equality (a number is a number, integer or not).

use std::fmt::Write as _;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A number with a fraction, or one out of the range of integers.
    Real(f64),
    /// Text; bytes that are not UTF-8 are left out, as the official script does.
    Text(Box<str>),
    /// Bytes.
    Blob(Box<[u8]>),
}

/// A cell by its meaning, for comparing and hashing: `1` and `1.0` are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key<'a> {
    Null,
    Integer(i64),
    Real(u64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// The rows of one result, all of one width.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// The number of columns.
    pub width: usize,
    /// The cells, row by row.
    pub cells: Vec<Value>,
    /// The number of rows (which the cells do not tell where there are no columns).
    pub count: usize,
}

impl Value {
    pub(crate) fn key(&self) -> Key<'_> {
        match self {
            Self::Null => Key::Null,
            Self::Integer(number) => Key::Integer(*number),
            Self::Real(number) => as_integer(*number).map_or(Key::Real(number.to_bits()), Key::Integer),
            Self::Text(text) => Key::Text(text),
            Self::Blob(bytes) => Key::Blob(bytes),
        }
    }

    /// Whether equal values may be spelt differently in Python.
    pub(crate) fn has_twin(&self) -> bool {
        matches!(self, Self::Real(number) if as_integer(*number).is_some())
    }

    /// What the official script sorts the cells of a row by: the value and its type, as Python spells them.
    pub(crate) fn python_spelling(&self) -> String {
        match self {
            Self::Null => "None<class 'NoneType'>".to_owned(),
            Self::Integer(number) => format!("{number}<class 'int'>"),
            Self::Real(number) => format!("{}<class 'float'>", python_float(*number)),
            Self::Text(text) => format!("{text}<class 'str'>"),
            Self::Blob(bytes) => format!("b'{}'<class 'bytes'>", python_bytes(bytes)),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn as_integer(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63
    (number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number)).then_some(number as i64)
}

/// The shortest decimal form in Python's layout: an exponent of two digits at least from 1e16 up and below 1e-4.
fn python_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific.to_lowercase() };
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&power) {
        return format!("{number:?}");
    }
    format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

fn python_bytes(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = match byte {
            b'\\' => write!(out, "\\\\"),
            b'\n' => write!(out, "\\n"),
            b'\r' => write!(out, "\\r"),
            b'\t' => write!(out, "\\t"),
            b' '..=b'~' => write!(out, "{}", char::from(*byte)),
            _ => write!(out, "\\x{byte:02x}"),
        };
        out
    })
}

impl Rows {
    /// One row's cells.
    pub fn row(&self, place: usize) -> &[Value] {
        self.cells.get(place * self.width..(place + 1) * self.width).unwrap_or_default()
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &[Value]> {
        (0..self.count).map(|place| self.row(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelt_as_python_spells_them() {
        for (number, expected) in
            [(1.0, "1.0"), (0.1, "0.1"), (1e16, "1e+16"), (1.5e-5, "1.5e-05"), (123_456.75, "123456.75")]
        {
            assert_eq!(python_float(number), expected);
        }
    }

    #[test]
    fn whole_numbers_are_one_value() {
        assert_eq!(Value::Real(2.0).key(), Value::Integer(2).key());
        assert_ne!(Value::Real(2.5).key(), Value::Integer(2).key());
        assert_eq!(Value::Real(-0.0).key(), Value::Integer(0).key());
    }
}
