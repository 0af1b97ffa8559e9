//! The rules that a resolved query must keep so that every database takes it. All findings, not the first.

use super::walk;
use crate::query::{Condition, Expr, Predicate, Query, Select, Set, SetOperator, Source};
use crate::schema::Schema;

/// SQLite joins at most this many tables.
const MAX_SOURCES: usize = 64;

/// SQLite compounds at most this many selects.
const MAX_ARMS: usize = 500;

/// What is wrong with a query although all of its names resolve; empty when nothing is.
pub fn violations(query: &Query, schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    Rules { schema, found: &mut found }.query(query);
    found
}

struct Rules<'r> {
    schema: &'r Schema,
    found: &'r mut Vec<String>,
}

impl Rules<'_> {
    fn say(&mut self, wrong: bool, what: &str) {
        if wrong {
            self.found.push(what.to_owned());
        }
    }

    fn query(&mut self, query: &Query) {
        let width = walk::width(&query.first, self.schema);
        self.select(&query.first);
        for (_, select) in &query.rest {
            self.select(select);
            let differs = walk::width(select, self.schema) != width;
            self.say(differs, "the arms of a set operation differ in their number of columns");
        }
        let loose = query.rest.iter().position(|(operator, _)| *operator != SetOperator::Intersect);
        let tight = query.rest.iter().rposition(|(operator, _)| *operator == SetOperator::Intersect);
        let mixed = loose.zip(tight).is_some_and(|(loose, tight)| loose < tight);
        self.say(mixed, "INTERSECT after UNION or EXCEPT, which databases read in different orders");
        self.say(query.rest.len() >= MAX_ARMS, "more than 500 selects in one set operation");
        let keys: Vec<&Expr> = query.order_by.iter().map(|key| &key.expr).collect();
        for key in &keys {
            self.expr(key, false);
        }
        if query.rest.is_empty() {
            let grouped = !query.first.group_by.is_empty() || query.first.items.iter().any(walk::has_aggregate);
            let misplaced = !grouped && keys.iter().any(|key| walk::has_aggregate(key));
            self.say(misplaced, "an aggregate in ORDER BY, but no groups");
        } else {
            let starred = query.first.items.iter().any(|item| matches!(item, Expr::Star(_)));
            let foreign = keys.iter().any(|key| !query.first.items.contains(key));
            self.say(foreign && !starred, "a set operation is ordered by something that it does not return");
        }
    }

    fn select(&mut self, select: &Select) {
        self.say(select.from.sources.len() > MAX_SOURCES, "more than 64 sources in one FROM");
        self.say(select.items.is_empty(), "an empty select list");
        for source in &select.from.sources {
            if let Source::Query(query) = source {
                self.query(query);
            }
        }
        for item in &select.items {
            self.expr(item, false);
        }
        for key in &select.group_by {
            self.say(walk::has_aggregate(key), "an aggregate in GROUP BY");
            self.expr(key, false);
        }
        self.say(select.having.is_some() && select.group_by.is_empty(), "HAVING without GROUP BY");
        for (condition, in_where) in [(&select.filter, true), (&select.having, false)] {
            if let Some(condition) = condition {
                self.condition(condition, in_where);
            }
        }
    }

    fn condition(&mut self, condition: &Condition, in_where: bool) {
        walk::each_predicate(condition, &mut |predicate| {
            for expr in walk::operands(predicate) {
                self.say(in_where && walk::has_aggregate(expr), "an aggregate in WHERE");
                self.expr(expr, false);
            }
            if let Predicate::In { set: Set::Query(query), .. } = predicate {
                self.one_column(query);
            }
            if let Some(query) = walk::subquery(predicate) {
                self.query(query);
            }
        });
    }

    fn one_column(&mut self, query: &Query) {
        let many = walk::width(&query.first, self.schema) != 1;
        self.say(many, "a subquery with more than one column as a value");
    }

    fn expr(&mut self, expr: &Expr, inside_aggregate: bool) {
        match expr {
            Expr::Aggregate { argument, .. } => {
                self.say(inside_aggregate, "an aggregate inside an aggregate");
                self.say(foreign(argument), "an aggregate over nothing but columns of a select around it");
                self.expr(argument, true);
            }
            Expr::Arithmetic { left, right, .. } => {
                self.expr(left, inside_aggregate);
                self.expr(right, inside_aggregate);
            }
            Expr::DatePart { argument, .. } => self.expr(argument, inside_aggregate),
            Expr::Query(query) => {
                self.one_column(query);
                self.query(query);
            }
            Expr::Column(_) | Expr::Star(_) | Expr::Literal(_) => {}
        }
    }
}

/// Whether all columns of an aggregate's argument, and at least one, belong to selects further out: SQL then counts
/// the aggregate to that select, which is not what the tree says.
fn foreign(argument: &Expr) -> bool {
    let (mut own, mut outer) = (false, false);
    walk::expr_columns(argument, 0, &mut |level, column| match column.depth > level {
        true => outer = true,
        false => own |= column.depth == level,
    });
    outer && !own
}
