//! The network's input for one question: word pieces, nodes, features and relations.

use super::words::Word;
use crate::schema::{ColumnId, TableId};
use std::collections::HashSet;
use std::ops::Range;

/// What a node of the prompt stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// The n-th word of the question.
    Word(u16),
    /// A column.
    Column(ColumnId),
    /// A table.
    Table(TableId),
}

/// One node: a question word, a column or a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it stands for.
    pub kind: NodeKind,
    /// Its word pieces, as a range of [`Prompt::piece_ids`]; never empty.
    pub pieces: Range<u32>,
}

/// How a prompt is laid out.
#[derive(Debug, Clone)]
pub struct PromptOptions<'a> {
    /// Whether cell samples may be matched.
    pub use_values: bool,
    /// The most word pieces; columns and tables that match worst are left out above it.
    pub max_pieces: usize,
    /// The tables to show and their order; all in the schema's order where it is missing.
    pub table_order: Option<Vec<TableId>>,
    /// For each table of the schema, by [`TableId::index`], the columns to show and their order; all in the schema's order where it is missing.
    pub column_order: Option<Vec<Vec<ColumnId>>>,
    /// Columns that are never left out.
    pub keep: Option<&'a HashSet<ColumnId>>,
}

impl Default for PromptOptions<'_> {
    fn default() -> Self {
        Self { use_values: true, max_pieces: 320, table_order: None, column_order: None, keep: None }
    }
}

/// The network's input for one question. `N` is the number of nodes: words, then columns table after table, then tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The question's words, as far as they were read.
    pub words: Vec<Word>,
    /// Word pieces: `[CLS] question [SEP] table columns [SEP] table columns [SEP] …`.
    pub piece_ids: Vec<u32>,
    /// 0 for the question with its separator, 1 for the schema. As long as `piece_ids`.
    pub type_ids: Vec<u32>,
    /// 1 where a column starts, 2 where a table starts, else 0. As long as `piece_ids`.
    pub starts: Vec<u8>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// `[N, NODE_FEATURES]`, row after row.
    pub features: Vec<f32>,
    /// `[N, N]`, row after row: the set of [`super::Relation`] bits from the row's node to the column's.
    pub relations: Vec<u64>,
    /// Which words met what, for people.
    pub links: Vec<Link>,
    /// What was left out, for people.
    pub notes: Vec<String>,
}

/// Words of the question that met a part of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Indices into [`Prompt::words`].
    pub words: Range<usize>,
    /// How they met.
    pub kind: LinkKind,
    /// What they met.
    pub target: LinkTarget,
}

/// How words met a part of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkKind {
    /// They are its whole name.
    Exact,
    /// They are a part of its name.
    Partial,
    /// They abbreviate its name, or it abbreviates them.
    Abbreviation,
    /// They are a cell of the column.
    Cell,
    /// Their stems are those of a cell of the column.
    CellStem,
    /// They stand in a cell of the column.
    CellWord,
}

/// What words met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkTarget {
    /// A table.
    Table(TableId),
    /// A column.
    Column(ColumnId),
}
