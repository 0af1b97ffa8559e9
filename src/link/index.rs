//! What linking knows about one schema before any question comes, and the way from a question to its prompt.

use super::cells::CellIndex;
use super::layout::{self, Shown};
use super::links;
use super::matrix;
use super::names::NameIndex;
use super::places::columns::PlaceColumns;
use super::prompt::{Link, Prompt, PromptOptions};
use super::question::Question;
use super::text::{normal, stems};
use crate::error::{Error, Result};
use crate::schema::{ColumnId, ColumnKind, Schema, TableId};
use crate::tokens::Tokenizer;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most words of a question that are read.
pub const MAX_WORDS: usize = 150;
/// The most pieces of one word, column or table; longer names are cut.
const MAX_NAME_PIECES: usize = 16;
/// Words in a column's name that say it holds a date or a part of one.
const TIME_WORDS: &[&str] =
    &["birthday", "birthdate", "date", "datetime", "day", "dob", "month", "time", "timestamp", "year"];

/// A schema made ready for linking; built once, shared by all questions.
#[derive(Debug)]
pub struct SchemaIndex {
    schema: Arc<Schema>,
    pub(super) names: NameIndex,
    pub(super) cells: CellIndex,
    pub(super) places: PlaceColumns,
    pub(super) columns: Vec<ColumnFacts>,
    pub(super) tables: Vec<TableFacts>,
    /// (referencing, referenced) columns.
    pub(super) keys: HashSet<(ColumnId, ColumnId)>,
    /// (referencing, referenced) tables.
    pub(super) table_keys: HashSet<(TableId, TableId)>,
    /// Columns whose name holds another table's name, with that table.
    pub(super) named_tables: HashSet<(ColumnId, TableId)>,
}

/// What linking knows about a column.
#[derive(Debug)]
pub(super) struct ColumnFacts {
    /// The pieces of its label.
    pub(super) pieces: Vec<u32>,
    /// The stems of its label.
    pub(super) stems: Vec<String>,
    /// Equal for columns with equal labels.
    pub(super) name: usize,
    /// In its table's primary key.
    pub(super) is_primary: bool,
    /// On either side of a foreign key.
    pub(super) is_foreign: bool,
    /// Holds dates, times or parts of them.
    pub(super) is_time: bool,
}

/// What linking knows about a table.
#[derive(Debug)]
pub(super) struct TableFacts {
    /// The pieces of its label.
    pub(super) pieces: Vec<u32>,
    /// The stems of its label.
    pub(super) stems: Vec<String>,
}

impl SchemaIndex {
    /// Prepares a schema.
    pub fn new(schema: Arc<Schema>, tokenizer: &Tokenizer) -> Self {
        let mut pieces = PieceCache { tokenizer, known: HashMap::new() };
        let tables: Vec<TableFacts> = schema
            .tables
            .iter()
            .map(|table| TableFacts {
                pieces: pieces.of(&table.label, &table.name),
                stems: stems(&normal(&table.label)),
            })
            .collect();
        let columns = column_facts(&schema, &mut pieces);
        let keys: HashSet<_> = schema.foreign_keys.iter().flat_map(|key| key.columns.iter().copied()).collect();
        let table_keys = keys.iter().map(|(from, to)| (schema.column(*from).table, schema.column(*to).table)).collect();
        let named_tables = named_tables(&schema, &columns, &tables);
        Self {
            names: NameIndex::new(&schema),
            cells: CellIndex::new(&schema),
            places: PlaceColumns::new(&schema),
            columns,
            tables,
            keys,
            table_keys,
            named_tables,
            schema,
        }
    }

