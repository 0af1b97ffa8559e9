//! Which columns hold which cell: by whole cells, by their stems, and by their words.
//!
//! Built once a schema from its samples; bounded by those and by [`MOST_COLUMNS`].

use super::meanings::{Sex, sex_of, sexes};
use super::prompt::{Link, LinkKind, LinkTarget};
use super::question::{Question, Token};
use super::text::{is_common, normal, stem};
use crate::schema::{ColumnId, ColumnKind, Schema};
use std::collections::HashMap;

/// The longest run of words that is searched as a cell.
const LONGEST_CELL: usize = 8;
/// A word that stands in more columns than this says nothing.
const MOST_COLUMNS: usize = 200;
/// The longest cell, in words, that is met by its stems.
const LONGEST_STEMMED: usize = 4;
/// Numbers up to this are counts and limits more often than cells of a number column.
const SMALL_NUMBER: f64 = 12.0;

type Postings = HashMap<String, Vec<ColumnId>>;

/// The cells of one schema.
#[derive(Debug, Default)]
pub(super) struct CellIndex {
    whole: Postings,
    stems: Postings,
    words: Postings,
    /// Columns of sexes, whatever they are called there.
    sexes: HashMap<Sex, Vec<ColumnId>>,
}

impl CellIndex {
    pub(super) fn new(schema: &Schema) -> Self {
        let mut index = Self::default();
        let mut known = HashMap::new();
        for id in schema.column_ids() {
            let column = schema.column(id);
            for sex in sexes(&column.samples) {
                index.sexes.entry(sex).or_default().push(id);
            }
            for sample in &column.samples {
                index.add(sample, id, column.kind, &mut known);
            }
        }
        index
    }

    fn add(&mut self, cell: &str, id: ColumnId, kind: ColumnKind, known: &mut HashMap<String, String>) {
        let number = cell.trim().parse::<f64>().ok();
        if kind == ColumnKind::Number && number.is_some_and(|n| n.fract() == 0.0 && n.abs() <= SMALL_NUMBER) {
            return;
        }
        let whole = normal(number.and(cell.trim().strip_suffix(".0")).unwrap_or(cell));
        if whole.is_empty() {
            return;
        }
        if number.is_none() {
            self.add_words(&whole, id, known);
        }
        push(&mut self.whole, whole, id);
    }

    fn add_words(&mut self, whole: &str, id: ColumnId, known: &mut HashMap<String, String>) {
        let words: Vec<&str> = whole.split(' ').collect();
        if words.len() <= LONGEST_STEMMED {
            let stemmed: Vec<String> = words.iter().map(|word| cached_stem(word, known)).collect();
            push(&mut self.stems, stemmed.join(" "), id);
        }
        for word in words.into_iter().filter(|word| is_telling(word)) {
            push(&mut self.words, word.to_owned(), id);
        }
    }

    /// All meetings of the question with cells.
    pub(super) fn meet(&self, question: &Question, links: &mut Vec<Link>) {
        if self.whole.is_empty() {
            return;
        }
        for run in question.loose_runs(LONGEST_CELL) {
            if let [only] = run {
                self.meet_word(&only.lower, only.word, links);
                self.meet_sex(only, run, links);
                if only.is_common || (only.lower.len() < 2 && !only.lower.starts_with(|c: char| c.is_ascii_digit())) {
                    continue;
                }
            }
            let words: Vec<&str> = run.iter().map(|token| token.lower.as_str()).collect();
            let whole = self.whole.get(&words.join(" "));
            link_all(whole, run, LinkKind::Cell, links);
            if run.len() <= LONGEST_STEMMED {
                let words: Vec<&str> = run.iter().map(|token| token.stem.as_str()).collect();
                link_all(self.stems.get(&words.join(" ")), run, LinkKind::CellStem, links);
            }
        }
    }

    /// Whether a normalised text is a cell as it stands.
    pub(super) fn holds(&self, normal: &str) -> bool {
        self.whole.contains_key(normal)
    }

    fn meet_word(&self, lower: &str, word: usize, links: &mut Vec<Link>) {
        if is_telling(lower)
            && let Some(columns) = self.words.get(lower)
        {
            let link = |id: &ColumnId| Link {
                words: word..word + 1,
                kind: LinkKind::CellWord,
                target: LinkTarget::Column(*id),
            };
            links.extend(columns.iter().map(link));
        }
    }

    /// `women` where a column holds `F`.
    fn meet_sex(&self, token: &Token, run: &[Token], links: &mut Vec<Link>) {
        let columns = sex_of(&token.lower).and_then(|sex| self.sexes.get(&sex));
        if columns.is_some() && !self.whole.contains_key(&token.lower) {
            link_all(columns, run, LinkKind::Cell, links);
            link_all(columns, run, LinkKind::CellStem, links);
        }
    }
}

fn link_all(columns: Option<&Vec<ColumnId>>, run: &[Token], kind: LinkKind, links: &mut Vec<Link>) {
    let words = Question::words_of(run);
    links.extend(columns.into_iter().flatten().map(|id| Link {
        words: words.clone(),
        kind,
        target: LinkTarget::Column(*id),
    }));
}

/// Whether a word of a cell is worth meeting alone.
fn is_telling(word: &str) -> bool {
    word.chars().count() > 2 && !is_common(word) && !word.bytes().all(|c| c.is_ascii_digit())
}

fn cached_stem(word: &str, known: &mut HashMap<String, String>) -> String {
    if let Some(found) = known.get(word) {
        return found.clone();
    }
    let made = stem(word);
    known.insert(word.to_owned(), made.clone());
    made
}

fn push(postings: &mut Postings, key: String, id: ColumnId) {
    let columns = postings.entry(key).or_default();
    if columns.last() != Some(&id) && columns.len() < MOST_COLUMNS {
        columns.push(id);
    }
}
