//! What a value is compared with, read off the other side of the comparison; the same for both directions.

use crate::query::{Aggregate, Expr, Query, Target, ValueTarget};

/// The target of a value compared with `left`, in a select over the derived table `derived`, where there is one.
pub(super) fn of(left: &Expr, derived: Option<&Query>) -> ValueTarget {
    match left {
        Expr::Column(column) => match column.target {
            Target::Column(column) => ValueTarget::Column(column),
            Target::Output(output) => derived.map_or(ValueTarget::Number, |query| output_of(query, output)),
        },
        Expr::Aggregate { function: Aggregate::Min | Aggregate::Max, argument, .. } => of(argument, derived),
        Expr::DatePart { part, argument } => match of(argument, derived) {
            ValueTarget::Column(column) => ValueTarget::DatePart(*part, column),
            other => other,
        },
        Expr::Query(query) => output_of(query, 0),
        Expr::Star(_) | Expr::Aggregate { .. } | Expr::Arithmetic { .. } | Expr::Literal(_) => ValueTarget::Number,
    }
}

fn output_of(query: &Query, output: usize) -> ValueTarget {
    let inner = query.first.from.sources.iter().find_map(|source| match source {
        crate::query::Source::Query(query) => Some(query.as_ref()),
        crate::query::Source::Table(_) => None,
    });
    query.first.items.get(output).map_or(ValueTarget::Number, |item| of(item, inner))
}
