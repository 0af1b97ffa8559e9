//! Which tables and columns a prompt shows, and where its pieces stand.
//!
//! A schema that does not fit is cut: tables that match the question best stay, with their primary key and their best
//! column at least, then the best columns until the prompt is full.

use super::index::SchemaIndex;
use super::prompt::{Link, LinkKind, LinkTarget, Node, NodeKind, Prompt, PromptOptions};
use super::question::Question;
use crate::schema::{ColumnId, TableId};
use crate::tokens::Tokenizer;
use std::cmp::Reverse;
use std::collections::HashSet;

/// The share of a prompt that the question may fill.
const QUESTION_SHARE: (usize, usize) = (3, 5);
/// The share of the schema's room that goes to tables with their least columns, when not all tables fit.
const TABLE_SHARE: (usize, usize) = (3, 4);
/// The most pieces of one word of the question.
const MAX_WORD_PIECES: usize = 16;
/// More than any match is worth: columns that must stay.
const MUST_STAY: u32 = 1_000_000;

/// The highest score of a table that its neighbours gain from.
const MOST_SHARED: u32 = 40;

/// The pieces of each word; cuts the question where it would leave no room for the schema.
pub(super) fn word_pieces(question: &mut Question, tokenizer: &Tokenizer, max_pieces: usize) -> Vec<Vec<u32>> {
    let room = max_pieces * QUESTION_SHARE.0 / QUESTION_SHARE.1;
    let mut used = 0;
    let mut pieces = Vec::with_capacity(question.words.len());
    for word in &question.words {
        let mut of_word = tokenizer.pieces(&word.text);
        of_word.truncate(MAX_WORD_PIECES);
        used += of_word.len();
        if used > room && !pieces.is_empty() {
            break;
        }
        pieces.push(of_word);
    }
    if pieces.len() < question.words.len() {
        question.cut(pieces.len());
    }
    pieces
}

/// The tables of a prompt in order, each with its columns in order.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) tables: Vec<(TableId, Vec<ColumnId>)>,
    left_out: (usize, usize),
}

impl Shown {
    /// Chooses what to show.
    pub(super) fn choose(
        index: &SchemaIndex,
        links: &[Link],
        word_pieces: &[Vec<u32>],
        options: &PromptOptions<'_>,
    ) -> Self {
        let wanted = wanted(index, options);
        let all: usize = wanted.iter().map(|(table, columns)| index.cost(*table, columns)).sum();
        let question: usize = word_pieces.iter().map(Vec::len).sum::<usize>() + 2;
        let room = options.max_pieces.saturating_sub(question);
        if all <= room {
            return Self { tables: wanted, left_out: (0, 0) };
        }
        Cut::new(index, links, options).apply(wanted, room)
    }
}

/// Everything the options ask for.
fn wanted(index: &SchemaIndex, options: &PromptOptions<'_>) -> Vec<(TableId, Vec<ColumnId>)> {
    let schema = index.schema();
    let tables = options.table_order.clone().unwrap_or_else(|| schema.table_ids().collect());
    let columns = |table: TableId| match &options.column_order {
        Some(orders) => orders.get(table.index()).cloned().unwrap_or_default(),
        None => schema.columns_of(table).collect(),
    };
    tables.into_iter().map(|table| (table, columns(table))).collect()
}

impl SchemaIndex {
    /// Pieces that a table takes with these columns, its separator included.
    fn cost(&self, table: TableId, columns: &[ColumnId]) -> usize {
        self.tables[table.index()].pieces.len()
            + 1
            + columns.iter().map(|id| self.columns[id.index()].pieces.len()).sum::<usize>()
    }
}

/// Scores of tables and columns for a cut.
struct Cut<'a> {
    index: &'a SchemaIndex,
    columns: Vec<u32>,
    tables: Vec<u32>,
}

