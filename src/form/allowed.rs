//! What may follow, twice: as a rule that a state implies ([`Next`], cheap to make), and spelled out for a decoder
//! ([`Allowed`], bit sets prepared once for each schema).

use std::ops::Range;

use super::recogniser::Recogniser;
use super::state::State;
use crate::schema::{ColumnId, Schema, TableId};

/// What may follow a prefix.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// A bit for each keyword, by id; END is among them.
    pub keywords: u128,
    /// The columns.
    pub columns: Bits,
    /// The tables.
    pub tables: Bits,
    /// The question words.
    pub words: Range<u16>,
}

/// A set of small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// The numbers in this range.
    pub fn of(range: Range<usize>) -> Self {
        let mut bits = Self(vec![0; range.end.div_ceil(64)]);
        bits.insert_all(range);
        bits
    }

    /// Whether the number is in the set.
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|block| block >> (index % 64) & 1 == 1)
    }

    /// Whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&block| block == 0)
    }

    /// The numbers in the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(place, &block)| {
            std::iter::successors((block != 0).then_some(block), |rest| {
                let rest = rest & (rest - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |rest| place * 64 + rest.trailing_zeros() as usize)
        })
    }

    /// The blocks of 64, lowest numbers first.
    pub fn blocks(&self) -> &[u64] {
        &self.0
    }

    fn insert_all(&mut self, range: Range<usize>) {
        for index in range {
            self.0[index / 64] |= 1 << (index % 64);
        }
    }

    fn copy_from(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }

    fn clear(&mut self, blocks: usize) {
        self.0.clear();
        self.0.resize(blocks, 0);
    }
}

/// What may follow, as a rule.
#[derive(Debug, Clone, Default)]
pub(super) struct Next {
    pub(super) keywords: u128,
    pub(super) columns: Rule,
    pub(super) tables: Rule,
    pub(super) words: Range<u16>,
}

/// Which tables, or columns of which tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Rule {
    /// None.
    #[default]
    None,
    /// Those whose instance `copy` the open select number `scope` can still take in.
    Fitting { scope: usize, copy: u8 },
    /// Those with so many columns that the innermost select can still take in.
    Width(u16),
}

impl Rule {
    /// Whether the rule admits this table.
    pub(super) fn admits(self, schema: &Schema, state: &State, table: TableId) -> bool {
        match self {
            Self::None => false,
            Self::Fitting { scope, copy } => state.selects.get(scope).is_some_and(|scope| scope.admits(table, copy)),
            Self::Width(width) => {
                let fits = state.selects.last().is_some_and(|scope| scope.admits(table, 0));
                fits && schema.table(table).columns.len() == usize::from(width)
            }
        }
    }

    /// Whether the rule admits every table, as far as can be told without looking at each.
    fn admits_all(self, state: &State) -> bool {
        match self {
            Self::Fitting { scope, copy } => state.selects.get(scope).is_some_and(|scope| scope.admits_any(copy)),
            _ => false,
        }
    }

    /// The tables to look at where not all are admitted.
    fn candidates(self, schema: &Schema, state: &State) -> Vec<TableId> {
        match self {
            Self::None => Vec::new(),
            Self::Fitting { scope, .. } => {
                state.selects.get(scope).map_or_else(Vec::new, |scope| scope.mentions.iter().map(|m| m.0).collect())
            }
            Self::Width(_) => schema.table_ids().collect(),
        }
    }
}

/// The full sets of a schema, prepared once.
#[derive(Debug)]
pub(super) struct Masks {
    columns: Bits,
    tables: Bits,
}

impl Masks {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { columns: Bits::of(0..schema.columns.len()), tables: Bits::of(0..schema.tables.len()) }
    }

    /// Spells the rules out.
    pub(super) fn fill(&self, recogniser: &Recogniser<'_>, state: &State, next: &Next, into: &mut Allowed) {
        let schema = recogniser.schema;
        if next.columns.admits_all(state) {
            into.columns.copy_from(&self.columns);
        } else {
            into.columns.clear(self.columns.0.len());
            for table in next.columns.candidates(schema, state) {
                if next.columns.admits(schema, state, table) {
                    let range = &schema.table(table).columns;
                    into.columns.insert_all(range.start as usize..range.end as usize);
                }
            }
        }
        if next.tables.admits_all(state) {
            into.tables.copy_from(&self.tables);
        } else {
            into.tables.clear(self.tables.0.len());
            for table in next.tables.candidates(schema, state) {
                if next.tables.admits(schema, state, table) {
                    into.tables.insert_all(table.index()..table.index() + 1);
                }
            }
        }
    }
}

impl Allowed {
    /// Whether a column is among them.
    pub fn column(&self, column: ColumnId) -> bool {
        self.columns.contains(column.index())
    }

    /// Whether a table is among them.
    pub fn table(&self, table: TableId) -> bool {
        self.tables.contains(table.index())
    }
}
