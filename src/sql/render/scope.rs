//! What the sources of a select are called in its text, and what their columns are called.

use super::Renderer;
use super::names::{Place, write_name};
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
    /// For a derived table the aliases of its select items, where they need one.
    pub(super) item_aliases: Vec<Vec<Option<String>>>,
}

impl Names {
    /// The names of nothing.
    pub(super) fn none() -> Self {
        Self { aliases: Vec::new(), qualified: false, outputs: Vec::new(), item_aliases: Vec::new() }
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
            names.item_aliases.push(items);
        }
        names
    }

    /// The names of a derived table's outputs, and the aliases that its items need for them.
    fn name_outputs(&self, query: &Query, referred: bool) -> (Vec<String>, Vec<Option<String>>) {
        let natural = self.natural_names(&query.first);
        let same = |left: &Option<String>, right: &str| left.as_deref().is_some_and(|l| l.eq_ignore_ascii_case(right));
        let unique = |name: &str| natural.iter().flatten().filter(|other| same(other, name)).count() == 1;
        let doubled = |names: &[Option<String>]| names.iter().flatten().any(|name| !unique(name));
        let needed = referred || (self.dialect == Dialect::MySql && natural.iter().any(|names| doubled(names)));
        let (mut outputs, mut aliases, mut number) = (Vec::new(), Vec::new(), 0);
        for names in &natural {
            let plain = names.len() != 1 || names[0].as_deref().is_some_and(unique);
            let alias = (needed && !plain).then(|| self.new_output(&mut number));
            match &alias {
                Some(alias) => outputs.push(alias.clone()),
                None => outputs.extend(names.iter().map(|name| name.clone().unwrap_or_default())),
            }
            aliases.push(alias);
        }
        (outputs, aliases)
    }

    /// The names that each item of a select has by itself: one, or those of a star's columns.
    fn natural_names(&self, select: &Select) -> Vec<Vec<Option<String>>> {
        let of_source = |source: &Source| -> Vec<Option<String>> {
            match source {
                Source::Table(table) => {
                    self.schema.columns_of(*table).map(|column| Some(self.schema.column(column).name.clone())).collect()
                }
                Source::Query(query) => self.output_names(query),
            }
        };
        let of_item = |item: &Expr| match item {
            Expr::Star(None) => select.from.sources.iter().flat_map(of_source).collect(),
            Expr::Star(Some(source)) => select.from.sources.get(*source).map(of_source).unwrap_or_default(),
            Expr::Column(ColumnRef { depth: 0, source, target }) => vec![match target {
                Target::Column(id) => self.schema.columns.get(id.index()).map(|column| column.name.clone()),
                Target::Output(output) => {
                    select.from.sources.get(*source).and_then(|source| of_source(source).into_iter().nth(*output)?)
                }
            }],
            _ => vec![None],
        };
        select.items.iter().map(of_item).collect()
    }

    /// The names that a derived table inside a derived table will have when all of its outputs are referred to.
    fn output_names(&self, query: &Query) -> Vec<Option<String>> {
        self.name_outputs(query, true).0.into_iter().map(Some).collect()
    }

    /// An output's alias that no column of the schema has.
    fn new_output(&self, number: &mut usize) -> String {
        loop {
            *number += 1;
            let name = format!("c{number}");
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
        used
    }
}
