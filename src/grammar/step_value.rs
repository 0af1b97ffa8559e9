//! The goals inside conditions and values: what they do with a word, sign or constant.

use std::rc::Rc;

use super::Grammar;
use super::keyword::{AGGREGATES, Keyword as K, RANKS, Sign, functions};
use super::state::{Clause, Goal, Kind, Lexeme, Place, Scope, Stack};
use super::step::{Taken, inside, test};

impl Grammar {
    /// Opens a nested query after its bracket and SELECT.
    fn open(&self, stack: &mut Stack, kind: Kind) {
        let mut scope = Scope::new(kind, stack.scope().closed);
        scope.plan = self.cover(&scope, None).unwrap_or_default();
        stack.scopes.push(Rc::new(scope));
    }

    pub(super) fn take_in_test(&self, goal: Goal, stack: &mut Stack, lexeme: Lexeme) -> Option<Taken> {
        let keyword = self.keyword_of(lexeme);
        match goal {
            Goal::Test { place, bare, negated } => return Some(self.take_test(stack, place, bare && !negated, lexeme)),
            Goal::Group(place) => return Some(self.take_group(stack, place, keyword)),
            Goal::GroupEnd { .. } => {}
            Goal::TestRest { place, bare } => take_test_rest(stack, place, bare, lexeme, keyword),
            Goal::TestTail(place) => {
                if !matches!(keyword, Some(K::And | K::Or)) {
                    return Some(Taken::Pass);
                }
                stack.push(&test(place));
            }
            Goal::Negated(place) => take_set_word(stack, place, keyword),
            Goal::IsRest if keyword == Some(K::Not) => stack.push(&[Goal::Word(K::Null)]),
            Goal::IsRest => {}
            Goal::Set(place) => stack.push(&[Goal::SetFirst(place)]),
            Goal::SetFirst(_) if keyword == Some(K::Select) => {
                stack.push(&[Goal::SelectRest, Goal::EndQuery]);
                self.open(stack, Kind::Value);
            }
            Goal::SetFirst(_) | Goal::Constant => {
                if goal != Goal::Constant {
                    stack.push(&[Goal::ConstantTail]);
                }
                if lexeme == Lexeme::Sign(Sign::Minus) {
                    stack.push(&[Goal::NegativeNumber]);
                }
            }
            Goal::ConstantTail => {
                if lexeme == Lexeme::Sign(Sign::Comma) {
                    stack.push(&[Goal::Constant, Goal::ConstantTail]);
                }
            }
            Goal::NegativeNumber | Goal::Pattern => {}
            other => return self.take_in_value(other, stack, lexeme),
        }
        Some(Taken::Yes)
    }

    fn keyword_of(&self, lexeme: Lexeme) -> Option<K> {
        match lexeme {
            Lexeme::Word(word) => self.names.roles(word).keyword,
            _ => None,
        }
    }

    fn take_test(&self, stack: &mut Stack, place: Place, bare: bool, lexeme: Lexeme) -> Taken {
        match (lexeme, self.keyword_of(lexeme)) {
            (_, Some(K::Not)) => stack.push(&[Goal::Test { place, bare: false, negated: true }]),
            (_, Some(K::Exists)) => {
                stack.push(&[Goal::Sign(Sign::Open), Goal::Select, Goal::EndQuery]);
                self.open(stack, Kind::Exists);
            }
            (Lexeme::Sign(Sign::Open), _) => {
                stack.push(&[Goal::Group(place.inside()), Goal::GroupEnd { place, bare }]);
            }
            _ => {
                stack.push(&[Goal::Operand(place), Goal::OperandTail(place), Goal::TestRest { place, bare }]);
                return Taken::Pass;
            }
        }
        Taken::Yes
    }

