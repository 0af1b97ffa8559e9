//! The state after a symbol that may follow. Whoever calls has asked `next` first; a symbol that may not follow leads
//! to a state without meaning, never to a panic.

use super::next::{correlates, item_place, order_place, test_place};
use super::state::{Goal, Kind, Place, Scope, Stage, State};
use super::symbol::{Keyword as K, Symbol};
use super::vocabulary::{COPIES, meaning};
use crate::schema::Schema;

/// The state after `symbol`.
pub(super) fn advance(schema: &Schema, state: &State, symbol: Symbol) -> State {
    let mut walk = Walk { schema, state: state.clone() };
    walk.state.used += 1;
    walk.step(symbol);
    walk.state
}

struct Walk<'a> {
    schema: &'a Schema,
    state: State,
}

impl Walk<'_> {
    fn step(&mut self, symbol: Symbol) {
        let keyword = match symbol {
            Symbol::Keyword(keyword) => Some(keyword),
            _ => None,
        };
        let Some(goal) = self.state.goals.pop() else { return };
        match goal {
            Goal::Select if keyword == Some(K::Distinct) => self.push(Goal::SelectRest),
            Goal::Select | Goal::SelectRest => self.select(symbol),
            Goal::Tail(stage) => self.tail(stage, symbol),
            Goal::OpenQuery(kind) => self.open(kind),
            Goal::Expr(place) => self.expr(place, symbol),
            Goal::Argument { place, .. } if keyword == Some(K::Distinct) => self.push(Goal::Distinct(place)),
            Goal::Argument { place, .. } => self.argument(place, symbol),
            Goal::Distinct(place) => self.expr(place.below_aggregate(), symbol),
            Goal::Column { up, like } => self.column(up, like, symbol),
            Goal::ColumnOfCopy { up, copy, .. } => self.mention(up, copy, symbol),
            Goal::JoinTable => self.join_table(symbol),
            Goal::JoinCopy(copy) => self.mention(false, copy, symbol),
            Goal::OuterTable => self.mention(false, 0, symbol),
            Goal::Key => self.key(symbol),
            Goal::Test { having, groups } => self.test(having, groups, symbol),
            Goal::GroupTail { having, groups, any } => match keyword {
                Some(K::Close) => {}
                _ => {
                    self.push(Goal::GroupTail { having, groups, any: any || keyword == Some(K::Or) });
                    self.push(Goal::Test { having, groups });
                }
            },
            Goal::Operator { having, .. } => self.operator(having, keyword),
            Goal::Pattern | Goal::LimitValue => self.literal(symbol),
            Goal::Set if keyword == Some(K::Open) => self.open(Kind::Value),
            Goal::Set => {
                self.push(Goal::List(1));
                self.literal(symbol);
            }
            Goal::List(count) if is_literal(symbol) => {
                self.push(Goal::List(count + 1));
                self.literal(symbol);
            }
            Goal::List(_) => {
                // The list has ended; the symbol belongs to what stands below it.
                self.step(symbol);
            }
            Goal::WordEnd(_) => {}
        }
    }

    fn push(&mut self, goal: Goal) {
        self.state.goals.push(goal);
    }

    fn scope(&mut self) -> Option<&mut Scope> {
        self.state.selects.last_mut()
    }

    fn select(&mut self, symbol: Symbol) {
        self.push(Goal::Tail(Stage::Items));
        if symbol == Symbol::Keyword(K::From) {
            if let Some(scope) = self.scope() {
                scope.derived = Some(0);
            }
            self.push(Goal::OpenQuery(Kind::Derived));
        } else {
            self.item(symbol);
        }
    }

    fn item(&mut self, symbol: Symbol) {
        let schema = self.schema;
        if let Some(scope) = self.scope() {
            scope.items += 1;
            let width = match symbol {
                Symbol::Keyword(K::Star) => None,
                Symbol::Table(table) => Some(schema.table(table).columns.len() as u16),
                _ => Some(1),
            };
            scope.star |= matches!(symbol, Symbol::Keyword(K::Star) | Symbol::Table(_));
            scope.arity = scope.arity.zip(width).map(|(arity, width)| arity.saturating_add(width));
        }
        match symbol {
            Symbol::Keyword(K::Star) => {}
            Symbol::Table(_) => self.mention(false, 0, symbol),
            _ => self.expr(item_place(), symbol),
        }
    }

    fn tail(&mut self, stage: Stage, symbol: Symbol) {
        let Symbol::Keyword(keyword) = symbol else {
            return self.continued(stage, symbol);
        };
        let (next, goal) = match keyword {
            K::Join => (Stage::Join, Some(Goal::JoinTable)),
            K::On => {
                self.push(Goal::Tail(Stage::On));
                self.push(Goal::Column { up: false, like: false });
                return self.push(Goal::Column { up: false, like: false });
            }
            K::Outer => (Stage::Outer, Some(Goal::OuterTable)),
            K::Where => (Stage::Where, Some(Goal::Test { having: false, groups: 0 })),
            K::Having => (Stage::Having, Some(Goal::Test { having: true, groups: 0 })),
            K::And | K::Or => (stage, Some(Goal::Test { having: stage == Stage::Having, groups: 0 })),
            K::Group => (Stage::Group, Some(Goal::Key)),
            K::Ascending | K::Descending => {
                let place = self.scope().map_or_else(item_place, |scope| order_place(scope));
                (Stage::Order, Some(Goal::Expr(place)))
            }
            K::Limit => (Stage::Limit, Some(Goal::LimitValue)),
            K::LimitOne => (Stage::Limit, None),
            K::Intersect => return self.arm(false),
            K::Union | K::UnionAll | K::Except => return self.arm(true),
            K::Close => return self.close(),
            _ => return self.continued(stage, symbol),
        };
        if let (K::Group, Some(scope)) = (keyword, self.scope()) {
            scope.grouped = true;
        }
        self.push(Goal::Tail(next));
        self.state.goals.extend(goal);
    }

    /// More of the clause that is being written.
    fn continued(&mut self, stage: Stage, symbol: Symbol) {
        self.push(Goal::Tail(stage));
        match stage {
            Stage::Items => self.item(symbol),
            Stage::Join => self.join_table(symbol),
            Stage::Group => self.key(symbol),
            _ => {}
        }
    }

    fn arm(&mut self, no_intersect: bool) {
        if let Some(scope) = self.scope() {
            *scope = scope.next_arm(no_intersect);
        }
        self.push(Goal::Select);
    }

    fn open(&mut self, kind: Kind) {
        let correlates = kind != Kind::Derived && correlates(&self.state);
        self.state.selects.push(Scope::new(kind, correlates));
        self.push(Goal::Select);
    }

    fn close(&mut self) {
        let Some(closed) = self.state.selects.pop() else { return };
        let items = closed.compound.unwrap_or(if closed.star { 0 } else { closed.items });
        if let (Kind::Derived, Some(scope)) = (closed.kind, self.scope()) {
            scope.derived = Some(items);
        }
    }

    fn expr(&mut self, place: Place, symbol: Symbol) {
        let Symbol::Keyword(keyword) = symbol else {
            return match symbol {
                Symbol::Word(start) => self.push(Goal::WordEnd(start)),
                _ => self.column(false, place.left, symbol),
            };
        };
        match keyword {
            K::Max | K::Min | K::Count | K::Sum | K::Avg => {
                let items = self.stage_is_items();
                if let Some(scope) = self.scope() {
                    scope.aggregated |= items;
                }
                self.push(Goal::Argument { counts: keyword == K::Count, place });
            }
            K::Add | K::Subtract | K::Multiply | K::Divide => {
                self.push(Goal::Expr(place.operand()));
                self.push(Goal::Expr(place.operand()));
            }
            K::Year | K::YearMonth | K::Month | K::Day => self.push(Goal::Column { up: false, like: false }),
            K::Open => self.open(Kind::Value),
            _ => self.column(false, place.left, symbol),
        }
    }

    fn stage_is_items(&self) -> bool {
        super::next::stage(&self.state) == Stage::Items
    }

    fn argument(&mut self, place: Place, symbol: Symbol) {
        match symbol {
            Symbol::Keyword(K::Star) => {}
            Symbol::Table(_) => self.mention(false, 0, symbol),
            _ => self.expr(place.below_aggregate(), symbol),
        }
    }

    /// A column with its prefixes, an output, or a constant, all of which end here.
    fn column(&mut self, up: bool, like: bool, symbol: Symbol) {
        match symbol {
            Symbol::Keyword(K::Up) => self.push(Goal::Column { up: true, like }),
            Symbol::Keyword(keyword) => {
                if let Some(copy) = meaning(&COPIES, keyword) {
                    self.allow_like(like);
                    self.push(Goal::ColumnOfCopy { up, like, copy });
                }
            }
            _ => {
                self.allow_like(like);
                self.mention(up, 0, symbol);
            }
        }
    }

    /// Tells the operator below that its left side is a plain column.
    fn allow_like(&mut self, plain: bool) {
        if let (true, Some(Goal::Operator { like, .. })) = (plain, self.state.goals.last_mut()) {
            *like = true;
        }
    }

    fn mention(&mut self, up: bool, copy: u8, symbol: Symbol) {
        let table = match symbol {
            Symbol::Column(column) => self.schema.column(column).table,
            Symbol::Table(table) => table,
            _ => return,
        };
        let place = self.state.selects.len().checked_sub(1 + usize::from(up));
        if let Some(scope) = place.and_then(|place| self.state.selects.get_mut(place)) {
            scope.mention(table, copy);
        }
    }

    fn join_table(&mut self, symbol: Symbol) {
        match symbol {
            Symbol::Keyword(keyword) => self.push(Goal::JoinCopy(meaning(&COPIES, keyword).unwrap_or(0))),
            _ => self.mention(false, 0, symbol),
        }
    }

    fn key(&mut self, symbol: Symbol) {
        match symbol {
            Symbol::Keyword(K::Year | K::YearMonth | K::Month | K::Day) => {
                self.push(Goal::Column { up: false, like: false });
            }
            _ => self.column(false, false, symbol),
        }
    }

    fn test(&mut self, having: bool, groups: u8, symbol: Symbol) {
        match symbol {
            Symbol::Keyword(K::Exists | K::NotExists) => self.push(Goal::OpenQuery(Kind::Exists)),
            Symbol::Keyword(K::Open) => {
                self.push(Goal::GroupTail { having, groups: groups + 1, any: false });
                self.push(Goal::Test { having, groups: groups + 1 });
            }
            _ => {
                self.push(Goal::Operator { having, like: false });
                self.expr(test_place(having, true), symbol);
            }
        }
    }

    fn operator(&mut self, having: bool, keyword: Option<K>) {
        let right = Goal::Expr(test_place(having, false));
        match keyword {
            Some(K::IsNull | K::NotNull) => {}
            Some(K::In | K::NotIn) => self.push(Goal::Set),
            Some(K::Between | K::NotBetween) => self.state.goals.extend([right, right]),
            Some(keyword) if keyword.bit() & super::next::LIKES != 0 => self.push(Goal::Pattern),
            _ => self.push(right),
        }
    }

    fn literal(&mut self, symbol: Symbol) {
        if let Symbol::Word(start) = symbol {
            self.push(Goal::WordEnd(start));
        }
    }
}

fn is_literal(symbol: Symbol) -> bool {
    match symbol {
        Symbol::Word(_) => true,
        Symbol::Keyword(keyword) => keyword.bit() & (super::next::NUMBERS | K::OtherValue.bit()) != 0,
        _ => false,
    }
}
