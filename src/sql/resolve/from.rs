//! FROM: sources and joins. Equalities between columns become join conditions of the later source; what else an
//! inner join's ON says moves to WHERE, where it means the same.

use sqlparser::ast::{self, BinaryOperator, JoinConstraint, JoinOperator, TableFactor, TableWithJoins};

use super::Resolver;
use super::scope::{Rows, Scoped};
use crate::query::{ColumnRef, Comparison, Condition, Expr, From, Join, JoinKind, Predicate, Source};
use crate::schema::TableId;
use crate::sql::{Dialect, ParseError};

/// A join whose condition is still to be read.
struct Pending<'t> {
    /// The source that it joins.
    source: usize,
    /// The first source of its comma-separated group.
    group: usize,
    constraint: &'t JoinConstraint,
}

impl Resolver<'_> {
    /// Reads FROM into the innermost frame and opens it; returns what moves to WHERE.
    pub(super) fn from(&mut self, trees: &[TableWithJoins]) -> (From, Vec<Condition>) {
        let mut from = From { sources: Vec::new(), joins: Vec::new() };
        let mut pending = Vec::new();
        for tree in trees {
            self.group(tree, &mut from, &mut pending);
        }
        if from.sources.is_empty() {
            from.sources.push(Source::Table(TableId(0)));
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.open = true;
        }
        let mut moved = Vec::new();
        for join in pending {
            self.constraint(&join, &mut from, &mut moved);
        }
        (from, moved)
    }

    fn group<'t>(&mut self, tree: &'t TableWithJoins, from: &mut From, pending: &mut Vec<Pending<'t>>) {
        let group = from.sources.len();
        match &tree.relation {
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.group(table_with_joins, from, pending),
            relation => self.source(relation, JoinKind::Inner, from),
        }
        for join in &tree.joins {
            let Some((kind, constraint)) = kind_of(&join.join_operator) else {
                self.unsupported("a join that is neither inner nor LEFT");
                continue;
            };
            self.bare_join(&join.join_operator);
            self.source(&join.relation, kind, from);
            pending.push(Pending { source: from.sources.len() - 1, group, constraint });
        }
    }

    /// A join without condition, where the dialect wants one, and the other way round.
    fn bare_join(&mut self, operator: &JoinOperator) {
        let bare = |on: &JoinConstraint| *on == JoinConstraint::None;
        let dialect = self.options.dialect;
        let wrong = match operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) => bare(on) && dialect == Dialect::Postgres,
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => bare(on) && dialect != Dialect::Sqlite,
            JoinOperator::CrossJoin(on) => !bare(on) && dialect == Dialect::Postgres,
            _ => false,
        };
        if wrong && !self.options.lenient {
            self.findings.push(ParseError::Invalid { what: "a JOIN without ON, or a CROSS JOIN with one".to_owned() });
        }
    }

    fn source(&mut self, tree: &TableFactor, kind: JoinKind, from: &mut From) {
        let (source, scoped) = match tree {
            TableFactor::Table { name, alias, .. } => {
                self.plain_table(tree);
                self.table(name, alias.as_ref())
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                let nameless = alias.is_none() && self.options.dialect != Dialect::Sqlite && !self.options.lenient;
                if nameless {
                    self.findings.push(ParseError::Invalid { what: "a derived table without alias".to_owned() });
                }
                let named = self.query(subquery);
                let scoped = Scoped { name: self.alias(alias.as_ref()), rows: Rows::Outputs(named.outputs) };
                (Source::Query(Box::new(named.query)), scoped)
            }
            _ => {
                self.unsupported("this kind of source in FROM");
                (Source::Table(TableId(0)), Scoped { name: None, rows: Rows::Unknown })
            }
        };
        self.same_name_twice(&scoped);
        if !from.sources.is_empty() {
            from.joins.push(Join { kind, on: Vec::new() });
        }
        from.sources.push(source);
        if let Some(frame) = self.frames.last_mut() {
            frame.sources.push(scoped);
        }
    }

    /// Two sources of one name: SQLite takes them as long as nobody names one; the others never do.
    fn same_name_twice(&mut self, scoped: &Scoped) {
        let Some(name) = scoped.name.as_deref() else { return };
        let taken = self.frames.last().is_some_and(|frame| {
            frame
                .sources
                .iter()
                .any(|other| other.name.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(name)))
        });
        if taken && !self.options.lenient {
            self.unresolved(format!("two sources are called {name}"));
        }
    }

    fn plain_table(&mut self, tree: &TableFactor) {
        let TableFactor::Table { args, with_hints, version, partitions, sample, index_directives, .. } = tree else {
            return;
        };
        self.unsupported_if(args.is_some(), "a table function");
        let odd = version.is_some() || sample.is_some() || !with_hints.is_empty();
        self.unsupported_if(odd || !partitions.is_empty() || !index_directives.is_empty(), "hints on a table");
    }

    fn table(&mut self, name: &ast::ObjectName, alias: Option<&ast::TableAlias>) -> (Source, Scoped) {
        let alias = self.alias(alias);
        let plain = self.plain_name(name);
        let id = plain.as_deref().and_then(|name| {
            self.schema.table_ids().find(|table| self.schema.table(*table).name.eq_ignore_ascii_case(name))
        });
        match (id, &plain) {
            (Some(id), _) => (Source::Table(id), Scoped { name: alias.or(plain), rows: Rows::Table(id) }),
            (None, name) => {
                if let Some(name) = name {
                    self.unresolved(format!("no table {name}"));
                }
                (Source::Table(TableId(0)), Scoped { name: alias.or(plain), rows: Rows::Unknown })
            }
        }
    }

    fn alias(&mut self, alias: Option<&ast::TableAlias>) -> Option<String> {
        let alias = alias?;
        self.unsupported_if(!alias.columns.is_empty(), "column aliases on a source");
        Some(alias.name.value.clone())
    }

    fn constraint(&mut self, join: &Pending, from: &mut From, moved: &mut Vec<Condition>) {
        match join.constraint {
            JoinConstraint::None => {}
            JoinConstraint::On(tree) => {
                for part in conjuncts(tree) {
                    self.on(part, join, from, moved);
                }
            }
            JoinConstraint::Using(names) => {
                for name in names {
                    self.using(name, join, from);
                }
            }
            _ => self.unsupported("NATURAL JOIN"),
        }
    }

    /// One conjunct of an ON.
    fn on(&mut self, tree: &ast::Expr, join: &Pending, from: &mut From, moved: &mut Vec<Condition>) {
        if let ast::Expr::Value(value) = tree
            && value.value == ast::Value::Boolean(true)
        {
            return;
        }
        let condition = self.condition(tree, false);
        let left_join = from.joins[join.source - 1].kind == JoinKind::Left;
        match equality(&condition) {
            Some((earlier, later)) => {
                let outside = later.source > join.source || earlier.source < join.group;
                if outside && self.options.dialect != Dialect::Sqlite && !self.options.lenient {
                    self.unresolved("an ON names a source that is not joined yet".to_owned());
                }
                let target = &mut from.joins[later.source - 1];
                match (left_join, later.source == join.source, target.kind) {
                    (_, true, _) | (false, false, JoinKind::Inner) => target.on.push((earlier, later)),
                    (false, false, JoinKind::Left) => moved.push(condition),
                    (true, false, _) => self.unsupported("a LEFT JOIN condition about other sources"),
                }
            }
            None if left_join => self.unsupported("a LEFT JOIN condition other than column = column"),
            None => moved.push(condition),
        }
    }

    fn using(&mut self, name: &ast::ObjectName, join: &Pending, from: &mut From) {
        let Some(name) = self.plain_name(name) else { return };
        let Some(frame) = self.frames.last_mut() else { return };
        let mut found = frame.sources.iter().enumerate().filter_map(|(source, scoped)| {
            Some(ColumnRef { depth: 0, source, target: scoped.rows.find(&name, self.schema)? })
        });
        let earlier = found.next().filter(|column| column.source < join.source);
        let later = found.find(|column| column.source == join.source);
        match (earlier, later) {
            (Some(earlier), Some(later)) => {
                from.joins[join.source - 1].on.push((earlier, later));
                frame.merged.push(name);
            }
            _ => self.unresolved(format!("USING({name}) needs the column on both sides")),
        }
    }
}

