//! Between the words of a question and the literals of a query, as traits: who reads questions implements them, who
//! reads and writes forms uses them, and neither knows the other.

use super::{DatePart, Literal};
use crate::schema::ColumnId;

/// What a value is compared with or used for; decides how a span of the question becomes a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueTarget {
    /// A column's cells.
    Column(ColumnId),
    /// A number: counts, sums, arithmetic.
    Number,
    /// A part of a date column.
    DatePart(DatePart, ColumnId),
    /// Text inside a LIKE pattern (without the `%`) over a column.
    Pattern(ColumnId),
    /// A row limit.
    Limit,
}

/// From spans of the question to literals.
pub trait Values {
    /// The literal that the words `start..=end` spell for this target. Total: there is always one.
    fn literal(&self, start: usize, end: usize, target: &ValueTarget) -> Literal;

    /// A literal for this target where the question spells none.
    fn other(&self, target: &ValueTarget) -> Literal;
}

/// From literals to spans of the question.
pub trait FindValues {
    /// The first and the last word that spell this literal for this target.
    fn find(&self, literal: &Literal, target: &ValueTarget) -> Option<(usize, usize)>;
}
