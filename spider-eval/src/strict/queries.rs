//! Whole queries in the form in which they are compared: aliases gone, sets in one order, equal columns under one name.

use std::collections::HashMap;

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, GroupByExpr, Join, JoinConstraint, JoinOperator, LimitClause, OrderByKind,
    OrderByOptions, OrderBySort, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator,
    SetQuantifier, TableAlias, TableFactor, Value,
};

use super::conditions::{self, Together};
use super::scope::{Columns, Read, Scope, Source, Unread, last_name, lower};
use crate::tables::Tables;

/// How many ways of numbering a table that is used several times are tried.
const NUMBERINGS: usize = 24;

/// The compared form of a whole query.
pub(super) fn whole(query: &Query, tables: &Tables) -> Read<String> {
    Ok(Reader { tables, outer: None, depth: 0 }.query(query)?.0)
}

/// The compared form of a query inside an expression.
pub(super) fn nested(query: &Query, scope: &Scope<'_>) -> Read<String> {
    Ok(Reader { tables: scope.tables, outer: Some(scope), depth: scope.depth + 1 }.query(query)?.0)
}

/// Where a query stands.
#[derive(Clone, Copy)]
struct Reader<'p> {
    tables: &'p Tables,
    outer: Option<&'p Scope<'p>>,
    depth: usize,
}

/// A compared form and the names of the columns it returns.
type Named = (String, Vec<String>);

impl<'p> Reader<'p> {
    fn query(self, query: &Query) -> Read<Named> {
        if query.with.is_some() || query.fetch.is_some() || self.depth > 50 {
            return Err(Unread);
        }
        let tail = limit(query)?;
        let order = order_of(query)?;
        let (form, names) = match query.body.as_ref() {
            SetExpr::Select(select) => self.select(select, &order)?,
            SetExpr::Query(inner) if order.is_empty() => self.query(inner)?,
            body => {
                let (form, names) = self.body(body)?;
                let order = order.iter().map(|(expr, options)| {
                    let Expr::Identifier(name) = expr else { return Err(Unread) };
                    let place = names.iter().position(|given| *given == lower(name)).ok_or(Unread)?;
                    Ok(format!("{place}{}", direction(options)))
                });
                let order = order.collect::<Read<Vec<String>>>()?;
                (format!("{form}{}", section("order", &order)), names)
            }
        };
        Ok((form + &tail, names))
    }

