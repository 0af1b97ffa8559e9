//! What the official script takes out of two queries before it compares them: values, DISTINCT, and foreign-key twins.
//!
//! Quirk: values go out of nested conditions too, but DISTINCT and foreign keys are evened out only in the outer query
//! and its INTERSECT/UNION/EXCEPT arms; queries in FROM are left whole.

use super::tree::{ColumnUnit, Item, Query, Source, Value, ValueUnit};
use crate::tables::{Column, Tables};

/// Prepares a query for comparison.
pub(crate) fn rebuild(query: &mut Query<'_>, tables: &Tables) {
    drop_values(query);
    let named: Vec<u16> = query.sources.iter().filter_map(table_of).collect();
    Keys { tables, named }.even_out(query);
}

fn table_of(source: &Source<'_>) -> Option<u16> {
    match source {
        Source::Table(table) => Some(*table),
        Source::Query(_) => None,
    }
}

fn drop_values(query: &mut Query<'_>) {
    for list in [&mut query.joins, &mut query.filter, &mut query.having] {
        for item in list.iter_mut().step_by(2) {
            if let Item::Condition(condition) = item {
                drop_value(&mut condition.first);
                drop_value(&mut condition.second);
            }
        }
    }
    for arm in [&mut query.intersect, &mut query.union, &mut query.except].into_iter().flatten() {
        drop_values(arm);
    }
}

fn drop_value(value: &mut Value<'_>) {
    match value {
        Value::Query(query) => drop_values(query),
        other => *other = Value::Nothing,
    }
}

/// The tables of the outermost FROM; only their columns are exchanged for their foreign-key representatives.
struct Keys<'s> {
    tables: &'s Tables,
    named: Vec<u16>,
}

impl Keys<'_> {
    fn even_out(&self, query: &mut Query<'_>) {
        query.distinct = false;
        query.select.iter_mut().for_each(|(_, unit)| self.value_unit(unit));
        for list in [&mut query.joins, &mut query.filter, &mut query.having] {
            for item in list.iter_mut().step_by(2) {
                if let Item::Condition(condition) = item {
                    self.value_unit(&mut condition.unit);
                }
            }
        }
        query.group.iter_mut().for_each(|unit| self.column_unit(unit));
        query.order.iter_mut().flat_map(|(_, units)| units).for_each(|unit| self.value_unit(unit));
        for arm in [&mut query.intersect, &mut query.union, &mut query.except].into_iter().flatten() {
            self.even_out(arm);
        }
    }

    fn value_unit(&self, unit: &mut ValueUnit) {
        self.column_unit(&mut unit.left);
        unit.right.iter_mut().for_each(|right| self.column_unit(right));
    }

    fn column_unit(&self, unit: &mut ColumnUnit) {
        unit.distinct = false;
        if unit.column != Column::STAR && self.named.contains(&unit.column.table) {
            unit.column = self.tables.representative(unit.column);
        }
    }
}
