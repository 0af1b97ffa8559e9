//! Walks over a [`Query`]: every column reference with its level, every select, and widths.

use crate::query::{ColumnRef, Condition, Expr, OrderKey, Predicate, Query, Select, Set, Source};
use crate::schema::Schema;

/// Called with the level (selects between the start and the reference, so `level == depth` means the start) and the
/// reference.
pub(super) type OnColumn<'f> = dyn FnMut(usize, &ColumnRef) + 'f;

/// All references of a query whose selects stand at `level`.
pub(super) fn query_columns(query: &Query, level: usize, found: &mut OnColumn) {
    select_columns(&query.first, &query.order_by, level, found);
    for (_, select) in &query.rest {
        select_columns(select, &[], level, found);
    }
}

/// All references of one select and its sort keys.
pub(super) fn select_columns(select: &Select, keys: &[OrderKey], level: usize, found: &mut OnColumn) {
    for source in &select.from.sources {
        if let Source::Query(query) = source {
            query_columns(query, level + 1, found);
        }
    }
    for (left, right) in select.from.joins.iter().flat_map(|join| &join.on) {
        found(level, left);
        found(level, right);
    }
    let exprs = select.items.iter().chain(&select.group_by).chain(keys.iter().map(|key| &key.expr));
    for expr in exprs {
        expr_columns(expr, level, found);
    }
    for condition in select.filter.iter().chain(&select.having) {
        condition_columns(condition, level, found);
    }
}

/// All references of an expression.
pub(super) fn expr_columns(expr: &Expr, level: usize, found: &mut OnColumn) {
    match expr {
        Expr::Column(column) => found(level, column),
        Expr::Aggregate { argument, .. } | Expr::DatePart { argument, .. } => expr_columns(argument, level, found),
        Expr::Arithmetic { left, right, .. } => {
            expr_columns(left, level, found);
            expr_columns(right, level, found);
        }
        Expr::Query(query) => query_columns(query, level + 1, found),
        Expr::Star(_) | Expr::Literal(_) => {}
    }
}

fn condition_columns(condition: &Condition, level: usize, found: &mut OnColumn) {
    each_predicate(condition, &mut |predicate| {
        for expr in operands(predicate) {
            expr_columns(expr, level, found);
        }
        if let Some(query) = subquery(predicate) {
            query_columns(query, level + 1, found);
        }
    });
}

/// Every single test of a condition, in order.
pub(super) fn each_predicate<'q>(condition: &'q Condition, found: &mut dyn FnMut(&'q Predicate)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                each_predicate(part, found);
            }
        }
        Condition::Test(predicate) => found(predicate),
    }
}

/// The expressions of a test.
pub(super) fn operands(predicate: &Predicate) -> Vec<&Expr> {
    match predicate {
        Predicate::Compare { left, right, .. } => vec![left, right],
        Predicate::Between { expr, low, high, .. } => vec![expr, low, high],
        Predicate::Like { expr, .. } | Predicate::In { expr, .. } | Predicate::IsNull { expr, .. } => vec![expr],
        Predicate::Exists { .. } => Vec::new(),
    }
}

/// The query behind IN or EXISTS.
pub(super) fn subquery(predicate: &Predicate) -> Option<&Query> {
    match predicate {
        Predicate::In { set: Set::Query(query), .. } | Predicate::Exists { query, .. } => Some(query),
        _ => None,
    }
}

/// How many columns a select returns.
pub(super) fn width(select: &Select, schema: &Schema) -> usize {
    item_widths(select, schema).iter().fold(0, |sum, width| sum.saturating_add(*width))
}

/// How many columns each item of a select returns.
pub(super) fn item_widths(select: &Select, schema: &Schema) -> Vec<usize> {
    let starred = select.items.iter().any(|item| matches!(item, Expr::Star(_)));
    let sources = if starred { source_widths(select, schema) } else { Vec::new() };
    let of_item = |item: &Expr| match item {
        Expr::Star(None) => sources.iter().fold(0_usize, |sum, width| sum.saturating_add(*width)),
        Expr::Star(Some(source)) => sources.get(*source).copied().unwrap_or(0),
        _ => 1,
    };
    select.items.iter().map(of_item).collect()
}

/// How many columns each source of a select has.
pub(super) fn source_widths(select: &Select, schema: &Schema) -> Vec<usize> {
    let of_source = |source: &Source| match source {
        Source::Table(table) => schema.table(*table).columns.len(),
        Source::Query(query) => width(&query.first, schema),
    };
    select.from.sources.iter().map(of_source).collect()
}

/// Whether an expression holds an aggregate of its own select (subqueries aside).
pub(super) fn has_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Aggregate { .. } => true,
        Expr::Arithmetic { left, right, .. } => has_aggregate(left) || has_aggregate(right),
        Expr::DatePart { argument, .. } => has_aggregate(argument),
        Expr::Column(_) | Expr::Star(_) | Expr::Literal(_) | Expr::Query(_) => false,
    }
}