    fn body(self, body: &SetExpr) -> Read<Named> {
        match body {
            SetExpr::Select(select) => self.select(select, &[]),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let ((left, names), (right, _)) = (self.body(left)?, self.body(right)?);
                let all = match set_quantifier {
                    SetQuantifier::None | SetQuantifier::Distinct => "",
                    SetQuantifier::All => " all",
                    _ => return Err(Unread),
                };
                let mut arms = [left, right];
                if !matches!(op, SetOperator::Except | SetOperator::Minus) {
                    arms.sort();
                }
                let op = op.to_string().to_lowercase();
                Ok((format!("{op}{all}([{}])", arms.join("],[")), names))
            }
            _ => Err(Unread),
        }
    }

    /// The least of the forms under all numberings of tables that are used several times.
    fn select(self, select: &Select, order: &[(&Expr, &OrderByOptions)]) -> Read<Named> {
        let plain = select.top.is_none() && select.qualify.is_none();
        if !plain || select.into.is_some() || !select.lateral_views.is_empty() {
            return Err(Unread);
        }
        let joined = Joined::read(self, select)?;
        let mut best: Option<Named> = None;
        for numbering in numberings(&joined.sources) {
            let form = self.form(select, order, &joined, &numbering)?;
            if best.as_ref().is_none_or(|(least, _)| form.0 < *least) {
                best = Some(form);
            }
        }
        best.ok_or(Unread)
    }

    fn form(
        self,
        select: &Select,
        order: &[(&Expr, &OrderByOptions)],
        joined: &Joined<'_>,
        numbering: &[usize],
    ) -> Read<Named> {
        let mut sources = joined.sources.clone();
        for (source, number) in sources.iter_mut().zip(numbering) {
            source.label = format!(
                "{}{}{}",
                "^".repeat(self.depth),
                source.label,
                if *number > 0 { format!("#{number}") } else { String::new() }
            );
        }
        let mut scope = Scope {
            tables: self.tables,
            depth: self.depth,
            sources,
            aliases: Vec::new(),
            twins: HashMap::new(),
            outer: self.outer,
        };
        let classes = if joined.outer { Vec::new() } else { twins(&mut scope, joined.conditions(select)) };
        let (items, names) = items(select, &mut scope)?;
        let mut filter = classes;
        for condition in joined.conditions(select) {
            filter.extend(conditions::list(condition, &scope, Together::All)?);
        }
        filter.retain(|condition| !is_identity(condition));
        filter.sort();
        filter.dedup();
        let having = select.having.iter().map(|expr| conditions::list(expr, &scope, Together::All));
        let having = having.collect::<Read<Vec<_>>>()?.concat();
        let order = order.iter().map(|(expr, options)| Ok(item(expr, &items, &scope)? + direction(options)));
        let parts = [
            section(if is_distinct(select)? { "distinct" } else { "select" }, &items),
            section("from", &joined.from(&scope)?),
            section("where", &filter),
            section("group", &group(select, &items, &scope)?),
            section("having", &having),
            section("order", &order.collect::<Read<Vec<String>>>()?),
        ];
        Ok((parts.concat(), names))
    }

    fn source(self, factor: &TableFactor) -> Read<Source> {
        let called = |alias: &Option<TableAlias>| alias.as_ref().map(|alias| lower(&alias.name));
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let table = last_name(name)?;
                let number = self.tables.table(&table).ok_or(Unread)?;
                let name = called(alias).unwrap_or_else(|| table.clone());
                Ok(Source { name, label: table, columns: Columns::Table(number) })
            }
            TableFactor::Derived { lateral: false, subquery, alias, .. } => {
                let (form, names) = Reader { depth: self.depth + 1, ..self }.query(subquery)?;
                let name = called(alias).unwrap_or_default();
                Ok(Source { name, label: format!("[{form}]"), columns: Columns::Named(names) })
            }
            _ => Err(Unread),
        }
    }
}

/// The sources of a SELECT and how they are joined.
struct Joined<'a> {
    sources: Vec<Source>,
    /// For each source the way it is joined to those before it, with its condition.
    ways: Vec<(Way, Option<&'a Expr>)>,
    outer: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Inner,
    Left,
}

impl<'a> Joined<'a> {
    fn read(reader: Reader<'_>, select: &'a Select) -> Read<Self> {
        let mut joined = Self { sources: Vec::new(), ways: Vec::new(), outer: false };
        for entry in &select.from {
            joined.push(reader.source(&entry.relation)?, Way::Inner, None);
            for join in &entry.joins {
                let (way, condition) = way(join)?;
                joined.push(reader.source(&join.relation)?, way, condition);
            }
        }
        Ok(joined)
    }

    fn push(&mut self, source: Source, way: Way, condition: Option<&'a Expr>) {
        self.outer |= way == Way::Left;
        self.sources.push(source);
        self.ways.push((way, condition));
    }

