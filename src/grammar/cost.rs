//! The cheapest way to finish: how many bytes a place needs at least until the text may end.
//!
//! An upper bound that some continuation always meets: from every state there is a byte after which the cost is lower
//! by one or more. Before every word a space is counted. A decoder that has a piece for every single byte can therefore
//! finish with as many pieces.

use std::rc::Rc;

use super::Grammar;
use super::keyword::{Keyword as K, Sign, date_formats};
use super::names::Qualifier;
use super::scope::Called;
use super::state::{Core, Goal, Join, Lex, Lexeme, Place, Planned, Rows, Scope, Side, Stack, Stage, State, Utf8};
use super::words::{NONE, WordId};
use crate::dialect::Dialect;

/// ` 1 IS NULL`.
const TEST: u32 = 10;
/// ` 1`.
const CONSTANT: u32 = 2;

impl Grammar {
    /// Bytes to the end at least.
    pub(super) fn state_cost(&self, state: &State) -> u32 {
        let core = &state.core;
        match state.lex {
            Lex::Gap { space, .. } => self.core_cost(core) - u32::from(space && self.begins_with_word(core)),
            Lex::Word(node) => self.best(core)[node as usize],
            Lex::Number { whole, fraction } => {
                let lexeme = Lexeme::Number { whole: fraction.is_none() };
                let open = fraction == Some(0) || (whole == 0 && fraction.is_none());
                u32::from(open) + self.cost_after(core, lexeme)
            }
            Lex::Text { utf8, closed } => utf8.missing() + u32::from(!closed) + self.cost_after(core, Lexeme::Text),
            Lex::Double { node, utf8, empty } => self.double_cost(core, node, utf8, empty),
            Lex::Sign(first) => self.sign_cost(core, first),
        }
    }

    fn cost_after(&self, core: &Rc<Core>, lexeme: Lexeme) -> u32 {
        self.step(core, lexeme).map_or(IMPOSSIBLE, |after| self.core_cost(&after))
    }

    fn double_cost(&self, core: &Rc<Core>, node: u32, utf8: Utf8, empty: bool) -> u32 {
        let as_name = if node == NONE { IMPOSSIBLE } else { self.best(core)[node as usize] };
        if !self.offer(core).text || !self.double_texts {
            return as_name;
        }
        // A letter more where closing here would spell a name.
        let clash = node != NONE && (empty || self.closes_as_name(node));
        let more = if clash { self.letters_to_text(node) } else { 0 };
        as_name.min(utf8.missing() + more + 1 + self.cost_after(core, Lexeme::Text))
    }

    /// The dearest way out of a text in double quotes: behind a name as long as any, which one more letter makes a text.
    pub(super) fn double_text_cost(&self, core: &Rc<Core>) -> u32 {
        self.longest_name + 2 + self.cost_after(core, Lexeme::Text)
    }

    /// Letters `x` that lead from a node to where a closing quote ends a text.
    fn letters_to_text(&self, node: u32) -> u32 {
        let mut place = node;
        for letters in 1.. {
            match self.words.child(place, b'x') {
                Some(next) => place = next,
                None => return letters,
            }
            if !self.closes_as_name(place) {
                return letters;
            }
        }
        IMPOSSIBLE
    }

    fn sign_cost(&self, core: &Rc<Core>, first: u8) -> u32 {
        let alone = Sign::of_byte(first).map_or(IMPOSSIBLE, |sign| self.cost_after(core, Lexeme::Sign(sign)));
        let pairs = [b'=', b'>'].into_iter().filter_map(|second| Sign::of_pair(first, second));
        let paired = pairs.map(|sign| self.cost_after(core, Lexeme::Sign(sign)).saturating_add(1)).min();
        alone.min(paired.unwrap_or(IMPOSSIBLE))
    }

