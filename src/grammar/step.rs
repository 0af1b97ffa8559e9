//! The place after one more word, sign or constant.
//!
//! Takes only what `offer` offers. A goal takes the lexeme, puts other goals in its own place and lets them take it, or
//! is passed over.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::Grammar;
use super::bits::Bits;
use super::keyword::{Keyword as K, Sign};
use super::names::{NameId, Qualifier, Roles, TableIndex};
use super::scope::Called;
use super::state::{Clause, Core, Goal, Join, Kind, Lexeme, Pending, Place, Rows, Scope, Side, Source, Stack, Stage};

/// What a goal did with a lexeme.
pub(super) enum Taken {
    Yes,
    /// The next goal is to take it.
    Pass,
    /// It may be read in several ways.
    Pending(Pending),
}

impl Core {
    pub(super) fn new(stack: Stack, pending: Option<Pending>) -> Rc<Self> {
        Rc::new(Self {
            stack,
            pending,
            offer: OnceCell::new(),
            cost: OnceCell::new(),
            best: OnceCell::new(),
            after: RefCell::default(),
        })
    }
}

impl Grammar {
    /// The place after a lexeme; `None` where it may not follow.
    pub(super) fn step(&self, core: &Rc<Core>, lexeme: Lexeme) -> Option<Rc<Core>> {
        let known = core.after.borrow().iter().find(|(known, _)| *known == lexeme).map(|(_, after)| after.clone());
        if known.is_some() {
            return known;
        }
        let after = self.step_afresh(core, lexeme)?;
        core.after.borrow_mut().push((lexeme, after.clone()));
        Some(after)
    }

    /// As [`Grammar::step`], without remembering.
    pub(super) fn step_afresh(&self, core: &Rc<Core>, lexeme: Lexeme) -> Option<Rc<Core>> {
        let offer = self.offer(core);
        let offered = match lexeme {
            Lexeme::Word(word) => offer.words.contains(word as usize),
            Lexeme::Sign(sign) => offer.signs & sign.bit() != 0,
            Lexeme::Number { whole } => offer.number || (whole && offer.whole_number),
            Lexeme::Text => offer.text,
        };
        if !offered {
            return None;
        }
        if let Some(pending) = &core.pending {
            let sign = match lexeme {
                Lexeme::Sign(sign) => self.pending_after(core, sign),
                _ => None,
            };
            return match (sign, &pending.column) {
                (Some(stack), _) => Some(Core::new(stack, None)),
                (None, column) => self.step(column.as_ref()?, lexeme),
            };
        }
        let mut stack = core.stack.clone();
        match self.take(&mut stack, lexeme)? {
            Taken::Pending(pending) => Some(Core::new(stack, Some(pending))),
            _ => Some(Core::new(stack, None)),
        }
    }

    /// After the dot or bracket that says what the word before was.
    pub(super) fn pending_after(&self, core: &Core, sign: Sign) -> Option<Stack> {
        let pending = core.pending.as_ref()?;
        let mut stack = core.stack.clone();
        let Some(Goal::Operand(place)) = stack.goals.pop() else { return None };
        match sign {
            Sign::Dot => self.qualify(&mut stack, pending.qualifier?, place)?,
            Sign::Open => call(&mut stack, pending.function?, place),
            _ => return None,
        }
        Some(stack)
    }

    fn take(&self, stack: &mut Stack, lexeme: Lexeme) -> Option<Taken> {
        while let Some(goal) = stack.goals.pop() {
            match self.take_goal(goal, stack, lexeme)? {
                Taken::Pass => {}
                taken => return Some(taken),
            }
        }
        None
    }

    /// Begins `qualifier.`; before FROM the qualifier must be some source's from now on.
    fn qualify(&self, stack: &mut Stack, qualifier: Qualifier, place: Place) -> Option<()> {
        let scope = stack.scope();
        if !scope.closed && place.clause == Clause::Items {
            let outside = !place.own && self.source_called(stack, qualifier, true).is_some();
            let bound = self.bound(scope, qualifier, None, outside)?;
            stack.replace(bound);
        }
        stack.push(&[Goal::Column(qualifier, place)]);
        Some(())
    }

    /// What a word may mean, where it is a keyword.
    fn keyword(&self, lexeme: Lexeme) -> Option<K> {
        match lexeme {
            Lexeme::Word(word) => self.names.roles(word).keyword,
            _ => None,
        }
    }

    fn roles(&self, lexeme: Lexeme) -> Roles {
        match lexeme {
            Lexeme::Word(word) => self.names.roles(word),
            _ => Roles::default(),
        }
    }

