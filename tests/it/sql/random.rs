//! Random valid queries: every choice is read off a list of numbers, so that a failing case can shrink.

use argiope::query::*;
use argiope::schema::{ColumnKind, Schema, TableId};

/// What a select's sources look like to those who refer to them.
type Scope = Vec<Vec<(Target, Option<ColumnKind>)>>;

pub(super) struct Random<'r> {
    pub(super) choices: &'r [u32],
    pub(super) schema: &'r Schema,
    scopes: Vec<Scope>,
}

const TEXTS: [&str; 9] =
    ["a", "O'Brien", "\"; DROP TABLE x; --", "50% off\\", "2024", "05", "line\nbreak", "Zoë", "a\\'b\\\\_"];
const NUMBERS: [&str; 6] = ["0", "1", "-2.50", ".5", "12345678901234567890", "1e6"];

impl<'r> Random<'r> {
    pub(super) fn new(choices: &'r [u32], schema: &'r Schema) -> Self {
        Self { choices, schema, scopes: Vec::new() }
    }

    fn pick(&mut self, of: usize) -> usize {
        let Some((first, rest)) = self.choices.split_first() else { return 0 };
        self.choices = rest;
        *first as usize % of
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.pick(one_in) == one_in - 1
    }

    pub(super) fn query(&mut self, depth: usize, width: Option<usize>) -> Query {
        let (first, scope) = self.select(depth, width);
        let mut query = Query { first, rest: Vec::new(), order_by: Vec::new(), limit: None };
        let starred = query.first.items.iter().any(|item| matches!(item, Expr::Star(_)));
        if !starred && self.chance(4) {
            // INTERSECT after another operator would break a rule.
            let mut kinds = 4;
            for _ in 0..=self.pick(2) {
                let all = [SetOperator::Union, SetOperator::Except, SetOperator::UnionAll, SetOperator::Intersect];
                let operator = all[self.pick(kinds)];
                kinds = if operator == SetOperator::Intersect { 4 } else { 3 };
                let arm = self.select(depth, Some(query.first.items.len())).0;
                query.rest.push((operator, arm));
            }
        }
        if self.chance(2) {
            self.scopes.push(scope);
            let keys = 1 + self.pick(2);
            query.order_by = (0..keys).map(|_| self.key(&query)).collect();
            self.scopes.pop();
        }
        query.limit = self.chance(3).then(|| self.pick(50) as u64);
        query
    }

    fn key(&mut self, query: &Query) -> OrderKey {
        let grouped = !query.first.group_by.is_empty();
        let items: Vec<&Expr> =
            query.first.items.iter().filter(|item| !matches!(item, Expr::Star(_) | Expr::Literal(_))).collect();
        let expr = match self.pick(3) {
            1 if query.rest.is_empty() && grouped => count_rows(),
            2 if query.rest.is_empty() => self.value(0, false),
            _ if items.is_empty() && query.rest.is_empty() => self.column(),
            // A constant output of a compound cannot be sorted by; then nothing is said about which one.
            _ if items.is_empty() => query.first.items[0].clone(),
            _ => items[self.pick(items.len())].clone(),
        };
        OrderKey { expr, descending: self.chance(2) }
    }

    fn select(&mut self, depth: usize, width: Option<usize>) -> (Select, Scope) {
        self.scopes.push(Vec::new());
        let from = self.from(depth);
        let grouped = self.chance(3);
        let group_by: Vec<Expr> =
            if grouped { (0..=self.pick(2)).map(|_| self.column()).collect() } else { Vec::new() };
        let items = match width {
            None if self.chance(6) => vec![self.star(from.sources.len())],
            width => {
                let width = width.unwrap_or_else(|| 1 + self.pick(3));
                (0..width).map(|_| self.value(depth, true)).collect()
            }
        };
        let filter = self.chance(2).then(|| self.condition(depth, false, 2));
        let having = (grouped && self.chance(2)).then(|| self.condition(depth, true, 1));
        let scope = self.scopes.pop().unwrap();
        (Select { distinct: self.chance(5), items, from, filter, group_by, having }, scope)
    }

