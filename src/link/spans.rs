//! What a span of the question spells: text, a number, a date.
//!
//! Knows nothing about schemas.

use super::text::{is_year, month_of, normal, number_of, stem};
use super::words::Word;

/// Multipliers in numbers of several words.
const MULTIPLIERS: &[(&str, f64)] = &[("hundred", 1e2), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9)];

/// Ordinals from the second on; `first` is mostly no number.
const ORDINALS: &[&str] =
    &["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];
const TIMES: &[&str] = &["once", "twice"];
/// The most letters right after a number that are its unit.
const LONGEST_UNIT: usize = 3;

/// A question's text with its words, normalised once.
#[derive(Debug)]
pub(super) struct Spans<'a> {
    text: &'a str,
    words: &'a [Word],
    /// Normalised words; empty for signs.
    pub(super) normals: Vec<String>,
    pub(super) stems: Vec<String>,
}

/// A date, as far as a span gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Date {
    pub(super) year: Option<u32>,
    pub(super) month: Option<u32>,
    pub(super) day: Option<u32>,
}

impl<'a> Spans<'a> {
    pub(super) fn new(text: &'a str, words: &'a [Word]) -> Self {
        let normals: Vec<String> = words.iter().map(|word| normal(&word.text)).collect();
        let stems = normals.iter().map(|word| stem(word)).collect();
        Self { text, words, normals, stems }
    }

    pub(super) fn words(&self) -> &'a [Word] {
        self.words
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The text from the first to the last word, as written; empty where there is no such span.
    pub(super) fn text(&self, start: usize, end: usize) -> &'a str {
        match (self.words.get(start), self.words.get(end.min(self.words.len().saturating_sub(1)))) {
            (Some(first), Some(last)) => self.text.get(first.start..last.end).unwrap_or_default(),
            _ => "",
        }
    }

    /// The number that a span spells: `3`, `1,000`, `-2.5`, `40%`, `twenty five`, `2 million`.
    pub(super) fn number(&self, start: usize, end: usize) -> Option<f64> {
        let plain = self.plain(start, end);
        if plain.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
            && let Ok(number) = plain.parse::<f64>()
        {
            return number.is_finite().then_some(number);
        }
        in_words(&plain)
    }

    /// As [`Spans::number`], and numbers that are more than a number: `3rd`, `third`, `twice`, `180cm`.
    pub(super) fn loose_number(&self, start: usize, end: usize) -> Option<f64> {
        self.number(start, end).or_else(|| {
            let plain = self.plain(start, end).to_lowercase();
            let place = ORDINALS.iter().position(|word| *word == plain).map(|place| place as f64 + 2.0);
            let times = TIMES.iter().position(|word| *word == plain).map(|place| place as f64 + 1.0);
            place.or(times).or_else(|| with_unit(&plain))
        })
    }

    fn plain(&self, start: usize, end: usize) -> String {
        self.text(start, end).replace([',', '$', '€', '£', '%'], "").trim().to_owned()
    }

    /// The parts of a date that a span spells.
    pub(super) fn date(&self, start: usize, end: usize) -> Date {
        let words: Vec<&str> =
            (start..=end.min(self.len().saturating_sub(1))).map(|i| self.normals[i].as_str()).collect();
        let numeric: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let month = words.iter().find_map(|word| month_of(word));
        let year = words.iter().find(|word| is_year(word)).and_then(|word| word.parse().ok());
        match (year, month) {
            (_, None) => all_numeric(&numeric, year),
            (_, Some(_)) => {
                let day = words.iter().filter(|word| !is_year(word)).find_map(|word| day_of(word));
                Date { year, month, day }
            }
        }
    }
}

/// A date in numbers only: `2024-04-17`, `04/2024`, `5`.
fn all_numeric(numbers: &[u32], year: Option<u32>) -> Date {
    let (month, day) = match (numbers, year) {
        ([y, m, d], Some(year)) if *y == year => (month(*m), day(*d)),
        ([y, m], Some(year)) if *y == year => (month(*m), None),
        ([m, d, _], Some(_)) if month(*m).is_some() => (month(*m), day(*d)),
        ([m, _], Some(_)) => (month(*m), None),
        _ => (None, None),
    };
    Date { year, month, day }
}

fn month(number: u32) -> Option<u32> {
    (1..=12).contains(&number).then_some(number)
}

fn day(number: u32) -> Option<u32> {
    (1..=31).contains(&number).then_some(number)
}

/// Whether a text is a date as databases write it: `2024-04-17`.
pub(super) fn is_iso_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(place, c)| if place == 4 || place == 7 { c == b'-' } else { c.is_ascii_digit() })
}

/// The day that `17` or `17th` names.
pub(super) fn day_of(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_suffix = matches!(&word[digits.len()..], "" | "st" | "nd" | "rd" | "th");
    digits.parse().ok().and_then(day).filter(|_| is_suffix)
}

/// A number with a few letters after it: `3rd`, `180cm`.
fn with_unit(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let is_unit = text.len() - unit <= LONGEST_UNIT && text[unit..].bytes().all(|c| c.is_ascii_alphabetic());
    let starts_right = text.starts_with(|c: char| c.is_ascii_digit());
    text[..unit].parse().ok().filter(|number: &f64| is_unit && starts_right && number.is_finite())
}

/// A number of words: `twenty five`, `two hundred`, `1.5 million`.
fn in_words(text: &str) -> Option<f64> {
    let (mut total, mut current, mut seen) = (0.0, None, false);
    for word in text.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty()) {
        let lower = word.to_lowercase();
        if let Some((_, factor)) = MULTIPLIERS.iter().find(|(name, _)| *name == lower) {
            current = Some(current.unwrap_or(1.0) * factor);
            total += current.take().unwrap_or_default();
        } else {
            let number = number_of(&lower)?;
            // `twenty five` adds; `five five` is no number.
            current = match current {
                None => Some(number),
                Some(tens) if tens >= 20.0 && tens % 10.0 == 0.0 && number < 10.0 => Some(tens + number),
                Some(_) => return None,
            };
        }
        seen = true;
    }
    seen.then(|| total + current.unwrap_or_default())
}

/// A number as SQL spells it.
pub(super) fn spell(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{}", number as i64) } else { format!("{number}") }
}
