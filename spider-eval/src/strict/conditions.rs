//! Expressions and conditions in the form in which they are compared: sides, bounds and lists put in one order.

use sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, InTarget,
    UnaryOperator, Value,
};

use super::queries;
use super::scope::{Read, Scope, Unread, last_name, lower};

/// How the conditions of a list hang together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Together {
    /// By AND.
    All,
    /// By OR.
    Any,
}

impl Together {
    fn other(self) -> Self {
        if self == Self::All { Self::Any } else { Self::All }
    }
}

/// The conditions of an expression, each in compared form, for a list that hangs together so.
pub(super) fn list(expr: &Expr, scope: &Scope<'_>, together: Together) -> Read<Vec<String>> {
    let mut out = Vec::new();
    collect(expr, false, together, scope, &mut out)?;
    out.sort();
    out.dedup();
    Ok(out)
}

fn collect(expr: &Expr, negated: bool, together: Together, scope: &Scope<'_>, out: &mut Vec<String>) -> Read<()> {
    match expr {
        Expr::Nested(inner) => collect(inner, negated, together, scope, out),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => collect(expr, !negated, together, scope, out),
        Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
            let wanted = if (*op == BinaryOperator::And) == negated { Together::Any } else { Together::All };
            let mut parts = Vec::new();
            for side in [left, right] {
                collect(side, negated, wanted, scope, &mut parts)?;
            }
            push(parts, wanted, together, out);
            Ok(())
        }
        Expr::Between { expr, negated: not, low, high } => {
            let (low, value, high) = (term(low, scope)?, term(expr, scope)?, term(high, scope)?);
            let outside = *not != negated;
            let parts = if outside {
                vec![format!("lt({value},{low})"), format!("lt({high},{value})")]
            } else {
                vec![format!("le({low},{value})"), format!("le({value},{high})")]
            };
            push(parts, if outside { Together::Any } else { Together::All }, together, out);
            Ok(())
        }
        Expr::In { expr, target: InTarget::List(values), negated: not, .. } => {
            let (value, outside) = (term(expr, scope)?, *not != negated);
            let one = |other: &Expr| Ok(compared(if outside { "ne" } else { "eq" }, &value, &term(other, scope)?));
            let parts = values.iter().map(one).collect::<Read<Vec<String>>>()?;
            push(parts, if outside { Together::All } else { Together::Any }, together, out);
            Ok(())
        }
        other => {
            out.push(atom(other, negated, scope)?);
            Ok(())
        }
    }
}

/// Adds conditions that hang together one way to a list that may hang together the other way.
fn push(mut parts: Vec<String>, of: Together, into: Together, out: &mut Vec<String>) {
    parts.sort();
    parts.dedup();
    if of == into || parts.len() == 1 {
        out.append(&mut parts);
    } else {
        let name = if into.other() == Together::Any { "or" } else { "and" };
        out.push(format!("{name}({})", parts.join(",")));
    }
}

/// A condition without AND and OR.
fn atom(expr: &Expr, negated: bool, scope: &Scope<'_>) -> Read<String> {
    let not = |outside: bool, text: String| if outside { format!("not({text})") } else { text };
    Ok(match expr {
        Expr::BinaryOp { left, op, right } if comparison(op, negated).is_some() => {
            let name = comparison(op, negated).ok_or(Unread)?;
            compared(name, &term(left, scope)?, &term(right, scope)?)
        }
        Expr::IsNull(inner) => not(negated, format!("null({})", term(inner, scope)?)),
        Expr::IsNotNull(inner) => not(!negated, format!("null({})", term(inner, scope)?)),
        Expr::Like { negated: outside, any: false, expr, pattern, escape_char: None } => {
            let pattern = term(pattern, scope)?.to_ascii_lowercase(); // LIKE knows no case
            not(*outside != negated, format!("like({},{pattern})", term(expr, scope)?))
        }
        Expr::In { expr, target: InTarget::Subquery(query), negated: outside, .. } => {
            let query = queries::nested(query, scope)?;
            not(*outside != negated, format!("in({},[{query}])", term(expr, scope)?))
        }
        Expr::Exists { subquery, negated: outside } => {
            not(*outside != negated, format!("exists([{}])", queries::nested(subquery, scope)?))
        }
        other => not(negated, term(other, scope)?),
    })
}

