//! Moves the references to one select from the places of mentions to the places of sources.

use crate::query::{Condition, Expr, Predicate, Query, Select, Set, Source, Target};

/// Moves references to one select, from within it and from the selects inside it.
pub(super) struct Mover<'a> {
    /// For each old place the new one.
    pub(super) moves: &'a [usize],
    /// How many selects out the select in question is.
    pub(super) depth: usize,
}

impl Mover<'_> {
    fn query(&mut self, query: &mut Query) {
        self.depth += 1;
        self.select(&mut query.first);
        for (_, select) in &mut query.rest {
            self.select(select);
        }
        for key in &mut query.order_by {
            self.expr(&mut key.expr);
        }
        self.depth -= 1;
    }

    pub(super) fn select(&mut self, select: &mut Select) {
        for source in &mut select.from.sources {
            if let Source::Query(query) = source {
                self.query(query);
            }
        }
        for expr in select.items.iter_mut().chain(&mut select.group_by) {
            self.expr(expr);
        }
        for condition in [&mut select.filter, &mut select.having].into_iter().flatten() {
            self.condition(condition);
        }
    }

    fn condition(&mut self, condition: &mut Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter_mut().for_each(|part| self.condition(part)),
            Condition::Test(predicate) => self.predicate(predicate),
        }
    }

    fn predicate(&mut self, predicate: &mut Predicate) {
        match predicate {
            Predicate::Compare { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Predicate::Between { expr, low, high, .. } => {
                self.expr(expr);
                self.expr(low);
                self.expr(high);
            }
            Predicate::In { expr, set, .. } => {
                self.expr(expr);
                if let Set::Query(query) = set {
                    self.query(query);
                }
            }
            Predicate::Like { expr, .. } | Predicate::IsNull { expr, .. } => self.expr(expr),
            Predicate::Exists { query, .. } => self.query(query),
        }
    }

    pub(super) fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Column(column) => {
                if let (true, Target::Column(_)) = (column.depth == self.depth, column.target) {
                    column.source = self.moves.get(column.source).copied().unwrap_or(0);
                }
            }
            Expr::Aggregate { argument, .. } | Expr::DatePart { argument, .. } => self.expr(argument),
            Expr::Arithmetic { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Query(query) => self.query(query),
            Expr::Star(_) | Expr::Literal(_) => {}
        }
    }
}
