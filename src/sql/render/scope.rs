//! What the sources of a select are called in its text, and what their columns are called.

use super::Renderer;
use crate::dialect::{Place, write_name};
use crate::query::{ColumnRef, Expr, OrderKey, Query, Select, Source, Target};
use crate::sql::{Dialect, walk};

/// The names of one select.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// One a source; none where it stands without alias.
    pub(super) aliases: Vec<Option<String>>,
    /// Whether columns carry their source's alias.
    pub(super) qualified: bool,
    /// For a derived table the names of its outputs, else nothing.
    outputs: Vec<Vec<String>>,
    /// For a derived table what its select items are called.
    pub(super) items: Vec<Vec<ItemName>>,
}

/// What a select item is called in the list of a derived table.
#[derive(Debug, Clone)]
pub(super) enum ItemName {
    /// As it is.
    Own,
    /// By an alias.
    Alias(String),
    /// A star whose columns need names: written out.
    Columns(Vec<(ColumnRef, Option<String>)>),
}

impl Names {
    /// The names of nothing.
    pub(super) fn none() -> Self {
        Self { aliases: Vec::new(), qualified: false, outputs: Vec::new(), items: Vec::new() }
    }
}

impl Renderer<'_> {
    /// Names the sources of a select.
    pub(super) fn name_sources(&mut self, select: &Select, keys: &[OrderKey]) -> Names {
        let used = Used::of(select, keys);
        let qualified = select.from.sources.len() > 1 || used.from_inside;
        let mut names = Names { qualified, ..Names::none() };
        for (index, source) in select.from.sources.iter().enumerate() {
            let derived = matches!(source, Source::Query(_)) && self.dialect != Dialect::Sqlite;
            names.aliases.push((qualified || derived).then(|| self.new_alias()));
            let (outputs, items) = match source {
                Source::Table(_) => (Vec::new(), Vec::new()),
                Source::Query(query) => self.name_outputs(query, used.outputs.contains(&index)),
            };
            names.outputs.push(outputs);
            names.items.push(items);
        }
        names
    }

    /// The names of a derived table's outputs, and what its items must be called for that.
    fn name_outputs(&self, query: &Query, referred: bool) -> (Vec<String>, Vec<ItemName>) {
        let natural = self.natural_names(&query.first);
        let same = |left: &Option<String>, right: &str| left.as_deref().is_some_and(|l| l.eq_ignore_ascii_case(right));
        let unique = |name: &str| natural.iter().flatten().filter(|other| same(other, name)).count() == 1;
        let plain = |name: &Option<String>| name.as_deref().is_some_and(|name| unique(name) && !is_truth(name));
        // MySQL wants the names of a derived table to differ even where nobody uses them.
        let doubled = natural.iter().flatten().flatten().any(|name| !unique(name));
        let needed = referred || (doubled && self.dialect == Dialect::MySql);
        let (mut outputs, mut items, mut number) = (Vec::new(), Vec::new(), 0);
        let prefix = height(query);
        for (item, names) in query.first.items.iter().zip(&natural) {
            let mut aliases: Vec<Option<String>> = names
                .iter()
                .map(|name| (needed && !plain(name)).then(|| self.new_output(prefix, &mut number)))
                .collect();
            outputs.extend(
                names.iter().zip(&aliases).map(|(name, alias)| alias.clone().or(name.clone()).unwrap_or_default()),
            );
            items.push(match (item, aliases.iter().any(Option::is_some)) {
                (_, false) => ItemName::Own,
                (Expr::Star(_), true) if !referred => ItemName::Own,
                (Expr::Star(source), true) => ItemName::Columns(self.columns_of(*source, &query.first, aliases)),
                (_, true) => aliases.pop().flatten().map_or(ItemName::Own, ItemName::Alias),
            });
        }
        (outputs, items)
    }

    /// The columns of a star with their aliases.
    fn columns_of(
        &self,
        source: Option<usize>,
        select: &Select,
        aliases: Vec<Option<String>>,
    ) -> Vec<(ColumnRef, Option<String>)> {
        let sources =
            select.from.sources.iter().enumerate().filter(|(index, _)| source.is_none_or(|only| only == *index));
        let columns = sources.flat_map(|(source, rows)| {
            let targets: Vec<Target> = match rows {
                Source::Table(table) => self.schema.columns_of(*table).map(Target::Column).collect(),
                Source::Query(query) => (0..walk::width(&query.first, self.schema)).map(Target::Output).collect(),
            };
            targets.into_iter().map(move |target| ColumnRef { depth: 0, source, target })
        });
        columns.zip(aliases).collect()
    }

    /// The names that each item of a select has by itself: one, or those of a star's columns.
    fn natural_names(&self, select: &Select) -> Vec<Vec<Option<String>>> {
        let of_source = |source: &Source| -> Vec<Option<String>> {
            match source {
                Source::Table(table) => {
                    self.schema.columns_of(*table).map(|column| Some(self.schema.column(column).name.clone())).collect()
                }
                Source::Query(query) => self.name_outputs(query, true).0.into_iter().map(Some).collect(),
            }
        };
        let sources: Vec<Vec<Option<String>>> = select.from.sources.iter().map(of_source).collect();
        let of_column = |column: &ColumnRef| match column.target {
            Target::Column(id) => self.schema.columns.get(id.index()).map(|column| column.name.clone()),
            Target::Output(output) => sources.get(column.source)?.get(output)?.clone(),
        };
        let of_item = |item: &Expr| match item {
            Expr::Star(None) => sources.concat(),
            Expr::Star(Some(source)) => sources.get(*source).cloned().unwrap_or_default(),
            Expr::Column(column) if column.depth == 0 => vec![of_column(column)],
            _ => vec![None],
        };
        select.items.iter().map(of_item).collect()
    }

    /// An output's alias that no column of the schema has.
    fn new_output(&self, prefix: char, number: &mut usize) -> String {
        loop {
            *number += 1;
            let name = format!("{prefix}{number}");
            if !self.schema.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
                return name;
            }
        }
    }

    /// Writes a column reference. A reference to nothing, which no builder makes, becomes NULL.
    pub(super) fn column(&mut self, column: &ColumnRef) {
        let names = self.scopes.len().checked_sub(1 + column.depth).and_then(|index| self.scopes.get(index));
        let Some(names) = names else { return self.push("NULL") };
        let alias = names.aliases.get(column.source).cloned().flatten().filter(|_| names.qualified);
        let name = match column.target {
            Target::Column(id) => self.schema.columns.get(id.index()).map(|column| column.name.as_str()),
            Target::Output(output) => {
                names.outputs.get(column.source).and_then(|outputs| outputs.get(output)).map(String::as_str)
            }
        };
        let name = name.map(str::to_owned);
        let Some(name) = name else { return self.push("NULL") };
        if let Some(alias) = alias {
            self.push(&alias);
            self.push(".");
        }
        write_name(&mut self.out, &name, self.dialect, Place::Column);
    }
}

