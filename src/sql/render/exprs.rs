//! Values, conditions and constants.

use super::Renderer;
use crate::query::{
    Aggregate, ArithmeticOperator, Comparison, Condition, DatePart, Expr, Literal, Predicate, Query, Set, Target,
};
use crate::schema::ColumnKind;
use crate::sql::Dialect;

impl Renderer<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Column(column) => self.column(column),
            Expr::Star(source) => self.star(*source),
            Expr::Aggregate { function, distinct, argument } => self.aggregate(*function, *distinct, argument),
            Expr::Arithmetic { operator, left, right } => {
                let tight = is_tight(*operator);
                self.operand(left, |operator| tight && !is_tight(operator));
                self.push(arithmetic_text(*operator));
                self.operand(right, |operator| tight || !is_tight(operator));
            }
            Expr::DatePart { part, argument } => self.date_part(*part, argument, false),
            Expr::Literal(literal) => self.literal(literal),
            Expr::Query(query) => self.bracketed(query),
        }
    }

    /// One side of an arithmetic operation, in brackets where `loose` says that its operator needs them.
    fn operand(&mut self, expr: &Expr, loose: impl Fn(ArithmeticOperator) -> bool) {
        let bracket = matches!(expr, Expr::Arithmetic { operator, .. } if loose(*operator));
        self.push(if bracket { "(" } else { "" });
        self.expr(expr);
        self.push(if bracket { ")" } else { "" });
    }

    fn star(&mut self, source: Option<usize>) {
        let alias = source.and_then(|source| self.scopes.last()?.aliases.get(source)?.clone());
        if let Some(alias) = alias {
            self.push(&alias);
            self.push(".");
        }
        self.push("*");
    }

    fn aggregate(&mut self, function: Aggregate, distinct: bool, argument: &Expr) {
        self.push(match function {
            Aggregate::Count => "count(",
            Aggregate::Sum => "sum(",
            Aggregate::Avg => "avg(",
            Aggregate::Min => "min(",
            Aggregate::Max => "max(",
        });
        match argument {
            Expr::Star(_) => self.push("*"),
            argument => {
                self.push(if distinct { "DISTINCT " } else { "" });
                self.expr(argument);
            }
        }
        self.push(")");
    }

    fn bracketed(&mut self, query: &Query) {
        self.push("(");
        self.query(query, &[]);
        self.push(")");
    }

    /// A part of a date; `as_text` where a number would not do.
    fn date_part(&mut self, part: DatePart, argument: &Expr, as_text: bool) {
        let numeric = part != DatePart::YearMonth && !as_text;
        match (self.dialect, numeric) {
            (Dialect::Sqlite, _) => {
                self.push(&format!("strftime('{}', ", percent_format(part)));
                self.expr(argument);
            }
            (Dialect::Postgres, true) => {
                self.push(&format!("EXTRACT({} FROM ", field(part)));
                self.as_date(argument);
            }
            (Dialect::Postgres, false) => {
                self.push("to_char(");
                self.as_date(argument);
                self.push(&format!(", '{}'", letter_format(part)));
            }
            (Dialect::MySql, true) => {
                self.push(&format!("{}(", field(part)));
                self.expr(argument);
            }
            (Dialect::MySql, false) => {
                self.push("DATE_FORMAT(");
                self.expr(argument);
                self.push(&format!(", '{}'", percent_format(part)));
            }
        }
        self.push(")");
    }

    /// Postgres takes a date out of a date only.
    fn as_date(&mut self, argument: &Expr) {
        let cast = self.kind(argument) != Some(ColumnKind::Time);
        self.push(if cast { "CAST(" } else { "" });
        self.expr(argument);
        self.push(if cast { " AS DATE)" } else { "" });
    }

    fn kind(&self, expr: &Expr) -> Option<ColumnKind> {
        match expr {
            Expr::Column(column) => match column.target {
                Target::Column(id) => self.schema.columns.get(id.index()).map(|column| column.kind),
                Target::Output(_) => None,
            },
            _ => None,
        }
    }

    /// A condition; `below_and` where an OR needs brackets.
    pub(super) fn condition(&mut self, condition: &Condition, below_and: bool) {
        match condition {
            Condition::All(parts) => self.list(parts, " AND ", |this, part| this.condition(part, true)),
            Condition::Any(parts) => {
                self.push(if below_and { "(" } else { "" });
                self.list(parts, " OR ", |this, part| this.condition(part, false));
                self.push(if below_and { ")" } else { "" });
            }
            Condition::Test(predicate) => self.predicate(predicate),
        }
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::Compare { left, operator, right } => {
                self.beside(left, right);
                self.push(comparison_text(*operator));
                self.beside(right, left);
            }
            Predicate::Between { expr, negated, low, high } => {
                self.expr(expr);
                self.push(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.beside(low, expr);
                self.push(" AND ");
                self.beside(high, expr);
            }
            Predicate::Like { expr, negated, pattern } => self.like(expr, *negated, pattern),
            Predicate::In { expr, negated, set } => self.is_in(expr, *negated, set),
            Predicate::IsNull { expr, negated } => {
                self.expr(expr);
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            Predicate::Exists { negated, query } => {
                self.push(if *negated { "NOT EXISTS " } else { "EXISTS " });
                self.bracketed(query);
            }
        }
    }

    /// LIKE ignores case in SQLite and MySQL; in Postgres that is ILIKE, which takes text only.
    fn like(&mut self, expr: &Expr, negated: bool, pattern: &str) {
        let postgres = self.dialect == Dialect::Postgres;
        match expr {
            Expr::DatePart { part, argument } => self.date_part(*part, argument, true),
            other if postgres && self.kind(other) != Some(ColumnKind::Text) => {
                self.push("CAST(");
                self.expr(other);
                self.push(" AS TEXT)");
            }
            other => self.expr(other),
        }
        self.push(if negated { " NOT " } else { " " });
        self.push(if postgres { "ILIKE " } else { "LIKE " });
        match self.dialect {
            Dialect::Sqlite => self.text(pattern),
            Dialect::Postgres | Dialect::MySql => self.text(&pattern.replace('\\', "\\\\")),
        }
    }

    fn is_in(&mut self, expr: &Expr, negated: bool, set: &Set) {
        self.expr(expr);
        self.push(if negated { " NOT IN " } else { " IN " });
        match set {
            Set::Query(query) => self.bracketed(query),
            Set::List(literals) => {
                self.push("(");
                self.list(literals, ", ", |this, literal| this.literal_beside(literal, expr));
                self.push(")");
            }
        }
    }

    /// A value compared with `other`.
    fn beside(&mut self, expr: &Expr, other: &Expr) {
        match expr {
            Expr::Literal(literal) => self.literal_beside(literal, other),
            expr => self.expr(expr),
        }
    }

    /// A constant as its other side wants it: parts of a date are text in SQLite and numbers elsewhere, truth values
    /// are words in Postgres.
    fn literal_beside(&mut self, literal: &Literal, other: &Expr) {
        if let Expr::DatePart { part, .. } = other {
            return self.date_literal(literal, *part);
        }
        let boolean = self.dialect == Dialect::Postgres && self.kind(other) == Some(ColumnKind::Boolean);
        match literal {
            Literal::Number(number) if boolean && number == "1" => self.push("TRUE"),
            Literal::Number(number) if boolean && number == "0" => self.push("FALSE"),
            literal => self.literal(literal),
        }
    }

    fn date_literal(&mut self, literal: &Literal, part: DatePart) {
        let (Literal::Text(text) | Literal::Number(text)) = literal;
        let text = match literal {
            Literal::Number(number) => date_text(part, number).unwrap_or_else(|| number.clone()),
            Literal::Text(_) => text.clone(),
        };
        let number = text.trim_start_matches('0');
        let number = if number.is_empty() { "0" } else { number };
        let canonical = date_text(part, number).is_some_and(|padded| padded == text);
        match canonical && self.dialect != Dialect::Sqlite {
            true => self.push(number),
            false => self.text(&text),
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Number(number) if is_number(number) => self.push(number),
            Literal::Number(text) | Literal::Text(text) => self.text(text),
        }
    }

    /// A text constant. NUL, which would end the statement, is dropped; MySQL's backslash is doubled.
    fn text(&mut self, text: &str) {
        self.out.push('\'');
        for character in text.chars() {
            match character {
                '\0' => {}
                '\'' => self.out.push_str("''"),
                '\\' if self.dialect == Dialect::MySql => self.out.push_str("\\\\"),
                other => self.out.push(other),
            }
        }
        self.out.push('\'');
    }
}