fn kind_of(operator: &JoinOperator) -> Option<(JoinKind, &JoinConstraint)> {
    match operator {
        JoinOperator::Join(on) | JoinOperator::Inner(on) | JoinOperator::CrossJoin(on) => Some((JoinKind::Inner, on)),
        JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => Some((JoinKind::Left, on)),
        _ => None,
    }
}

/// The parts of `a AND b AND …`, in order.
fn conjuncts(tree: &ast::Expr) -> Vec<&ast::Expr> {
    let mut parts = Vec::new();
    let mut rest = tree;
    loop {
        match rest {
            ast::Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                parts.extend(conjuncts(right).into_iter().rev());
                rest = left;
            }
            ast::Expr::Nested(inner) => rest = inner,
            other => {
                parts.push(other);
                break;
            }
        }
    }
    parts.reverse();
    parts
}

/// `column = column` between two sources of this select, the earlier source first.
fn equality(condition: &Condition) -> Option<(ColumnRef, ColumnRef)> {
    let Condition::Test(Predicate::Compare { left, operator: Comparison::Equal, right }) = condition else {
        return None;
    };
    match (left, right) {
        (Expr::Column(left), Expr::Column(right))
            if left.depth == 0 && right.depth == 0 && left.source != right.source =>
        {
            Some(if left.source < right.source { (*left, *right) } else { (*right, *left) })
        }
        _ => None,
    }
}
