//! A select on its way to a form: symbols, and references whose instances are not chosen yet.

use super::symbol::{Keyword, Symbol};
use crate::schema::ColumnId;

/// A part of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// Finished.
    Symbol(Symbol),
    /// A column of a source of this select (`depth` 0) or of one further out.
    Column { depth: usize, source: usize, column: ColumnId },
    /// A column of a source of this select, written inside a nested query.
    Up { source: usize, column: ColumnId },
    /// `*` of this source.
    TableOf(usize),
    /// `*` of whichever table makes the form shortest.
    Star,
}

impl From<Keyword> for Piece {
    fn from(keyword: Keyword) -> Self {
        Self::Symbol(keyword.into())
    }
}

/// A select without its sources.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Up to the last item.
    pub(super) head: Vec<Piece>,
    /// From WHERE on.
    pub(super) tail: Vec<Piece>,
}

impl Draft {
    /// The pieces of a select whose source is written already.
    pub(super) fn without_sources(self) -> Vec<Piece> {
        let mut pieces = self.head;
        pieces.extend(self.tail);
        pieces
    }
}
