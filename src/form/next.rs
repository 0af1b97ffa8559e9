//! What may follow each goal, by the syntax alone; the budget is the recogniser's.

use super::allowed::{Next, Rule};
use super::recogniser::complete;
use super::state::{
    Goal, Kind, MAX_ARITHMETIC, MAX_DEPTH, MAX_GROUPS, MAX_LIST, MAX_VALUE_WORDS, Place, Scope, Stage, State,
};
use super::symbol::Keyword as K;
use super::vocabulary::{COPIES, OUTPUTS};
use crate::schema::Schema;

pub(super) const AGGREGATES: u128 = K::Max.bit() | K::Min.bit() | K::Count.bit() | K::Sum.bit() | K::Avg.bit();
pub(super) const ARITHMETIC: u128 = K::Add.bit() | K::Subtract.bit() | K::Multiply.bit() | K::Divide.bit();
pub(super) const DATE_PARTS: u128 = K::Year.bit() | K::YearMonth.bit() | K::Month.bit() | K::Day.bit();
pub(super) const NUMBERS: u128 = span(K::Number0, K::Decimal100);
pub(super) const LIKES: u128 = span(K::LikeContains, K::NotLikeIs);
const COMPARISONS: u128 = span(K::Equal, K::GreaterOrEqual)
    | K::Between.bit()
    | K::NotBetween.bit()
    | K::IsNull.bit()
    | K::NotNull.bit()
    | K::In.bit()
    | K::NotIn.bit();
const LIMITS: u128 = K::Number2.bit() | K::Number3.bit() | K::Number100.bit() | K::Number1000.bit();

/// The bits from one keyword to another, both included.
const fn span(first: K, last: K) -> u128 {
    ((last.bit() << 1) - 1) & !(first.bit() - 1)
}

/// A state with the question's length, while it is asked what may follow.
struct View<'a> {
    words: u16,
    state: &'a State,
    scope: &'a Scope,
    place: usize,
}

/// What may follow this state.
pub(super) fn next(schema: &Schema, words: u16, state: &State) -> Next {
    let mut next = Next::default();
    if schema.tables.is_empty() {
        return next;
    }
    let Some(scope) = state.selects.last() else { return next };
    let view = View { words, state, scope, place: state.selects.len() - 1 };
    for goal in state.goals.iter().rev() {
        view.add(goal, &mut next);
        if !matches!(goal, Goal::List(_)) {
            break;
        }
    }
    if complete(state) {
        next.keywords |= K::End.bit();
    }
    next
}

/// The clause that is being written: that of the innermost select.
pub(super) fn stage(state: &State) -> Stage {
    let tail = state.goals.iter().rev().find_map(|goal| match goal {
        Goal::Tail(stage) => Some(*stage),
        _ => None,
    });
    tail.unwrap_or(Stage::Items)
}

/// Whether a query opened here may refer to the select that is being written.
pub(super) fn correlates(state: &State) -> bool {
    stage(state) == Stage::Where && state.selects.last().is_some_and(|scope| scope.derived.is_none())
}

/// An item of a select list.
pub(super) fn item_place() -> Place {
    Place { aggregates: true, literals: false, queries: false, item: true, left: false, arithmetic: MAX_ARITHMETIC }
}

/// The left or the right side of a condition.
pub(super) fn test_place(having: bool, left: bool) -> Place {
    Place { aggregates: having, literals: !left, queries: !left, item: false, left, arithmetic: MAX_ARITHMETIC }
}

/// A sort key.
pub(super) fn order_place(scope: &Scope) -> Place {
    Place { aggregates: scope.grouped || scope.aggregated, item: false, ..item_place() }
}

impl Place {
    /// What an aggregate here may be taken over.
    pub(super) fn below_aggregate(self) -> Self {
        Self { aggregates: false, literals: false, queries: false, item: false, left: false, ..self }
    }

    /// What an arithmetic operator here may be applied to.
    pub(super) fn operand(self) -> Self {
        Self {
            literals: true,
            queries: self.queries || self.item,
            item: false,
            left: false,
            arithmetic: self.arithmetic.saturating_sub(1),
            ..self
        }
    }
}

