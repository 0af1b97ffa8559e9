//! The form as a constraint of the search: symbols ↔ ids through the prompt's nodes, and SQL's last word at the end.
//!
//! Ids are keywords first, then the prompt's nodes. Columns and tables that the prompt left out have no id and can
//! not be said.

use super::engine::Prepared;
use crate::decode::Constraint;
use crate::error::Result;
use crate::form::{Allowed, JoinGraph, Keyword, Recogniser, State, Symbol, to_query_with};
use crate::link::{NodeKind, Prompt};
use crate::query::{Query, Values};
use crate::schema::Schema;
use crate::sql::{self, Dialect};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// No node stands for this column or table.
const NO_NODE: u32 = u32::MAX;

/// Which forms may be said about one question, and how they are written.
pub(super) struct FormConstraint<'a> {
    schema: &'a Schema,
    graph: &'a JoinGraph,
    values: &'a dyn Values,
    dialect: Dialect,
    recogniser: Recogniser<'a>,
    ids: Ids,
    /// Time spent on what may follow.
    pub(super) mask_time: Cell<Duration>,
    /// Time spent on rendering and checking.
    pub(super) check_time: Cell<Duration>,
}

/// Symbols ↔ ids.
struct Ids {
    symbols: Vec<Symbol>,
    /// The id of each column, by [`crate::schema::ColumnId::index`].
    columns: Vec<u32>,
    /// The id of each table, by [`crate::schema::TableId::index`].
    tables: Vec<u32>,
    /// The id of the first question word; the others follow.
    first_word: u32,
    words: u16,
}

impl<'a> FormConstraint<'a> {
    /// For one prompt over a schema; at most `limit` symbols.
    pub(super) fn new(
        schema: &'a Prepared,
        prompt: &Prompt,
        values: &'a dyn Values,
        dialect: Dialect,
        limit: usize,
    ) -> Self {
        let (graph, schema) = (schema.graph.as_ref(), schema.schema().as_ref());
        let ids = Ids::new(schema, prompt);
        Self {
            schema,
            graph,
            values,
            dialect,
            recogniser: Recogniser::new(schema, usize::from(ids.words), limit),
            ids,
            mask_time: Cell::default(),
            check_time: Cell::default(),
        }
    }

    /// The query that a complete form means.
    ///
    /// # Errors
    /// Where the ids are no complete form.
    pub(super) fn query(&self, ids: &[u32]) -> Result<Query> {
        to_query_with(self.schema, self.graph, &self.symbols(ids), self.values)
    }

    /// The symbols that these ids stand for.
    pub(super) fn symbols(&self, ids: &[u32]) -> Vec<Symbol> {
        ids.iter().filter_map(|&id| self.ids.symbol(id)).collect()
    }

    /// A query as text.
    pub(super) fn written(&self, query: &Query) -> String {
        sql::render(query, self.schema, self.dialect)
    }

    /// The text of a complete form.
    fn text(&self, ids: &[u32]) -> Result<String> {
        self.query(ids).map(|query| self.written(&query))
    }
}

impl Constraint for FormConstraint<'_> {
    type State = State;

    fn start(&self) -> State {
        self.recogniser.start()
    }

    fn allowed(&self, state: &State, ids: &mut Vec<u32>) {
        let begin = Instant::now();
        let mut allowed = Allowed::default();
        self.recogniser.allowed(state, &mut allowed);
        self.ids.of(&allowed, ids);
        add_time(&self.mask_time, begin);
    }

    fn advance(&self, state: &State, id: u32) -> Option<State> {
        let begin = Instant::now();
        let next = self.ids.symbol(id).and_then(|symbol| self.recogniser.advance(state, symbol));
        add_time(&self.mask_time, begin);
        next
    }

    fn accepts(&self, ids: &[u32]) -> bool {
        let begin = Instant::now();
        let accepted = self.text(ids).is_ok_and(|text| sql::check(&text, self.dialect, self.schema).is_ok());
        add_time(&self.check_time, begin);
        accepted
    }

    fn end(&self) -> u32 {
        Keyword::End.id() as u32
    }
}

fn add_time(total: &Cell<Duration>, begin: Instant) {
    total.set(total.get() + begin.elapsed());
}

impl Ids {
    fn new(schema: &Schema, prompt: &Prompt) -> Self {
        let mut ids = Self {
            symbols: Keyword::ALL.iter().copied().map(Symbol::Keyword).collect(),
            columns: vec![NO_NODE; schema.columns.len()],
            tables: vec![NO_NODE; schema.tables.len()],
            first_word: Keyword::ALL.len() as u32,
            words: 0,
        };
        for node in &prompt.nodes {
            let id = ids.symbols.len() as u32;
            ids.symbols.push(match node.kind {
                NodeKind::Word(word) => {
                    ids.words = ids.words.max(word + 1);
                    Symbol::Word(word)
                }
                NodeKind::Column(column) => {
                    ids.columns[column.index()] = id;
                    Symbol::Column(column)
                }
                NodeKind::Table(table) => {
                    ids.tables[table.index()] = id;
                    Symbol::Table(table)
                }
            });
        }
        ids
    }

    fn symbol(&self, id: u32) -> Option<Symbol> {
        self.symbols.get(id as usize).copied()
    }

    /// The ids of what is allowed.
    fn of(&self, allowed: &Allowed, ids: &mut Vec<u32>) {
        ids.extend((0..Keyword::ALL.len() as u32).filter(|&id| allowed.keywords >> id & 1 == 1));
        ids.extend(allowed.words.clone().map(|word| self.first_word + u32::from(word)));
        let columns = allowed.columns.iter().map(|column| self.columns[column]);
        let tables = allowed.tables.iter().map(|table| self.tables[table]);
        ids.extend(columns.chain(tables).filter(|&id| id != NO_NODE));
    }
}
