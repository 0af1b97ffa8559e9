//! From what a question spells to the cell that a column really holds.
//!
//! Six tries: the same normalised text, another word of the same meaning, the same stems, the same place, nearly the same
//! letters, the start of one cell.

use super::meanings;
use super::places::columns::PlaceColumns;
use super::text::{fold, normal, stems};
use crate::schema::ColumnId;

/// What a misspelt word's similarity must be above.
const CLOSE: f64 = 0.8;
/// The shortest word that may be misspelt, in bytes.
const SHORTEST_MISSPELT: usize = 4;
/// The shortest text that is taken for the start of a cell.
const SHORTEST_START: usize = 3;
/// The cells of one column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) texts: &'a [String],
    pub(super) column: ColumnId,
    pub(super) places: &'a PlaceColumns,
}

/// The cell that a text means, if any.
pub(super) fn cell<'a>(text: &str, cells: Cells<'a>) -> Option<&'a str> {
    let wanted = normal(text);
    if wanted.is_empty() {
        return None;
    }
    let Cells { texts, column, places } = cells;
    let is_no_other_place = |cell: &&String| !places.is_place(text) || !places.is_place(cell);
    let exact = texts.iter().find(|cell| *cell == text);
    exact
        .or_else(|| texts.iter().find(|cell| fold(cell) == fold(text)))
        .or_else(|| texts.iter().find(|cell| normal(cell) == wanted))
        .or_else(|| meanings::cell(&wanted, texts))
        .or_else(|| by_stems(&wanted, texts))
        .or_else(|| places.cell(text, texts, column))
        .or_else(|| by_letters(&wanted, texts).filter(is_no_other_place))
        .or_else(|| by_start(&wanted, texts).filter(is_no_other_place))
        .map(String::as_str)
}

fn by_stems<'a>(wanted: &str, cells: &'a [String]) -> Option<&'a String> {
    let wanted = stems(wanted);
    cells.iter().find(|cell| cell.len() < 80 && stems(&normal(cell)) == wanted)
}

/// The most similar cell; numbers are never misspelt.
fn by_letters<'a>(wanted: &str, cells: &'a [String]) -> Option<&'a String> {
    let mut best: Option<(&String, f64)> = None;
    for cell in cells {
        let likeness = likeness(wanted, &normal(cell));
        if likeness > best.map_or(0.0, |(_, least)| least) {
            best = Some((cell, likeness));
        }
    }
    best.map(|(cell, _)| cell)
}

/// How well one normalised text may be a misspelling of another: 1 for the same letters, 0 where a word differs too much.
pub(super) fn likeness(a: &str, b: &str) -> f64 {
    if a.chars().filter(|c| *c != ' ').eq(b.chars().filter(|c| *c != ' ')) {
        return 1.0;
    }
    if a.len().abs_diff(b.len()) > a.len() / 3 || a.bytes().chain(b.bytes()).any(|c| c.is_ascii_digit()) {
        return 0.0;
    }
    let (mut left, mut right, mut least) = (a.split(' '), b.split(' '), 1.0f64);
    loop {
        match (left.next(), right.next()) {
            (None, None) => return least,
            (Some(x), Some(y)) => least = least.min(word_likeness(x, y)),
            _ => return 0.0,
        }
        if least == 0.0 {
            return 0.0;
        }
    }
}

/// Short words must be equal, longer ones share their first letter and most others.
fn word_likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    if a.len().min(b.len()) < SHORTEST_MISSPELT || a.chars().next() != b.chars().next() {
        return 0.0;
    }
    let likeness = similarity(a, b);
    if likeness > CLOSE { likeness } else { 0.0 }
}

/// The only cell that starts with the text, at the end of a word.
fn by_start<'a>(wanted: &str, cells: &'a [String]) -> Option<&'a String> {
    if wanted.chars().count() < SHORTEST_START || wanted.bytes().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let mut starting =
        cells.iter().filter(|cell| normal(cell).strip_prefix(wanted).is_some_and(|rest| rest.starts_with(' ')));
    starting.next().filter(|_| starting.next().is_none())
}

/// Twice the longest common subsequence over both lengths, in letters: 1 for equal texts.
fn similarity(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let both = (a.len() + b.len()) as f64;
    if 2.0 * a.len().min(b.len()) as f64 / both < CLOSE {
        return 0.0;
    }
    let mut row = vec![0usize; b.len() + 1];
    for x in &a {
        let mut diagonal = 0;
        for (place, y) in b.iter().enumerate() {
            let above = row[place + 1];
            row[place + 1] = if x == y { diagonal + 1 } else { above.max(row[place]) };
            diagonal = above;
        }
    }
    2.0 * row[b.len()] as f64 / both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SchemaBuilder;

    fn check_in(text: &str, label: &str, cells: &[&str], expected: Option<&str>) {
        let schema = SchemaBuilder::new("x").table("t").column(label, "TEXT").samples(cells).build().unwrap();
        let (column, places) = (ColumnId(0), PlaceColumns::new(&schema));
        let cells = Cells { texts: &schema.column(column).samples, column, places: &places };
        assert_eq!(cell(text, cells), expected, "{text}");
    }

    fn check(text: &str, expected: Option<&str>) {
        let cells = ["France", "Germany", "New York City", "Pop", "Popular Rock", "F", "engineer", "O'Brien"];
        check_in(text, "label", &cells, expected);
    }

    #[test]
    fn places_snap_to_their_other_spellings() {
        let names = ["Australia", "France", "Nigeria", "South Korea", "Guinea Bissau", "United Kingdom", "USA"];
        let check_name = |text, expected| check_in(text, "Country", &names, expected);
        check_name("French", Some("France"));
        check_name("Frenchmen", Some("France"));
        check_name("Korean", Some("South Korea"));
        check_name("American", Some("USA"));
        check_name("U.S.", Some("USA"));
        check_name("British", Some("United Kingdom"));
        check_name("Scottish", Some("United Kingdom"));
        check_name("Astralia", Some("Australia"));
        // One place is no misspelling and no beginning of another.
        check_name("Austria", None);
        check_name("Austrian", None);
        check_name("Niger", None);
        check_name("Guinea", None);
        check_in("France", "Nationality", &["German", "French"], Some("French"));
        check_in("Germany", "country", &["us", "de", "fr"], Some("de"));
        check_in("California", "state", &["NY", "CA"], Some("CA"));
        check_in("Georgia", "state", &["NY", "GA"], Some("GA"));
        check_in("Georgia", "country", &["GA", "GE"], Some("GE"));
        check_in("CA", "state", &["New York", "California"], Some("California"));
        check_in("Canadian", "birth country", &["USA", "Mexico", "CAN"], Some("CAN"));
        check_in("Germany", "grade", &["A", "DE"], None);
    }

    #[test]
    fn texts_snap_to_cells() {
        check("france", Some("France"));
        check("Germny", Some("Germany"));
        check("New York", Some("New York City"));
        check("pop", Some("Pop"));
        check("engineers", Some("engineer"));
        check("female", Some("F"));
        check("obrien", Some("O'Brien"));
        check("O Brien", Some("O'Brien"));
        check("Frances", Some("France"));
        check("Gourmand", None);
        check("Japan", None);
        check("?", None);
    }
}
