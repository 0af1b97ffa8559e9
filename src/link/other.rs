//! A value where the question spells none: the best guess that its words and the column's cells allow.

use super::places::columns::PlaceColumns;
use super::places::{Form, LONGEST_PLACE, Meaning, PlaceId};
use super::question::is_time;
use super::spans::Spans;
use super::text::{is_common, may_be_part, normal, stem};
use super::words::Word;
use crate::schema::ColumnId;
use std::collections::HashSet;

/// Words that share this many first letters may be of one family: `Canadian` and `Canada`.
const FAMILY: usize = 4;
/// What a cell is worth that means a place of the question; more than all words, since those would have been spelled.
const SAME_PLACE: f64 = 2.0;
/// The most cells that are compared.
const MOST_CELLS: usize = 2_000;

/// The cell that shares most with the question's words; the first one where none shares anything.
pub(super) fn likely_cell<'a>(
    spans: &Spans<'_>,
    cells: &'a [String],
    places: &PlaceColumns,
    id: ColumnId,
) -> Option<&'a String> {
    let said = said(spans, places);
    let stems: HashSet<&str> = spans.stems.iter().map(String::as_str).collect();
    let words: Vec<&str> = spans.normals.iter().map(String::as_str).filter(|word| may_be_part(word)).collect();
    let mut best: Option<(&String, f64)> = None;
    for cell in cells.iter().take(MOST_CELLS) {
        let is_said = said.iter().any(|place| places.is_spelling(cell, *place, id));
        let shared = if is_said { SAME_PLACE } else { shared(&normal(cell), &stems, &words) };
        if best.is_none_or(|(_, most)| shared > most) {
            best = Some((cell, shared));
        }
    }
    best.map(|(cell, _)| cell)
}

/// The places that the question's words may mean.
fn said(spans: &Spans<'_>, places: &PlaceColumns) -> Vec<PlaceId> {
    let runs =
        (0..spans.len()).flat_map(|start| (start..spans.len().min(start + LONGEST_PLACE)).map(move |end| (start, end)));
    let spelled_out = |meaning: Meaning| (meaning.form != Form::Code).then_some(meaning.place);
    runs.flat_map(|(start, end)| places.said(spans.text(start, end))).filter_map(spelled_out).collect()
}

/// The share of a cell's words that the question has (1) or has one of the same family of (a half).
fn shared(cell: &str, stems: &HashSet<&str>, words: &[&str]) -> f64 {
    let telling: Vec<&str> = cell.split(' ').filter(|word| !word.is_empty() && !is_common(word)).collect();
    if telling.is_empty() {
        return 0.0;
    }
    let score = |word: &&str| {
        if stems.contains(stem(word).as_str()) {
            1.0
        } else if words.iter().any(|other| are_family(word, other)) {
            0.5
        } else {
            0.0
        }
    };
    telling.iter().map(score).sum::<f64>() / telling.len() as f64
}

fn are_family(a: &str, b: &str) -> bool {
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    shared >= FAMILY || (shared >= FAMILY - 1 && a.chars().count().min(b.chars().count()) <= FAMILY)
}

/// The first day of the month or year that the question speaks of: `2023-10-01` for `October 2023`.
pub(super) fn likely_day(spans: &Spans<'_>, words: &[Word]) -> Option<String> {
    let first = words.iter().position(is_time)?;
    let last = (first + 1..words.len().min(first + 3)).rev().find(|place| is_time(&words[*place]));
    let date = spans.date(first, last.unwrap_or(first));
    Some(format!("{}-{:02}-{:02}", date.year?, date.month.unwrap_or(1), date.day.unwrap_or(1)))
}