    fn star(&mut self, sources: usize) -> Expr {
        Expr::Star((sources > 1 && self.chance(2)).then(|| self.pick(sources)))
    }

    fn from(&mut self, depth: usize) -> From {
        let count = [1, 1, 2, 3][self.pick(4)];
        let mut from = From { sources: Vec::new(), joins: Vec::new() };
        for index in 0..count {
            let (source, columns) = self.source(depth);
            from.sources.push(source);
            self.scopes.last_mut().unwrap().push(columns);
            if index > 0 {
                let kind = if self.chance(4) { JoinKind::Left } else { JoinKind::Inner };
                let on =
                    (0..self.pick(3)).map(|_| (self.column_of(0, index), self.column_of(index, index + 1))).collect();
                from.joins.push(Join { kind, on });
            }
        }
        from
    }

    fn source(&mut self, depth: usize) -> (Source, Vec<(Target, Option<ColumnKind>)>) {
        if depth > 0 && self.chance(5) {
            // A derived table sees the selects around its owner, not its owner.
            let own = self.scopes.pop().unwrap();
            self.scopes.push(Vec::new());
            let query = self.query(depth - 1, None);
            self.scopes.pop();
            self.scopes.push(own);
            let width = self.width(&query.first);
            return (Source::Query(Box::new(query)), (0..width).map(|output| (Target::Output(output), None)).collect());
        }
        let table = TableId(self.pick(self.schema.tables.len()) as u32);
        let columns = self.schema.columns_of(table).map(|id| (Target::Column(id), Some(self.schema.column(id).kind)));
        (Source::Table(table), columns.collect())
    }

    fn width(&self, select: &Select) -> usize {
        let of = |source: &Source| match source {
            Source::Table(table) => self.schema.table(*table).columns.len(),
            Source::Query(query) => self.width(&query.first),
        };
        let item = |item: &Expr| match item {
            Expr::Star(None) => select.from.sources.iter().map(of).sum(),
            Expr::Star(Some(source)) => of(&select.from.sources[*source]),
            _ => 1,
        };
        select.items.iter().map(item).sum()
    }

    /// A column of the sources `low..high` of this select.
    fn column_of(&mut self, low: usize, high: usize) -> ColumnRef {
        let source = low + self.pick(high - low);
        let columns = self.scopes.last().unwrap()[source].clone();
        ColumnRef { depth: 0, source, target: columns[self.pick(columns.len())].0 }
    }

    fn column(&mut self) -> Expr {
        let sources = self.scopes.last().unwrap().len();
        Expr::Column(self.column_of(0, sources))
    }

    /// A column of a select further out, where there is one.
    fn outer(&mut self) -> Option<Expr> {
        let depths: Vec<usize> =
            (1..self.scopes.len()).filter(|depth| !self.scopes[self.scopes.len() - 1 - depth].is_empty()).collect();
        if depths.is_empty() {
            return None;
        }
        let depth = depths[self.pick(depths.len())];
        let scope = self.scopes[self.scopes.len() - 1 - depth].clone();
        let source = self.pick(scope.len());
        Some(Expr::Column(ColumnRef { depth, source, target: scope[source][self.pick(scope[source].len())].0 }))
    }

    fn date(&mut self) -> Option<Expr> {
        let sources = self.scopes.last().unwrap();
        let (source, target) = sources.iter().enumerate().find_map(|(source, columns)| {
            let column = columns.iter().find(|(_, kind)| *kind == Some(ColumnKind::Time))?;
            Some((source, column.0))
        })?;
        let part = [DatePart::Year, DatePart::YearMonth, DatePart::Month, DatePart::Day][self.pick(4)];
        Some(Expr::DatePart { part, argument: Box::new(Expr::Column(ColumnRef { depth: 0, source, target })) })
    }

    fn value(&mut self, depth: usize, aggregates: bool) -> Expr {
        match self.pick(9) {
            0..=2 => self.column(),
            3 if aggregates => count_rows(),
            4 if aggregates => self.aggregate(),
            5 => self.arithmetic(2, aggregates),
            6 => self.date().unwrap_or_else(|| self.column()),
            7 if aggregates => Expr::Literal(self.literal()),
            8 if depth > 0 => Expr::Query(Box::new(self.query(depth - 1, Some(1)))),
            _ => self.column(),
        }
    }