/// SQLite forgets the name of a derived table's output that is called like a truth value.
fn is_truth(name: &str) -> bool {
    name.eq_ignore_ascii_case("true") || name.eq_ignore_ascii_case("false")
}

/// The letter of a derived table's aliases: another one at each level, so that they never meet.
fn height(query: &Query) -> char {
    let below = query.first.from.sources.iter().filter_map(|source| match source {
        Source::Table(_) => None,
        Source::Query(query) => Some(height(query)),
    });
    below.max().map_or('c', |below| char::from_u32(u32::from(below) + 1).filter(|next| *next <= 'z').unwrap_or('z'))
}

/// How the sources of a select are referred to.
struct Used {
    /// A select inside refers to one of them.
    from_inside: bool,
    /// The derived tables of which an output is referred to.
    outputs: Vec<usize>,
}

impl Used {
    fn of(select: &Select, keys: &[OrderKey]) -> Self {
        let mut used = Self { from_inside: false, outputs: Vec::new() };
        walk::select_columns(select, keys, 0, &mut |level, column| {
            if column.depth == level {
                used.from_inside |= level > 0;
                if matches!(column.target, Target::Output(_)) {
                    used.outputs.push(column.source);
                }
            }
        });
        for item in &select.items {
            match item {
                Expr::Star(None) => used.outputs.extend(0..select.from.sources.len()),
                Expr::Star(Some(source)) => used.outputs.push(*source),
                _ => {}
            }
        }
        used
    }
}
