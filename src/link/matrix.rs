//! The features of a prompt's nodes and the relations between them.
//!
//! The relation rows are filled kind by kind; every pair of nodes has at least its base relation.

use super::index::SchemaIndex;
use super::prompt::{Link, LinkKind, LinkTarget, NodeKind, Prompt};
use super::question::{Question, is_number, is_time, quoted};
use super::relations::{NODE_FEATURES, Relation};
use super::text::{fold, is_common};
use crate::schema::{ColumnId, ColumnKind, TableId};
use std::collections::{HashMap, HashSet};

/// The first feature of the matches with columns, as in [`super::FEATURE_NAMES`].
const COLUMN_MATCHES: usize = 10;
/// The first feature of the matches with tables.
const TABLE_MATCHES: usize = 18;
const ALL_WORDS_MET: usize = 21;
const OWN_TABLE_MET: usize = 22;
const HAS_CELLS: usize = 23;
const WORD_FACTS: usize = 24;

/// Distance between the bit of a match from a word to a column and that of its other side.
const COLUMN_BACK: u8 = Relation::ColumnWordExact as u8 - Relation::WordColumnExact as u8;
/// The same for tables.
const TABLE_BACK: u8 = Relation::TableWordExact as u8 - Relation::WordTableExact as u8;

/// Fills `features` and `relations`.
pub(super) fn fill(index: &SchemaIndex, question: &Question, links: &[Link], use_values: bool, prompt: &mut Prompt) {
    let size = prompt.nodes.len();
    let mut matrix = Matrix { size, bits: vec![0; size * size] };
    matrix.words(question.words.len());
    matrix.base(&prompt.nodes.iter().map(|node| node.kind).collect::<Vec<_>>());
    matrix.schema(index, &prompt.nodes.iter().map(|node| node.kind).collect::<Vec<_>>());
    matrix.matches(index, question, links, prompt);
    prompt.features = features(index, question, use_values, prompt, &matrix);
    prompt.relations = matrix.bits;
}

struct Matrix {
    size: usize,
    bits: Vec<u64>,
}

impl Matrix {
    fn set(&mut self, from: usize, to: usize, relation: Relation) {
        self.bits[from * self.size + to] |= relation.bit();
    }

    /// Distances between words.
    fn words(&mut self, count: usize) {
        for from in 0..count {
            for to in 0..count {
                let relation = match to as isize - from as isize {
                    0 => Relation::WordSame,
                    -1 => Relation::WordLeft1,
                    1 => Relation::WordRight1,
                    -2 => Relation::WordLeft2,
                    2 => Relation::WordRight2,
                    distance if distance < 0 => Relation::WordLeft,
                    _ => Relation::WordRight,
                };
                self.set(from, to, relation);
            }
        }
    }

    /// The relation that kinds of nodes alone have.
    fn base(&mut self, kinds: &[NodeKind]) {
        for (from, kind) in kinds.iter().enumerate() {
            for (to, other) in kinds.iter().enumerate() {
                let relation = match (kind, other) {
                    (NodeKind::Word(_), NodeKind::Word(_)) => continue,
                    (NodeKind::Word(_), NodeKind::Column(_)) => Relation::WordColumn,
                    (NodeKind::Word(_), NodeKind::Table(_)) => Relation::WordTable,
                    (NodeKind::Column(_), NodeKind::Word(_)) => Relation::ColumnWord,
                    (NodeKind::Table(_), NodeKind::Word(_)) => Relation::TableWord,
                    (NodeKind::Column(_), NodeKind::Column(_)) => Relation::ColumnColumn,
                    (NodeKind::Column(_), NodeKind::Table(_)) => Relation::ColumnTable,
                    (NodeKind::Table(_), NodeKind::Column(_)) => Relation::TableColumn,
                    (NodeKind::Table(_), NodeKind::Table(_)) => Relation::TableTable,
                };
                self.set(from, to, relation);
            }
        }
    }

