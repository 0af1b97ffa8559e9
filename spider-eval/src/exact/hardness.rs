//! The official hardness of a gold query, by counting its parts.

use super::tree::{ColumnUnit, Item, Operator, Query, Value, ValueUnit};

/// How hard the official script calls a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the level it names")]
pub enum Hardness {
    Easy,
    Medium,
    Hard,
    Extra,
}

impl Hardness {
    /// All levels, from easy to extra.
    pub const ALL: [Self; 4] = [Self::Easy, Self::Medium, Self::Hard, Self::Extra];

    /// The name the official script prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
            Self::Extra => "extra",
        }
    }

    /// The hardness of a query as it was read, before anything is taken out of it.
    pub(crate) fn of(query: &Query<'_>) -> Self {
        let (clauses, nested, others) = (clauses(query), nested(query), others(query));
        if clauses <= 1 && others == 0 && nested == 0 {
            Self::Easy
        } else if nested == 0 && ((others <= 2 && clauses <= 1) || (clauses <= 2 && others < 2)) {
            Self::Medium
        } else if (nested == 0 && ((others > 2 && clauses <= 2) || (clauses == 3 && others <= 2)))
            || (clauses <= 1 && others == 0 && nested <= 1)
        {
            Self::Hard
        } else {
            Self::Extra
        }
    }
}

/// WHERE, GROUP, ORDER, LIMIT, each join, each OR, each LIKE.
fn clauses(query: &Query<'_>) -> usize {
    let present = [!query.filter.is_empty(), !query.group.is_empty(), query.order.is_some(), query.limit];
    let present = present.into_iter().filter(|there| *there).count();
    let joins = query.sources.len().saturating_sub(1);
    let ors = query.connector_places().filter(|item| **item == Item::Or).count();
    let likes = query.condition_places().filter_map(Item::condition);
    present + joins + ors + likes.filter(|condition| condition.operator == Operator::Like).count()
}

/// Queries inside conditions and after INTERSECT, UNION, EXCEPT; those in FROM do not count.
fn nested(query: &Query<'_>) -> usize {
    let values = query.condition_places().filter_map(Item::condition).flat_map(|found| [&found.first, &found.second]);
    let inside = values.filter(|value| matches!(value, Value::Query(_))).count();
    inside + [&query.intersect, &query.union, &query.except].into_iter().flatten().count()
}

/// More than one aggregate, selected column, entry in WHERE, grouped column: one point each.
///
/// Quirks: NOT in WHERE counts as an aggregate, and so does every AND and OR in HAVING; aggregates inside HAVING do not.
fn others(query: &Query<'_>) -> usize {
    let ordered = query.order.iter().flat_map(|(_, units)| units).map(order_aggregates).sum::<usize>();
    let aggregates = query.select.iter().filter(|(aggregate, _)| *aggregate != 0).count()
        + query.filter.iter().step_by(2).filter(|item| item.condition().is_none_or(|found| found.negated)).count()
        + query.group.iter().filter(|unit| has_aggregate(unit)).count()
        + ordered
        + query.having.iter().filter(|item| item.condition().is_none_or(|found| found.negated)).count();
    [aggregates, query.select.len(), query.filter.len(), query.group.len()]
        .into_iter()
        .filter(|count| *count > 1)
        .count()
}

fn order_aggregates(unit: &ValueUnit) -> usize {
    usize::from(has_aggregate(&unit.left)) + usize::from(unit.right.as_ref().is_some_and(has_aggregate))
}

fn has_aggregate(unit: &ColumnUnit) -> bool {
    unit.aggregate != 0
}
