//! What may follow a place: words, signs, constants, the end.
//!
//! Goes down the goals from the next one as long as they may be passed over. `step` takes what is offered here and
//! nothing else, so the two cannot disagree.

use super::Grammar;
use super::bits::Bits;
use super::keyword::{AGGREGATES, COMPARISONS, Keyword as K, ORDINALS, RANKS, Sign, date_formats, functions, types};
use super::names::{AliasId, Qualifier};
use super::scope::Called;
use super::state::{Clause, Core, Goal, Join, Place, Scope, Stack, Stage};
use super::words::WordId;
use crate::dialect::Dialect;

/// Selects that may stand inside each other.
const MAX_DEPTH: usize = 5;
/// Arms of a set operation.
const MAX_ARMS: u8 = 4;
/// The widest select list that another arm may be asked to match.
const MAX_WIDTH: u16 = 60;

/// What may follow.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) words: Bits,
    /// The nodes of the trie that lead to a word offered.
    pub(super) live: Bits,
    pub(super) signs: u16,
    pub(super) number: bool,
    pub(super) whole_number: bool,
    pub(super) text: bool,
    pub(super) end: bool,
}

impl Offer {
    fn sign(&mut self, sign: Sign) {
        self.signs |= sign.bit();
    }

    fn keyword(&mut self, keyword: K) {
        self.words.insert(keyword.index());
    }

    fn keywords(&mut self, keywords: &[K]) {
        keywords.iter().for_each(|&keyword| self.keyword(keyword));
    }

    fn spelled(&mut self, words: &[WordId]) {
        for &word in words {
            self.words.insert(word as usize);
        }
    }

    fn join(&mut self, other: &Self) {
        self.words.union(&other.words);
        self.signs |= other.signs;
        self.number |= other.number;
        self.whole_number |= other.whole_number;
        self.text |= other.text;
        self.end |= other.end;
    }
}

