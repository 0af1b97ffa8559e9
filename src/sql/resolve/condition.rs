//! Conditions: AND and OR flattened, NOT pushed down to the tests (both hold under SQL's three-valued logic).

use sqlparser::ast::{self, BinaryOperator, InTarget, UnaryOperator};

use super::Resolver;
use super::scope::nothing;
use super::select::{all, any};
use crate::query::{Comparison, Condition, Expr, Literal, Predicate, Set};
use crate::schema::ColumnKind;
use crate::sql::Dialect;
use crate::sql::render::date_text;

impl Resolver<'_> {
    /// A condition, or its negation.
    pub(super) fn condition(&mut self, tree: &ast::Expr, negated: bool) -> Condition {
        match tree {
            ast::Expr::Nested(inner) => self.condition(inner, negated),
            ast::Expr::UnaryOp { op: UnaryOperator::Not, expr } => self.condition(expr, !negated),
            ast::Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => {
                let parts = chain(tree, op).into_iter().map(|part| self.condition(part, negated)).collect();
                let joined = if (*op == BinaryOperator::And) == negated { any(parts) } else { all(parts) };
                joined.unwrap_or_else(no_test)
            }
            other => Condition::Test(self.predicate(other, negated)),
        }
    }

    fn predicate(&mut self, tree: &ast::Expr, flip: bool) -> Predicate {
        match tree {
            ast::Expr::BinaryOp { left, op, right } => match comparison(op) {
                Some(operator) => self.compare(left, if flip { opposite(operator) } else { operator }, right),
                None => self.no_predicate("this operator as a condition"),
            },
            ast::Expr::Between { expr, negated, low, high } => {
                let expr = self.expr(expr);
                let (low, high) = (self.beside(&expr, low), self.beside(&expr, high));
                Predicate::Between { expr, negated: *negated != flip, low, high }
            }
            ast::Expr::Like { negated, any: false, expr, pattern, escape_char: None }
            | ast::Expr::ILike { negated, any: false, expr, pattern, escape_char: None } => {
                self.like(expr, *negated != flip, pattern)
            }
            ast::Expr::In { expr, target, negated, global: false } => self.is_in(expr, *negated != flip, target),
            ast::Expr::IsNull(expr) => Predicate::IsNull { expr: self.expr(expr), negated: flip },
            ast::Expr::IsNotNull(expr) => Predicate::IsNull { expr: self.expr(expr), negated: !flip },
            ast::Expr::Exists { subquery, negated } => {
                let query = Box::new(self.query(subquery).query);
                Predicate::Exists { negated: *negated != flip, query }
            }
            ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_) => self.truth(tree, flip),
            _ => self.no_predicate("this condition"),
        }
    }

    fn no_predicate(&mut self, what: &str) -> Predicate {
        self.unsupported(what);
        Predicate::IsNull { expr: nothing(), negated: true }
    }

    fn compare(&mut self, left: &ast::Expr, operator: Comparison, right: &ast::Expr) -> Predicate {
        let first = self.expr(left);
        let right = self.beside(&first, right);
        let left = adapted(first, &right);
        Predicate::Compare { left, operator, right }
    }

    /// `WHERE active`: a boolean column alone.
    fn truth(&mut self, tree: &ast::Expr, flip: bool) -> Predicate {
        let expr = self.expr(tree);
        if self.kind_of(&expr) != Some(ColumnKind::Boolean) {
            return self.no_predicate("a value as a condition");
        }
        let right = Expr::Literal(Literal::Number(if flip { "0" } else { "1" }.to_owned()));
        Predicate::Compare { left: expr, operator: Comparison::Equal, right }
    }

    fn like(&mut self, tree: &ast::Expr, negated: bool, pattern: &ast::Expr) -> Predicate {
        let expr = match tree {
            ast::Expr::Cast { expr: inner, data_type, format: None, .. }
                if self.options.dialect == Dialect::Postgres && is_text(data_type) =>
            {
                self.expr(inner)
            }
            other => self.expr(other),
        };
        let pattern = match self.expr(pattern) {
            Expr::Literal(Literal::Text(text) | Literal::Number(text)) => self.pattern(text),
            _ => {
                self.unsupported("LIKE with a pattern that is not a constant");
                String::new()
            }
        };
        Predicate::Like { expr, negated, pattern }
    }

    /// A pattern as SQLite means it: there a backslash is a plain character, elsewhere it escapes the next one.
    fn pattern(&mut self, text: String) -> String {
        if self.options.dialect == Dialect::Sqlite || !text.contains('\\') {
            return text;
        }
        let mut plain = String::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match (character, characters.clone().next()) {
                ('\\', Some('\\')) => plain.extend(characters.next()),
                ('\\', _) => self.unsupported("an escaped wildcard in LIKE"),
                (other, _) => plain.push(other),
            }
        }
        plain
    }

    fn is_in(&mut self, tree: &ast::Expr, negated: bool, target: &InTarget) -> Predicate {
        let expr = self.expr(tree);
        let set = match target {
            InTarget::Subquery(query) => Set::Query(self.scalar(query)),
            InTarget::List(trees) if !trees.is_empty() => Set::List(self.constants(&expr, trees)),
            _ => {
                self.unsupported("IN without a list or a query");
                Set::List(Vec::new())
            }
        };
        Predicate::In { expr, negated, set }
    }

    fn constants(&mut self, expr: &Expr, trees: &[ast::Expr]) -> Vec<Literal> {
        let mut literals = Vec::with_capacity(trees.len());
        for tree in trees {
            match self.beside(expr, tree) {
                Expr::Literal(literal) => literals.push(literal),
                _ => self.unsupported("IN with values that are not constants"),
            }
        }
        literals
    }

    /// A value that is compared with `expr`.
    fn beside(&mut self, expr: &Expr, tree: &ast::Expr) -> Expr {
        let value = self.expr(tree);
        adapted(value, expr)
    }
}

/// A value as it must stand beside `other`: the parts of a date are text.
fn adapted(value: Expr, other: &Expr) -> Expr {
    match (&value, other) {
        (Expr::Literal(Literal::Number(number)), Expr::DatePart { part, .. }) => match date_text(*part, number) {
            Some(text) => Expr::Literal(Literal::Text(text)),
            None => value,
        },
        _ => value,
    }
}

fn no_test() -> Condition {
    Condition::Test(Predicate::IsNull { expr: nothing(), negated: true })
}

/// The parts of a chain of one operator, in order.
fn chain<'t>(tree: &'t ast::Expr, operator: &BinaryOperator) -> Vec<&'t ast::Expr> {
    let mut parts = Vec::new();
    let mut rest = tree;
    while let ast::Expr::BinaryOp { left, op, right } = rest
        && op == operator
    {
        parts.push(&**right);
        rest = left;
    }
    parts.push(rest);
    parts.reverse();
    parts
}

fn comparison(operator: &BinaryOperator) -> Option<Comparison> {
    match operator {
        BinaryOperator::Eq => Some(Comparison::Equal),
        BinaryOperator::NotEq => Some(Comparison::NotEqual),
        BinaryOperator::Lt => Some(Comparison::Less),
        BinaryOperator::LtEq => Some(Comparison::LessOrEqual),
        BinaryOperator::Gt => Some(Comparison::Greater),
        BinaryOperator::GtEq => Some(Comparison::GreaterOrEqual),
        _ => None,
    }
}

fn opposite(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

fn is_text(data_type: &ast::DataType) -> bool {
    matches!(data_type, ast::DataType::Text | ast::DataType::Varchar(None))
}