    /// What the schema says about its own parts.
    fn schema(&mut self, index: &SchemaIndex, kinds: &[NodeKind]) {
        for (from, kind) in kinds.iter().enumerate() {
            for (to, other) in kinds.iter().enumerate() {
                match (kind, other) {
                    (NodeKind::Column(a), NodeKind::Column(b)) => self.two_columns(index, (from, *a), (to, *b)),
                    (NodeKind::Column(column), NodeKind::Table(table)) => {
                        self.column_and_table(index, (from, *column), (to, *table))
                    }
                    _ => {}
                }
            }
        }
        let places: HashMap<NodeKind, usize> = kinds.iter().enumerate().map(|(place, kind)| (*kind, place)).collect();
        let column = |id: &ColumnId| places.get(&NodeKind::Column(*id)).copied();
        let table = |id: &TableId| places.get(&NodeKind::Table(*id)).copied();
        for (from, to) in index.keys.iter().filter_map(|(from, to)| Some((column(from)?, column(to)?))) {
            self.set(from, to, Relation::ForeignKey);
            self.set(to, from, Relation::ForeignKeyBack);
        }
        for (from, to) in index.table_keys.iter().filter_map(|(from, to)| Some((table(from)?, table(to)?))) {
            self.set(from, to, Relation::TableReferences);
            self.set(to, from, Relation::TableReferenced);
        }
        for (from, to) in index.named_tables.iter().filter_map(|(from, to)| Some((column(from)?, table(to)?))) {
            self.set(from, to, Relation::ColumnNamesTable);
            self.set(to, from, Relation::TableNamedByColumn);
        }
        for (place, kind) in kinds.iter().enumerate() {
            match kind {
                NodeKind::Word(_) => {}
                NodeKind::Column(_) => self.set(place, place, Relation::ColumnSame),
                NodeKind::Table(_) => self.set(place, place, Relation::TableSame),
            }
        }
    }

    fn two_columns(&mut self, index: &SchemaIndex, (from, a): (usize, ColumnId), (to, b): (usize, ColumnId)) {
        let schema = index.schema();
        if schema.column(a).table == schema.column(b).table {
            self.set(from, to, Relation::SameTable);
        }
        if a != b && index.columns[a.index()].name == index.columns[b.index()].name {
            self.set(from, to, Relation::SameName);
        }
    }

    fn column_and_table(
        &mut self,
        index: &SchemaIndex,
        (from, column): (usize, ColumnId),
        (to, table): (usize, TableId),
    ) {
        if index.schema().column(column).table != table {
            return;
        }
        self.set(from, to, Relation::ColumnOfTable);
        self.set(to, from, Relation::TableOfColumn);
        if index.columns[column.index()].is_primary {
            self.set(from, to, Relation::PrimaryKeyOfTable);
            self.set(to, from, Relation::TableOfPrimaryKey);
        }
    }

    /// What the question's words met.
    fn matches(&mut self, index: &SchemaIndex, question: &Question, links: &[Link], prompt: &Prompt) {
        let places: HashMap<NodeKind, usize> =
            prompt.nodes.iter().enumerate().map(|(place, node)| (node.kind, place)).collect();
        for link in links {
            let (kind, relation, back) = match link.target {
                LinkTarget::Column(id) => (NodeKind::Column(id), column_relation(link.kind), COLUMN_BACK),
                LinkTarget::Table(id) => (NodeKind::Table(id), table_relation(link.kind), TABLE_BACK),
            };
            let Some(place) = places.get(&kind) else { continue };
            for word in link.words.clone() {
                self.both(word, *place, relation, back);
            }
        }
        for (place, word) in question.words.iter().enumerate() {
            let (number, time) = (is_number(word), is_time(word));
            if number || time {
                self.number_and_time(index, place, (number, time), prompt);
            }
        }
    }

    fn number_and_time(&mut self, index: &SchemaIndex, word: usize, (number, time): (bool, bool), prompt: &Prompt) {
        for (place, node) in prompt.nodes.iter().enumerate() {
            let NodeKind::Column(id) = node.kind else { continue };
            if number && index.schema().column(id).kind == ColumnKind::Number {
                self.both(word, place, Relation::WordColumnNumber, COLUMN_BACK);
            }
            if time && index.columns[id.index()].is_time {
                self.both(word, place, Relation::WordColumnTime, COLUMN_BACK);
            }
        }
    }

    fn both(&mut self, word: usize, place: usize, relation: Relation, back: u8) {
        self.bits[word * self.size + place] |= relation.bit();
        self.bits[place * self.size + word] |= relation.bit() << back;
    }

    /// All relations from a node to any other.
    fn any(&self, from: usize) -> u64 {
        self.bits[from * self.size..(from + 1) * self.size].iter().fold(0, |all, bits| all | bits)
    }
}

fn column_relation(kind: LinkKind) -> Relation {
    match kind {
        LinkKind::Exact => Relation::WordColumnExact,
        LinkKind::Partial => Relation::WordColumnPartial,
        LinkKind::Abbreviation => Relation::WordColumnAbbreviation,
        LinkKind::Cell => Relation::WordColumnCell,
        LinkKind::CellStem => Relation::WordColumnCellStem,
        LinkKind::CellWord => Relation::WordColumnCellWord,
    }
}