    fn aggregate(&mut self) -> Expr {
        let function = [Aggregate::Count, Aggregate::Sum, Aggregate::Avg, Aggregate::Min, Aggregate::Max][self.pick(5)];
        Expr::Aggregate { function, distinct: self.chance(3), argument: Box::new(self.column()) }
    }

    fn arithmetic(&mut self, depth: usize, aggregates: bool) -> Expr {
        let side = |this: &mut Self| match this.pick(4) {
            0 if depth > 0 => this.arithmetic(depth - 1, aggregates),
            1 => Expr::Literal(Literal::Number(NUMBERS[this.pick(NUMBERS.len())].to_owned())),
            2 if aggregates => this.aggregate(),
            _ => this.column(),
        };
        let (left, right) = (side(self), side(self));
        let operator = [
            ArithmeticOperator::Add,
            ArithmeticOperator::Subtract,
            ArithmeticOperator::Multiply,
            ArithmeticOperator::Divide,
        ][self.pick(4)];
        Expr::Arithmetic { operator, left: Box::new(left), right: Box::new(right) }
    }

    fn literal(&mut self) -> Literal {
        match self.pick(2) {
            0 => Literal::Text(TEXTS[self.pick(TEXTS.len())].to_owned()),
            _ => Literal::Number(NUMBERS[self.pick(NUMBERS.len())].to_owned()),
        }
    }

    /// A constant that may stand beside a value: parts of a date are compared with text.
    fn beside(&mut self, expr: &Expr) -> Literal {
        match (self.literal(), expr) {
            (Literal::Number(number), Expr::DatePart { .. }) => Literal::Text(number),
            (literal, _) => literal,
        }
    }

    fn condition(&mut self, depth: usize, aggregates: bool, levels: usize) -> Condition {
        if levels == 0 || self.chance(2) {
            return Condition::Test(self.predicate(depth, aggregates));
        }
        let parts = 2 + self.pick(2);
        let all = self.chance(2);
        let parts = (0..parts)
            .map(|_| self.condition(depth, aggregates, levels - 1))
            .flat_map(|part| match (part, all) {
                (Condition::All(parts), true) | (Condition::Any(parts), false) => parts,
                (part, _) => vec![part],
            })
            .collect();
        if all { Condition::All(parts) } else { Condition::Any(parts) }
    }

    fn predicate(&mut self, depth: usize, aggregates: bool) -> Predicate {
        let expr = self.value(0, aggregates);
        let negated = self.chance(2);
        match self.pick(8) {
            0 => {
                let (low, high) = (Expr::Literal(self.beside(&expr)), Expr::Literal(self.beside(&expr)));
                Predicate::Between { expr, negated, low, high }
            }
            1 => Predicate::Like { expr, negated, pattern: TEXTS[self.pick(TEXTS.len())].to_owned() },
            2 => {
                let list = (0..=self.pick(3)).map(|_| self.beside(&expr)).collect();
                Predicate::In { expr, negated, set: Set::List(list) }
            }
            3 => Predicate::IsNull { expr, negated },
            4 if depth > 0 => {
                let query = Box::new(self.query(depth - 1, Some(1)));
                Predicate::In { expr, negated, set: Set::Query(query) }
            }
            5 if depth > 0 => Predicate::Exists { negated, query: Box::new(self.query(depth - 1, None)) },
            _ => self.compare(expr, depth),
        }
    }

    fn compare(&mut self, left: Expr, depth: usize) -> Predicate {
        let right = match self.pick(5) {
            0 if depth > 0 => Expr::Query(Box::new(self.query(depth - 1, Some(1)))),
            1 => self.column(),
            2 => self.outer().unwrap_or_else(|| self.column()),
            _ => Expr::Literal(self.beside(&left)),
        };
        let operator = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ][self.pick(6)];
        Predicate::Compare { left, operator, right }
    }
}

fn count_rows() -> Expr {
    Expr::Aggregate { function: Aggregate::Count, distinct: false, argument: Box::new(Expr::Star(None)) }
}