/// The text that a number beside a part of a date stands for: `2024`, or two digits. None for anything else.
pub(in crate::sql) fn date_text(part: DatePart, number: &str) -> Option<String> {
    let value: u32 = number.parse().ok()?;
    match part {
        DatePart::Year if (1000..=9999).contains(&value) => Some(value.to_string()),
        DatePart::Month | DatePart::Day if value < 100 => Some(format!("{value:02}")),
        _ => None,
    }
}

/// Whether a number is spelled as all dialects read it: `3`, `-2.50`, `.5`, `1e6`.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.trim_start_matches(['+', '-']))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !whole.is_empty() || !fraction.is_empty();
    some && digits(whole)
        && digits(fraction)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

fn is_tight(operator: ArithmeticOperator) -> bool {
    matches!(operator, ArithmeticOperator::Multiply | ArithmeticOperator::Divide)
}

fn arithmetic_text(operator: ArithmeticOperator) -> &'static str {
    match operator {
        ArithmeticOperator::Add => " + ",
        ArithmeticOperator::Subtract => " - ",
        ArithmeticOperator::Multiply => " * ",
        ArithmeticOperator::Divide => " / ",
    }
}

fn comparison_text(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " != ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}

fn percent_format(part: DatePart) -> &'static str {
    match part {
        DatePart::Year => "%Y",
        DatePart::YearMonth => "%Y-%m",
        DatePart::Month => "%m",
        DatePart::Day => "%d",
    }
}

fn letter_format(part: DatePart) -> &'static str {
    match part {
        DatePart::Year => "YYYY",
        DatePart::YearMonth => "YYYY-MM",
        DatePart::Month => "MM",
        DatePart::Day => "DD",
    }
}

/// The field of EXTRACT and the function of MySQL; a year and month has neither.
fn field(part: DatePart) -> &'static str {
    match part {
        DatePart::Year | DatePart::YearMonth => "YEAR",
        DatePart::Month => "MONTH",
        DatePart::Day => "DAY",
    }
}