/// The name of a comparison, turned round under NOT.
fn comparison(op: &BinaryOperator, negated: bool) -> Option<&'static str> {
    Some(match (op, negated) {
        (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true) => "eq",
        (BinaryOperator::NotEq, false) | (BinaryOperator::Eq, true) => "ne",
        (BinaryOperator::Lt, false) | (BinaryOperator::GtEq, true) => "lt",
        (BinaryOperator::LtEq, false) | (BinaryOperator::Gt, true) => "le",
        (BinaryOperator::Gt, false) | (BinaryOperator::LtEq, true) => "gt",
        (BinaryOperator::GtEq, false) | (BinaryOperator::Lt, true) => "ge",
        _ => return None,
    })
}

/// A comparison with its sides in one order.
pub(super) fn compared(name: &str, left: &str, right: &str) -> String {
    match name {
        "gt" => format!("lt({right},{left})"),
        "ge" => format!("le({right},{left})"),
        "eq" | "ne" if right < left => format!("{name}({right},{left})"),
        _ => format!("{name}({left},{right})"),
    }
}

/// An expression in compared form.
pub(super) fn term(expr: &Expr, scope: &Scope<'_>) -> Read<String> {
    match expr {
        Expr::Nested(inner) => term(inner, scope),
        Expr::Identifier(name) => match scope.column(None, &lower(name)) {
            Some(column) => Ok(column),
            None if name.quote_style == Some('"') => Ok(text(&name.value)), // SQLite's habit
            None => Err(Unread),
        },
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [owner, name] => scope.column(Some(&lower(owner)), &lower(name)).ok_or(Unread),
            _ => Err(Unread),
        },
        Expr::Value(value) => literal(&value.value),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Ok(format!("-{}", term(expr, scope)?)),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => term(expr, scope),
        Expr::BinaryOp { left, op, right } => arithmetic(left, op, right, scope),
        Expr::Function(function) => call(function, scope),
        Expr::Subquery(query) => Ok(format!("[{}]", queries::nested(query, scope)?)),
        Expr::Cast { expr, data_type, .. } => {
            Ok(format!("cast({},{})", term(expr, scope)?, data_type.to_string().to_lowercase()))
        }
        _ => Err(Unread),
    }
}

fn arithmetic(left: &Expr, op: &BinaryOperator, right: &Expr, scope: &Scope<'_>) -> Read<String> {
    let (left, right) = (term(left, scope)?, term(right, scope)?);
    match op {
        BinaryOperator::Plus | BinaryOperator::Multiply if right < left => Ok(format!("({right} {op} {left})")),
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::StringConcat => Ok(format!("({left} {op} {right})")),
        _ => Err(Unread),
    }
}

fn literal(value: &Value) -> Read<String> {
    match value {
        Value::Number(digits, _) => Ok(number(digits).unwrap_or_else(|| digits.clone())),
        Value::SingleQuotedString(words) | Value::DoubleQuotedString(words) => Ok(text(words)),
        Value::Null => Ok("null".to_owned()),
        Value::Boolean(truth) => Ok(u8::from(*truth).to_string()),
        _ => Err(Unread),
    }
}

/// A quoted value; one that is a plain number is that number, as comparing with a column makes it.
fn text(words: &str) -> String {
    number(words).filter(|number| number == words).unwrap_or_else(|| format!("'{}'", words.replace('\'', "''")))
}

/// A number in its shortest form.
fn number(digits: &str) -> Option<String> {
    let number: f64 = digits.parse().ok()?;
    (number.is_finite() && digits.starts_with(|first: char| first.is_ascii_digit() || first == '-' || first == '.'))
        .then(|| number.to_string())
}

fn call(function: &Function, scope: &Scope<'_>) -> Read<String> {
    let plain = function.over.is_none() && function.filter.is_none() && function.within_group.is_empty();
    let FunctionArguments::List(list) = &function.args else { return Err(Unread) };
    if !plain || !list.clauses.is_empty() {
        return Err(Unread);
    }
    let name = last_name(&function.name)?;
    let arguments = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => term(expr, scope),
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => Ok("*".to_owned()),
        _ => Err(Unread),
    });
    let arguments = arguments.collect::<Read<Vec<String>>>()?.join(",");
    let distinct =
        list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && !matches!(name.as_str(), "max" | "min");
    let arguments = if name == "count" && arguments == "1" { "*".to_owned() } else { arguments };
    Ok(format!("{name}({}{arguments})", if distinct { "distinct " } else { "" }))
}
