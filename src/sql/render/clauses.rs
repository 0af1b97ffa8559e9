//! Queries, selects and their clauses.

use super::Renderer;
use super::scope::{ItemName, Names};
use crate::dialect::{Place, write_name};
use crate::query::{ColumnRef, Expr, Join, JoinKind, OrderKey, Query, Select, SetOperator, Source, Target};
use crate::schema::ColumnId;
use crate::sql::{Dialect, walk};

impl Renderer<'_> {
    /// A query; `item_names` says what the items of its first arm are called.
    pub(super) fn query(&mut self, query: &Query, item_names: &[ItemName]) {
        let start = self.out.len();
        let single = query.rest.is_empty();
        let keys = if single { query.order_by.as_slice() } else { &[] };
        let names = self.select(&query.first, keys, item_names);
        let mut loose = false;
        for (operator, select) in &query.rest {
            let tight = *operator == SetOperator::Intersect;
            if tight && loose && self.dialect != Dialect::Sqlite {
                self.out.insert(start, '(');
                self.push(")");
                loose = false;
            }
            loose |= !tight;
            self.push(operator_text(*operator));
            self.select(select, &[], &[]);
        }
        if single {
            self.scopes.push(names);
            self.order(&query.order_by, Self::expr);
            self.scopes.pop();
        } else {
            self.scopes.push(names);
            self.order(&query.order_by, |this, expr| this.compound_key(expr, &query.first, item_names));
            self.scopes.pop();
        }
        if let Some(limit) = query.limit {
            self.push(&format!(" LIMIT {limit}"));
        }
    }

    fn order(&mut self, keys: &[OrderKey], write: impl Fn(&mut Self, &Expr)) {
        if keys.is_empty() {
            return;
        }
        self.push(" ORDER BY ");
        let mut turned = false;
        for (place, key) in keys.iter().enumerate() {
            self.push(if place > 0 { ", " } else { "" });
            write(self, &key.expr);
            turned |= key.descending;
            // ASC is said where a DESC before it might be taken to last (the official exact match takes it so).
            self.push(match key.descending {
                true => " DESC",
                false if turned => " ASC",
                false => "",
            });
        }
    }

    /// A sort key of a set operation: the output's name where that is plain to all databases, else its number.
    fn compound_key(&mut self, key: &Expr, first: &Select, item_names: &[ItemName]) {
        let item = first.items.iter().position(|item| item == key);
        if let Expr::Column(column) = key
            && item.is_none_or(|item| matches!(item_names.get(item), None | Some(ItemName::Own)))
            && let Target::Column(id) = column.target
            && self.names_one_output(column, first)
        {
            let name = self.schema.column(id).name.clone();
            return write_name(&mut self.out, &name, self.dialect, Place::Column);
        }
        if self.dialect == Dialect::Sqlite && first.from.sources.len() == 1 && matches!(key, Expr::Aggregate { .. }) {
            return self.expr(key);
        }
        let number = match item {
            Some(item) => walk::item_widths(first, self.schema)[..item].iter().sum(),
            None => self.place_in_star(key, first),
        };
        self.push(&(number + 1).to_string());
    }

    /// Whether a column's bare name means this output and nothing else: no other source, and no other item, has it.
    fn names_one_output(&self, column: &ColumnRef, first: &Select) -> bool {
        let Target::Column(id) = column.target else { return false };
        let name = &self.schema.column(id).name;
        let same = |other: ColumnId| self.schema.column(other).name.eq_ignore_ascii_case(name);
        let in_source = |source: &&Source| match source {
            Source::Table(table) => self.schema.columns_of(*table).any(same),
            Source::Query(_) => true,
        };
        let in_item = |item: &&Expr| match item {
            Expr::Star(_) => true,
            Expr::Column(other) => matches!(other.target, Target::Column(other) if same(other)),
            _ => false,
        };
        let (sources, items) = (first.from.sources.iter(), first.items.iter());
        column.depth == 0 && sources.filter(in_source).count() == 1 && items.filter(in_item).count() == 1
    }

    /// The place among the outputs, from 0, of a column that a star brings.
    fn place_in_star(&self, key: &Expr, first: &Select) -> usize {
        let Expr::Column(column) = key else { return 0 };
        let widths = walk::source_widths(first, self.schema);
        let mut before = 0;
        for item in &first.items {
            let sources = match item {
                Expr::Star(None) => 0..first.from.sources.len(),
                Expr::Star(Some(source)) => *source..*source + 1,
                _ => 0..0,
            };
            for source in sources {
                if source == column.source {
                    return before + self.place_in_source(column, first);
                }
                before += widths.get(source).copied().unwrap_or(0);
            }
            before += usize::from(!matches!(item, Expr::Star(_)));
        }
        0
    }

    fn place_in_source(&self, column: &ColumnRef, first: &Select) -> usize {
        match (column.target, first.from.sources.get(column.source)) {
            (Target::Output(output), _) => output,
            (Target::Column(id), Some(Source::Table(table))) => {
                (id.0.saturating_sub(self.schema.table(*table).columns.start)) as usize
            }
            (Target::Column(_), _) => 0,
        }
    }

    /// One arm. Returns its names for the ORDER BY that may follow.
    fn select(&mut self, select: &Select, keys: &[OrderKey], item_names: &[ItemName]) -> Names {
        let names = self.name_sources(select, keys);
        self.scopes.push(names);
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.items(&select.items, item_names);
        self.push(" FROM ");
        self.from(select);
        if let Some(filter) = &select.filter {
            self.push(" WHERE ");
            self.condition(filter, false);
        }
        if !select.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.list(&select.group_by, ", ", Self::expr);
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.condition(having, false);
        }
        self.scopes.pop().unwrap_or_else(Names::none)
    }

    fn items(&mut self, items: &[Expr], names: &[ItemName]) {
        for (index, item) in items.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            match names.get(index) {
                None | Some(ItemName::Own) => self.expr(item),
                Some(ItemName::Alias(alias)) => {
                    self.expr(item);
                    self.named(Some(alias));
                }
                Some(ItemName::Columns(columns)) => self.list(columns, ", ", |this, (column, alias)| {
                    this.column(column);
                    this.named(alias.as_deref());
                }),
            }
        }
    }

    fn named(&mut self, alias: Option<&str>) {
        if let Some(alias) = alias {
            self.push(" AS ");
            self.push(alias);
        }
    }

    fn from(&mut self, select: &Select) {
        for (index, source) in select.from.sources.iter().enumerate() {
            let join = index.checked_sub(1).map(|before| select.from.joins.get(before));
            if let Some(join) = join {
                self.join(join);
            }
            self.source(source, index);
            if let Some(Some(join)) = join {
                self.on(join);
            }
        }
    }

    fn join(&mut self, join: Option<&Join>) {
        let left = join.is_some_and(|join| join.kind == JoinKind::Left);
        let crossed = join.is_none_or(|join| join.on.is_empty());
        self.push(match (left, crossed, self.dialect) {
            (true, ..) => " LEFT JOIN ",
            (false, true, Dialect::Postgres | Dialect::MySql) => " CROSS JOIN ",
            (false, ..) => " JOIN ",
        });
    }

    fn source(&mut self, source: &Source, index: usize) {
        let Some(names) = self.scopes.last() else { return };
        let alias = names.aliases.get(index).cloned().flatten();
        match source {
            Source::Table(table) => {
                let name = &self.schema.table(*table).name;
                write_name(&mut self.out, name, self.dialect, Place::Table);
            }
            Source::Query(query) => {
                let item_names = names.items.get(index).cloned().unwrap_or_default();
                self.push("(");
                self.query(query, &item_names);
                self.push(")");
            }
        }
        self.named(alias.as_deref());
    }

    fn on(&mut self, join: &Join) {
        if !join.on.is_empty() {
            self.push(" ON ");
            self.list(&join.on, " AND ", |this, (left, right)| {
                this.column(left);
                this.push(" = ");
                this.column(right);
            });
        } else if join.kind == JoinKind::Left && self.dialect != Dialect::Sqlite {
            self.push(" ON TRUE");
        }
    }
}

fn operator_text(operator: SetOperator) -> &'static str {
    match operator {
        SetOperator::Intersect => " INTERSECT ",
        SetOperator::Union => " UNION ",
        SetOperator::UnionAll => " UNION ALL ",
        SetOperator::Except => " EXCEPT ",
    }
}