impl<'a> Cut<'a> {
    fn new(index: &'a SchemaIndex, links: &[Link], options: &PromptOptions<'_>) -> Self {
        let mut cut = Self { index, columns: vec![0; index.columns.len()], tables: vec![0; index.tables.len()] };
        for link in links {
            let words = link.words.len().min(3) as u32;
            match link.target {
                LinkTarget::Column(id) => raise(&mut cut.columns[id.index()], worth(link.kind) + words),
                LinkTarget::Table(id) => raise(&mut cut.tables[id.index()], worth(link.kind) + 4 + words),
            }
        }
        for id in options.keep.into_iter().flatten() {
            cut.columns[id.index()] += MUST_STAY;
        }
        cut.finish();
        cut
    }

    /// Spreads scores between tables, their columns and their neighbours.
    fn finish(&mut self) {
        let schema = self.index.schema().clone();
        let own = self.tables.clone();
        for (id, facts) in schema.column_ids().zip(&self.index.columns) {
            let column = &mut self.columns[id.index()];
            let table = &mut self.tables[schema.column(id).table.index()];
            *table = (*table).max(own[schema.column(id).table.index()] + *column);
            *column += own[schema.column(id).table.index()] / 2
                + 2 * u32::from(facts.is_primary)
                + u32::from(facts.is_foreign);
        }
        let direct = self.tables.clone();
        for (from, to) in &self.index.table_keys {
            let bonus = |other: TableId| direct[other.index()].min(MOST_SHARED) / 3;
            self.tables[from.index()] = self.tables[from.index()].max(direct[from.index()] + bonus(*to));
            self.tables[to.index()] = self.tables[to.index()].max(direct[to.index()] + bonus(*from));
        }
    }

    fn apply(&self, wanted: Vec<(TableId, Vec<ColumnId>)>, room: usize) -> Shown {
        let mut kept = HashSet::new();
        let mut used = self.keep_tables(&wanted, room, &mut kept);
        let mut rest: Vec<ColumnId> = wanted
            .iter()
            .filter(|(table, _)| kept.contains(&LinkTarget::Table(*table)))
            .flat_map(|(_, columns)| columns.iter().copied())
            .filter(|id| !kept.contains(&LinkTarget::Column(*id)))
            .collect();
        rest.sort_by_key(|id| Reverse(self.columns[id.index()]));
        for id in rest {
            let cost = self.index.columns[id.index()].pieces.len();
            if used + cost <= room {
                used += cost;
                kept.insert(LinkTarget::Column(id));
            }
        }
        Self::keep(wanted, &kept)
    }

    /// Keeps the best tables with their least columns; returns the pieces they take.
    fn keep_tables(&self, wanted: &[(TableId, Vec<ColumnId>)], room: usize, kept: &mut HashSet<LinkTarget>) -> usize {
        let mut least: Vec<(TableId, Vec<ColumnId>)> =
            wanted.iter().map(|(table, columns)| (*table, self.least(columns))).collect();
        let all: usize = least.iter().map(|(table, columns)| self.index.cost(*table, columns)).sum();
        let share = if all <= room { room } else { room * TABLE_SHARE.0 / TABLE_SHARE.1 };
        least.sort_by_key(|(table, _)| Reverse(self.tables[table.index()]));
        let mut used = 0;
        for (table, columns) in least {
            let cost = self.index.cost(table, &columns);
            if used > 0 && used + cost > share && self.tables[table.index()] < MUST_STAY {
                continue;
            }
            used += cost;
            kept.insert(LinkTarget::Table(table));
            kept.extend(columns.into_iter().map(LinkTarget::Column));
        }
        used
    }

    /// Of a table's columns those that stay while the table stays: what must, the primary key, the best.
    fn least(&self, columns: &[ColumnId]) -> Vec<ColumnId> {
        let best = columns.iter().copied().max_by_key(|id| (self.columns[id.index()], Reverse(*id)));
        let stays = |id: &ColumnId| {
            Some(*id) == best || self.index.columns[id.index()].is_primary || self.columns[id.index()] >= MUST_STAY
        };
        columns.iter().copied().filter(stays).collect()
    }