    /// After the bracket before a test: a query makes it a value, anything else is another test.
    fn take_group(&self, stack: &mut Stack, inner: Place, keyword: Option<K>) -> Taken {
        if keyword != Some(K::Select) {
            stack.push(&[Goal::Test { place: inner, bare: true, negated: false }, Goal::TestTail(inner)]);
            return Taken::Pass;
        }
        if let Some(Goal::GroupEnd { place, bare }) = stack.goals.pop() {
            let rest = [Goal::OperandTail(place), Goal::TestRest { place, bare }];
            stack.push(&rest);
        }
        stack.push(&[Goal::SelectRest, Goal::EndQuery]);
        self.open(stack, Kind::Value);
        Taken::Yes
    }

    fn take_in_value(&self, goal: Goal, stack: &mut Stack, lexeme: Lexeme) -> Option<Taken> {
        let keyword = self.keyword_of(lexeme);
        match goal {
            Goal::Operand(place) => return self.take_operand(stack, place, lexeme),
            Goal::OperandTail(place) => {
                let operator = matches!(lexeme, Lexeme::Sign(Sign::Plus | Sign::Minus | Sign::Star | Sign::Slash));
                if !operator {
                    return Some(Taken::Pass);
                }
                if place.clause == Clause::Items && stack.scope().item.is_some() {
                    stack.edit().item = None;
                }
                let next = Place { constants: true, sign: false, item: false, bracketed: false, ..place };
                stack.push(&[Goal::Operand(next), Goal::OperandTail(place)]);
            }
            Goal::Bracket(_) if keyword == Some(K::Select) => {
                stack.push(&[Goal::SelectRest, Goal::EndQuery]);
                self.open(stack, Kind::Value);
            }
            Goal::Bracket(place) => {
                stack.push(&[Goal::Operand(place), Goal::OperandTail(place), Goal::Sign(Sign::Close)]);
                return Some(Taken::Pass);
            }
            Goal::Column(qualifier, place) => match lexeme {
                Lexeme::Sign(Sign::Star) => {
                    let bound = self.bound(stack.scope(), qualifier, None, false)?;
                    stack.replace(bound);
                    let scope = stack.edit();
                    scope.stars.push(qualifier);
                    scope.outputs_starred = true;
                    stack.goals.pop(); // no operator follows a star
                }
                Lexeme::Word(word) => {
                    let name = self.names.roles(word).column?;
                    self.say_qualified(stack, qualifier, name, place)?;
                }
                _ => return None,
            },
            Goal::Argument(_, place) => match (lexeme, keyword) {
                (Lexeme::Sign(Sign::Star), _) => {}
                (_, Some(K::Distinct)) => stack.push(&[Goal::ArgumentRest(place)]),
                _ => {
                    stack.push(&[Goal::ArgumentRest(place)]);
                    return Some(Taken::Pass);
                }
            },
            Goal::ArgumentRest(place) | Goal::WindowKey(place) => {
                stack.push(&[Goal::Operand(place), Goal::OperandTail(place)]);
                return Some(Taken::Pass);
            }
            other => return take_in_function(other, stack, lexeme, keyword),
        }
        Some(Taken::Yes)
    }

    fn take_operand(&self, stack: &mut Stack, place: Place, lexeme: Lexeme) -> Option<Taken> {
        match lexeme {
            Lexeme::Number { .. } | Lexeme::Text => {}
            Lexeme::Sign(Sign::Minus) => stack.push(&[Goal::NegativeNumber]),
            Lexeme::Sign(Sign::Open) => {
                let bracketed = place.item || place.bracketed;
                stack.push(&[Goal::Bracket(Place { bracketed, ..place.inside() })]);
            }
            Lexeme::Word(word) => return self.take_word(stack, self.names.roles(word), place),
            Lexeme::Sign(_) => return None,
        }
        Some(Taken::Yes)
    }

    /// Whether this function may be called here.
    pub(super) fn calls(&self, function: K, place: Place) -> bool {
        if AGGREGATES.contains(&function) {
            return place.aggregates;
        }
        if place.room == 0 {
            return false;
        }
        let ranks = RANKS.contains(&function);
        let beyond = matches!(function, K::Cast | K::Coalesce | K::Abs | K::Round | K::Length | K::Lower | K::Upper);
        functions(self.dialect).contains(&function) || beyond || (ranks && place.item)
    }
}

