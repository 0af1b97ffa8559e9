//! Spans of one question read as literals, and literals found as spans.
//!
//! The two ways mirror each other: what [`FindValues::find`] finds, [`Values::literal`] mostly spells again.

use super::index::SchemaIndex;
use super::snap;
use super::spans::{Date, Spans, day_of, spell};
use super::text::{fold, normal, stems};
use super::words::Word;
use crate::query::{DatePart, FindValues, Literal, ValueTarget, Values};
use crate::schema::{Column, ColumnId, ColumnKind, Schema};

/// The longest span, in words.
const LONGEST_SPAN: usize = 10;
/// The longest number or date, in words.
const LONGEST_NUMBER: usize = 5;
/// What stands where the question spells no value.
const UNKNOWN_TEXT: &str = "value";

/// One question over one schema, for reading and finding values.
#[derive(Debug)]
pub struct QuestionValues<'a> {
    schema: &'a Schema,
    spans: Spans<'a>,
    use_values: bool,
}

impl<'a> QuestionValues<'a> {
    /// Values of a question whose words are those of its prompt; `use_values` says whether spans snap to cell samples.
    pub fn new(index: &'a SchemaIndex, question: &'a str, words: &'a [Word], use_values: bool) -> Self {
        Self { schema: index.schema(), spans: Spans::new(question, words), use_values }
    }

    fn cells(&self, id: ColumnId) -> &[String] {
        if self.use_values { &self.schema.column(id).samples } else { &[] }
    }
}

impl Values for QuestionValues<'_> {
    fn literal(&self, start: usize, end: usize, target: &ValueTarget) -> Literal {
        match target {
            ValueTarget::Number => self.number(start, end).unwrap_or_else(|| self.other(target)),
            ValueTarget::Limit => self.limit(start, end).unwrap_or_else(|| self.other(target)),
            ValueTarget::DatePart(part, _) => self.date_part(start, end, *part),
            ValueTarget::Pattern(id) => Literal::Text(self.pattern(start, end, *id)),
            ValueTarget::Column(id) => self.cell(start, end, *id),
        }
    }

    fn other(&self, target: &ValueTarget) -> Literal {
        match target {
            ValueTarget::Number | ValueTarget::Limit => Literal::Number("1".to_owned()),
            ValueTarget::DatePart(part, _) => Literal::Text(
                match part {
                    DatePart::Year => "2020",
                    DatePart::YearMonth => "2020-01",
                    DatePart::Month | DatePart::Day => "01",
                }
                .to_owned(),
            ),
            ValueTarget::Pattern(_) => Literal::Text(UNKNOWN_TEXT.to_owned()),
            ValueTarget::Column(id) => match (self.schema.column(*id).kind, self.cells(*id).first()) {
                (ColumnKind::Number | ColumnKind::Boolean, _) => Literal::Number("1".to_owned()),
                (_, Some(cell)) => Literal::Text(cell.clone()),
                (_, None) => Literal::Text(UNKNOWN_TEXT.to_owned()),
            },
        }
    }
}

/// From spans to literals.
impl QuestionValues<'_> {
    fn number(&self, start: usize, end: usize) -> Option<Literal> {
        self.spans.number(start, end).map(|number| Literal::Number(spell(number)))
    }

    fn limit(&self, start: usize, end: usize) -> Option<Literal> {
        let number = self.spans.number(start, end)?;
        (number >= 1.0 && number.fract() == 0.0 && number < 1e9).then(|| Literal::Number(spell(number)))
    }

    fn date_part(&self, start: usize, end: usize, part: DatePart) -> Literal {
        let date = self.spans.date(start, end);
        let number = self.spans.number(start, end).filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u32);
        let spelled = match part {
            DatePart::Year => date.year.or(number).map(|year| format!("{year}")),
            DatePart::YearMonth => date.year.and_then(|year| date.month.map(|month| format!("{year}-{month:02}"))),
            DatePart::Month => date.month.or(number).map(|month| format!("{month:02}")),
            DatePart::Day => {
                date.day.or_else(|| day_of(&normal(self.spans.text(start, end)))).map(|day| format!("{day:02}"))
            }
        };
        Literal::Text(spelled.unwrap_or_else(|| self.text(start, end).to_owned()))
    }

    /// The text inside a pattern, in the letters' case that the cells have.
    fn pattern(&self, start: usize, end: usize, id: ColumnId) -> String {
        let text = self.text(start, end).replace('%', "");
        let text = text.trim();
        let in_cell = |cell: &String| {
            let at = cell.to_ascii_lowercase().find(&text.to_ascii_lowercase())?;
            cell.get(at..at + text.len()).map(str::to_owned)
        };
        self.cells(id).iter().find_map(in_cell).unwrap_or_else(|| text.to_owned())
    }

    fn cell(&self, start: usize, end: usize, id: ColumnId) -> Literal {
        let column = self.schema.column(id);
        let text = self.text(start, end);
        let number = self.number(start, end);
        match (column.kind, number) {
            (ColumnKind::Number, Some(number)) => number,
            (ColumnKind::Boolean, number) => self.truth(text, number, id),
            (ColumnKind::Time, _) => Literal::Text(self.time(start, end, id)),
            (_, number) => Literal::Text(self.snapped(text, number, column, id)),
        }
    }

    fn snapped(&self, text: &str, number: Option<Literal>, column: &Column, id: ColumnId) -> String {
        if let Some(cell) = snap::cell(text, self.cells(id)) {
            return cell.to_owned();
        }
        match (number, snap::code_of(&fold(text))) {
            (Some(Literal::Number(number)), _) => number,
            (_, Some(code)) if holds_one_letter(column) => code.to_string(),
            _ => text.to_owned(),
        }
    }

    fn truth(&self, text: &str, number: Option<Literal>, id: ColumnId) -> Literal {
        let cell = snap::cell(text, self.cells(id));
        match (number, cell, fold(text).as_str()) {
            (Some(number), ..) => number,
            (_, Some(cell), _) => cell
                .parse::<f64>()
                .map_or_else(|_| Literal::Text(cell.to_owned()), |_| Literal::Number(cell.to_owned())),
            (.., "no" | "false" | "not" | "n" | "f") => Literal::Number("0".to_owned()),
            _ => Literal::Number("1".to_owned()),
        }
    }

    /// A date as databases write it, where the span gives one; its text otherwise.
    fn time(&self, start: usize, end: usize, id: ColumnId) -> String {
        let text = self.text(start, end);
        if let Some(cell) = self.cells(id).iter().find(|cell| *cell == text) {
            return cell.clone();
        }
        match self.spans.date(start, end) {
            Date { year: Some(year), month: Some(month), day: Some(day) } if !text.contains(':') => {
                format!("{year}-{month:02}-{day:02}")
            }
            Date { year: Some(year), month: Some(month), day: None } if !text.contains(':') => {
                format!("{year}-{month:02}")
            }
            _ => snap::cell(text, self.cells(id)).unwrap_or(text).to_owned(),
        }
    }

    /// The span as written, without quotation marks around it.
    fn text(&self, start: usize, end: usize) -> &str {
        let text = self.spans.text(start, end);
        let trimmed =
            text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '“' | '”' | '‘' | '’' | '`'));
        if trimmed.is_empty() { text } else { trimmed }
    }
}

