//! A query as the official script holds it: what its parser keeps, in the order in which it keeps it.
//!
//! Equality here is the official equality of nested queries: literal, values included.

use crate::tables::Column;

/// `[agg](distinct? column)`; `agg` is 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnUnit {
    /// The aggregate, 0 for none.
    pub(crate) aggregate: u8,
    /// The column.
    pub(crate) column: Column,
    /// Whether DISTINCT stands before the column.
    pub(crate) distinct: bool,
}

/// One column or two with an operator between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueUnit {
    /// The operator, 0 for none.
    pub(crate) operator: u8,
    /// The first column.
    pub(crate) left: ColumnUnit,
    /// The second, where there is an operator.
    pub(crate) right: Option<ColumnUnit>,
}

/// What a condition compares with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// Nothing, or a value taken out before comparing.
    Nothing,
    /// A number.
    Number(f64),
    /// A quoted text, with its quotes.
    Text(&'a str),
    /// A column.
    Column(ColumnUnit),
    /// A nested query.
    Query(Box<Query<'a>>),
}

/// The operators of conditions, in the official order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Not,
    Between,
    Equal,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    NotEqual,
    In,
    Like,
    Is,
    Exists,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition<'a> {
    /// Whether NOT stands before the operator.
    pub(crate) negated: bool,
    /// The operator.
    pub(crate) operator: Operator,
    /// The left side.
    pub(crate) unit: ValueUnit,
    /// The right side.
    pub(crate) first: Value<'a>,
    /// The upper end of BETWEEN.
    pub(crate) second: Value<'a>,
}

/// An entry of a list of conditions. Usually conditions and connectors alternate; nothing enforces it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item<'a> {
    /// A condition.
    Condition(Condition<'a>),
    /// AND.
    And,
    /// OR.
    Or,
}

/// An entry of FROM.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source<'a> {
    /// A table.
    Table(u16),
    /// A nested query.
    Query(Box<Query<'a>>),
}

/// One query.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Query<'a> {
    /// The entries of FROM.
    pub(crate) sources: Vec<Source<'a>>,
    /// The conditions after ON, all together.
    pub(crate) joins: Vec<Item<'a>>,
    /// SELECT DISTINCT.
    pub(crate) distinct: bool,
    /// What is selected, each with its aggregate.
    pub(crate) select: Vec<(u8, ValueUnit)>,
    /// WHERE.
    pub(crate) filter: Vec<Item<'a>>,
    /// GROUP BY.
    pub(crate) group: Vec<ColumnUnit>,
    /// HAVING.
    pub(crate) having: Vec<Item<'a>>,
    /// ORDER BY: whether the last direction given is DESC, and by what.
    pub(crate) order: Option<(bool, Vec<ValueUnit>)>,
    /// Whether there is a LIMIT; its number is not kept.
    pub(crate) limit: bool,
    /// What follows INTERSECT.
    pub(crate) intersect: Option<Box<Query<'a>>>,
    /// What follows UNION.
    pub(crate) union: Option<Box<Query<'a>>>,
    /// What follows EXCEPT.
    pub(crate) except: Option<Box<Query<'a>>>,
}

impl<'a> Query<'a> {
    /// The entries at even places of all three lists of conditions, list by list: where conditions are expected.
    pub(crate) fn condition_places(&self) -> impl Iterator<Item = &Item<'a>> {
        [&self.joins, &self.filter, &self.having].into_iter().flat_map(|list| list.iter().step_by(2))
    }

    /// The entries at odd places of all three lists: where connectors are expected.
    pub(crate) fn connector_places(&self) -> impl Iterator<Item = &Item<'a>> {
        [&self.joins, &self.filter, &self.having].into_iter().flat_map(|list| list.iter().skip(1).step_by(2))
    }
}

impl<'a> Item<'a> {
    /// The condition, where this is one.
    pub(crate) fn condition(&self) -> Option<&Condition<'a>> {
        match self {
            Self::Condition(condition) => Some(condition),
            Self::And | Self::Or => None,
        }
    }
}