fn take_test_rest(stack: &mut Stack, place: Place, bare: bool, lexeme: Lexeme, keyword: Option<K>) {
    let value = Place { constants: true, sign: true, item: false, ..place };
    match (lexeme, keyword) {
        (Lexeme::Sign(Sign::Close), _) if bare => {
            // It was a value in brackets: the test goes on behind them.
            stack.goals.pop();
            if let Some(Goal::GroupEnd { place, bare }) = stack.goals.pop() {
                stack.push(&[Goal::OperandTail(place), Goal::TestRest { place, bare }]);
            }
        }
        (Lexeme::Sign(_), _) => stack.push(&[Goal::Operand(value), Goal::OperandTail(value)]),
        (_, Some(K::Is)) => stack.push(&[Goal::IsRest]),
        (_, Some(K::Not)) => stack.push(&[Goal::Negated(place)]),
        _ => take_set_word(stack, place, keyword),
    }
}

/// IN, LIKE and BETWEEN.
fn take_set_word(stack: &mut Stack, place: Place, keyword: Option<K>) {
    let value = Place { constants: true, sign: true, item: false, ..place };
    let (operand, tail) = (Goal::Operand(value), Goal::OperandTail(value));
    match keyword {
        Some(K::In) => stack.push(&[Goal::Set(place)]),
        Some(K::Between) => stack.push(&[operand, tail, Goal::Word(K::And), operand, tail]),
        _ => stack.push(&[Goal::Pattern]),
    }
}

fn take_in_function(goal: Goal, stack: &mut Stack, lexeme: Lexeme, keyword: Option<K>) -> Option<Taken> {
    let comma = lexeme == Lexeme::Sign(Sign::Comma);
    match goal {
        Goal::MoreArguments(place) if comma => {
            stack.push(&[Goal::Operand(place), Goal::OperandTail(place), goal]);
        }
        Goal::MoreArguments(_) | Goal::Format | Goal::Field | Goal::Type => {}
        Goal::Branches(place) => take_branch(stack, place, keyword),
        Goal::Window => stack.push(&window(keyword == Some(K::Partition))),
        Goal::WindowKeyTail if comma => stack.push(&[Goal::WindowKey(window_key()), goal]),
        Goal::WindowKeyTail if keyword == Some(K::Order) => stack.push(&window(false)),
        Goal::WindowOrder if comma => stack.push(&[Goal::WindowKey(window_key()), Goal::Direction, goal]),
        Goal::WindowKeyTail | Goal::WindowOrder => {}
        Goal::Direction if matches!(keyword, Some(K::Asc | K::Desc)) => {}
        Goal::Direction => return Some(Taken::Pass),
        _ => return None,
    }
    Some(Taken::Yes)
}

fn take_branch(stack: &mut Stack, place: Place, keyword: Option<K>) {
    let (value, tail) = (Goal::Operand(place), Goal::OperandTail(place));
    match keyword {
        Some(K::When) => {
            stack.push(&[Goal::Word(K::Then), value, tail, Goal::Branches(place)]);
            stack.push(&test(Place { queries: false, ..place }));
        }
        Some(K::Else) => stack.push(&[value, tail, Goal::Word(K::End)]),
        _ => {}
    }
}

/// PARTITION BY or ORDER BY of a window, after the first word.
fn window(partition: bool) -> Vec<Goal> {
    let key = Goal::WindowKey(window_key());
    match partition {
        true => vec![Goal::Word(K::By), key, Goal::WindowKeyTail],
        false => vec![Goal::Word(K::By), key, Goal::Direction, Goal::WindowOrder],
    }
}

/// A key of a window: columns and what is made of them.
fn window_key() -> Place {
    let inner = inside(Place::item());
    Place { aggregates: false, queries: false, constants: false, ..inner }
}