impl View<'_> {
    fn add(&self, goal: &Goal, next: &mut Next) {
        match *goal {
            Goal::Select => {
                next.keywords |= K::Distinct.bit();
                self.select(next);
            }
            Goal::SelectRest => self.select(next),
            Goal::Tail(stage) => self.tail(stage, next),
            Goal::OpenQuery(_) => next.keywords |= K::Open.bit(),
            Goal::Expr(place) => self.expr(place, next),
            Goal::Argument { counts, place } => self.argument(counts, place, next),
            Goal::Distinct(place) => self.expr(place.below_aggregate(), next),
            Goal::Column { up, .. } => {
                self.columns(up, next);
                if !up && self.may_correlate() {
                    next.keywords |= K::Up.bit();
                }
            }
            Goal::ColumnOfCopy { up, copy, .. } => next.columns = self.fitting(up, copy),
            Goal::JoinTable => self.join_table(next),
            Goal::JoinCopy(copy) => next.tables = self.fitting(false, copy),
            Goal::OuterTable => next.tables = self.fitting(false, 0),
            Goal::Key => self.key(next),
            Goal::Test { having, groups } => self.test(having, groups, next),
            Goal::GroupTail { any, .. } => {
                next.keywords |= K::And.bit() | K::Or.bit() | if any { K::Close.bit() } else { 0 };
            }
            Goal::Operator { like, .. } => next.keywords |= COMPARISONS | if like { LIKES } else { 0 },
            Goal::Pattern => self.spans(next),
            Goal::Set => {
                self.literals(next);
                self.open(next);
            }
            Goal::List(count) if count < MAX_LIST => self.literals(next),
            Goal::List(_) => {}
            Goal::WordEnd(start) => next.words = start..self.words.min(start + MAX_VALUE_WORDS),
            Goal::LimitValue => {
                next.keywords |= LIMITS;
                self.spans(next);
            }
        }
    }

    fn select(&self, next: &mut Next) {
        if self.state.selects.len() < MAX_DEPTH {
            next.keywords |= K::From.bit();
        }
        self.expr(item_place(), next);
    }

    fn tail(&self, stage: Stage, next: &mut Next) {
        let scope = self.scope;
        if stage == Stage::Items && scope.more_items() {
            self.expr(item_place(), next);
        }
        if !scope.items_done() {
            return;
        }
        let plain = scope.derived.is_none();
        if stage == Stage::Items && plain && scope.admits_some(0) {
            next.keywords |= K::Join.bit();
        }
        if !scope.has_source() {
            return;
        }
        if plain && stage == Stage::Join {
            self.join_table(next);
        }
        if plain && stage <= Stage::On {
            next.keywords |= K::On.bit();
        }
        if plain && stage < Stage::Outer {
            next.keywords |= K::Outer.bit();
        }
        self.conditions(stage, next);
        self.ending(stage, next);
    }

    /// WHERE, GROUP BY, HAVING.
    fn conditions(&self, stage: Stage, next: &mut Next) {
        if matches!(stage, Stage::Where | Stage::Having) {
            next.keywords |= K::And.bit() | K::Or.bit();
        }
        if stage == Stage::Group {
            next.keywords |= K::Having.bit();
            self.key(next);
        }
        if self.scope.has_columns() {
            if stage < Stage::Where {
                next.keywords |= K::Where.bit();
            }
            if stage < Stage::Group {
                next.keywords |= K::Group.bit();
            }
        }
    }

    /// ORDER BY, LIMIT, another arm, the end.
    fn ending(&self, stage: Stage, next: &mut Next) {
        let scope = self.scope;
        let sortable = match scope.compound {
            Some(items) => items > 0,
            None => scope.has_columns(),
        };
        if stage <= Stage::Order && sortable {
            next.keywords |= K::Ascending.bit() | K::Descending.bit();
        }
        if stage < Stage::Limit {
            next.keywords |= K::Limit.bit() | K::LimitOne.bit();
        }
        if stage <= Stage::Having && scope.more_arms() {
            next.keywords |= K::Union.bit() | K::UnionAll.bit() | K::Except.bit();
            if !scope.no_intersect {
                next.keywords |= K::Intersect.bit();
            }
        }
        if scope.kind != Kind::Top {
            next.keywords |= K::Close.bit();
        }
    }

    fn expr(&self, place: Place, next: &mut Next) {
        if let (Some(items), Stage::Order) = (self.scope.compound, stage(self.state)) {
            next.keywords |= outputs(items);
            return;
        }
        if place.aggregates {
            next.keywords |= if self.scope.has_columns() { AGGREGATES } else { K::Count.bit() };
        }
        if place.arithmetic > 0 {
            next.keywords |= ARITHMETIC;
        }
        self.columns(false, next);
        if self.scope.derived.is_none() {
            next.keywords |= DATE_PARTS;
        }
        if self.may_correlate() {
            next.keywords |= K::Up.bit();
        }
        if place.literals {
            self.literals(next);
        }
        if place.queries {
            self.open(next);
        }
        if place.item && self.scope.items == 0 {
            self.stars(next);
        }
    }

    /// `*` and `T.*`, only as the first item.
    fn stars(&self, next: &mut Next) {
        let plain = self.scope.derived.is_none();
        match self.scope.need {
            None => {
                // In a derived table `*` over joined tables would give two outputs one name; `*` of a table does not.
                if !(plain && self.scope.kind == Kind::Derived) {
                    next.keywords |= K::Star.bit();
                }
                if plain {
                    next.tables = self.fitting(false, 0);
                }
            }
            Some(width) if self.scope.need_star && plain => next.tables = Rule::Width(width),
            Some(_) => {}
        }
    }

    fn argument(&self, counts: bool, place: Place, next: &mut Next) {
        self.expr_if_columns(place.below_aggregate(), next);
        if self.scope.has_columns() {
            next.keywords |= K::Distinct.bit();
        }
        if counts {
            next.keywords |= K::Star.bit();
            if self.scope.derived.is_none() {
                next.tables = self.fitting(false, 0);
            }
        }
    }

    fn expr_if_columns(&self, place: Place, next: &mut Next) {
        if self.scope.has_columns() {
            self.expr(place, next);
        }
    }

    /// A column, with its prefixes; an output of a derived table.
    fn columns(&self, up: bool, next: &mut Next) {
        if let (Some(_), false) = (self.scope.derived, up) {
            next.keywords |= outputs(self.scope.outputs());
            return;
        }
        next.columns = self.fitting(up, 0);
        let scope = &self.state.selects[self.place - usize::from(up)];
        for (keyword, copy) in COPIES {
            if scope.admits_some(copy) {
                next.keywords |= keyword.bit();
            }
        }
    }

    fn key(&self, next: &mut Next) {
        self.columns(false, next);
        if self.scope.derived.is_none() {
            next.keywords |= DATE_PARTS;
        }
    }

    fn test(&self, having: bool, groups: u8, next: &mut Next) {
        self.expr(test_place(having, true), next);
        if self.state.selects.len() < MAX_DEPTH {
            next.keywords |= K::Exists.bit() | K::NotExists.bit();
        }
        if groups < MAX_GROUPS {
            next.keywords |= K::Open.bit();
        }
    }

    fn join_table(&self, next: &mut Next) {
        next.tables = self.fitting(false, 0);
        for (keyword, copy) in COPIES {
            if self.scope.admits_some(copy) {
                next.keywords |= keyword.bit();
            }
        }
    }

    fn literals(&self, next: &mut Next) {
        next.keywords |= NUMBERS;
        self.spans(next);
    }

    fn spans(&self, next: &mut Next) {
        next.keywords |= K::OtherValue.bit();
        next.words = 0..self.words;
    }

    fn open(&self, next: &mut Next) {
        if self.state.selects.len() < MAX_DEPTH {
            next.keywords |= K::Open.bit();
        }
    }

    fn fitting(&self, up: bool, copy: u8) -> Rule {
        Rule::Fitting { scope: self.place - usize::from(up), copy }
    }

    fn may_correlate(&self) -> bool {
        self.scope.correlates && stage(self.state) == Stage::Where
    }
}

/// The bits of OUT_1 up to this many, at most four.
fn outputs(count: u16) -> u128 {
    OUTPUTS.iter().take(usize::from(count)).fold(0, |bits, (keyword, _)| bits | keyword.bit())
}
