//! One resolved, read-only query as data: a tree over table and column ids, no text but literals.
//!
//! What `form` completes, what `sql` parses to and renders from. Knows nothing about names, dialects or symbols.
//! Every [`ColumnRef`] points at a source that exists; who builds a tree keeps that, and `sql::resolve` checks it.

mod values;

use crate::schema::{ColumnId, TableId};

pub use values::{FindValues, ValueTarget, Values};

/// A SELECT with its set operations; ORDER BY and LIMIT belong to the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The first (mostly the only) arm.
    pub first: Select,
    /// Further arms, applied from left to right.
    pub rest: Vec<(SetOperator, Select)>,
    /// Sort keys. With set operations every key equals an item of the first arm.
    pub order_by: Vec<OrderKey>,
    /// The row limit.
    pub limit: Option<u64>,
}

/// How an arm is combined with what stands left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum SetOperator {
    Intersect,
    Union,
    UnionAll,
    Except,
}

/// One arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// SELECT DISTINCT.
    pub distinct: bool,
    /// The select list; never empty.
    pub items: Vec<Expr>,
    /// Where rows come from.
    pub from: From,
    /// WHERE.
    pub filter: Option<Condition>,
    /// GROUP BY.
    pub group_by: Vec<Expr>,
    /// HAVING.
    pub having: Option<Condition>,
}

/// The FROM clause: `sources[0]`, then for each further `sources[i]` the join `joins[i - 1]` to what stands before it.
#[derive(Debug, Clone, PartialEq)]
pub struct From {
    /// Tables and derived tables; the same table may stand more than once. Never empty.
    pub sources: Vec<Source>,
    /// One shorter than `sources`.
    pub joins: Vec<Join>,
}

/// One source of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A table of the schema.
    Table(TableId),
    /// A derived table.
    Query(Box<Query>),
}

/// How a source is joined to those before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// INNER or LEFT.
    pub kind: JoinKind,
    /// Equalities that must all hold: (column of an earlier source, column of this source), in the order written.
    /// Empty: a cross join.
    pub on: Vec<(ColumnRef, ColumnRef)>,
}

/// INNER or LEFT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum JoinKind {
    Inner,
    Left,
}

/// A column of one source of this select, or of a select around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// 0: this select; 1: the select around it; …
    pub depth: usize,
    /// Index into that select's `from.sources`.
    pub source: usize,
    /// Which of the source's columns.
    pub target: Target,
}

/// What a [`ColumnRef`] names in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A column of the source's table.
    Column(ColumnId),
    /// The n-th output (from 0) of the source's derived table.
    Output(usize),
}

/// A value for each row, or for each group.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column.
    Column(ColumnRef),
    /// `*`, or `T.*` of one of several sources; only as a select item or, as plain `*`, the argument of COUNT.
    Star(Option<usize>),
    /// An aggregate; never inside another one of the same select.
    Aggregate {
        /// Which.
        function: Aggregate,
        /// Over distinct values; never with [`Expr::Star`].
        distinct: bool,
        /// Over what.
        argument: Box<Expr>,
    },
    /// Arithmetic on two values.
    Arithmetic {
        /// Which.
        operator: ArithmeticOperator,
        /// Left value.
        left: Box<Expr>,
        /// Right value.
        right: Box<Expr>,
    },
    /// A part of a date.
    DatePart {
        /// Which.
        part: DatePart,
        /// The date.
        argument: Box<Expr>,
    },
    /// A constant.
    Literal(Literal),
    /// A subquery with one output, as a value.
    Query(Box<Query>),
}

/// The aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the operators' own")]
pub enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Parts of a date. In SQLite their value is text (`strftime`): `'2024'`, `'2024-05'`, `'05'`, `'17'`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DatePart {
    Year,
    YearMonth,
    Month,
    Day,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// A number as SQL spells it: `3`, `-2.50`.
    Number(String),
    /// Text, unquoted.
    Text(String),
}

/// A condition. AND binds tighter than OR; nested OR below AND is written in brackets.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All hold (AND); two or more, none of them `All`.
    All(Vec<Condition>),
    /// One holds (OR); two or more, none of them `Any`.
    Any(Vec<Condition>),
    /// A single test.
    Test(Predicate),
}

/// A single test.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// `left operator right`.
    Compare {
        /// Left value.
        left: Expr,
        /// The comparison.
        operator: Comparison,
        /// Right value.
        right: Expr,
    },
    /// `expr [NOT] BETWEEN low AND high`.
    Between {
        /// What is tested.
        expr: Expr,
        /// NOT.
        negated: bool,
        /// Lower bound, included.
        low: Expr,
        /// Upper bound, included.
        high: Expr,
    },
    /// `expr [NOT] LIKE pattern`; the pattern holds its own `%` and `_`.
    Like {
        /// What is tested.
        expr: Expr,
        /// NOT.
        negated: bool,
        /// The pattern.
        pattern: String,
    },
    /// `expr [NOT] IN (…)`.
    In {
        /// What is tested.
        expr: Expr,
        /// NOT.
        negated: bool,
        /// The set.
        set: Set,
    },
    /// `expr IS [NOT] NULL`.
    IsNull {
        /// What is tested.
        expr: Expr,
        /// NOT.
        negated: bool,
    },
    /// `[NOT] EXISTS (query)`.
    Exists {
        /// NOT.
        negated: bool,
        /// The query, mostly one that refers to the select around it.
        query: Box<Query>,
    },
}

/// The right side of IN.
#[derive(Debug, Clone, PartialEq)]
pub enum Set {
    /// Constants; never empty.
    List(Vec<Literal>),
    /// A subquery with one output.
    Query(Box<Query>),
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One ORDER BY key.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderKey {
    /// What is sorted by.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
}