    fn take_goal(&self, goal: Goal, stack: &mut Stack, lexeme: Lexeme) -> Option<Taken> {
        let keyword = self.keyword(lexeme);
        match goal {
            Goal::End => return None,
            Goal::Word(_) | Goal::Sign(_) | Goal::LimitNumber => {}
            Goal::EndQuery => self.end_query(stack),
            Goal::Select => stack.push(&[Goal::SelectRest]),
            Goal::Arm => stack.push(&[if keyword == Some(K::All) { Goal::Select } else { Goal::SelectRest }]),
            Goal::SelectRest => {
                stack.push(&[Goal::Item]);
                return Some(if keyword == Some(K::Distinct) { Taken::Yes } else { Taken::Pass });
            }
            Goal::Item => return Some(take_item(stack, lexeme)),
            Goal::ItemTail => {
                finish_item(stack);
                stack.push(&[if keyword == Some(K::From) { Goal::Source(Join::First) } else { Goal::Item }]);
            }
            Goal::Source(join) => self.take_source(stack, join, lexeme)?,
            Goal::SourceAlias(table, join) | Goal::AliasName(table, join) => {
                return self.take_alias(stack, table, join, lexeme);
            }
            Goal::DerivedAlias | Goal::DerivedName => return Some(self.take_derived_alias(goal, stack, lexeme)),
            Goal::SourceTail(join) => return self.take_source_tail(stack, join, lexeme),
            Goal::JoinWord(join) => match keyword {
                Some(K::Outer) => stack.push(&[Goal::Word(K::Join), Goal::Source(join)]),
                _ => stack.push(&[Goal::Source(join)]),
            },
            Goal::LeftColumn(side) => self.take_left_column(stack, side, lexeme)?,
            Goal::LeftName(_) => {}
            Goal::LeftTail if keyword == Some(K::And) => {
                stack.push(&[Goal::LeftColumn(Side::Any), Goal::LeftTail]);
            }
            Goal::LeftTail => return Some(Taken::Pass),
            Goal::Tail(stage) => return Some(self.take_tail(stack, stage, keyword)),
            Goal::Key(stage) => return Some(self.take_key(stack, stage, lexeme)),
            Goal::KeyTail(stage) | Goal::KeyComma(stage) => return Some(take_key_tail(stack, stage, lexeme, keyword)),
            other => return self.take_in_test(other, stack, lexeme),
        }
        Some(Taken::Yes)
    }

    fn take_source(&self, stack: &mut Stack, join: Join, lexeme: Lexeme) -> Option<()> {
        if lexeme != Lexeme::Sign(Sign::Open) {
            let table = self.roles(lexeme).table?;
            stack.push(&[Goal::SourceAlias(table, join)]);
            return Some(());
        }
        let scope = self.derived_scope(stack.scope());
        stack.scopes.push(Rc::new(scope));
        stack.push(&[Goal::Select, Goal::EndQuery, Goal::DerivedAlias, Goal::Tail(Stage::From)]);
        Some(())
    }

    /// The scope of a derived table, which must put out what its owner has named.
    fn derived_scope(&self, owner: &Scope) -> Scope {
        let mut scope = Scope::new(Kind::Derived, false);
        let demands = owner.demands.iter().filter(|demand| !demand.optional).map(|demand| demand.name);
        for name in demands.chain(owner.bindings.iter().flat_map(|binding| binding.names.iter().copied())) {
            if !scope.must.contains(&name) {
                scope.must.push(name);
            }
        }
        scope.plan = self.cover(&scope, None).unwrap_or_default();
        scope
    }

    /// Whether a derived table, then the only source, can have all that its owner has named.
    pub(super) fn may_derive(&self, owner: &Scope) -> bool {
        let names = owner.demands.len() + owner.bindings.iter().map(|binding| binding.names.len()).sum::<usize>();
        let plain = match owner.bindings.as_slice() {
            [] => true,
            [only] => !only.optional && matches!(only.qualifier, Qualifier::Alias(_)),
            _ => false,
        };
        plain
            && owner.sources.is_empty()
            && (names == 0 || self.dialect == crate::dialect::Dialect::Sqlite)
            && !self.derived_scope(owner).plan.is_empty()
    }