/// Whether a column is declared for one letter: `CHAR(1)`.
fn holds_one_letter(column: &Column) -> bool {
    let declared = column.declared_type.to_ascii_lowercase();
    declared.contains("char") && declared.replace(' ', "").ends_with("(1)")
}

impl FindValues for QuestionValues<'_> {
    fn find(&self, literal: &Literal, target: &ValueTarget) -> Option<(usize, usize)> {
        let (Literal::Number(text) | Literal::Text(text)) = literal;
        match target {
            ValueTarget::Number | ValueTarget::Limit => self.find_number(text),
            ValueTarget::DatePart(part, _) => self.find_date_part(text, *part),
            ValueTarget::Pattern(_) => self.find_text(&text.replace('%', " ")),
            ValueTarget::Column(_) => {
                self.find_number(text).or_else(|| self.find_date(text)).or_else(|| self.find_text(text))
            }
        }
    }
}

/// From literals to spans.
impl QuestionValues<'_> {
    fn find_number(&self, text: &str) -> Option<(usize, usize)> {
        let wanted: f64 = text.trim().parse().ok()?;
        self.search(LONGEST_NUMBER, |start, end| {
            self.is_tight(start, end) && self.spans.number(start, end) == Some(wanted)
        })
    }

    fn find_date_part(&self, text: &str, part: DatePart) -> Option<(usize, usize)> {
        let wanted = text.trim();
        let spells = |start, end| {
            self.is_tight(start, end)
                && matches!(self.date_part(start, end, part), Literal::Text(found) if found == wanted)
        };
        self.search(LONGEST_NUMBER, spells)
    }

    /// A whole date in another spelling.
    fn find_date(&self, text: &str) -> Option<(usize, usize)> {
        let is_date = text.len() == 10 && text.split('-').count() == 3;
        let wanted = text.trim();
        let spells = |start, end| {
            let Date { year: Some(year), month: Some(month), day: Some(day) } = self.spans.date(start, end) else {
                return false;
            };
            self.is_tight(start, end) && format!("{year}-{month:02}-{day:02}") == wanted
        };
        if is_date { self.search(LONGEST_NUMBER + 1, spells) } else { None }
    }

    /// A text: its letters over joined words, one letter for a word, stems.
    fn find_text(&self, text: &str) -> Option<(usize, usize)> {
        let wanted = normal(text.strip_suffix(".0").unwrap_or(text));
        if wanted.is_empty() {
            return None;
        }
        let joined = wanted.replace(' ', "");
        self.search(LONGEST_SPAN, |start, end| self.spans.text(start, end) == text.trim())
            .or_else(|| self.find_joined(&joined))
            .or_else(|| self.search(1, |start, _| snap::is_code_of(text.trim(), &self.spans.normals[start])))
            .or_else(|| self.find_stems(&stems(&wanted)))
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
        let start = (0..self.spans.len())
            .find(|start| self.spans.stems.get(*start..=end(*start)).is_some_and(|stems| stems == wanted))?;
        Some((start, end(start)))
    }

    /// The first span, the shortest one of those that start there.
    fn search(&self, longest: usize, is_wanted: impl Fn(usize, usize) -> bool) -> Option<(usize, usize)> {
        let count = self.spans.len();
        (0..count).find_map(|start| {
            (start..count.min(start + longest)).find(|end| is_wanted(start, *end)).map(|end| (start, end))
        })
    }

    /// Starts and ends with a word or number, not with a sign that it does not need.
    fn is_tight(&self, start: usize, end: usize) -> bool {
        let is_word = |place: usize| !self.spans.normals[place].is_empty();
        is_word(end) && (is_word(start) || self.spans.text(start, start) == "-")
    }
}
