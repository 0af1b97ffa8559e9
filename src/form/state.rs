//! Where a recogniser stands: a stack of goals still to be met, and what each open select has seen so far.
//!
//! Small and cheap to clone, so that a beam can fork it. Knows what a state *is*; `recogniser` knows what may follow.

use crate::schema::TableId;

/// The most instances of tables that one select may mention; bounds the joins derived from them.
pub(super) const MAX_MENTIONS: usize = 8;
/// The most selects that may stand inside each other.
pub(super) const MAX_DEPTH: usize = 5;
/// The most arithmetic operators that may stand inside each other.
pub(super) const MAX_ARITHMETIC: u8 = 3;
/// The most groups of conditions that may stand inside each other.
pub(super) const MAX_GROUPS: u8 = 2;
/// The most literals in one IN list.
pub(super) const MAX_LIST: u8 = 12;
/// The longest value, in words.
pub(super) const MAX_VALUE_WORDS: u16 = 10;

/// Where a recogniser stands after a prefix of a form.
#[derive(Debug, Clone)]
pub struct State {
    /// What is still to come, the next on top (at the end).
    pub(super) goals: Vec<Goal>,
    /// The open selects, the innermost at the end.
    pub(super) selects: Vec<Scope>,
    /// Symbols so far.
    pub(super) used: usize,
}

/// The clauses of a select, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Items,
    Join,
    On,
    Outer,
    Where,
    Group,
    Having,
    Order,
    Limit,
}

/// Something still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// The start of a select.
    Select,
    /// The start of a select after DISTINCT.
    SelectRest,
    /// What may follow inside or after this clause: more of it, later clauses, an arm, the end.
    Tail(Stage),
    /// OPEN of a nested query of this kind.
    OpenQuery(Kind),
    /// A value.
    Expr(Place),
    /// What an aggregate is taken over; true for COUNT.
    Argument { counts: bool, place: Place },
    /// What an aggregate is taken over, after its DISTINCT.
    Distinct(Place),
    /// A column, of a copy of its table or not.
    Column { up: bool, like: bool },
    /// A column of this copy of its table.
    ColumnOfCopy { up: bool, like: bool, copy: u8 },
    /// A table after JOIN.
    JoinTable,
    /// A table after JOIN and COPY.
    JoinCopy(u8),
    /// The table after OUTER.
    OuterTable,
    /// A GROUP BY key.
    Key,
    /// A condition.
    Test { having: bool, groups: u8 },
    /// What follows a condition in brackets.
    GroupTail { having: bool, groups: u8, any: bool },
    /// A comparison; LIKE only over a plain column.
    Operator { having: bool, like: bool },
    /// The text of a pattern.
    Pattern,
    /// The right side of IN.
    Set,
    /// Further literals of an IN list of so many, or whatever the goal below wants.
    List(u8),
    /// The last word of a value.
    WordEnd(u16),
    /// The number after LIMIT.
    LimitValue,
}

/// What a nested query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The whole form.
    Top,
    /// One output, to compare with or to look up in.
    Value,
    /// Below EXISTS.
    Exists,
    /// A derived table.
    Derived,
}

/// Where a value stands, as what may be said there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Aggregates.
    pub(super) aggregates: bool,
    /// Constants and spans.
    pub(super) literals: bool,
    /// Nested queries as values.
    pub(super) queries: bool,
    /// The select's own list: `*` may stand here and items are counted.
    pub(super) item: bool,
    /// The whole left side of a condition: a plain column allows LIKE.
    pub(super) left: bool,
    /// Arithmetic operators that may still be nested here.
    pub(super) arithmetic: u8,
}