impl Grammar {
    /// What may follow a place; found once.
    pub(super) fn offer<'c>(&self, core: &'c Core) -> &'c Offer {
        core.offer.get_or_init(|| {
            let mut offer = Offer {
                words: Bits::new(self.words.count()),
                live: Bits::default(),
                signs: 0,
                number: false,
                whole_number: false,
                text: false,
                end: false,
            };
            match &core.pending {
                Some(pending) => {
                    if let Some(column) = &pending.column {
                        offer.join(self.offer(column));
                    }
                    if pending.qualifier.is_some() {
                        offer.sign(Sign::Dot);
                    }
                    if pending.function.is_some() {
                        offer.sign(Sign::Open);
                    }
                }
                None => self.offer_goals(&core.stack, &mut offer),
            }
            offer.live = self.words.live(&offer.words);
            offer
        })
    }

    fn offer_goals(&self, stack: &Stack, offer: &mut Offer) {
        for goal in stack.goals.iter().rev() {
            if !self.offer_goal(*goal, stack, offer) {
                break;
            }
        }
    }

    /// Adds what a goal takes; true where the goal may be passed over.
    fn offer_goal(&self, goal: Goal, stack: &Stack, offer: &mut Offer) -> bool {
        let scope = stack.scope();
        match goal {
            Goal::End => offer.end = true,
            Goal::EndQuery | Goal::GroupEnd { .. } => offer.sign(Sign::Close),
            Goal::Word(keyword) => offer.keyword(keyword),
            Goal::Sign(sign) => offer.sign(sign),
            Goal::Select | Goal::Arm => {
                offer.keyword(K::Select);
                if goal == Goal::Arm {
                    offer.keyword(K::All);
                }
            }
            Goal::SelectRest => {
                offer.keyword(K::Distinct);
                self.offer_item(stack, offer);
            }
            Goal::Item => self.offer_item(stack, offer),
            Goal::ItemTail => offer_item_tail(scope, offer),
            Goal::Source(join) => self.offer_source(stack, join, offer),
            Goal::SourceAlias(..) | Goal::AliasName(..) | Goal::DerivedAlias | Goal::DerivedName => {
                return self.offer_alias(goal, scope, offer);
            }
            Goal::SourceTail(join) => return self.offer_source_tail(stack, join, offer),
            Goal::JoinWord(join) => {
                offer.keyword(K::Join);
                if join == Join::Left {
                    offer.keyword(K::Outer);
                }
            }
            Goal::LeftColumn(_) | Goal::LeftName(_) | Goal::LeftTail => return self.offer_left(goal, scope, offer),
            Goal::Tail(stage) => return self.offer_tail(stack, stage, offer),
            Goal::Key(stage) => self.offer_key(stack, stage, offer),
            Goal::KeyTail(stage) => return offer_key_tail(stage, offer),
            Goal::KeyComma(_) => {
                offer.sign(Sign::Comma);
                return true;
            }
            Goal::LimitNumber => offer.whole_number = true,
            other => return self.offer_in_test(other, stack, offer),
        }
        false
    }

    /// The goals inside conditions.
    fn offer_in_test(&self, goal: Goal, stack: &Stack, offer: &mut Offer) -> bool {
        match goal {
            Goal::Test { place, negated, .. } => self.offer_test(stack, place, negated, offer),
            Goal::Group(place) => {
                self.offer_test(stack, place, false, offer);
                self.offer_query(stack, place, offer);
            }
            Goal::TestRest { place, bare } => self.offer_test_rest(place, bare, offer),
            Goal::TestTail(_) => {
                offer.keywords(&[K::And, K::Or]);
                return true;
            }
            Goal::Negated(place) => self.offer_negated(place, offer),
            Goal::IsRest => offer.keywords(&[K::Not, K::Null]),
            Goal::Set(_) => offer.sign(Sign::Open),
            Goal::SetFirst(place) => {
                self.offer_query(stack, place, offer);
                offer_constant(offer);
            }
            Goal::Constant => offer_constant(offer),
            Goal::ConstantTail => {
                offer.sign(Sign::Comma);
                offer.sign(Sign::Close);
            }
            Goal::NegativeNumber => (offer.number, offer.whole_number) = (true, true),
            Goal::Pattern => offer.text = true,
            other => return self.offer_in_value(other, stack, offer),
        }
        false
    }

    /// The goals inside values.
    fn offer_in_value(&self, goal: Goal, stack: &Stack, offer: &mut Offer) -> bool {
        match goal {
            Goal::Operand(place) => self.offer_operand(stack, place, offer),
            Goal::OperandTail(_) => {
                [Sign::Plus, Sign::Minus, Sign::Star, Sign::Slash].into_iter().for_each(|sign| offer.sign(sign));
                return true;
            }
            Goal::Bracket(place) => {
                self.offer_query(stack, place, offer);
                self.offer_operand(stack, place, offer);
            }
            Goal::Column(qualifier, place) => self.offer_column(stack, qualifier, place, offer),
            Goal::Argument(function, place) => {
                offer.keyword(K::Distinct);
                if function == K::Count {
                    offer.sign(Sign::Star);
                }
                self.offer_operand(stack, place, offer);
            }
            Goal::ArgumentRest(place) => self.offer_operand(stack, place, offer),
            Goal::MoreArguments(_) => {
                offer.sign(Sign::Comma);
                offer.sign(Sign::Close);
            }
            Goal::Format => offer.keywords(&date_formats(self.dialect)),
            Goal::Field => offer.keywords(&[K::Year, K::Month, K::Day]),
            Goal::Type => offer.keywords(types(self.dialect)),
            Goal::Branches(_) => offer.keywords(&[K::When, K::Else, K::End]),
            Goal::Window => offer.keywords(&[K::Partition, K::Order]),
            Goal::WindowKey(place) => self.offer_operand(stack, place, offer),
            Goal::WindowKeyTail => {
                offer.sign(Sign::Comma);
                offer.sign(Sign::Close);
                offer.keyword(K::Order);
            }
            Goal::WindowOrder => {
                offer.sign(Sign::Comma);
                offer.sign(Sign::Close);
            }
            Goal::Direction => {
                offer.keywords(&[K::Asc, K::Desc]);
                return true;
            }
            _ => {}
        }
        false
    }

    fn offer_item(&self, stack: &Stack, offer: &mut Offer) {
        if self.may_star(stack.scope()) {
            offer.sign(Sign::Star);
        }
        self.offer_operand(stack, Place::item(), offer);
    }

    /// Whether `*` may be an item: not where a number of columns or certain names are asked for.
    pub(super) fn may_star(&self, scope: &Scope) -> bool {
        let stars = usize::from(scope.star) + scope.stars.len();
        scope.need.is_none() && scope.must.is_empty() && (stars + 1) * self.widest <= MAX_OUTPUTS
    }

    /// A value: names, constants, functions, brackets.
    fn offer_operand(&self, stack: &Stack, place: Place, offer: &mut Offer) {
        for name in self.bare_names(stack, place).iter() {
            offer.spelled(&self.names.columns[name].words);
        }
        for qualifier in self.qualifiers(stack, place) {
            self.offer_qualifier(qualifier, offer);
        }
        if place.aggregates {
            offer.keywords(&AGGREGATES);
        }
        offer.number |= place.constants;
        offer.whole_number |= place.constants;
        offer.text |= place.constants;
        if place.constants && place.sign {
            offer.sign(Sign::Minus);
        }
        if place.room > 0 {
            offer.sign(Sign::Open);
            offer.keywords(functions(self.dialect));
            offer.keywords(&[K::Case, K::Cast, K::Coalesce, K::Abs, K::Round, K::Length, K::Lower, K::Upper]);
            if place.item && !self.bare_names(stack, place).is_empty() {
                offer.keywords(&RANKS);
            }
        }
    }

    fn offer_qualifier(&self, qualifier: Qualifier, offer: &mut Offer) {
        match qualifier {
            Qualifier::Table(table) => offer.spelled(&self.names.table(table).qualifiers),
            Qualifier::Alias(alias) => offer.spelled(&[self.names.aliases[usize::from(alias)]]),
        }
    }

    fn offer_column(&self, stack: &Stack, qualifier: Qualifier, place: Place, offer: &mut Offer) {
        let scope = stack.scope();
        for name in self.names_of(stack, qualifier, place).iter() {
            offer.spelled(&self.names.columns[name].words);
        }
        if place.item && self.may_star(scope) && self.bound(scope, qualifier, None, false).is_some() {
            offer.sign(Sign::Star);
        }
    }

    fn offer_query(&self, stack: &Stack, place: Place, offer: &mut Offer) {
        if place.queries && stack.scopes.len() < MAX_DEPTH {
            offer.keyword(K::Select);
        }
    }

    fn offer_source(&self, stack: &Stack, join: Join, offer: &mut Offer) {
        let scope = stack.scope();
        for table in 0..self.names.tables.len() {
            if self.may_join(scope, table as u16, join) {
                offer.spelled(&self.names.tables[table].words);
            }
        }
        if join == Join::First && stack.scopes.len() < MAX_DEPTH && self.may_derive(scope) {
            offer.sign(Sign::Open);
        }
    }

    fn offer_alias(&self, goal: Goal, scope: &Scope, offer: &mut Offer) -> bool {
        let (aliases, table) = match goal {
            Goal::SourceAlias(table, join) | Goal::AliasName(table, join) => {
                (self.aliases_for(scope, table, join), Some((table, join)))
            }
            _ => (self.derived_aliases(scope), None),
        };
        let free = aliases.iter().map(|&alias| self.names.aliases[usize::from(alias)]);
        offer.spelled(&free.collect::<Vec<_>>());
        if !matches!(goal, Goal::SourceAlias(..) | Goal::DerivedAlias) {
            return false;
        }
        if !aliases.is_empty() {
            offer.keyword(K::As);
        }
        match table {
            Some((table, join)) => {
                if let Some(after) = self.joined(scope, table, Called::Own, join) {
                    return self.offer_source_tail_of(&after, join, offer);
                }
                false
            }
            None => self.dialect == Dialect::Sqlite && scope.bindings.is_empty(),
        }
    }

    /// What a derived table may be called: what was said before FROM, else any alias.
    pub(super) fn derived_aliases(&self, scope: &Scope) -> Vec<AliasId> {
        match scope.bindings.first() {
            Some(binding) => match binding.qualifier {
                Qualifier::Alias(alias) => vec![alias],
                Qualifier::Table(_) => Vec::new(),
            },
            None => (0..self.names.aliases.len() as AliasId).collect(),
        }
    }

    fn offer_source_tail(&self, stack: &Stack, join: Join, offer: &mut Offer) -> bool {
        self.offer_source_tail_of(stack.scope(), join, offer)
    }

    fn offer_source_tail_of(&self, scope: &Scope, join: Join, offer: &mut Offer) -> bool {
        if matches!(join, Join::Inner | Join::Left) {
            offer.keyword(K::On);
            if self.wants_on(join) {
                return false;
            }
        }
        if !scope.plan.is_empty() || self.spare(scope).is_some() {
            offer.keywords(&[K::Join, K::Inner, K::Left, K::Cross]);
            offer.sign(Sign::Comma);
        }
        if scope.has_sources() {
            self.offer_stages(scope, Stage::From, offer);
        }
        scope.has_sources()
    }

    /// Whether a join must have a condition.
    pub(super) fn wants_on(&self, join: Join) -> bool {
        match join {
            // MySQL takes an inner join without, but sqlparser reads a second one as nested in it.
            Join::Inner => self.dialect != Dialect::Sqlite,
            Join::Left => self.dialect != Dialect::Sqlite,
            _ => false,
        }
    }

    fn offer_left(&self, goal: Goal, scope: &Scope, offer: &mut Offer) -> bool {
        match goal {
            Goal::LeftColumn(side) => {
                for source in &scope.sources[self.side(scope, side)] {
                    source.called.iter().for_each(|&qualifier| self.offer_qualifier(qualifier, offer));
                }
                false
            }
            Goal::LeftName(source) => {
                for name in self.row_names(&scope.sources[usize::from(source)].rows).iter() {
                    offer.spelled(&self.names.columns[name].words);
                }
                false
            }
            _ => {
                offer.keyword(K::And);
                true
            }
        }
    }

    fn offer_tail(&self, stack: &Stack, stage: Stage, offer: &mut Offer) -> bool {
        self.offer_stages(stack.scope(), stage, offer);
        true
    }

    /// The clauses that may follow a stage.
    fn offer_stages(&self, scope: &Scope, stage: Stage, offer: &mut Offer) {
        if stage < Stage::Where {
            offer.keyword(K::Where);
        }
        let columns = self.has_columns(scope);
        if stage < Stage::Group && columns {
            offer.keyword(K::Group);
        }
        if stage == Stage::Group {
            offer.keyword(K::Having);
        }
        let sorts = sortable(scope) > 0 || (scope.arms == 0 && columns);
        if stage < Stage::Order && sorts {
            offer.keyword(K::Order);
        }
        if stage < Stage::Limit {
            offer.keyword(K::Limit);
        }
        if stage < Stage::Order && scope.arms + 1 < MAX_ARMS && self.width(scope) <= MAX_WIDTH {
            offer.keywords(&[K::Union, K::Except]);
            if !scope.no_intersect {
                offer.keyword(K::Intersect);
            }
        }
    }

    /// Columns that a select with sources puts out.
    pub(super) fn width(&self, scope: &Scope) -> u16 {
        let stars = usize::from(scope.star) + scope.stars.len();
        let plain = usize::from(scope.items).saturating_sub(stars);
        let all: usize = scope.sources.iter().map(|source| self.source_width(source)).sum();
        let of = |qualifier: &Qualifier| {
            let source = scope.sources.iter().find(|source| source.called == Some(*qualifier));
            source.map_or(0, |source| self.source_width(source))
        };
        let starred: usize = scope.stars.iter().map(of).sum();
        (plain + starred + usize::from(scope.star) * all).min(usize::from(u16::MAX)) as u16
    }

    fn offer_key(&self, stack: &Stack, stage: Stage, offer: &mut Offer) {
        let scope = stack.scope();
        let order = stage == Stage::Order;
        // The outputs known are those of the first arm.
        let outputs = if order || scope.arms == 0 { sortable(scope) } else { 0 };
        let plain = |output: usize| order || scope.outputs[output].is_some();
        (0..outputs).filter(|&output| plain(output)).for_each(|output| offer.keyword(ORDINALS[output]));
        if scope.arms > 0 && order {
            for (name, bare) in scope.outputs.iter().flatten().take(outputs) {
                if *bare {
                    offer.spelled(&self.names.name(*name).words);
                }
            }
        } else if self.has_columns(scope) {
            self.offer_operand(stack, Place::key(stage, scope), offer);
        }
    }

    fn offer_test(&self, stack: &Stack, place: Place, negated: bool, offer: &mut Offer) {
        if !negated {
            offer.keyword(K::Not);
        }
        if place.queries && stack.scopes.len() < MAX_DEPTH {
            offer.keyword(K::Exists);
        }
        self.offer_operand(stack, place, offer);
    }

    fn offer_test_rest(&self, place: Place, bare: bool, offer: &mut Offer) {
        let spelled = COMPARISONS.iter().filter(|sign| self.signs & sign.bit() != 0);
        spelled.for_each(|&sign| offer.sign(sign));
        offer.keywords(&[K::Is, K::Not]);
        self.offer_negated(place, offer);
        if bare {
            offer.sign(Sign::Close);
        }
    }

    fn offer_negated(&self, _: Place, offer: &mut Offer) {
        offer.keywords(&[K::In, K::Like, K::Between]);
        if self.dialect == Dialect::Postgres {
            offer.keyword(K::Ilike);
        }
    }
}