    /// The schema.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The network's input for a question. Of a long question the first [`MAX_WORDS`] words are read, of a large schema what
    /// matches best is shown; [`Prompt::notes`] says so.
    ///
    /// # Errors
    /// [`Error::Input`] when the question has no word.
    pub fn prompt(&self, tokenizer: &Tokenizer, question: &str, options: &PromptOptions<'_>) -> Result<Prompt> {
        let mut question = Question::new(question, MAX_WORDS);
        if question.tokens.is_empty() {
            return Err(Error::input("the question has no words"));
        }
        let word_pieces = layout::word_pieces(&mut question, tokenizer, options.max_pieces);
        let links = self.meet(&question, options.use_values);
        let shown = Shown::choose(self, &links, &word_pieces, options);
        let mut prompt = layout::lay_out(self, &question, &word_pieces, &shown);
        matrix::fill(self, &question, &links, options.use_values, &mut prompt);
        prompt.links = links::for_people(links, &question, &prompt);
        Ok(prompt)
    }

    /// All meetings of a question with names and, where asked for, cells.
    fn meet(&self, question: &Question, use_values: bool) -> Vec<Link> {
        let mut links = Vec::new();
        self.names.meet(question, &mut links);
        if use_values {
            self.cells.meet(question, &mut links);
            self.places.meet(question, |text| self.cells.holds(text), &mut links);
        }
        links
    }
}

/// Pieces of label words, each word tokenized once.
struct PieceCache<'a> {
    tokenizer: &'a Tokenizer,
    known: HashMap<String, Vec<u32>>,
}

impl PieceCache<'_> {
    /// The pieces of a label, or of the name where the label has no words; never empty.
    fn of(&mut self, label: &str, name: &str) -> Vec<u32> {
        let text = if label.trim().is_empty() { name } else { label };
        let mut pieces = Vec::new();
        for word in text.split_whitespace() {
            pieces.extend_from_slice(self.known.entry(word.to_owned()).or_insert_with(|| self.tokenizer.pieces(word)));
        }
        pieces.truncate(MAX_NAME_PIECES);
        if pieces.is_empty() { vec![Tokenizer::UNKNOWN] } else { pieces }
    }
}

fn column_facts(schema: &Schema, pieces: &mut PieceCache<'_>) -> Vec<ColumnFacts> {
    let primary: HashSet<ColumnId> = schema.tables.iter().flat_map(|table| table.primary_key.iter().copied()).collect();
    let foreign: HashSet<ColumnId> =
        schema.foreign_keys.iter().flat_map(|key| &key.columns).flat_map(|(from, to)| [*from, *to]).collect();
    let mut names = HashMap::new();
    let facts = |(place, column): (usize, &crate::schema::Column)| {
        let id = ColumnId(place as u32);
        let label = normal(&column.label);
        let next = names.len();
        ColumnFacts {
            pieces: pieces.of(&column.label, &column.name),
            stems: stems(&label),
            is_primary: primary.contains(&id),
            is_foreign: foreign.contains(&id),
            is_time: column.kind == ColumnKind::Time || label.split(' ').any(|word| TIME_WORDS.contains(&word)),
            name: *names.entry(label).or_insert(next),
        }
    };
    schema.columns.iter().enumerate().map(facts).collect()
}

/// Columns whose name holds the name of another table: `singer id` in `concert`.
fn named_tables(schema: &Schema, columns: &[ColumnFacts], tables: &[TableFacts]) -> HashSet<(ColumnId, TableId)> {
    let mut by_name: HashMap<&[String], Vec<TableId>> = HashMap::new();
    for (id, table) in schema.table_ids().zip(tables) {
        by_name.entry(&table.stems).or_default().push(id);
    }
    by_name.remove(&[] as &[String]);
    let mut found = HashSet::new();
    for (id, column) in schema.column_ids().zip(columns) {
        for from in 0..column.stems.len() {
            for to in from + 1..=column.stems.len() {
                let named = by_name.get(&column.stems[from..to]).into_iter().flatten();
                found.extend(named.filter(|table| **table != schema.column(id).table).map(|table| (id, *table)));
            }
        }
    }
    found
}
