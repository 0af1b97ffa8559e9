//! Spans of one question read as literals.
//!
//! The way back is in `find`; what that finds, [`Values::literal`] mostly spells again.

use super::index::SchemaIndex;
use super::meanings;
use super::other;
use super::places::columns::PlaceColumns;
use super::snap;
use super::spans::{Date, Spans, day_of, is_iso_date, spell};
use super::text::{fold, month_of, normal};
use super::words::Word;
use crate::query::{DatePart, Literal, ValueTarget, Values};
use crate::schema::{Column, ColumnId, ColumnKind};

/// What stands where the question spells no value.
const UNKNOWN_TEXT: &str = "value";

/// One question over one schema, for reading and finding values.
#[derive(Debug)]
pub struct QuestionValues<'a> {
    index: &'a SchemaIndex,
    pub(super) spans: Spans<'a>,
    use_values: bool,
}

impl<'a> QuestionValues<'a> {
    /// Values of a question whose words are those of its prompt; `use_values` says whether spans snap to cell samples.
    pub fn new(index: &'a SchemaIndex, question: &'a str, words: &'a [Word], use_values: bool) -> Self {
        Self { index, spans: Spans::new(question, words), use_values }
    }

    fn column(&self, id: ColumnId) -> &Column {
        self.index.schema().column(id)
    }

    fn cells(&self, id: ColumnId) -> &[String] {
        if self.use_values { &self.column(id).samples } else { &[] }
    }

    pub(super) fn places(&self) -> &PlaceColumns {
        &self.index.places
    }

    /// The cell that a text means.
    fn meant(&self, text: &str, id: ColumnId) -> Option<&str> {
        snap::cell(text, snap::Cells { texts: self.cells(id), column: id, places: self.places() })
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
            ValueTarget::Column(id) => self.other_cell(*id),
        }
    }
}

/// From spans to literals.
impl QuestionValues<'_> {
    fn other_cell(&self, id: ColumnId) -> Literal {
        let is_flag = self.column(id).kind == ColumnKind::Boolean;
        if let Some(cell) = meanings::true_cell(self.cells(id)).filter(|cell| is_flag && !is_number(cell)) {
            return Literal::Text(cell.clone());
        }
        if is_flag || self.column(id).kind == ColumnKind::Number {
            return Literal::Number("1".to_owned());
        }
        if let Some(cell) = meanings::true_cell(self.cells(id)) {
            return Literal::Text(cell.clone());
        }
        let day = if self.holds_dates(id) { other::likely_day(&self.spans, self.spans.words()) } else { None };
        let cell = || other::likely_cell(&self.spans, self.cells(id), self.places(), id).cloned();
        Literal::Text(day.or_else(cell).unwrap_or_else(|| UNKNOWN_TEXT.to_owned()))
    }

    fn number(&self, start: usize, end: usize) -> Option<Literal> {
        self.spans.loose_number(start, end).map(|number| Literal::Number(spell(number)))
    }

    fn limit(&self, start: usize, end: usize) -> Option<Literal> {
        let number = self.spans.loose_number(start, end)?;
        (number >= 1.0 && number.fract() == 0.0 && number < 1e9).then(|| Literal::Number(spell(number)))
    }

    pub(super) fn date_part(&self, start: usize, end: usize, part: DatePart) -> Literal {
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
        let column = self.column(id);
        let text = self.text(start, end);
        match (column.kind, self.number(start, end)) {
            (ColumnKind::Number, Some(number)) => number,
            (ColumnKind::Number, None) => self.word_for_number(text, start, end, id),
            (ColumnKind::Boolean, number) => self.truth(text, number, id),
            (ColumnKind::Time, _) => Literal::Text(self.time(start, end, id)),
            _ if self.holds_dates(id) => Literal::Text(self.time(start, end, id)),
            _ => Literal::Text(self.snapped(text, self.spans.number(start, end), id)),
        }
    }

    /// A word where a column holds numbers: `March` for 3, `yes` for 1.
    fn word_for_number(&self, text: &str, start: usize, end: usize, id: ColumnId) -> Literal {
        let is_month = self.index.columns[id.index()].stems.iter().any(|stem| stem == "month");
        if let Some(month) =
            month_of(&fold(text)).filter(|_| is_month && self.cells(id).iter().all(|cell| is_number(cell)))
        {
            return Literal::Number(month.to_string());
        }
        let spelled = if self.holds_dates(id) {
            self.time(start, end, id)
        } else {
            self.snapped(text, self.spans.number(start, end), id)
        };
        match meanings::cell(&normal(text), self.cells(id)) {
            Some(cell) if *cell == spelled && is_number(cell) => Literal::Number(spelled),
            _ => Literal::Text(spelled),
        }
    }

    fn holds_dates(&self, id: ColumnId) -> bool {
        self.index.columns[id.index()].is_time || self.cells(id).first().is_some_and(|cell| is_iso_date(cell))
    }

    fn snapped(&self, text: &str, number: Option<f64>, id: ColumnId) -> String {
        if let Some(cell) = self.meant(text, id) {
            return cell.to_owned();
        }
        match (number, meanings::code_of(&fold(text))) {
            (Some(number), _) => spell(number),
            (_, Some(code)) if holds_one_letter(self.column(id)) => code.to_string(),
            _ => self.places().spelled_alike(text, self.cells(id), id).unwrap_or(text).to_owned(),
        }
    }

    fn truth(&self, text: &str, number: Option<Literal>, id: ColumnId) -> Literal {
        let cell = self.meant(text, id);
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
            _ => self.meant(text, id).unwrap_or(text).to_owned(),
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

fn is_number(cell: &str) -> bool {
    cell.trim().parse::<f64>().is_ok()
}

/// Whether a column is declared for one letter: `CHAR(1)`.
fn holds_one_letter(column: &Column) -> bool {
    let declared = column.declared_type.to_ascii_lowercase();
    declared.contains("char") && declared.replace(' ', "").ends_with("(1)")
}
