//! Forms to queries: a recursive descent over the symbols. Total on whatever the recogniser calls complete.
//!
//! While a select is read, a column's `source` is the place of its instance among the mentions; when the select ends,
//! FROM is derived (`joins`) and every reference is moved to the place of its source there.

use super::joins::{Instance, JoinGraph, Mentions, Plan};
use super::moves::Mover;
use super::symbol::{Keyword as K, Symbol};
use super::target;
use super::vocabulary::{
    AGGREGATES, ARITHMETIC, COMPARISONS, COPIES, DATE_PARTS, LIKES, NUMBERS, OUTPUTS, SET_OPERATORS, meaning,
};
use crate::error::{Error, Result};
use crate::query::{
    Aggregate, ColumnRef, Condition, Expr, From, Join, JoinKind, Literal, OrderKey, Predicate, Query, Select, Set,
    SetOperator, Source, Target, ValueTarget, Values,
};
use crate::schema::{Schema, TableId};

/// The query that a complete form means.
///
/// # Errors
/// [`Error::Internal`] where the symbols are not a complete form over this schema.
pub fn to_query(schema: &Schema, symbols: &[Symbol], values: &dyn Values) -> Result<Query> {
    to_query_with(schema, &JoinGraph::new(schema), symbols, values)
}

/// [`to_query`] with a graph made before, for many forms over one schema.
///
/// # Errors
/// As [`to_query`].
pub fn to_query_with(schema: &Schema, graph: &JoinGraph, symbols: &[Symbol], values: &dyn Values) -> Result<Query> {
    let mut writer = Writer { schema, graph, symbols, at: 0, values, scopes: Vec::new() };
    let query = writer.query()?;
    if writer.at < symbols.len() {
        return Err(writer.unexpected());
    }
    Ok(query)
}

struct Writer<'a> {
    schema: &'a Schema,
    graph: &'a JoinGraph,
    symbols: &'a [Symbol],
    at: usize,
    values: &'a dyn Values,
    scopes: Vec<Scope>,
}

/// What an open select has said about its sources.
#[derive(Default)]
struct Scope {
    mentions: Mentions,
    derived: Option<Box<Query>>,
}