    fn take_alias(&self, stack: &mut Stack, table: TableIndex, join: Join, lexeme: Lexeme) -> Option<Taken> {
        let roles = self.roles(lexeme);
        let scope = stack.scope();
        if roles.keyword == Some(K::As) {
            stack.push(&[Goal::AliasName(table, join)]);
            return Some(Taken::Yes);
        }
        let (after, taken) = match roles.alias {
            Some(alias) => (self.joined(scope, table, Called::Alias(alias), join)?, Taken::Yes),
            None => (self.joined(scope, table, Called::Own, join)?, Taken::Pass),
        };
        stack.replace(after);
        stack.push(&[Goal::SourceTail(join)]);
        Some(taken)
    }

    fn take_derived_alias(&self, goal: Goal, stack: &mut Stack, lexeme: Lexeme) -> Taken {
        let roles = self.roles(lexeme);
        match roles.alias {
            Some(alias) => {
                if let Some(source) = stack.edit().sources.last_mut() {
                    source.called = Some(Qualifier::Alias(alias));
                }
                Taken::Yes
            }
            None if roles.keyword == Some(K::As) && goal == Goal::DerivedAlias => {
                stack.push(&[Goal::DerivedName]);
                Taken::Yes
            }
            None => Taken::Pass,
        }
    }

    fn take_source_tail(&self, stack: &mut Stack, join: Join, lexeme: Lexeme) -> Option<Taken> {
        let place = Place::test(Clause::On);
        let next = match (lexeme, self.keyword(lexeme)) {
            (Lexeme::Sign(Sign::Comma), _) => Goal::Source(Join::Comma),
            (_, Some(K::Join)) => Goal::Source(Join::Inner),
            (_, Some(K::Inner)) => Goal::JoinWord(Join::Inner),
            (_, Some(K::Left)) => Goal::JoinWord(Join::Left),
            (_, Some(K::Cross)) => Goal::JoinWord(Join::Cross),
            (_, Some(K::On)) if join == Join::Left => {
                let rest = [Goal::LeftColumn(Side::Any), Goal::LeftTail, Goal::SourceTail(Join::First)];
                stack.push(&rest);
                return Some(Taken::Yes);
            }
            (_, Some(K::On)) => {
                stack.push(&test(place));
                let at = stack.goals.len() - 2;
                stack.goals.insert(at, Goal::SourceTail(Join::First));
                return Some(Taken::Yes);
            }
            _ => {
                stack.edit().closed = true;
                stack.push(&[Goal::Tail(Stage::From)]);
                return Some(Taken::Pass);
            }
        };
        if stack.scope().plan.is_empty() {
            let spare = self.spare(stack.scope())?;
            stack.edit().plan.push(spare);
        }
        stack.push(&[next]);
        Some(Taken::Yes)
    }

    fn take_left_column(&self, stack: &mut Stack, side: Side, lexeme: Lexeme) -> Option<()> {
        let qualifier = self.roles(lexeme).qualifier?;
        let scope = stack.scope();
        let last = scope.sources.len() - 1;
        let source = self.side(scope, side).find(|&source| scope.sources[source].called == Some(qualifier))?;
        if side == Side::Any {
            let other = if source == last { Side::Earlier } else { Side::Joined };
            stack.push(&[Goal::Sign(Sign::Equal), Goal::LeftColumn(other)]);
        }
        stack.push(&[Goal::Sign(Sign::Dot), Goal::LeftName(source as u8)]);
        Some(())
    }

    fn take_tail(&self, stack: &mut Stack, stage: Stage, keyword: Option<K>) -> Taken {
        let by = |stage| [Goal::Word(K::By), Goal::Key(stage), Goal::KeyTail(stage), Goal::Tail(stage)];
        let conditions = |stack: &mut Stack, clause, stage| {
            stack.push(&[Goal::Tail(stage)]);
            stack.push(&test(Place::test(clause)));
        };
        match keyword {
            Some(K::Where) if stage < Stage::Where => conditions(stack, Clause::Where, Stage::Where),
            Some(K::Having) if stage == Stage::Group => conditions(stack, Clause::Having, Stage::Having),
            Some(K::Group) if stage < Stage::Group => {
                stack.edit().grouped = true;
                stack.push(&by(Stage::Group));
            }
            Some(K::Order) if stage < Stage::Order => stack.push(&by(Stage::Order)),
            Some(K::Limit) if stage < Stage::Limit => stack.push(&[Goal::LimitNumber, Goal::Tail(Stage::Limit)]),
            Some(operator @ (K::Union | K::Intersect | K::Except)) if stage < Stage::Order => {
                let arm = self.next_arm(stack.scope(), operator);
                stack.replace(arm);
                stack.push(&[if operator == K::Union { Goal::Arm } else { Goal::Select }]);
            }
            _ => return Taken::Pass,
        }
        Taken::Yes
    }

