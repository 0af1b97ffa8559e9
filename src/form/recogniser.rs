//! Says at each step which symbols may follow, scoped by a schema and a budget; no state it reaches is a dead end.
//!
//! A predictive parser with a stack of goals (`state`). Near the end of the budget it allows only symbols from which
//! the cheapest completion (`cost`) still fits. Knows nothing about scores, ids of a decoder or SQL.

use super::allowed::{Allowed, Masks, Next, Rule};
use super::cost::completion;
use super::state::{Goal, Kind, Scope, Stage, State};
use super::symbol::{Keyword, Symbol};
use super::{advance, next};
use crate::schema::Schema;

/// Symbols that a single symbol can add to the cheapest completion, apart from columns a set operation asks for.
const LARGEST_STEP: usize = 12;

/// What may follow in forms over one schema and one question.
#[derive(Debug)]
pub struct Recogniser<'a> {
    pub(super) schema: &'a Schema,
    pub(super) words: u16,
    limit: usize,
    masks: Masks,
}

impl<'a> Recogniser<'a> {
    /// For forms over `schema` (at least one table, every table with columns), a question of `words` words, and at
    /// most `limit` symbols before END. A limit below one is taken as one.
    pub fn new(schema: &'a Schema, words: usize, limit: usize) -> Self {
        let words = words.min(usize::from(u16::MAX) - 1) as u16;
        Self { schema, words, limit: limit.max(1), masks: Masks::new(schema) }
    }

    /// The state before the first symbol.
    pub fn start(&self) -> State {
        State { goals: vec![Goal::Select], selects: vec![Scope::new(Kind::Top, false)], used: 0 }
    }

    /// Fills in what may follow; [`Keyword::End`] is in it exactly where the form is complete.
    pub fn allowed(&self, state: &State, into: &mut Allowed) {
        let next = self.next(state);
        into.keywords = next.keywords;
        into.words = next.words.clone();
        self.masks.fill(self, state, &next, into);
    }

    /// The state after this symbol; `None` where it may not follow, and for END.
    pub fn advance(&self, state: &State, symbol: Symbol) -> Option<State> {
        let next = self.next(state);
        let permitted = match symbol {
            Symbol::Keyword(Keyword::End) => false,
            Symbol::Keyword(keyword) => next.keywords & keyword.bit() != 0,
            Symbol::Column(column) => self
                .schema
                .columns
                .get(column.index())
                .is_some_and(|column| next.columns.admits(self.schema, state, column.table)),
            Symbol::Table(table) => {
                table.index() < self.schema.tables.len() && next.tables.admits(self.schema, state, table)
            }
            Symbol::Word(word) => next.words.contains(&word),
        };
        permitted.then(|| advance::advance(self.schema, state, symbol))
    }

    /// Whether the form is complete: END may follow.
    pub fn is_complete(&self, state: &State) -> bool {
        complete(state)
    }

    /// What may follow, by the syntax and by the budget.
    fn next(&self, state: &State) -> Next {
        let mut next = next::next(self.schema, self.words, state);
        let left = self.limit.saturating_sub(state.used);
        let columns = state.selects.iter().filter_map(|scope| scope.arity.max(scope.need)).max().unwrap_or(0);
        if left < completion(state) + LARGEST_STEP + usize::from(columns) {
            self.fit(state, &mut next, left);
        }
        next
    }

    /// Drops what cannot be finished with `left` symbols. All columns (tables, words) that may follow cost the same.
    fn fit(&self, state: &State, next: &mut Next, left: usize) {
        let fits = |symbol: Symbol| left > completion(&advance::advance(self.schema, state, symbol));
        let mut rest = next.keywords & !Keyword::End.bit();
        while rest != 0 {
            let id = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let keep = Keyword::from_id(id).is_some_and(|keyword| fits(keyword.into()));
            if !keep {
                next.keywords &= !(1 << id);
            }
        }
        let column = self
            .schema
            .table_ids()
            .filter(|&table| next.columns.admits(self.schema, state, table))
            .find_map(|table| self.schema.columns_of(table).next());
        if column.is_none_or(|column| !fits(Symbol::Column(column))) {
            next.columns = Rule::None;
        }
        let table = self.schema.table_ids().find(|&table| next.tables.admits(self.schema, state, table));
        if table.is_none_or(|table| !fits(Symbol::Table(table))) {
            next.tables = Rule::None;
        }
        if next.words.is_empty() || !fits(Symbol::Word(next.words.start)) {
            next.words = 0..0;
        }
    }
}

/// Whether END may follow, by the syntax.
pub(super) fn complete(state: &State) -> bool {
    match (state.goals.as_slice(), state.selects.as_slice()) {
        ([Goal::Tail(_)], [scope]) => scope.items_done() && scope.has_source(),
        ([Goal::Tail(Stage::Where), Goal::List(_)], [_]) => true,
        ([Goal::Tail(Stage::Having), Goal::List(_)], [_]) => true,
        _ => false,
    }
}
