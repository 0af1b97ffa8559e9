//! Syntax tree → [`Query`]: names become ids, joins become equalities, conditions become a tree without NOT.
//!
//! Every function returns a value; what cannot be resolved is put into `findings` and a stand-in takes its place, so
//! that one reading finds all faults. A query with findings is never handed out.

mod beyond;
mod condition;
mod expr;
mod from;
mod scope;
mod select;

use sqlparser::ast::{self, LimitClause, OrderBy, OrderByKind, OrderBySort, SetExpr, SetQuantifier};

use super::parse::{refused, writes};
use super::{Dialect, ParseError, ParseOptions, walk};
use crate::query::{Expr, Literal, OrderKey, Query, Select, SetOperator};
use crate::schema::Schema;
use scope::{Frame, nothing};
use select::Arm;

/// One reading of one statement.
pub(super) struct Resolver<'s> {
    schema: &'s Schema,
    options: ParseOptions,
    frames: Vec<Frame>,
    findings: Vec<ParseError>,
    /// Whether values that no [`Query`] can hold are judged by their parts instead of being refused.
    judging: bool,
    /// Whether a window function may stand here: in a select list, outside of aggregates.
    windows: bool,
}

/// A query with the names of its outputs.
struct Named {
    query: Query,
    outputs: Vec<Option<String>>,
}

impl<'s> Resolver<'s> {
    pub(super) fn new(schema: &'s Schema, options: ParseOptions) -> Self {
        Self { schema, options, frames: Vec::new(), findings: Vec::new(), judging: false, windows: false }
    }

    /// One that only judges: the query that it makes holds stand-ins and is not to be used.
    pub(super) fn judge(schema: &'s Schema, options: ParseOptions) -> Self {
        Self { judging: true, ..Self::new(schema, options) }
    }

    pub(super) fn into_findings(self) -> Vec<ParseError> {
        self.findings
    }

    /// The whole statement.
    pub(super) fn statement(&mut self, tree: &ast::Query) -> Query {
        self.query(tree).query
    }

    fn unresolved(&mut self, what: String) {
        self.findings.push(ParseError::Unresolved { what });
    }

    fn unsupported(&mut self, what: &str) {
        self.findings.push(ParseError::Unsupported { what: what.to_owned() });
    }

    fn unsupported_if(&mut self, present: bool, what: &str) {
        if present {
            self.unsupported(what);
        }
    }

    fn query(&mut self, tree: &ast::Query) -> Named {
        self.outside(tree);
        let mut flat = Vec::new();
        self.flatten(&tree.body, None, &mut flat);
        let mut arms: Vec<(SetOperator, Arm)> =
            flat.into_iter().map(|(operator, select)| (operator, self.arm(select))).collect();
        let order_by = match &tree.order_by {
            Some(order) => self.order(order, &mut arms),
            None => Vec::new(),
        };
        let limit = tree.limit_clause.as_ref().and_then(|clause| self.limit(clause));
        let mut arms = arms.into_iter();
        let (first, outputs) = match arms.next() {
            Some((_, arm)) => (arm.select, arm.outputs),
            None => (Select::nothing(), Vec::new()),
        };
        let rest = arms.map(|(operator, arm)| (operator, arm.select)).collect();
        Named { query: Query { first, rest, order_by, limit }, outputs }
    }

    /// What stands around the body and is not ORDER BY or LIMIT.
    fn outside(&mut self, tree: &ast::Query) {
        if let Some(with) = &tree.with {
            match with.cte_tables.iter().any(|table| writes(&table.query.body)) {
                true => self.findings.push(refused("WITH a statement that writes")),
                false => self.unsupported("WITH"),
            }
        }
        if !tree.locks.is_empty() {
            self.findings.push(refused("FOR UPDATE or FOR SHARE"));
        }
        self.unsupported_if(tree.fetch.is_some(), "FETCH");
        let foreign = tree.for_clause.is_some() || tree.settings.is_some() || tree.format_clause.is_some();
        self.unsupported_if(foreign || !tree.pipe_operators.is_empty(), "another dialect's clause");
    }