    /// The conditions that hold for every row: WHERE, and what stands after ON where no join is an outer one.
    fn conditions(&self, select: &'a Select) -> impl Iterator<Item = &'a Expr> {
        let joins: Vec<&'a Expr> =
            if self.outer { Vec::new() } else { self.ways.iter().filter_map(|(_, on)| *on).collect() };
        joins.into_iter().chain(&select.selection)
    }

    /// The sources by their labels: a bag, or with outer joins a line with conditions.
    fn from(&self, scope: &Scope<'_>) -> Read<Vec<String>> {
        let mut labels: Vec<String> = scope.sources.iter().map(|source| source.label.clone()).collect();
        if !self.outer {
            labels.sort();
            return Ok(labels);
        }
        for (label, (way, condition)) in labels.iter_mut().zip(&self.ways) {
            let on = condition.map(|condition| conditions::list(condition, scope, Together::All)).transpose()?;
            let name = if *way == Way::Left { "left" } else { "inner" };
            *label = format!("{name} {label} on {}", on.unwrap_or_default().join(","));
        }
        Ok(labels)
    }
}

fn way(join: &Join) -> Read<(Way, Option<&Expr>)> {
    let (way, constraint) = match &join.join_operator {
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) | JoinOperator::CrossJoin(constraint) => {
            (Way::Inner, constraint)
        }
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (Way::Left, constraint),
        _ => return Err(Unread),
    };
    match constraint {
        JoinConstraint::On(condition) => Ok((way, Some(condition))),
        JoinConstraint::None => Ok((way, None)),
        _ => Err(Unread),
    }
}

/// Ways to number the sources so that those with one label differ; 0 for a label that is there once.
fn numberings(sources: &[Source]) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new()];
    for (place, source) in sources.iter().enumerate() {
        let same = |other: &&Source| other.label == source.label;
        let total = sources.iter().filter(same).count();
        let mut next = Vec::new();
        for numbers in &found {
            let used: Vec<usize> = sources
                .iter()
                .zip(numbers)
                .take(place)
                .filter(|(other, _)| same(other))
                .map(|(_, number)| *number)
                .collect();
            let free = (1..=total).filter(|number| !used.contains(number));
            let free: Vec<usize> = if total == 1 { vec![0] } else { free.collect() };
            next.extend(free.into_iter().map(|number| numbers.iter().copied().chain([number]).collect::<Vec<usize>>()));
        }
        next.truncate(NUMBERINGS);
        found = next;
    }
    found
}

/// Finds the columns that inner join conditions make equal; each class becomes one condition and one name.
fn twins<'e>(scope: &mut Scope<'_>, found: impl Iterator<Item = &'e Expr>) -> Vec<String> {
    let mut classes: Vec<Vec<String>> = Vec::new();
    let mut pending: Vec<&Expr> = found.collect();
    while let Some(expr) = pending.pop() {
        match expr {
            Expr::Nested(inner) => pending.push(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => pending.extend([left.as_ref(), right]),
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                let column = |side: &Expr| match side {
                    Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                        conditions::term(side, scope).ok().filter(|column| scope.owns(column))
                    }
                    _ => None,
                };
                if let (Some(left), Some(right)) = (column(left), column(right)) {
                    merge(&mut classes, left, right);
                }
            }
            _ => {}
        }
    }
    let mut forms = Vec::new();
    for class in &mut classes {
        class.sort();
        forms.push(format!("same({})", class.join(",")));
        if let Some(first) = class.first() {
            scope.twins.extend(class.iter().map(|member| (member.clone(), first.clone())));
        }
    }
    forms
}

fn merge(classes: &mut Vec<Vec<String>>, left: String, right: String) {
    let mut class = vec![left, right];
    let mut rest = Vec::new();
    for other in classes.drain(..) {
        if other.iter().any(|member| class.contains(member)) { class.extend(other) } else { rest.push(other) }
    }
    class.sort();
    class.dedup();
    rest.push(class);
    *classes = rest;
}

/// `eq(x,x)`: a join condition that its class already says.
fn is_identity(condition: &str) -> bool {
    let sides = condition.strip_prefix("eq(").and_then(|rest| rest.strip_suffix(')'));
    sides.is_some_and(|sides| {
        let half = sides.len() / 2;
        sides.len() % 2 == 1 && sides.get(..half) == sides.get(half + 1..) && sides.get(half..=half) == Some(",")
    })
}