    /// For each node of the trie, bytes to the end through a word below it.
    pub(super) fn best<'c>(&self, core: &'c Rc<Core>) -> &'c [u32] {
        core.best.get_or_init(|| {
            let mut best = vec![IMPOSSIBLE; self.words.nodes()];
            for word in self.offer(core).words.iter() {
                let word = word as WordId;
                let after = self.step_afresh(core, Lexeme::Word(word));
                let Some(mut cost) = after.map(|after| self.core_cost(&after)) else { continue };
                for node in self.words.path(word) {
                    if best[node as usize] <= cost {
                        break;
                    }
                    best[node as usize] = cost;
                    cost += 1;
                }
            }
            best
        })
    }

    /// Bytes from a place between two words to the end.
    pub(super) fn core_cost(&self, core: &Core) -> u32 {
        *core.cost.get_or_init(|| match &core.pending {
            None => self.stack_cost(&core.stack),
            Some(pending) => {
                let column = pending.column.as_ref().map_or(IMPOSSIBLE, |column| self.core_cost(column));
                let signs = [Sign::Dot, Sign::Open].into_iter().map(|sign| {
                    let after = self.pending_after(core, sign);
                    after.map_or(IMPOSSIBLE, |stack| 1 + self.stack_cost(&stack))
                });
                signs.fold(column, u32::min)
            }
        })
    }

    fn begins_with_word(&self, core: &Core) -> bool {
        if let Some(pending) = &core.pending {
            let column = pending.column.as_ref();
            return column
                .is_some_and(|column| self.core_cost(column) == self.core_cost(core) && self.begins_with_word(column));
        }
        let mut depth = core.stack.scopes.len();
        for goal in core.stack.goals.iter().rev() {
            let scope = &core.stack.scopes[depth - 1];
            if self.goal_cost(*goal, scope) > 0 {
                return self.goal_begins_with_word(*goal, scope);
            }
            depth -= usize::from(*goal == Goal::EndQuery);
        }
        false
    }

    fn goal_begins_with_word(&self, goal: Goal, scope: &Scope) -> bool {
        match goal {
            Goal::Sign(_)
            | Goal::EndQuery
            | Goal::GroupEnd { .. }
            | Goal::Set(_)
            | Goal::ConstantTail
            | Goal::MoreArguments(_)
            | Goal::WindowKeyTail
            | Goal::WindowOrder
            | Goal::Column(..)
            | Goal::LeftName(_) => false,
            Goal::ItemTail => scope.items_done(),
            Goal::SourceTail(join) => self.wants_on(join),
            Goal::SourceAlias(table, join) => match self.joined(scope, table, Called::Own, join) {
                Some(after) if self.own_is_cheapest(scope, table, join) => {
                    self.goal_begins_with_word(Goal::SourceTail(join), &after)
                }
                _ => true,
            },
            _ => true,
        }
    }

    /// The sum over all goals.
    pub(super) fn stack_cost(&self, stack: &Stack) -> u32 {
        let mut depth = stack.scopes.len();
        let mut cost = 0;
        for goal in stack.goals.iter().rev() {
            cost += self.goal_cost(*goal, &stack.scopes[depth.saturating_sub(1)]);
            depth -= usize::from(*goal == Goal::EndQuery);
        }
        cost
    }

    fn goal_cost(&self, goal: Goal, scope: &Scope) -> u32 {
        match goal {
            Goal::Word(keyword) => word(keyword),
            Goal::Sign(_) | Goal::EndQuery | Goal::GroupEnd { .. } => 1,
            Goal::Select | Goal::Arm => word(K::Select) + self.goal_cost(Goal::Item, scope),
            // The first of the names that must be put out, else a constant.
            Goal::SelectRest | Goal::Item if !scope.must.is_empty() => self.list_cost(scope, scope.items + 1) - 1,
            Goal::SelectRest | Goal::Item => CONSTANT + self.list_cost(scope, scope.items + 1),
            Goal::ItemTail => self.list_cost(scope, scope.items),
            Goal::Source(join) => self.plan_cost(scope).saturating_sub(1) + self.on_cost(join),
            Goal::SourceAlias(table, join) => {
                let own = self.joined(scope, table, Called::Own, join).map(|after| self.plan_cost(&after));
                let aliased = word(K::As) + self.alias_cost(scope, table, join);
                own.unwrap_or(IMPOSSIBLE).min(aliased).saturating_add(self.on_cost(join))
            }
            Goal::AliasName(table, join) => self.alias_cost(scope, table, join) + self.on_cost(join),
            Goal::DerivedAlias if self.dialect == Dialect::Sqlite && scope.bindings.is_empty() => 0,
            Goal::DerivedAlias => word(K::As) + self.goal_cost(Goal::DerivedName, scope),
            Goal::DerivedName => 1 + self.longest_alias,
            Goal::SourceTail(join) if self.wants_on(join) && join == Join::Left => {
                word(K::On) + self.left_cost(scope, Side::Any) + self.plan_cost(scope)
            }
            Goal::SourceTail(join) => self.plan_cost(scope) + self.on_cost(join),
            Goal::JoinWord(join) => word(K::Join) + self.goal_cost(Goal::Source(join), scope),
            Goal::LeftColumn(side) => self.left_cost(scope, side),
            Goal::LeftName(source) => {
                self.cheapest_name(&scope.sources[usize::from(source)].rows).unwrap_or(IMPOSSIBLE)
            }
            Goal::Key(Stage::Order) if scope.arms > 0 || !self.has_columns(scope) => CONSTANT,
            Goal::Key(stage) => self.operand_cost(scope, Place::key(stage, scope)),
            other => self.value_cost(other, scope),
        }
    }

    fn value_cost(&self, goal: Goal, scope: &Scope) -> u32 {
        match goal {
            Goal::Test { .. } | Goal::Group(_) => TEST,
            Goal::TestRest { .. } => word(K::Is) + word(K::Null),
            Goal::Negated(_) => word(K::In) + 4,
            Goal::IsRest => word(K::Null),
            Goal::Set(_) => 4,
            Goal::SetFirst(_) | Goal::Pattern => 3,
            Goal::Constant | Goal::NegativeNumber | Goal::LimitNumber => CONSTANT,
            Goal::ConstantTail | Goal::MoreArguments(_) | Goal::WindowKeyTail | Goal::WindowOrder => 1,
            Goal::Operand(place) | Goal::WindowKey(place) | Goal::ArgumentRest(place) | Goal::Argument(_, place) => {
                self.operand_cost(scope, place)
            }
            Goal::Bracket(place) => self.operand_cost(scope, place) + 1,
            Goal::Column(qualifier, _) => self.column_cost(scope, qualifier),
            Goal::Format => word(date_formats(self.dialect)[2]),
            Goal::Field => word(K::Day),
            Goal::Type => word(K::Integer),
            Goal::Branches(_) => word(K::End),
            Goal::Window => {
                let key = Place { constants: false, ..Place::item() };
                word(K::Order) + word(K::By) + self.operand_cost(scope, key) + 1
            }
            _ => 0,
        }
    }

    /// The rest of a select list of which so many items have begun, and FROM.
    fn list_cost(&self, scope: &Scope, begun: u16) -> u32 {
        let missing = u32::from(scope.need.unwrap_or(0).saturating_sub(begun)) * 3;
        let present = scope.item.map(|(name, _)| name);
        let must = scope.must.iter().filter(|name| Some(**name) != present || begun != scope.items);
        let must: u32 = must.map(|&name| 2 + u32::from(self.names.name(name).cost)).sum();
        missing + must + word(K::From) + self.plan_cost(scope).saturating_sub(1)
    }

    /// `, name AS alias` for each planned table.
    fn plan_cost(&self, scope: &Scope) -> u32 {
        scope.plan.iter().map(|planned| 1 + self.planned_cost(*planned)).sum()
    }

    fn planned_cost(&self, planned: Planned) -> u32 {
        let table = 1 + u32::from(self.names.table(planned.table).cost);
        table
            + if matches!(planned.called, Some(Qualifier::Table(_))) { 0 } else { word(K::As) + 1 + self.longest_alias }
    }

    /// The condition that a join needs.
    fn on_cost(&self, join: Join) -> u32 {
        match join {
            _ if !self.wants_on(join) => 0,
            Join::Left => word(K::On) + self.longest_left,
            _ => word(K::On) + TEST,
        }
    }

    /// The cheapest alias and what is left to join after it.
    fn alias_cost(&self, scope: &Scope, table: u16, join: Join) -> u32 {
        let costs = self.aliases_for(scope, table, join).into_iter().filter_map(|alias| {
            let after = self.joined(scope, table, Called::Alias(alias), join)?;
            Some(self.plan_cost(&after))
        });
        costs.min().map_or(IMPOSSIBLE, |cost| cost + 1 + self.longest_alias)
    }

    fn own_is_cheapest(&self, scope: &Scope, table: u16, join: Join) -> bool {
        let own = self.joined(scope, table, Called::Own, join).map(|after| self.plan_cost(&after));
        own.is_some_and(|own| own <= word(K::As) + self.alias_cost(scope, table, join))
    }

    /// ` T1.name` of the cheapest source on a side; the equality after it too where no side is given.
    fn left_cost(&self, scope: &Scope, side: Side) -> u32 {
        let reference = |side: Side| {
            let sources = scope.sources[self.side(scope, side)].iter();
            let costs = sources.filter_map(|source| {
                let name = self.cheapest_name(&source.rows)?;
                Some(1 + self.qualifier_cost(source.called?) + 1 + name)
            });
            costs.min().unwrap_or(IMPOSSIBLE)
        };
        match side {
            Side::Any => reference(Side::Joined).saturating_add(reference(Side::Earlier)).saturating_add(1),
            side => reference(side),
        }
    }

    pub(super) fn qualifier_cost(&self, qualifier: Qualifier) -> u32 {
        let words: &[WordId] = match qualifier {
            Qualifier::Table(table) => &self.names.table(table).qualifiers,
            Qualifier::Alias(alias) => std::slice::from_ref(&self.names.aliases[usize::from(alias)]),
        };
        words.iter().map(|&word| self.words.length(word) as u32).min().unwrap_or(IMPOSSIBLE)
    }

    /// A value: a constant, or where none may begin the cheapest column of this select's sources.
    fn operand_cost(&self, scope: &Scope, place: Place) -> u32 {
        if place.constants {
            return CONSTANT;
        }
        if !scope.closed {
            // The column may ask for another table.
            return 1 + self.longest_name + self.longest_planned;
        }
        let mut cheapest = IMPOSSIBLE;
        for source in &scope.sources {
            let qualified = source.called.map_or(IMPOSSIBLE, |called| self.qualifier_cost(called) + 1);
            for name in self.row_names(&source.rows).iter() {
                let alone = self.sources_with(&scope.sources, name as u16) == 1 && !self.is_doubled(scope, name as u16);
                let cost = u32::from(self.names.columns[name].cost) + if alone { 0 } else { qualified };
                cheapest = cheapest.min(cost);
            }
        }
        1 + cheapest
    }

    /// The column after a dot.
    fn column_cost(&self, scope: &Scope, qualifier: Qualifier) -> u32 {
        let planned = scope.plan.iter().find(|planned| planned.called == Some(qualifier));
        if let Some(planned) = planned {
            return u32::from(self.names.table(planned.table).column_cost);
        }
        let source = scope.sources.iter().find(|source| scope.closed && source.called == Some(qualifier));
        source.and_then(|source| self.cheapest_name(&source.rows)).unwrap_or(self.longest_name)
    }

    /// The shortest name of a source's columns.
    fn cheapest_name(&self, rows: &Rows) -> Option<u32> {
        self.row_names(rows).iter().map(|name| u32::from(self.names.columns[name].cost)).min()
    }
}

impl Utf8 {
    /// Bytes of the character that are still to come.
    fn missing(self) -> u32 {
        match self {
            Self::Done => 0,
            Self::More(more) => u32::from(more),
            Self::Range(_, _, more) => 1 + u32::from(more),
        }
    }
}

/// A space and a keyword.
fn word(keyword: K) -> u32 {
    1 + keyword.text().len() as u32
}

/// More than any text has.
pub(super) const IMPOSSIBLE: u32 = 1 << 24;