impl Writer<'_> {
    fn unexpected(&self) -> Error {
        let name = match self.symbols.get(self.at) {
            Some(Symbol::Keyword(keyword)) => keyword.name().to_owned(),
            Some(other) => format!("{other:?}"),
            None => "the end".to_owned(),
        };
        Error::internal(format!("not a complete form: {name} at {}", self.at))
    }

    fn peek(&self) -> Option<Symbol> {
        self.symbols.get(self.at).copied()
    }

    fn keyword(&self) -> Option<K> {
        match self.peek() {
            Some(Symbol::Keyword(keyword)) => Some(keyword),
            _ => None,
        }
    }

    fn eat(&mut self, keyword: K) -> bool {
        let found = self.keyword() == Some(keyword);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, keyword: K) -> Result<()> {
        if self.eat(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn nested(&mut self) -> Result<Query> {
        self.expect(K::Open)?;
        let query = self.query()?;
        self.expect(K::Close)?;
        Ok(query)
    }

    fn query(&mut self) -> Result<Query> {
        let mut first = self.select()?;
        let mut rest = Vec::new();
        let mut order_by = Vec::new();
        if self.arm().is_none() {
            order_by = self.order(None)?;
        }
        let from = self.leave(&mut first, &mut order_by);
        first.from = from;
        while let Some(operator) = self.arm() {
            self.at += 1;
            let mut select = self.select()?;
            select.from = self.leave(&mut select, &mut []);
            rest.push((operator, select));
        }
        if !rest.is_empty() {
            order_by = self.order(Some(&first.items))?;
        }
        let limit = self.limit()?;
        Ok(Query { first, rest, order_by, limit })
    }

    fn arm(&self) -> Option<SetOperator> {
        meaning(&SET_OPERATORS, self.keyword()?)
    }

    fn select(&mut self) -> Result<Select> {
        self.scopes.push(Scope::default());
        let distinct = self.eat(K::Distinct);
        if self.eat(K::From) {
            let query = self.nested()?;
            self.scope().derived = Some(Box::new(query));
        }
        let mut items = vec![self.item()?];
        while self.starts_expr() {
            items.push(self.item()?);
        }
        self.sources()?;
        let filter = if self.eat(K::Where) { Some(self.condition()?) } else { None };
        let mut group_by = Vec::new();
        if self.eat(K::Group) {
            group_by.push(self.expr()?);
            while self.starts_expr() {
                group_by.push(self.expr()?);
            }
        }
        let having = if self.eat(K::Having) { Some(self.condition()?) } else { None };
        let from = From { sources: Vec::new(), joins: Vec::new() };
        Ok(Select { distinct, items, from, filter, group_by, having })
    }

    fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// JOIN, ON, OUTER.
    fn sources(&mut self) -> Result<()> {
        if self.eat(K::Join) {
            loop {
                let copy = self.copy();
                let Some(Symbol::Table(table)) = self.peek() else { return Err(self.unexpected()) };
                self.at += 1;
                self.scope().mentions.add(Instance { table, copy });
                if !matches!(self.peek(), Some(Symbol::Table(_) | Symbol::Keyword(K::Copy1 | K::Copy2 | K::Copy3))) {
                    break;
                }
            }
        }
        while self.eat(K::On) {
            let (a, b) = (self.instance_column()?, self.instance_column()?);
            if a.0 != b.0 {
                self.scope().mentions.on.push((a, b));
            }
        }
        if self.eat(K::Outer) {
            let Some(Symbol::Table(table)) = self.peek() else { return Err(self.unexpected()) };
            self.at += 1;
            self.scope().mentions.outer = Some(table);
        }
        Ok(())
    }

    fn copy(&mut self) -> u8 {
        let copy = self.keyword().and_then(|keyword| meaning(&COPIES, keyword));
        self.at += usize::from(copy.is_some());
        copy.unwrap_or(0)
    }

    fn instance_column(&mut self) -> Result<super::joins::Place> {
        let copy = self.copy();
        let Some(Symbol::Column(column)) = self.peek() else { return Err(self.unexpected()) };
        self.at += 1;
        let instance = Instance { table: self.schema.column(column).table, copy };
        self.scope().mentions.add(instance);
        Ok((instance, column))
    }

    fn starts_expr(&self) -> bool {
        match self.peek() {
            Some(Symbol::Column(_) | Symbol::Table(_)) => true,
            Some(Symbol::Keyword(keyword)) => {
                meaning(&AGGREGATES, keyword).is_some()
                    || meaning(&ARITHMETIC, keyword).is_some()
                    || meaning(&DATE_PARTS, keyword).is_some()
                    || meaning(&OUTPUTS, keyword).is_some()
                    || meaning(&COPIES, keyword).is_some()
                    || keyword == K::Star
            }
            _ => false,
        }
    }

    fn item(&mut self) -> Result<Expr> {
        match self.peek() {
            Some(Symbol::Keyword(K::Star)) => {
                self.at += 1;
                Ok(Expr::Star(None))
            }
            Some(Symbol::Table(table)) => {
                self.at += 1;
                Ok(Expr::Star(Some(self.mention(0, Instance { table, copy: 0 }))))
            }
            _ => self.expr(),
        }
    }

    /// The place of an instance among the mentions of the select `depth` levels out.
    fn mention(&mut self, depth: usize, instance: Instance) -> usize {
        let Some(place) = self.scopes.len().checked_sub(1 + depth) else { return 0 };
        let mentions = &mut self.scopes[place].mentions;
        mentions.add(instance);
        mentions.instances.iter().position(|each| *each == instance).unwrap_or(0)
    }

    fn expr(&mut self) -> Result<Expr> {
        self.value(&ValueTarget::Number)
    }

    /// A value; constants and spans are read for this target.
    fn value(&mut self, target: &ValueTarget) -> Result<Expr> {
        if let Some(literal) = self.literal(target)? {
            return Ok(Expr::Literal(literal));
        }
        let Some(keyword) = self.keyword() else { return self.column() };
        if let Some(function) = meaning(&AGGREGATES, keyword) {
            self.at += 1;
            return self.aggregate(function);
        }
        if let Some(operator) = meaning(&ARITHMETIC, keyword) {
            self.at += 1;
            let (left, right) = (Box::new(self.expr()?), Box::new(self.expr()?));
            return Ok(Expr::Arithmetic { operator, left, right });
        }
        if let Some(part) = meaning(&DATE_PARTS, keyword) {
            self.at += 1;
            return Ok(Expr::DatePart { part, argument: Box::new(self.column()?) });
        }
        if keyword == K::Open {
            return Ok(Expr::Query(Box::new(self.nested()?)));
        }
        self.column()
    }

    fn aggregate(&mut self, function: Aggregate) -> Result<Expr> {
        let distinct = self.eat(K::Distinct);
        let argument = match self.peek() {
            Some(Symbol::Keyword(K::Star)) => {
                self.at += 1;
                Expr::Star(None)
            }
            Some(Symbol::Table(table)) => {
                self.at += 1;
                self.mention(0, Instance { table, copy: 0 });
                Expr::Star(None)
            }
            _ => self.expr()?,
        };
        Ok(Expr::Aggregate { function, distinct, argument: Box::new(argument) })
    }

    fn output(&self) -> Option<usize> {
        self.keyword().and_then(|keyword| meaning(&OUTPUTS, keyword))
    }

    fn column(&mut self) -> Result<Expr> {
        if let Some(output) = self.output() {
            self.at += 1;
            return Ok(Expr::Column(ColumnRef { depth: 0, source: 0, target: Target::Output(output) }));
        }
        let depth = usize::from(self.eat(K::Up));
        let copy = self.copy();
        let Some(Symbol::Column(column)) = self.peek() else { return Err(self.unexpected()) };
        self.at += 1;
        let source = self.mention(depth, Instance { table: self.schema.column(column).table, copy });
        Ok(Expr::Column(ColumnRef { depth, source, target: Target::Column(column) }))
    }

    /// A constant or a span, where one stands here.
    fn literal(&mut self, target: &ValueTarget) -> Result<Option<Literal>> {
        let literal = match self.peek() {
            Some(Symbol::Word(start)) => {
                let Some(&Symbol::Word(end)) = self.symbols.get(self.at + 1) else { return Err(self.unexpected()) };
                self.at += 1;
                self.values.literal(usize::from(start), usize::from(end), target)
            }
            Some(Symbol::Keyword(K::OtherValue)) => self.values.other(target),
            Some(Symbol::Keyword(keyword)) => match meaning(&NUMBERS, keyword) {
                Some(number) => Literal::Number(number.to_owned()),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(match (literal, target) {
            // The value of a date part is text.
            (Literal::Number(number), ValueTarget::DatePart(..)) => Literal::Text(number),
            (literal, _) => literal,
        }))
    }

    fn some_literal(&mut self, target: &ValueTarget) -> Result<Literal> {
        self.literal(target)?.ok_or_else(|| self.unexpected())
    }

    fn condition(&mut self) -> Result<Condition> {
        let mut arms = vec![vec![self.test()?]];
        loop {
            if self.eat(K::Or) {
                arms.push(vec![self.test()?]);
            } else if self.eat(K::And) {
                let test = self.test()?;
                if let Some(arm) = arms.last_mut() {
                    arm.push(test);
                }
            } else {
                break;
            }
        }
        Ok(any(arms.into_iter().map(all).collect()))
    }

    fn test(&mut self) -> Result<Condition> {
        let negated = self.keyword() == Some(K::NotExists);
        if negated || self.keyword() == Some(K::Exists) {
            self.at += 1;
            let query = Box::new(self.nested()?);
            return Ok(Condition::Test(Predicate::Exists { negated, query }));
        }
        if self.eat(K::Open) {
            let condition = self.condition()?;
            self.expect(K::Close)?;
            return Ok(condition);
        }
        let left = self.expr()?;
        let target = target::of(&left, self.scope().derived.as_deref());
        let Some(operator) = self.keyword() else { return Err(self.unexpected()) };
        self.at += 1;
        Ok(Condition::Test(self.predicate(left, operator, target)?))
    }

    fn predicate(&mut self, expr: Expr, operator: K, target: ValueTarget) -> Result<Predicate> {
        if let Some(operator) = meaning(&COMPARISONS, operator) {
            return Ok(Predicate::Compare { left: expr, operator, right: self.value(&target)? });
        }
        let negated = matches!(operator, K::NotBetween | K::NotNull | K::NotIn);
        match operator {
            K::IsNull | K::NotNull => Ok(Predicate::IsNull { expr, negated }),
            K::Between | K::NotBetween => {
                let (low, high) = (self.value(&target)?, self.value(&target)?);
                Ok(Predicate::Between { expr, negated, low, high })
            }
            K::In | K::NotIn => Ok(Predicate::In { expr, negated, set: self.set(&target)? }),
            other => self.like(expr, other, target),
        }
    }

    fn set(&mut self, target: &ValueTarget) -> Result<Set> {
        if self.keyword() == Some(K::Open) {
            return Ok(Set::Query(Box::new(self.nested()?)));
        }
        let mut literals = vec![self.some_literal(target)?];
        while let Some(literal) = self.literal(target)? {
            literals.push(literal);
        }
        Ok(Set::List(literals))
    }

    fn like(&mut self, expr: Expr, operator: K, target: ValueTarget) -> Result<Predicate> {
        let target = match target {
            ValueTarget::Column(column) => ValueTarget::Pattern(column),
            other => other,
        };
        let Some((negated, before, after)) = meaning(&LIKES, operator) else {
            self.at -= 1;
            return Err(self.unexpected());
        };
        let percent = |there: bool| if there { "%" } else { "" };
        let (Literal::Text(text) | Literal::Number(text)) = self.some_literal(&target)?;
        Ok(Predicate::Like { expr, negated, pattern: format!("{}{text}{}", percent(before), percent(after)) })
    }

    /// Sort keys; of a compound they are outputs of its first arm.
    fn order(&mut self, items: Option<&[Expr]>) -> Result<Vec<OrderKey>> {
        let mut keys = Vec::new();
        while let Some(keyword @ (K::Ascending | K::Descending)) = self.keyword() {
            self.at += 1;
            let expr = match items {
                None => self.expr()?,
                Some(items) => {
                    let item = self.output().and_then(|place| items.get(place)).cloned();
                    let item = item.ok_or_else(|| self.unexpected())?;
                    self.at += 1;
                    item
                }
            };
            keys.push(OrderKey { expr, descending: keyword == K::Descending });
        }
        Ok(keys)
    }

    fn limit(&mut self) -> Result<Option<u64>> {
        if self.eat(K::LimitOne) {
            return Ok(Some(1));
        }
        if !self.eat(K::Limit) {
            return Ok(None);
        }
        let (Literal::Number(text) | Literal::Text(text)) = self.some_literal(&ValueTarget::Limit)?;
        Ok(Some(text.trim().parse().unwrap_or(1)))
    }

    /// Ends the innermost select: derives its FROM and moves references to the places of their sources.
    fn leave(&mut self, select: &mut Select, order_by: &mut [OrderKey]) -> From {
        let scope = self.scopes.pop().unwrap_or_default();
        if let Some(query) = scope.derived {
            return From { sources: vec![Source::Query(query)], joins: Vec::new() };
        }
        let plan = self.graph.plan(self.schema, &scope.mentions);
        let moves: Vec<usize> = scope.mentions.instances.iter().map(|instance| place(&plan, *instance)).collect();
        for item in &mut select.items {
            if let Expr::Star(Some(source)) = item {
                *item = Expr::Star((plan.sources.len() > 1).then(|| moves.get(*source).copied().unwrap_or(0)));
            }
        }
        let mut mover = Mover { moves: &moves, depth: 0 };
        mover.select(select);
        for key in order_by {
            mover.expr(&mut key.expr);
        }
        from_of(&plan, scope.mentions.outer)
    }
}

fn place(plan: &Plan, instance: Instance) -> usize {
    plan.sources.iter().position(|source| *source == instance).unwrap_or(0)
}

fn from_of(plan: &Plan, outer: Option<TableId>) -> From {
    let column =
        |(instance, column)| ColumnRef { depth: 0, source: place(plan, instance), target: Target::Column(column) };
    let joins = plan.joins.iter().map(|equalities| {
        let left = outer.is_some() && !equalities.is_empty();
        Join {
            kind: if left { JoinKind::Left } else { JoinKind::Inner },
            on: equalities.iter().map(|&(a, b)| (column(a), column(b))).collect(),
        }
    });
    From { sources: plan.sources.iter().map(|source| Source::Table(source.table)).collect(), joins: joins.collect() }
}

/// Joins by AND without brackets inside brackets.
fn all(parts: Vec<Condition>) -> Condition {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Condition::All(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { Condition::All(flat) }
}

fn any(parts: Vec<Condition>) -> Condition {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Condition::Any(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { Condition::Any(flat) }
}
