//! Values that no [`Query`](crate::query::Query) can hold but every database takes: CASE, CAST, COALESCE, a few functions
//! of one value, ranks over a window. They are judged by their parts: all names resolve, aggregates stand where they may.
//!
//! The stand-in is a sum of the parts, so that the rules find what is inside it and nobody takes it for a column.

use sqlparser::ast::{
    self, DataType, FunctionArg, FunctionArgExpr, FunctionArgumentList, ObjectName, OrderBySort, WindowType,
};

use super::Resolver;
use crate::query::{ArithmeticOperator, Condition, Expr, Literal, Predicate, Set};
use crate::sql::{Dialect, walk};

impl Resolver<'_> {
    /// CASE WHEN … THEN … ELSE … END.
    pub(super) fn case(&mut self, branches: &[ast::CaseWhen], otherwise: Option<&ast::Expr>) -> Expr {
        let mut parts = Vec::new();
        for branch in branches {
            let condition = self.condition(&branch.condition, false);
            self.parts_of_condition(&condition, &mut parts);
            parts.push(self.expr(&branch.result));
        }
        parts.extend(otherwise.map(|tree| self.expr(tree)));
        sum(parts)
    }

    fn parts_of_condition(&mut self, condition: &Condition, parts: &mut Vec<Expr>) {
        let mut nested = false;
        walk::each_predicate(condition, &mut |predicate| {
            parts.extend(walk::operands(predicate).into_iter().cloned());
            nested |= matches!(predicate, Predicate::Exists { .. } | Predicate::In { set: Set::Query(_), .. });
        });
        self.unsupported_if(nested, "IN and EXISTS with a query inside CASE");
    }

    /// CAST(… AS type) to a type that the dialect has.
    pub(super) fn cast(&mut self, tree: &ast::Expr, data_type: &DataType) -> Expr {
        let known = match (self.options.dialect, data_type) {
            (Dialect::MySql, DataType::Signed | DataType::Char(None)) => true,
            (Dialect::MySql, _) => false,
            (Dialect::Postgres, DataType::Numeric(ast::ExactNumberInfo::None)) => true,
            (_, DataType::Integer(None) | DataType::Real | DataType::Text) => true,
            _ => false,
        };
        self.unsupported_if(!known, "CAST to this type");
        let value = self.expr(tree);
        sum(vec![value])
    }

    /// Whether this is a function that only judging knows.
    pub(super) fn is_beyond(&self, name: &str, arguments: usize) -> bool {
        match name {
            "coalesce" => arguments >= 2,
            "abs" | "round" | "length" | "lower" | "upper" => arguments == 1,
            _ => false,
        }
    }

    /// The arguments of such a function.
    pub(super) fn parts_of_call(&mut self, arguments: &[FunctionArg]) -> Expr {
        let mut parts = Vec::with_capacity(arguments.len());
        for argument in arguments {
            parts.push(match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(tree)) => self.expr(tree),
                _ => self.no_value("this kind of argument"),
            });
        }
        sum(parts)
    }

    /// A rank over a window, in a select list.
    pub(super) fn window(&mut self, call: &ast::Function, list: &FunctionArgumentList, window: &WindowType) -> Expr {
        let WindowType::WindowSpec(window) = window else { return self.no_value("a named window") };
        let bare = list.args.is_empty() && list.clauses.is_empty() && list.duplicate_treatment.is_none();
        let odd = window.window_name.is_some() || window.window_frame.is_some();
        if !bare || odd || !self.windows || !is_rank(&call.name) {
            return self.no_value("this window function, or a window function here");
        }
        let mut parts: Vec<Expr> = window.partition_by.iter().map(|tree| self.expr(tree)).collect();
        for key in &window.order_by {
            let sort = matches!(key.options.sort, None | Some(OrderBySort::Asc | OrderBySort::Desc));
            self.unsupported_if(!sort || key.options.nulls_first.is_some(), "this order of a window");
            parts.push(self.expr(&key.expr));
        }
        sum(parts)
    }
}

fn is_rank(name: &ObjectName) -> bool {
    matches!(name.to_string().to_ascii_lowercase().as_str(), "row_number" | "rank" | "dense_rank")
}

/// A value made of these and of nothing else.
fn sum(parts: Vec<Expr>) -> Expr {
    let nothing = Expr::Literal(Literal::Number("0".to_owned()));
    parts.into_iter().fold(nothing, |sum, part| Expr::Arithmetic {
        operator: ArithmeticOperator::Add,
        left: Box::new(sum),
        right: Box::new(part),
    })
}