/// One open select.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) kind: Kind,
    /// Tables mentioned, with the number of instances (1: only the first).
    pub(super) mentions: Vec<(TableId, u8)>,
    /// Outputs that OUT may name in the derived table; `None` where the source is not derived.
    pub(super) derived: Option<u16>,
    /// Items so far.
    pub(super) items: u16,
    /// Columns put out so far; `None` where `*` hides the number.
    pub(super) arity: Option<u16>,
    /// Whether an item is a bare `*`.
    pub(super) star: bool,
    /// The columns this arm must put out.
    pub(super) need: Option<u16>,
    /// Whether the needed columns were put out by `*` of one table.
    pub(super) need_star: bool,
    /// Whether an item holds an aggregate.
    pub(super) aggregated: bool,
    /// Whether there is a GROUP BY.
    pub(super) grouped: bool,
    /// Items of the first arm when this is a later arm.
    pub(super) compound: Option<u16>,
    /// Whether UNION or EXCEPT has been used.
    pub(super) no_intersect: bool,
    /// Whether the select around this one may be referred to.
    pub(super) correlates: bool,
}

impl Scope {
    pub(super) fn new(kind: Kind, correlates: bool) -> Self {
        Self {
            kind,
            mentions: Vec::new(),
            derived: None,
            items: 0,
            arity: Some(0),
            star: false,
            need: (kind == Kind::Value).then_some(1),
            need_star: false,
            aggregated: false,
            grouped: false,
            compound: None,
            no_intersect: false,
            correlates,
        }
    }

    /// The scope of the next arm.
    pub(super) fn next_arm(&self, no_intersect: bool) -> Self {
        let first = self.compound.is_none();
        Self {
            need: self.need.or(self.arity),
            need_star: if first { self.star } else { self.need_star },
            compound: self.compound.or(Some(if self.star { 0 } else { self.items })),
            no_intersect: self.no_intersect || no_intersect,
            ..Self::new(self.kind, self.correlates)
        }
    }

    /// Instances that may still be mentioned.
    fn room(&self) -> usize {
        MAX_MENTIONS - self.mentions.iter().map(|&(_, copies)| copies as usize).sum::<usize>().min(MAX_MENTIONS)
    }

    fn copies(&self, table: TableId) -> u8 {
        self.mentions.iter().find(|mention| mention.0 == table).map_or(0, |mention| mention.1)
    }

    /// Whether this instance of the table is mentioned or still fits.
    pub(super) fn admits(&self, table: TableId, copy: u8) -> bool {
        usize::from((copy + 1).saturating_sub(self.copies(table))) <= self.room()
    }

    /// Whether this instance of a table never mentioned still fits.
    pub(super) fn admits_any(&self, copy: u8) -> bool {
        usize::from(copy) < self.room()
    }

    /// Whether some table can be mentioned at this copy.
    pub(super) fn admits_some(&self, copy: u8) -> bool {
        self.admits_any(copy) || self.mentions.iter().any(|&(table, _)| self.admits(table, copy))
    }

    /// Notes a mention of an instance, and with it of the instances before it.
    pub(super) fn mention(&mut self, table: TableId, copy: u8) {
        match self.mentions.iter_mut().find(|mention| mention.0 == table) {
            Some(mention) => mention.1 = mention.1.max(copy + 1),
            None => self.mentions.push((table, copy + 1)),
        }
    }

    /// Outputs that OUT may name here.
    pub(super) fn outputs(&self) -> u16 {
        self.derived.unwrap_or(0).min(4)
    }

    /// Whether a column (or an output) can be named here.
    pub(super) fn has_columns(&self) -> bool {
        self.derived.is_none_or(|outputs| outputs > 0)
    }

    /// Whether rows have a source.
    pub(super) fn has_source(&self) -> bool {
        self.derived.is_some() || !self.mentions.is_empty()
    }

    /// Whether the select list may end here.
    pub(super) fn items_done(&self) -> bool {
        self.items > 0 && self.need.is_none_or(|need| self.arity == Some(need))
    }

    /// Whether another item may follow.
    pub(super) fn more_items(&self) -> bool {
        let fits = self.need.is_none_or(|need| self.arity.is_some_and(|arity| arity < need));
        fits && (!self.star || (self.kind == Kind::Top && self.compound.is_none()))
    }

    /// Whether another arm may follow.
    pub(super) fn more_arms(&self) -> bool {
        self.arity.is_some() && (!self.star || self.items == 1)
    }
}