/// The widest result.
const MAX_OUTPUTS: usize = 1_900;

/// The first outputs that a key may name by their place.
pub(super) fn sortable(scope: &Scope) -> usize {
    let starred = scope.star > 0 || !scope.stars.is_empty();
    if starred || scope.outputs_starred { 0 } else { scope.outputs.len().min(ORDINALS.len()) }
}

fn offer_constant(offer: &mut Offer) {
    (offer.number, offer.whole_number, offer.text) = (true, true, true);
    offer.sign(Sign::Minus);
}

fn offer_item_tail(scope: &Scope, offer: &mut Offer) {
    if scope.more_items() {
        offer.sign(Sign::Comma);
    }
    if scope.items_done() {
        offer.keyword(K::From);
    }
}

fn offer_key_tail(stage: Stage, offer: &mut Offer) -> bool {
    offer.sign(Sign::Comma);
    if stage == Stage::Order {
        offer.keywords(&[K::Asc, K::Desc]);
    }
    true
}

impl Place {
    /// The start of a select item.
    pub(super) const fn item() -> Self {
        Self {
            clause: Clause::Items,
            aggregates: true,
            own: false,
            queries: true,
            constants: true,
            sign: true,
            item: true,
            bracketed: false,
            room: MAX_ROOM,
        }
    }

    /// The start of a condition.
    pub(super) const fn test(clause: Clause) -> Self {
        let (having, on) = (matches!(clause, Clause::Having), matches!(clause, Clause::On));
        Self { clause, aggregates: having, queries: !on, item: false, ..Self::item() }
    }

    /// The start of a sort or group key.
    pub(super) fn key(stage: Stage, scope: &Scope) -> Self {
        let order = stage == Stage::Order;
        let clause = if order { Clause::Order } else { Clause::Group };
        let aggregates = order && (scope.grouped || scope.aggregated);
        Self { clause, aggregates, queries: false, constants: false, item: false, ..Self::item() }
    }

    /// Inside brackets or a function, or after an operator.
    pub(super) const fn inside(self) -> Self {
        Self { item: false, bracketed: false, room: self.room.saturating_sub(1), ..self }
    }
}

/// Brackets and functions that may stand inside each other.
const MAX_ROOM: u8 = 6;