    /// The arms from left to right. SQLite applies set operators in that order whatever they are; the others bind
    /// INTERSECT tighter, so there a tree that leans right is not a list.
    fn flatten<'t>(
        &mut self,
        body: &'t SetExpr,
        operator: Option<SetOperator>,
        arms: &mut Vec<(SetOperator, &'t ast::Select)>,
    ) {
        let joined = operator.unwrap_or(SetOperator::Union);
        match body {
            SetExpr::Select(select) => arms.push((joined, select)),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let own = self.operator(*op, *set_quantifier);
                self.flatten(left, operator, arms);
                let leaning = matches!(**right, SetExpr::SetOperation { .. });
                self.unsupported_if(leaning && self.options.dialect != Dialect::Sqlite, "INTERSECT after UNION");
                self.flatten(right, Some(own), arms);
            }
            SetExpr::Query(query) => {
                self.outside(query);
                let plain = query.order_by.is_none() && query.limit_clause.is_none();
                self.unsupported_if(!plain, "ORDER BY or LIMIT inside an arm");
                let compound = matches!(*query.body, SetExpr::SetOperation { .. });
                self.unsupported_if(compound && operator.is_some(), "brackets around the right arms");
                self.flatten(&query.body, operator, arms);
            }
            body if writes(body) => self.findings.push(refused("a statement that writes")),
            _ => self.unsupported("VALUES or TABLE"),
        }
    }

    fn operator(&mut self, operator: ast::SetOperator, quantifier: SetQuantifier) -> SetOperator {
        let all = match quantifier {
            SetQuantifier::None | SetQuantifier::Distinct => false,
            SetQuantifier::All => true,
            _ => {
                self.unsupported("BY NAME");
                false
            }
        };
        self.unsupported_if(all && operator != ast::SetOperator::Union, "INTERSECT ALL and EXCEPT ALL");
        match operator {
            ast::SetOperator::Union if all => SetOperator::UnionAll,
            ast::SetOperator::Union => SetOperator::Union,
            ast::SetOperator::Intersect => SetOperator::Intersect,
            ast::SetOperator::Except => SetOperator::Except,
            ast::SetOperator::Minus => {
                self.unsupported("MINUS");
                SetOperator::Except
            }
        }
    }

    fn order(&mut self, order: &OrderBy, arms: &mut [(SetOperator, Arm)]) -> Vec<OrderKey> {
        let OrderByKind::Expressions(keys) = &order.kind else {
            self.unsupported("ORDER BY ALL");
            return Vec::new();
        };
        let mut resolved = Vec::with_capacity(keys.len());
        for key in keys {
            self.unsupported_if(key.options.nulls_first.is_some(), "NULLS FIRST and NULLS LAST");
            self.unsupported_if(matches!(key.options.sort, Some(OrderBySort::Using(_))), "ORDER BY USING");
            let descending = matches!(key.options.sort, Some(OrderBySort::Desc));
            let expr = match arms {
                [(_, arm)] => self.key(&key.expr, arm),
                _ => self.compound_key(&key.expr, arms),
            };
            resolved.push(OrderKey { expr, descending });
        }
        resolved
    }

    /// A sort key of a single select: an ordinal, an output's alias, or any expression.
    fn key(&mut self, key: &ast::Expr, arm: &mut Arm) -> Expr {
        if let Some(expr) = self.ordinal(key, arm) {
            return expr;
        }
        if let ast::Expr::Identifier(ident) = key {
            let alias = arm.frame.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&ident.value));
            if let Some((_, expr)) = alias {
                return expr.clone();
            }
        }
        self.inside(arm, |this| this.expr(key))
    }

    /// A sort key of a compound: it must be an output, by ordinal, name or expression.
    fn compound_key(&mut self, key: &ast::Expr, arms: &mut [(SetOperator, Arm)]) -> Expr {
        if let Some(expr) = self.ordinal(key, &arms[0].1) {
            return expr;
        }
        if let ast::Expr::Identifier(ident) = key
            && let Some(expr) = named_item(&arms[0].1, &ident.value)
        {
            return expr;
        }
        let before = self.findings.len();
        let mut found = None;
        for index in 0..arms.len() {
            let expr = self.inside(&mut arms[index].1, |this| this.expr(key));
            if self.findings.len() == before {
                found = arms[index].1.select.items.iter().position(|item| *item == expr);
                let starred = index == 0 && arms[0].1.select.items.iter().any(|item| matches!(item, Expr::Star(_)));
                if starred && matches!(expr, Expr::Column(_)) {
                    return expr;
                }
            }
            self.findings.truncate(before);
            if found.is_some() {
                break;
            }
        }
        match found.and_then(|item| arms[0].1.select.items.get(item)) {
            Some(item) => item.clone(),
            None => {
                self.unresolved("an ORDER BY term matches no column of the result".to_owned());
                nothing()
            }
        }
    }

    /// `ORDER BY 2`, `GROUP BY 2`: the second output.
    fn ordinal(&mut self, key: &ast::Expr, arm: &Arm) -> Option<Expr> {
        let number = number_of(key)?;
        let starred = arm.select.items.iter().any(|item| matches!(item, Expr::Star(_)));
        let item = number.checked_sub(1).and_then(|index| arm.select.items.get(index));
        match item {
            Some(item) if !starred => Some(item.clone()),
            _ => {
                self.unresolved(format!("no output {number} to sort or group by"));
                Some(nothing())
            }
        }
    }

    /// Runs `read` with the arm's scope innermost.
    fn inside<T>(&mut self, arm: &mut Arm, read: impl FnOnce(&mut Self) -> T) -> T {
        self.frames.push(std::mem::take(&mut arm.frame));
        let result = read(self);
        arm.frame = self.frames.pop().unwrap_or_default();
        result
    }

    fn limit(&mut self, clause: &LimitClause) -> Option<u64> {
        let LimitClause::LimitOffset { limit: Some(limit), offset: None, limit_by } = clause else {
            self.unsupported("OFFSET");
            return None;
        };
        self.unsupported_if(!limit_by.is_empty(), "LIMIT BY");
        let number = match self.expr(limit) {
            Expr::Literal(Literal::Number(number)) => number.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.unsupported("a LIMIT that is not a whole number");
        }
        number
    }

    /// A subquery that must return one column.
    fn scalar(&mut self, tree: &ast::Query) -> Box<Query> {
        let query = self.query(tree).query;
        if self.findings.is_empty() && walk::width(&query.first, self.schema) != 1 {
            self.findings
                .push(ParseError::Invalid { what: "a subquery with more than one column as a value".to_owned() });
        }
        Box::new(query)
    }
}

/// A bare whole number.
fn number_of(key: &ast::Expr) -> Option<usize> {
    match key {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::Number(number, _) => number.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// The item of an arm without stars whose output has this name.
fn named_item(arm: &Arm, name: &str) -> Option<Expr> {
    if arm.outputs.len() != arm.select.items.len() {
        return None;
    }
    let position =
        arm.outputs.iter().position(|output| output.as_deref().is_some_and(|o| o.eq_ignore_ascii_case(name)))?;
    arm.select.items.get(position).cloned()
}
