//! Rows of a dump, INSERT … VALUES and COPY data, as samples of the columns. Read without a parser: a dump may
//! hold millions, and only the first few are kept.

use std::collections::{HashMap, HashSet};

use super::scan::Scanner;
use super::tables::Tables;
use crate::schema::sqlite::SampleLimits;
use crate::schema::{TableDraft, fold};

/// Fills the samples of tables within the limits.
#[derive(Debug)]
pub(super) struct Sampler {
    limits: SampleLimits,
    /// Rows seen, by the table's folded name.
    rows: HashMap<String, usize>,
    /// What each column has: (folded table name, column index) → values.
    seen: HashMap<(String, usize), HashSet<String>>,
    values: usize,
}

/// A cell that can be a sample, or nothing.
type Cell = Option<String>;

impl Sampler {
    pub(super) fn new(limits: SampleLimits) -> Self {
        Self { limits, rows: HashMap::new(), seen: HashMap::new(), values: 0 }
    }

    /// Reads `INSERT INTO t [(columns)] VALUES (…), …`. False when the table is not there or there are no VALUES.
    pub(super) fn insert(&mut self, statement: &str, backslash: bool, tables: &mut Tables) -> bool {
        let mut scanner = Scanner::new(statement, backslash);
        let Some((place, columns)) = header(&mut scanner, tables) else { return false };
        if !scanner.skip_word("values") && !scanner.skip_word("value") {
            return false;
        }
        let draft = &mut tables.drafts[place];
        while let Some(cells) = scanner.tuple() {
            if !self.add(draft, columns.as_deref(), cells) || !scanner.skip_sign(',') {
                break;
            }
        }
        true
    }

    /// Reads `COPY t [(columns)] FROM stdin` and its lines in PostgreSQL's text form. False as for `insert`, and
    /// for any other form.
    pub(super) fn copy(&mut self, statement: &str, lines: &str, tables: &mut Tables) -> bool {
        let mut scanner = Scanner::new(statement, false);
        let Some((place, columns)) = header(&mut scanner, tables) else { return false };
        if !(scanner.skip_word("from") && scanner.skip_word("stdin") && scanner.at_end()) {
            return false;
        }
        for line in lines.lines() {
            let cells = line.split('\t').map(copied_cell).collect();
            if !self.add(&mut tables.drafts[place], columns.as_deref(), cells) {
                break;
            }
        }
        true
    }

    /// Adds a row; false when the table has enough of them.
    fn add(&mut self, draft: &mut TableDraft, columns: Option<&[Option<usize>]>, cells: Vec<Cell>) -> bool {
        let table = fold(&draft.name);
        let rows = self.rows.entry(table.clone()).or_default();
        *rows += 1;
        if *rows > self.limits.max_rows || self.values >= self.limits.max_values {
            return false;
        }
        for (at, cell) in cells.into_iter().enumerate() {
            let place = columns.map_or(Some(at), |columns| columns.get(at).copied().flatten());
            let column = place.and_then(|place| draft.columns.get_mut(place).map(|column| (place, column)));
            let (Some((place, column)), Some(value)) = (column, cell) else { continue };
            if value.trim().is_empty() || value.chars().count() > self.limits.max_chars {
                continue;
            }
            let seen = self.seen.entry((table.clone(), place)).or_default();
            // Values of an enumeration stand there already.
            let is_new = seen.len() < self.limits.max_values_per_column && seen.insert(value.clone());
            if is_new && !(seen.len() <= column.samples.len() && column.samples.contains(&value)) {
                column.samples.push(value);
                self.values += 1;
            }
        }
        true
    }
}

/// The table's place and, where the statement lists columns, each one's index; `None` when the table is not there.
fn header(scanner: &mut Scanner<'_>, tables: &Tables) -> Option<(usize, Option<Vec<Option<usize>>>)> {
    for word in [
        "insert",
        "replace",
        "copy",
        "low_priority",
        "delayed",
        "high_priority",
        "ignore",
        "or",
        "replace",
        "ignore",
        "into",
    ] {
        scanner.skip_word(word);
    }
    let place = tables.place(&scanner.dotted_name()?)?;
    if !scanner.skip_sign('(') {
        return Some((place, None));
    }
    let mut columns = Vec::new();
    while let Some(name) = scanner.name() {
        let wanted = fold(&name);
        columns.push(tables.drafts[place].columns.iter().position(|column| fold(&column.name) == wanted));
        if !scanner.skip_sign(',') {
            break;
        }
    }
    scanner.skip_sign(')').then_some((place, Some(columns)))
}

/// A field of COPY's text form: `\N` is NULL, a backslash escapes.
fn copied_cell(field: &str) -> Cell {
    if field == "\\N" {
        return None;
    }
    if !field.contains('\\') {
        return Some(field.to_owned());
    }
    let mut text = String::new();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next().map_or('\\', super::scan::escaped) } else { c });
    }
    Some(text)
}