    fn keep(wanted: Vec<(TableId, Vec<ColumnId>)>, kept: &HashSet<LinkTarget>) -> Shown {
        let before = (wanted.len(), wanted.iter().map(|(_, columns)| columns.len()).sum::<usize>());
        let mut tables = wanted;
        tables.retain(|(table, _)| kept.contains(&LinkTarget::Table(*table)));
        for (_, columns) in &mut tables {
            columns.retain(|id| kept.contains(&LinkTarget::Column(*id)));
        }
        let after = (tables.len(), tables.iter().map(|(_, columns)| columns.len()).sum::<usize>());
        Shown { tables, left_out: (before.0 - after.0, before.1 - after.1) }
    }
}

/// What a match is worth in a cut.
fn worth(kind: LinkKind) -> u32 {
    match kind {
        LinkKind::Exact => 8,
        LinkKind::Cell => 7,
        LinkKind::CellStem => 6,
        LinkKind::Partial => 4,
        LinkKind::Abbreviation => 3,
        LinkKind::CellWord => 2,
    }
}

/// The best match counts in full, every further one a little.
fn raise(score: &mut u32, worth: u32) {
    *score = (*score).max(worth).max((*score + 1).min(20));
}

/// Places pieces and nodes; features and relations stay empty.
pub(super) fn lay_out(index: &SchemaIndex, question: &Question, word_pieces: &[Vec<u32>], shown: &Shown) -> Prompt {
    let mut layout = Layout::default();
    layout.piece_ids.push(Tokenizer::START);
    for (place, pieces) in word_pieces.iter().enumerate() {
        let node = layout.place(NodeKind::Word(place as u16), pieces);
        layout.words.push(node);
    }
    layout.piece_ids.push(Tokenizer::SEPARATOR);
    let question_pieces = layout.piece_ids.len();
    for (table, columns) in &shown.tables {
        let node = layout.place(NodeKind::Table(*table), &index.tables[table.index()].pieces);
        layout.tables.push(node);
        for id in columns {
            let node = layout.place(NodeKind::Column(*id), &index.columns[id.index()].pieces);
            layout.columns.push(node);
        }
        layout.piece_ids.push(Tokenizer::SEPARATOR);
    }
    layout.finish(question, question_pieces, notes(question, shown))
}

#[derive(Default)]
struct Layout {
    piece_ids: Vec<u32>,
    words: Vec<Node>,
    columns: Vec<Node>,
    tables: Vec<Node>,
}

impl Layout {
    fn place(&mut self, kind: NodeKind, pieces: &[u32]) -> Node {
        let start = self.piece_ids.len() as u32;
        self.piece_ids.extend_from_slice(pieces);
        Node { kind, pieces: start..self.piece_ids.len() as u32 }
    }

    fn finish(self, question: &Question, question_pieces: usize, notes: Vec<String>) -> Prompt {
        let length = self.piece_ids.len();
        let mut starts = vec![0; length];
        for node in &self.columns {
            starts[node.pieces.start as usize] = 1;
        }
        for node in &self.tables {
            starts[node.pieces.start as usize] = 2;
        }
        let mut nodes = self.words;
        nodes.extend(self.columns);
        nodes.extend(self.tables);
        Prompt {
            words: question.words.clone(),
            type_ids: (0..length).map(|place| u32::from(place >= question_pieces)).collect(),
            piece_ids: self.piece_ids,
            starts,
            nodes,
            features: Vec::new(),
            relations: Vec::new(),
            links: Vec::new(),
            notes,
        }
    }
}

fn notes(question: &Question, shown: &Shown) -> Vec<String> {
    let mut notes = Vec::new();
    if question.is_cut {
        notes.push(format!("the question is long: only its first {} words were read", question.words.len()));
    }
    let (tables, columns) = shown.left_out;
    if (tables, columns) != (0, 0) {
        notes.push(format!(
            "the schema is large: {tables} tables and {columns} columns that match the question least were left out"
        ));
    }
    notes
}