    fn next_arm(&self, scope: &Scope, operator: K) -> Scope {
        let mut arm = Scope {
            need: Some(self.width(scope)),
            outputs: scope.outputs.clone(),
            outputs_starred: scope.outputs_starred,
            arms: scope.arms + 1,
            no_intersect: scope.no_intersect || operator != K::Intersect,
            ..Scope::new(scope.kind, scope.correlates)
        };
        arm.plan = self.cover(&arm, None).unwrap_or_default();
        arm
    }

    fn take_key(&self, stack: &mut Stack, stage: Stage, lexeme: Lexeme) -> Taken {
        let scope = stack.scope();
        let ordinal = self.keyword(lexeme).is_some_and(|keyword| keyword.index() >= K::Ordinal1.index());
        if ordinal || scope.arms > 0 && stage == Stage::Order {
            return Taken::Yes;
        }
        let place = Place::key(stage, scope);
        stack.push(&[Goal::Operand(place), Goal::OperandTail(place)]);
        Taken::Pass
    }

    /// The bracket that ends a nested query.
    fn end_query(&self, stack: &mut Stack) {
        let Some(scope) = stack.scopes.pop() else { return };
        if scope.kind != Kind::Derived {
            return;
        }
        let rows = self.outputs(&scope);
        let owner = stack.edit();
        owner.sources.push(Source { called: None, rows });
        owner.plan.clear();
        owner.closed = true;
    }

    /// The columns of a derived table whose last arm is this one.
    fn outputs(&self, scope: &Scope) -> Rows {
        let (mut names, mut doubled) = (Bits::new(self.names.columns.len()), Bits::new(self.names.columns.len()));
        let mut add = |name: usize| {
            if !names.insert(name) {
                doubled.insert(name);
            }
        };
        // What a star of an earlier arm brought is not known any more, so nothing of it can be named for certain.
        if scope.arms == 0 || !scope.outputs_starred {
            scope.outputs.iter().flatten().for_each(|(name, _)| add(usize::from(*name)));
        }
        if scope.arms == 0 {
            for &name in &scope.veiled {
                (0..2).for_each(|_| add(usize::from(name)));
            }
            for source in &scope.sources {
                let named = scope.stars.iter().filter(|&&star| source.called == Some(star)).count();
                for _ in 0..usize::from(scope.star) + named {
                    self.all_names(&source.rows).iter().for_each(&mut add);
                    if let Rows::Outputs { doubled: twice, .. } = &source.rows {
                        twice.iter().for_each(&mut add);
                    }
                }
            }
        }
        let width = if scope.arms == 0 { self.width(scope) } else { scope.need.unwrap_or(0) };
        Rows::Outputs { names: Rc::new(names), doubled: Rc::new(doubled), width }
    }

    fn all_names(&self, rows: &Rows) -> Bits {
        match rows {
            Rows::Table(table) => self.names.table(*table).names.clone(),
            Rows::Outputs { names, .. } => (**names).clone(),
        }
    }

    /// Columns of a source.
    pub(super) fn source_width(&self, source: &Source) -> usize {
        match &source.rows {
            Rows::Table(table) => usize::from(self.names.table(*table).width),
            Rows::Outputs { width, .. } => usize::from(*width),
        }
    }

    /// A word where a value begins.
    pub(super) fn take_word(&self, stack: &mut Stack, roles: Roles, place: Place) -> Option<Taken> {
        let named = roles.column.filter(|&name| self.bare_names(stack, place).contains(usize::from(name)));
        let qualifier = roles.qualifier.filter(|qualifier| self.qualifiers(stack, place).contains(qualifier));
        let function = roles.keyword.filter(|keyword| keyword.opens() && self.calls(*keyword, place));
        if roles.keyword == Some(K::Case) {
            stack.push(&case(place));
            return Some(Taken::Yes);
        }
        if let (Some(name), None, None) = (named, qualifier, function) {
            self.say(stack, name, place)?;
            return Some(Taken::Yes);
        }
        let column = named.and_then(|name| {
            let mut column = stack.clone();
            self.say(&mut column, name, place).map(|()| Core::new(column, None))
        });
        stack.push(&[Goal::Operand(place)]);
        Some(Taken::Pending(Pending { column, qualifier, function }))
    }