/// What is selected, in order, and the names it has; the names go into the scope.
fn items(select: &Select, scope: &mut Scope<'_>) -> Read<Items> {
    let (mut items, mut names, mut aliases) = (Vec::new(), Vec::new(), Vec::new());
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = match expr {
                    Expr::Identifier(name) => lower(name),
                    Expr::CompoundIdentifier(parts) => parts.last().map(lower).unwrap_or_default(),
                    other => other.to_string().to_lowercase(),
                };
                items.push(conditions::term(expr, scope)?);
                names.push(name);
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                items.push(conditions::term(expr, scope)?);
                names.push(lower(alias));
                aliases.push((lower(alias), items.last().cloned().unwrap_or_default()));
            }
            SelectItem::Wildcard(_) => items.extend(scope.sources.iter().map(|source| format!("{}.*", source.label))),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let owner = last_name(name)?;
                let source = scope.sources.iter().find(|source| source.name == owner).ok_or(Unread)?;
                items.push(format!("{}.*", source.label));
            }
            _ => return Err(Unread),
        }
    }
    scope.aliases = aliases;
    Ok((items, names))
}

/// Items and their names.
type Items = (Vec<String>, Vec<String>);

fn is_distinct(select: &Select) -> Read<bool> {
    match &select.distinct {
        None | Some(Distinct::All) => Ok(false),
        Some(Distinct::Distinct) => Ok(true),
        Some(Distinct::On(_)) => Err(Unread),
    }
}

/// An entry of ORDER BY or GROUP BY: a place in SELECT, a name it gives, or an expression.
fn item(expr: &Expr, items: &[String], scope: &Scope<'_>) -> Read<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => {
                let place: usize = digits.parse().map_err(|_| Unread)?;
                place.checked_sub(1).and_then(|place| items.get(place)).cloned().ok_or(Unread)
            }
            _ => Err(Unread),
        },
        Expr::Identifier(name) => match scope.alias(&lower(name)) {
            Some(of) => Ok(of.to_owned()),
            None => conditions::term(expr, scope),
        },
        other => conditions::term(other, scope),
    }
}

fn group(select: &Select, items: &[String], scope: &Scope<'_>) -> Read<Vec<String>> {
    let GroupByExpr::Expressions(exprs, modifiers) = &select.group_by else { return Err(Unread) };
    if !modifiers.is_empty() {
        return Err(Unread);
    }
    let mut group = exprs.iter().map(|expr| item(expr, items, scope)).collect::<Read<Vec<String>>>()?;
    group.sort();
    group.dedup();
    Ok(group)
}

fn order_of(query: &Query) -> Read<Vec<(&Expr, &OrderByOptions)>> {
    match query.order_by.as_ref().map(|order| &order.kind) {
        None => Ok(Vec::new()),
        Some(OrderByKind::Expressions(items)) => Ok(items.iter().map(|item| (&item.expr, &item.options)).collect()),
        Some(OrderByKind::All(_)) => Err(Unread),
    }
}

fn direction(options: &OrderByOptions) -> &'static str {
    let descending = matches!(options.sort, Some(OrderBySort::Desc));
    match (descending, options.nulls_first) {
        (false, None | Some(true)) => " asc",
        (true, None | Some(false)) => " desc",
        (false, Some(false)) => " asc nulls last",
        (true, Some(true)) => " desc nulls first",
    }
}

fn limit(query: &Query) -> Read<String> {
    Ok(match &query.limit_clause {
        None => String::new(),
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
            let limit = limit.as_ref().map(|limit| format!(" limit {limit}")).unwrap_or_default();
            let offset = offset.as_ref().map(|offset| offset.value.to_string()).filter(|offset| offset != "0");
            limit + &offset.map(|offset| format!(" offset {offset}")).unwrap_or_default()
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => format!(" limit {limit} offset {offset}"),
        Some(LimitClause::LimitOffset { .. }) => return Err(Unread),
    })
}

fn section(name: &str, parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!("{name}{{{}}}", parts.join("; ")) }
}
