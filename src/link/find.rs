//! Literals of a query found as spans of its question: what training points at.
//!
//! The way back is in `values`.

use super::meanings::stands_for;
use super::places::LONGEST_PLACE;
use super::snap;
use super::spans::{Date, is_iso_date};
use super::text::{normal, stems};
use super::values::QuestionValues;
use crate::query::{DatePart, FindValues, Literal, ValueTarget};

/// The longest span, in words.
const LONGEST_SPAN: usize = 10;
/// The longest number or date, in words.
const LONGEST_NUMBER: usize = 6;

impl FindValues for QuestionValues<'_> {
    fn find(&self, literal: &Literal, target: &ValueTarget) -> Option<(usize, usize)> {
        let (Literal::Number(text) | Literal::Text(text)) = literal;
        let text = text.trim();
        match target {
            ValueTarget::Number | ValueTarget::Limit => self.find_number(text),
            ValueTarget::DatePart(part, _) => self.find_date_part(text, *part),
            ValueTarget::Pattern(_) => self.find_text(&text.replace('%', " ")),
            ValueTarget::Column(_) => self
                .find_number(text)
                .or_else(|| self.find_date(text))
                .or_else(|| self.find_text(text))
                .or_else(|| self.find_like(text)),
        }
    }
}

impl QuestionValues<'_> {
    fn find_number(&self, text: &str) -> Option<(usize, usize)> {
        let wanted: f64 = text.parse().ok()?;
        self.shortest(|start, end| self.spans.number(start, end) == Some(wanted))
            .or_else(|| self.shortest(|start, end| self.spans.loose_number(start, end) == Some(wanted)))
    }

    fn find_date_part(&self, text: &str, part: DatePart) -> Option<(usize, usize)> {
        self.shortest(|start, end| matches!(self.date_part(start, end, part), Literal::Text(found) if found == text))
    }

    /// A whole date in another spelling.
    fn find_date(&self, text: &str) -> Option<(usize, usize)> {
        let spells = |start, end| {
            let Date { year: Some(year), month: Some(month), day: Some(day) } = self.spans.date(start, end) else {
                return false;
            };
            format!("{year}-{month:02}-{day:02}") == text
        };
        if is_iso_date(text) { self.shortest(spells) } else { None }
    }

    /// A text: as written, its letters over joined words, one letter for a word, stems, another spelling of a place.
    fn find_text(&self, text: &str) -> Option<(usize, usize)> {
        let text = text.trim();
        let wanted = normal(text.strip_suffix(".0").unwrap_or(text));
        if wanted.is_empty() {
            return None;
        }
        let words = 0..self.spans.len();
        self.find_written(text)
            .or_else(|| self.find_joined(&wanted.replace(' ', "")))
            .or_else(|| {
                words.clone().find(|word| stands_for(text, &self.spans.normals[*word])).map(|word| (word, word))
            })
            .or_else(|| self.find_stems(&stems(&wanted)))
            .or_else(|| self.find_place(text))
    }

    fn find_written(&self, text: &str) -> Option<(usize, usize)> {
        let spans = (0..self.spans.len())
            .flat_map(|start| (start..self.spans.len().min(start + LONGEST_SPAN)).map(move |end| (start, end)));
        spans.into_iter().find(|(start, end)| self.spans.text(*start, *end) == text)
    }

    fn find_joined(&self, joined: &str) -> Option<(usize, usize)> {
        (0..self.spans.len()).find_map(|start| {
            let mut rest = joined;
            for end in start..self.spans.len().min(start + LONGEST_SPAN) {
                let word = self.spans.normals[end].replace(' ', "");
                if word.is_empty() && end == start {
                    return None;
                }
                rest = rest.strip_prefix(word.as_str())?;
                if rest.is_empty() {
                    return Some((start, end));
                }
            }
            None
        })
    }

    fn find_stems(&self, wanted: &[String]) -> Option<(usize, usize)> {
        let end = |start: usize| start + wanted.len() - 1;
        let is_there = |start: &usize| self.spans.stems.get(*start..=end(*start)).is_some_and(|stems| stems == wanted);
        (0..self.spans.len()).find(is_there).map(|start| (start, end(start)))
    }

    /// The shortest span that means the same place: `French` for `France`.
    fn find_place(&self, text: &str) -> Option<(usize, usize)> {
        let wanted = self.places().said(text);
        if wanted.is_empty() {
            return None;
        }
        let means = |start, end| {
            let said = self.places().said(self.spans.text(start, end));
            said.iter().any(|meaning| wanted.iter().any(|other| other.place == meaning.place))
        };
        (0..LONGEST_PLACE).find_map(|more| {
            let starts = 0..self.spans.len().saturating_sub(more);
            starts.into_iter().map(|start| (start, start + more)).find(|(start, end)| means(*start, *end))
        })
    }

    /// The most similar span of as many words: a misspelt value.
    fn find_like(&self, text: &str) -> Option<(usize, usize)> {
        let wanted = Some(normal(text)).filter(|wanted| !wanted.is_empty())?;
        let count = wanted.split(' ').count();
        let mut best: Option<((usize, usize), f64)> = None;
        for start in 0..(self.spans.len() + 1).saturating_sub(count) {
            let end = start + count - 1;
            let likeness = snap::likeness(&self.spans.normals[start..=end].join(" "), &wanted);
            if likeness > best.map_or(0.0, |(_, least)| least) {
                best = Some(((start, end), likeness));
            }
        }
        best.map(|(span, _)| span)
    }

    /// The first of the shortest spans of a number or date that starts and ends tightly.
    fn shortest(&self, is_wanted: impl Fn(usize, usize) -> bool) -> Option<(usize, usize)> {
        (0..LONGEST_NUMBER).find_map(|more| {
            let starts = 0..self.spans.len().saturating_sub(more);
            starts
                .into_iter()
                .map(|start| (start, start + more))
                .find(|(start, end)| self.is_tight(*start, *end) && is_wanted(*start, *end))
        })
    }

    /// Starts and ends with a word or number, not with a sign that it does not need.
    fn is_tight(&self, start: usize, end: usize) -> bool {
        let is_word = |place: usize| !self.spans.normals[place].is_empty();
        is_word(end) && (is_word(start) || self.spans.text(start, start) == "-")
    }
}
