//! Values: columns, constants, arithmetic, the allowed functions, subqueries. A function off the list is refused.

use sqlparser::ast::{
    self, BinaryOperator, DateTimeField, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArguments,
    UnaryOperator, Value,
};

use super::Resolver;
use super::scope::nothing;
use crate::query::{Aggregate, ArithmeticOperator, DatePart, Expr, Literal, Target};
use crate::schema::ColumnKind;
use crate::sql::{Dialect, ParseError};

impl Resolver<'_> {
    pub(super) fn expr(&mut self, tree: &ast::Expr) -> Expr {
        match tree {
            ast::Expr::Identifier(ident) => self.bare(ident),
            ast::Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [qualifier, name] => self.qualified(qualifier, name),
                _ => self.no_value("a name of more than two parts"),
            },
            ast::Expr::Nested(inner) => self.expr(inner),
            ast::Expr::Value(value) => self.literal(&value.value),
            ast::Expr::TypedString(typed) => self.literal(&typed.value.value),
            ast::Expr::UnaryOp { op, expr } => self.signed(*op, expr),
            ast::Expr::BinaryOp { left, op, right } => self.arithmetic(left, op, right),
            ast::Expr::Extract { field, expr, .. } => self.extract(field, expr),
            ast::Expr::Subquery(query) => Expr::Query(self.scalar(query)),
            ast::Expr::Function(function) => self.function(function),
            ast::Expr::Case { operand: None, conditions, else_result, .. } if self.judging => {
                self.case(conditions, else_result.as_deref())
            }
            ast::Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, format: None } if self.judging => {
                self.cast(expr, data_type)
            }
            ast::Expr::Case { .. } => self.no_value("CASE"),
            ast::Expr::Cast { .. } => self.no_value("CAST"),
            _ => self.no_value("this kind of value"),
        }
    }

    pub(super) fn no_value(&mut self, what: &str) -> Expr {
        self.unsupported(what);
        nothing()
    }

    fn literal(&mut self, value: &Value) -> Expr {
        Expr::Literal(match value {
            Value::Number(number, false) => Literal::Number(number.clone()),
            Value::SingleQuotedString(text) => Literal::Text(text.clone()),
            Value::DoubleQuotedString(text) if self.options.dialect != Dialect::Postgres => Literal::Text(text.clone()),
            Value::Boolean(true) => Literal::Number("1".to_owned()),
            Value::Boolean(false) => Literal::Number("0".to_owned()),
            Value::Null => return self.no_value("NULL as a value"),
            _ => return self.no_value("this kind of constant"),
        })
    }

    /// A sign belongs to a constant; before anything else it is not supported.
    fn signed(&mut self, operator: UnaryOperator, tree: &ast::Expr) -> Expr {
        match (operator, self.expr(tree)) {
            (UnaryOperator::Plus, value) => value,
            (UnaryOperator::Minus, Expr::Literal(Literal::Number(number))) if !number.starts_with('-') => {
                Expr::Literal(Literal::Number(format!("-{number}")))
            }
            _ => self.no_value("a sign before something that is not a number"),
        }
    }

    fn arithmetic(&mut self, left: &ast::Expr, operator: &BinaryOperator, right: &ast::Expr) -> Expr {
        let operator = match operator {
            BinaryOperator::Plus => ArithmeticOperator::Add,
            BinaryOperator::Minus => ArithmeticOperator::Subtract,
            BinaryOperator::Multiply => ArithmeticOperator::Multiply,
            BinaryOperator::Divide => ArithmeticOperator::Divide,
            _ => return self.no_value("this operator"),
        };
        Expr::Arithmetic { operator, left: Box::new(self.expr(left)), right: Box::new(self.expr(right)) }
    }

    fn extract(&mut self, field: &DateTimeField, tree: &ast::Expr) -> Expr {
        let part = match field {
            DateTimeField::Year => DatePart::Year,
            DateTimeField::Month => DatePart::Month,
            DateTimeField::Day => DatePart::Day,
            _ => return self.no_value("this part of a date"),
        };
        self.date_part(part, tree)
    }

    /// A part of a date; in Postgres the date may stand in a cast.
    fn date_part(&mut self, part: DatePart, tree: &ast::Expr) -> Expr {
        let inner = match tree {
            ast::Expr::Cast { expr, data_type: ast::DataType::Date, format: None, .. } => expr,
            other => other,
        };
        Expr::DatePart { part, argument: Box::new(self.expr(inner)) }
    }

    fn function(&mut self, tree: &ast::Function) -> Expr {
        let plain = !tree.uses_odbc_syntax
            && matches!(tree.parameters, FunctionArguments::None)
            && tree.within_group.is_empty()
            && tree.filter.is_none()
            && tree.null_treatment.is_none();
        let FunctionArguments::List(list) = &tree.args else {
            return self.no_value("a function without a list of arguments");
        };
        if let (true, Some(window)) = (plain && self.judging, &tree.over) {
            return self.window(tree, list, window);
        }
        if !plain || tree.over.is_some() || !list.clauses.is_empty() {
            return self.no_value("a window function or a function with clauses");
        }
        let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        let name = tree.name.to_string().to_ascii_lowercase();
        match (aggregate(&name), list.args.as_slice()) {
            (Some(function), [argument]) => self.aggregate(function, distinct, argument),
            (None, arguments) if !distinct && self.judging && self.is_beyond(&name, arguments.len()) => {
                self.parts_of_call(arguments)
            }
            (None, arguments) if !distinct => self.scalar_function(&name, arguments),
            _ => self.no_value("an aggregate with other than one argument"),
        }
    }

    fn aggregate(&mut self, function: Aggregate, distinct: bool, argument: &FunctionArg) -> Expr {
        let windows = std::mem::take(&mut self.windows);
        let argument = match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(tree)) => self.expr(tree),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if function == Aggregate::Count && !distinct => {
                Expr::Star(None)
            }
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {
                self.findings.push(ParseError::Invalid { what: "* in an aggregate that is not count(*)".to_owned() });
                nothing()
            }
            _ => self.no_value("this kind of argument"),
        };
        self.windows = windows;
        Expr::Aggregate { function, distinct, argument: Box::new(argument) }
    }

    /// The functions beside the aggregates: those that `render` writes for the parts of a date.
    fn scalar_function(&mut self, name: &str, arguments: &[FunctionArg]) -> Expr {
        let trees: Option<Vec<&ast::Expr>> = arguments
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(tree)) => Some(tree),
                _ => None,
            })
            .collect();
        let (format, date) = match (self.options.dialect, name, trees.as_deref()) {
            (Dialect::Sqlite, "strftime", Some([format, date])) => (text_of(format), *date),
            (Dialect::Postgres, "to_char", Some([date, format]))
            | (Dialect::MySql, "date_format", Some([date, format])) => (text_of(format), *date),
            (Dialect::MySql, "year" | "month" | "day" | "dayofmonth", Some([date])) => (Some(name), *date),
            _ => return self.no_value(&format!("function {name}")),
        };
        match format.and_then(date_format) {
            Some(part) => self.date_part(part, date),
            None => self.no_value("this format of a date"),
        }
    }

    /// The kind of a column of the schema.
    pub(super) fn kind_of(&self, expr: &Expr) -> Option<ColumnKind> {
        match expr {
            Expr::Column(column) => match column.target {
                Target::Column(id) => Some(self.schema.column(id).kind),
                Target::Output(_) => None,
            },
            _ => None,
        }
    }
}

fn aggregate(name: &str) -> Option<Aggregate> {
    match name {
        "count" => Some(Aggregate::Count),
        "sum" => Some(Aggregate::Sum),
        "avg" => Some(Aggregate::Avg),
        "min" => Some(Aggregate::Min),
        "max" => Some(Aggregate::Max),
        _ => None,
    }
}

/// The text of a constant, in single quotes or in double ones where those may hold text.
fn text_of(tree: &ast::Expr) -> Option<&str> {
    match tree {
        ast::Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(text),
            _ => None,
        },
        ast::Expr::Identifier(ident) if ident.quote_style == Some('"') => Some(&ident.value),
        _ => None,
    }
}

/// The part that a format of the three dialects, or a function of MySQL, stands for.
fn date_format(format: &str) -> Option<DatePart> {
    match format {
        "%Y" | "YYYY" | "year" => Some(DatePart::Year),
        "%Y-%m" | "YYYY-MM" => Some(DatePart::YearMonth),
        "%m" | "MM" | "month" => Some(DatePart::Month),
        "%d" | "DD" | "day" | "dayofmonth" => Some(DatePart::Day),
        _ => None,
    }
}
