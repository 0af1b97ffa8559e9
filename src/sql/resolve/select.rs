//! One arm: its select list, its clauses, and the scope that ORDER BY needs afterwards.

use sqlparser::ast::{self, Distinct, GroupByExpr, SelectItem, SelectItemQualifiedWildcardKind};

use super::Resolver;
use super::scope::{Frame, nothing};
use crate::query::{Condition, Expr, From, Select, Source, Target};
use crate::schema::TableId;
use crate::sql::parse::refused;
use crate::sql::{Dialect, ParseError};

/// SQLite returns at most this many columns.
const MAX_OUTPUTS: usize = 2_000;

/// A resolved select with its scope and the names of its outputs.
pub(super) struct Arm {
    pub(super) select: Select,
    pub(super) outputs: Vec<Option<String>>,
    pub(super) frame: Frame,
}

impl Select {
    /// A stand-in for what could not be read; a finding stands beside it.
    pub(super) fn nothing() -> Self {
        let from = From { sources: vec![Source::Table(TableId(0))], joins: Vec::new() };
        Self { distinct: false, items: vec![nothing()], from, filter: None, group_by: Vec::new(), having: None }
    }
}

impl Resolver<'_> {
    pub(super) fn arm(&mut self, tree: &ast::Select) -> Arm {
        self.odd_clauses(tree);
        let windows = std::mem::take(&mut self.windows);
        self.frames.push(Frame::default());
        let (from, joined) = self.from(&tree.from);
        let mut arm = Arm { select: Select::nothing(), outputs: Vec::new(), frame: Frame::default() };
        arm.select.from = from;
        arm.select.distinct = self.distinct(tree);
        self.windows = true;
        self.items(&tree.projection, &mut arm);
        self.windows = false;
        let dialect = self.options.dialect;
        self.show_aliases(dialect == Dialect::Sqlite);
        let filter = tree.selection.as_ref().map(|tree| self.condition(tree, false));
        arm.select.filter = all(filter.into_iter().chain(joined).collect());
        self.show_aliases(true);
        arm.select.group_by = self.group_by(&tree.group_by, &arm);
        self.show_aliases(dialect != Dialect::Postgres);
        arm.select.having = tree.having.as_ref().map(|tree| self.condition(tree, false));
        arm.frame = self.frames.pop().unwrap_or_default();
        self.windows = windows;
        arm
    }

    /// Whether the clause that is read next may name the aliases of the select list inside its expressions.
    fn show_aliases(&mut self, shown: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.aliases_shown = shown;
        }
    }

    fn odd_clauses(&mut self, tree: &ast::Select) {
        if tree.into.is_some() {
            self.findings.push(refused("SELECT … INTO"));
        }
        self.unsupported_if(tree.from.is_empty(), "a SELECT without FROM");
        self.unsupported_if(!tree.named_window.is_empty() || tree.qualify.is_some(), "window functions");
        let foreign = tree.top.is_some()
            || tree.exclude.is_some()
            || tree.prewhere.is_some()
            || tree.value_table_mode.is_some()
            || tree.select_modifiers.is_some()
            || !matches!(tree.flavor, ast::SelectFlavor::Standard);
        let lists = !tree.optimizer_hints.is_empty()
            || !tree.lateral_views.is_empty()
            || !tree.connect_by.is_empty()
            || !tree.cluster_by.is_empty()
            || !tree.distribute_by.is_empty()
            || !tree.sort_by.is_empty();
        self.unsupported_if(foreign || lists, "another dialect's clause");
    }

    fn distinct(&mut self, tree: &ast::Select) -> bool {
        self.unsupported_if(matches!(tree.distinct, Some(Distinct::On(_))), "DISTINCT ON");
        matches!(tree.distinct, Some(Distinct::Distinct))
    }

    /// The select list. Aliases become visible when the whole list is read: its items do not see each other.
    fn items(&mut self, trees: &[SelectItem], arm: &mut Arm) {
        let mut items = Vec::with_capacity(trees.len());
        let mut aliases = Vec::new();
        for tree in trees {
            match tree {
                SelectItem::UnnamedExpr(tree) => {
                    let expr = self.expr(tree);
                    arm.outputs.push(self.natural_name(&expr));
                    items.push(expr);
                }
                SelectItem::ExprWithAlias { expr: tree, alias } => {
                    let expr = self.expr(tree);
                    arm.outputs.push(Some(alias.value.clone()));
                    aliases.push((alias.value.clone(), expr.clone()));
                    items.push(expr);
                }
                SelectItem::Wildcard(_) => {
                    let merged = self.frames.last().is_some_and(|frame| !frame.merged.is_empty());
                    self.unsupported_if(merged, "* with USING");
                    arm.outputs.extend(self.star_names(None));
                    items.push(Expr::Star(None));
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let source = self.plain_name(name).and_then(|name| self.source_named(&name));
                    arm.outputs.extend(self.star_names(source));
                    items.push(Expr::Star(source.filter(|_| arm.select.from.sources.len() > 1)));
                }
                _ => self.unsupported("this select item"),
            }
        }
        self.too_wide(arm);
        arm.select.items = items;
        if let Some(frame) = self.frames.last_mut() {
            frame.aliases = aliases;
        }
    }

    /// Stars over stars could grow without bound.
    fn too_wide(&mut self, arm: &mut Arm) {
        if arm.outputs.len() > MAX_OUTPUTS {
            arm.outputs.truncate(1);
            self.findings.push(ParseError::Invalid { what: format!("more than {MAX_OUTPUTS} columns in a result") });
        }
    }

    /// The name that an output without alias has.
    fn natural_name(&self, expr: &Expr) -> Option<String> {
        let Expr::Column(column) = expr else { return None };
        match column.target {
            Target::Column(id) => Some(self.schema.column(id).name.clone()),
            Target::Output(output) => {
                let frame = self.frames.iter().rev().nth(column.depth)?;
                frame.sources.get(column.source)?.rows.names(self.schema).into_iter().nth(output)?
            }
        }
    }

    fn star_names(&self, source: Option<usize>) -> Vec<Option<String>> {
        let Some(frame) = self.frames.last() else { return Vec::new() };
        match source {
            Some(source) => frame.sources[source].rows.names(self.schema),
            None => frame.sources.iter().flat_map(|scoped| scoped.rows.names(self.schema)).collect(),
        }
    }

    fn group_by(&mut self, tree: &GroupByExpr, arm: &Arm) -> Vec<Expr> {
        let GroupByExpr::Expressions(keys, modifiers) = tree else {
            self.unsupported("GROUP BY ALL");
            return Vec::new();
        };
        self.unsupported_if(!modifiers.is_empty(), "ROLLUP, CUBE and GROUPING SETS");
        keys.iter().map(|key| self.ordinal(key, arm).unwrap_or_else(|| self.expr(key))).collect()
    }

    /// The only part of a name; `main.` and `public.` before it are dropped.
    pub(super) fn plain_name(&mut self, name: &ast::ObjectName) -> Option<String> {
        let parts: Option<Vec<&ast::Ident>> = name.0.iter().map(|part| part.as_ident()).collect();
        match parts.as_deref() {
            Some([only]) => Some(only.value.clone()),
            Some([home, only]) if home.value == "main" || home.value == "public" => Some(only.value.clone()),
            _ => {
                self.unresolved(format!("{name} is outside of this schema"));
                None
            }
        }
    }
}

/// The conjunction, flat; none of nothing.
pub(super) fn all(parts: Vec<Condition>) -> Option<Condition> {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Condition::All(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    match flat.len() {
        0 | 1 => flat.pop(),
        _ => Some(Condition::All(flat)),
    }
}

/// The disjunction, flat; none of nothing.
pub(super) fn any(parts: Vec<Condition>) -> Option<Condition> {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Condition::Any(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    match flat.len() {
        0 | 1 => flat.pop(),
        _ => Some(Condition::Any(flat)),
    }
}