    /// Notes a column said without qualifier.
    fn say(&self, stack: &mut Stack, name: NameId, place: Place) -> Option<()> {
        let scope = stack.scope();
        if !scope.closed {
            let optional = place.clause != Clause::On && !place.own && self.outer_has(stack, name);
            let after = self.demanded(scope, name, optional)?;
            stack.replace(after);
        }
        note_item(stack, name, true, place);
        Some(())
    }

    /// Notes a column said after a qualifier and a dot.
    pub(super) fn say_qualified(
        &self,
        stack: &mut Stack,
        qualifier: Qualifier,
        name: NameId,
        place: Place,
    ) -> Option<()> {
        if !stack.scope().closed && place.clause == Clause::Items {
            let after = self.bound_with(stack, qualifier, name, place.own)?;
            stack.replace(after);
        }
        note_item(stack, name, false, place);
        Some(())
    }
}

/// A condition: the next goal is its first test.
pub(super) fn test(place: Place) -> [Goal; 2] {
    [Goal::Test { place, bare: false, negated: false }, Goal::TestTail(place)]
}

/// Notes a column that an item begins with.
fn note_item(stack: &mut Stack, name: NameId, bare: bool, place: Place) {
    if place.item {
        stack.edit().item = Some((name, bare));
    }
    if place.bracketed && stack.scope().arms == 0 {
        stack.edit().veiled.push(name);
    }
}

fn take_item(stack: &mut Stack, lexeme: Lexeme) -> Taken {
    let scope = stack.edit();
    scope.items += 1;
    scope.item = None;
    let place = Place::item();
    if lexeme == Lexeme::Sign(Sign::Star) {
        scope.star += 1;
        scope.outputs_starred = true;
        stack.push(&[Goal::ItemTail]);
        return Taken::Yes;
    }
    stack.push(&[Goal::Operand(place), Goal::OperandTail(place), Goal::ItemTail]);
    Taken::Pass
}

fn finish_item(stack: &mut Stack) {
    let scope = stack.edit();
    let item = scope.item.take();
    if scope.arms == 0 {
        scope.outputs.push(item);
    }
    if let Some((name, _)) = item {
        scope.must.retain(|must| *must != name);
    }
}

fn take_key_tail(stack: &mut Stack, stage: Stage, lexeme: Lexeme, keyword: Option<K>) -> Taken {
    match (lexeme, keyword) {
        (Lexeme::Sign(Sign::Comma), _) => stack.push(&[Goal::Key(stage), Goal::KeyTail(stage)]),
        (_, Some(K::Asc | K::Desc)) => stack.push(&[Goal::KeyComma(stage)]),
        _ => return Taken::Pass,
    }
    Taken::Yes
}

/// The branches of a CASE, after the word.
fn case(place: Place) -> [Goal; 7] {
    let inner = inside(place);
    let [first, tail] = test(Place { queries: false, ..inner });
    let (value, value_tail) = (Goal::Operand(inner), Goal::OperandTail(inner));
    [Goal::Word(K::When), first, tail, Goal::Word(K::Then), value, value_tail, Goal::Branches(inner)]
}

/// Inside a function: constants may stand here whatever may stand outside.
pub(super) fn inside(place: Place) -> Place {
    Place { constants: true, sign: true, ..place.inside() }
}

/// The goals after a function's name and bracket.
fn call(stack: &mut Stack, function: K, place: Place) {
    let inner = inside(place);
    let (value, tail) = (Goal::Operand(inner), Goal::OperandTail(inner));
    let (comma, close) = (Goal::Sign(Sign::Comma), Goal::Sign(Sign::Close));
    match function {
        K::Count | K::Sum | K::Avg | K::Min | K::Max => {
            if place.clause == Clause::Items {
                stack.edit().aggregated = true;
            }
            let argument = Place { aggregates: false, own: true, queries: false, ..inner };
            stack.push(&[Goal::Argument(function, argument), close]);
        }
        K::Strftime => stack.push(&[Goal::Format, comma, value, tail, close]),
        K::Extract => stack.push(&[Goal::Field, Goal::Word(K::From), value, tail, close]),
        K::ToChar | K::DateFormat => stack.push(&[value, tail, comma, Goal::Format, close]),
        K::Cast => stack.push(&[value, tail, Goal::Word(K::As), Goal::Type, close]),
        K::Coalesce => stack.push(&[value, tail, comma, value, tail, Goal::MoreArguments(inner)]),
        K::RowNumber | K::Rank | K::DenseRank => {
            stack.push(&[close, Goal::Word(K::Over), Goal::Sign(Sign::Open), Goal::Window]);
        }
        _ => stack.push(&[value, tail, close]),
    }
}