fn table_relation(kind: LinkKind) -> Relation {
    match kind {
        LinkKind::Exact => Relation::WordTableExact,
        LinkKind::Abbreviation => Relation::WordTableAbbreviation,
        _ => Relation::WordTablePartial,
    }
}

/// The feature rows, `[N, NODE_FEATURES]`.
fn features(index: &SchemaIndex, question: &Question, use_values: bool, prompt: &Prompt, matrix: &Matrix) -> Vec<f32> {
    let inside = quoted(&question.words);
    let asked: HashSet<&str> = question.tokens.iter().map(|token| token.stem.as_str()).collect();
    let met_tables = met_tables(prompt, matrix);
    let mut rows = vec![0.0; prompt.nodes.len() * NODE_FEATURES];
    for ((place, node), row) in prompt.nodes.iter().enumerate().zip(rows.chunks_exact_mut(NODE_FEATURES)) {
        let met = matrix.any(place);
        match node.kind {
            NodeKind::Word(word) => word_features(question, usize::from(word), inside[usize::from(word)], met, row),
            NodeKind::Column(id) => {
                column_features(index, id, met, row);
                row[ALL_WORDS_MET] = flag(all_met(&index.columns[id.index()].stems, &asked));
                row[OWN_TABLE_MET] = flag(met_tables.contains(&index.schema().column(id).table));
                row[HAS_CELLS] = flag(use_values && !index.schema().column(id).samples.is_empty());
            }
            NodeKind::Table(id) => {
                row[2] = 1.0;
                mark(met, Relation::TableWordExact, 3, &mut row[TABLE_MATCHES..]);
                row[ALL_WORDS_MET] = flag(all_met(&index.tables[id.index()].stems, &asked));
                row[OWN_TABLE_MET] = flag(met_tables.contains(&id));
            }
        }
    }
    rows
}

fn word_features(question: &Question, place: usize, is_quoted: bool, met: u64, row: &mut [f32]) {
    let word = &question.words[place];
    row[0] = 1.0;
    mark(met, Relation::WordColumnExact, 8, &mut row[COLUMN_MATCHES..]);
    mark(met, Relation::WordTableExact, 3, &mut row[TABLE_MATCHES..]);
    row[WORD_FACTS] = flag(is_common(&fold(&word.text)));
    row[WORD_FACTS + 1] = flag(is_number(word));
    row[WORD_FACTS + 2] = flag(place > 0 && word.text.starts_with(char::is_uppercase));
    row[WORD_FACTS + 3] = flag(is_quoted);
}

fn column_features(index: &SchemaIndex, id: ColumnId, met: u64, row: &mut [f32]) {
    let facts = &index.columns[id.index()];
    row[1] = 1.0;
    let kind = match index.schema().column(id).kind {
        ColumnKind::Text => 3,
        ColumnKind::Number => 4,
        ColumnKind::Time => 5,
        ColumnKind::Boolean => 6,
        ColumnKind::Other => 7,
    };
    row[kind] = 1.0;
    row[8] = flag(facts.is_primary);
    row[9] = flag(facts.is_foreign);
    mark(met, Relation::ColumnWordExact, 8, &mut row[COLUMN_MATCHES..]);
}

/// One feature for each of `count` relations from `first` on that is set.
fn mark(met: u64, first: Relation, count: usize, row: &mut [f32]) {
    for (place, feature) in row[..count].iter_mut().enumerate() {
        *feature = flag(met & (first.bit() << place) != 0);
    }
}

/// Tables whose name, or a part of it, stands in the question.
fn met_tables(prompt: &Prompt, matrix: &Matrix) -> HashSet<TableId> {
    let named = Relation::TableWordExact.bit() | Relation::TableWordPartial.bit();
    let tables = prompt.nodes.iter().enumerate().filter_map(|(place, node)| match node.kind {
        NodeKind::Table(id) => Some((place, id)),
        _ => None,
    });
    tables.filter(|(place, _)| matrix.any(*place) & named != 0).map(|(_, id)| id).collect()
}

fn all_met(stems: &[String], asked: &HashSet<&str>) -> bool {
    !stems.is_empty() && stems.iter().all(|stem| asked.contains(stem.as_str()))
}

fn flag(is_set: bool) -> f32 {
    f32::from(u8::from(is_set))
}
