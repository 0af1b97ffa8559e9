//! What names mean: which columns and qualifiers may be said in the innermost select, and what saying them demands.

use std::rc::Rc;

use super::Grammar;
use super::bits::Bits;
use super::cover::{MAX_SOURCES, unmet};
use super::names::{AliasId, NameId, Qualifier, TableIndex};
use super::state::{Binding, Clause, Demand, Join, Place, Planned, Rows, Scope, Side, Source, Stack};
use crate::dialect::Dialect;

impl Grammar {
    /// The names that may stand here without a qualifier.
    pub(super) fn bare_names(&self, stack: &Stack, place: Place) -> Rc<Bits> {
        let scope = stack.scope();
        if place.clause == Clause::On {
            return Rc::new(self.names_in_on(scope));
        }
        let find = || {
            let mut names = Bits::new(self.names.columns.len());
            let clean = self.clean_tables(scope);
            for name in 0..self.names.columns.len() {
                if self.may_say(stack, name as NameId, place.own, &clean) {
                    names.insert(name);
                }
            }
            Rc::new(names)
        };
        scope.offered[usize::from(place.own)].get_or_init(find).clone()
    }

    fn clean_tables(&self, scope: &Scope) -> Vec<bool> {
        let room = scope.sources.len() + scope.plan.len() < MAX_SOURCES;
        (0..self.names.tables.len()).map(|table| room && self.is_clean(scope, table as TableIndex)).collect()
    }

    fn may_say(&self, stack: &Stack, name: NameId, own: bool, clean: &[bool]) -> bool {
        let scope = stack.scope();
        let further_out = !own && self.outer_has(stack, name);
        if scope.closed {
            return match self.sources_with(&scope.sources, name) {
                0 => further_out,
                1 => !self.is_doubled(scope, name),
                _ => false,
            };
        }
        let planned = scope.plan.iter().filter(|planned| self.table_has(planned.table, name)).count();
        match planned {
            1 => true,
            0 if further_out => true,
            0 if self.names.name(name).tables.iter().any(|&table| clean[usize::from(table)]) => true,
            _ => self.demanded(scope, name, further_out).is_some(),
        }
    }

    /// Whether a derived table has this name twice, so that it means nothing certain.
    pub(super) fn is_doubled(&self, scope: &Scope, name: NameId) -> bool {
        scope.sources.iter().any(|source| match &source.rows {
            Rows::Outputs { doubled, .. } => doubled.contains(usize::from(name)),
            Rows::Table(_) => false,
        })
    }

    /// Whether this name, if no source here has it, means exactly one column further out.
    pub(super) fn outer_has(&self, stack: &Stack, name: NameId) -> bool {
        for pair in stack.scopes.windows(2).rev() {
            let (outer, inner) = (&pair[0], &pair[1]);
            if !inner.correlates {
                return false;
            }
            match self.sources_with(&outer.sources, name) {
                0 => {}
                1 => return !self.is_doubled(outer, name),
                _ => return false,
            }
        }
        false
    }

    /// The scope with one more name said before FROM, and a plan for it.
    pub(super) fn demanded(&self, scope: &Scope, name: NameId, optional: bool) -> Option<Scope> {
        let mut scope = scope.clone();
        match scope.demands.iter_mut().find(|demand| demand.name == name) {
            Some(demand) => demand.optional &= optional,
            None => scope.demands.push(Demand { name, optional }),
        }
        let planned = scope.plan.iter().filter(|planned| self.table_has(planned.table, name)).count();
        match self.sources_with(&scope.sources, name) + planned {
            1 => {}
            0 if optional => {}
            0 => scope.plan = self.cover(&scope, None).or_else(|| self.extended(&scope, name))?,
            _ => scope.plan = self.cover(&scope, None)?,
        }
        Some(scope)
    }

    /// The plan with one more table that has a name and nothing else that was said; where a search takes too long.
    fn extended(&self, scope: &Scope, name: NameId) -> Option<Vec<Planned>> {
        let room = scope.sources.len() + scope.plan.len() < MAX_SOURCES;
        let others =
            Scope { demands: scope.demands.iter().copied().filter(|d| d.name != name).collect(), ..scope.clone() };
        let clean = |table: &TableIndex| room && self.is_clean(&others, *table);
        let table = self.names.name(name).tables.iter().copied().find(clean)?;
        let mut plan = scope.plan.clone();
        plan.push(Planned { table, called: Some(Qualifier::Table(table)) });
        Some(plan)
    }

    /// Names of exactly one source that is joined already, which no later source may have.
    fn names_in_on(&self, scope: &Scope) -> Bits {
        let mut names = Bits::new(self.names.columns.len());
        let first = self.first_in_on(scope);
        for source in &scope.sources[first..] {
            for name in self.row_names(&source.rows).iter() {
                let known = scope.demands.iter().any(|demand| usize::from(demand.name) == name && !demand.optional);
                if known || self.demanded(scope, name as NameId, false).is_some() {
                    names.insert(name);
                }
            }
        }
        names
    }

    /// The first source that an ON may name: SQLite takes any, the others those of the same group.
    fn first_in_on(&self, scope: &Scope) -> usize {
        if self.dialect == Dialect::Sqlite { 0 } else { usize::from(scope.group) }
    }

    /// The names of a source's columns that can be said.
    pub(super) fn row_names(&self, rows: &Rows) -> Bits {
        match rows {
            Rows::Table(table) => self.names.table(*table).names.clone(),
            Rows::Outputs { names, doubled, .. } => {
                let mut single = (**names).clone();
                doubled.iter().for_each(|name| single.remove(name));
                single
            }
        }
    }

    /// What may stand before a dot here.
    pub(super) fn qualifiers(&self, stack: &Stack, place: Place) -> Vec<Qualifier> {
        let scope = stack.scope();
        if scope.closed {
            return self.visible_qualifiers(stack, place.own);
        }
        if place.clause == Clause::On {
            return scope.sources[self.first_in_on(scope)..].iter().filter_map(|source| source.called).collect();
        }
        let certain = |b: &&Binding| !b.optional || !place.own || self.bound(scope, b.qualifier, None, false).is_some();
        let mut found: Vec<Qualifier> = scope.bindings.iter().filter(certain).map(|b| b.qualifier).collect();
        if !place.own && scope.correlates {
            found.extend(self.qualifiers_further_out(stack));
        }
        let aliases = (0..self.names.aliases.len() as AliasId).map(Qualifier::Alias);
        let free: Vec<Qualifier> = aliases.filter(|alias| scope.is_free(*alias) && !found.contains(alias)).collect();
        if let Some(&one) = free.first()
            && self.bound(scope, one, None, false).is_some()
        {
            found.extend(free);
        }
        let tables = (0..self.names.tables.len() as TableIndex).map(Qualifier::Table);
        let tables: Vec<Qualifier> = tables.filter(|table| self.may_bind_table(scope, *table, &found)).collect();
        found.extend(tables);
        found.sort_unstable_by_key(|qualifier| match qualifier {
            Qualifier::Table(table) => (0, usize::from(*table)),
            Qualifier::Alias(alias) => (1, usize::from(*alias)),
        });
        found.dedup();
        found
    }

    fn may_bind_table(&self, scope: &Scope, qualifier: Qualifier, found: &[Qualifier]) -> bool {
        let Qualifier::Table(table) = qualifier else { return false };
        if self.names.table(table).qualifiers.is_empty() || found.contains(&qualifier) || !scope.is_free(qualifier) {
            return false;
        }
        scope.plan.iter().any(|planned| planned.called == Some(qualifier))
            || self.bound(scope, qualifier, None, false).is_some()
    }

    /// The sources that can be named when FROM is complete: of this select and, where allowed, of those around it.
    fn visible_qualifiers(&self, stack: &Stack, own: bool) -> Vec<Qualifier> {
        let mut found: Vec<Qualifier> = self.nameable(stack.scope()).collect();
        if !own {
            let further = self.qualifiers_further_out(stack);
            found.extend(further.into_iter().filter(|qualifier| !stack.scope().has_source(*qualifier)));
        }
        found
    }

    fn qualifiers_further_out(&self, stack: &Stack) -> Vec<Qualifier> {
        let mut found = Vec::new();
        for pair in stack.scopes.windows(2).rev() {
            if !pair[1].correlates {
                break;
            }
            found.extend(self.nameable(&pair[0]));
        }
        found
    }

    /// What the sources with columns that can be said are called.
    fn nameable(&self, scope: &Scope) -> impl Iterator<Item = Qualifier> {
        let sources = scope.sources.iter().filter(|source| !self.row_names(&source.rows).is_empty());
        sources.filter_map(|source| source.called)
    }

    /// Whether a key can name a column.
    pub(super) fn has_columns(&self, scope: &Scope) -> bool {
        scope.sources.iter().any(|source| !self.row_names(&source.rows).is_empty())
    }

    /// The source of this name in the innermost select that has one; from the select around the innermost on where
    /// `outside`.
    pub(super) fn source_called<'k>(
        &self,
        stack: &'k Stack,
        qualifier: Qualifier,
        outside: bool,
    ) -> Option<&'k Source> {
        let mut inner_correlates = true;
        for (out, scope) in stack.scopes.iter().rev().enumerate() {
            if !inner_correlates {
                return None;
            }
            let found = scope.sources.iter().find(|source| source.called == Some(qualifier));
            if found.is_some() && (out > 0 || !outside) {
                return found;
            }
            inner_correlates = scope.correlates;
        }
        None
    }

    /// The names that may follow a qualifier and a dot.
    pub(super) fn names_of(&self, stack: &Stack, qualifier: Qualifier, place: Place) -> Bits {
        let scope = stack.scope();
        if scope.closed || place.clause == Clause::On {
            let source = self.source_called(stack, qualifier, false);
            return source.map_or_else(|| Bits::new(0), |source| self.row_names(&source.rows));
        }
        let mut names = Bits::new(self.names.columns.len());
        if let (false, Some(source)) = (place.own, self.source_called(stack, qualifier, true)) {
            names.union(&self.row_names(&source.rows));
        }
        let known: &[NameId] =
            scope.bindings.iter().find(|b| b.qualifier == qualifier).map_or(&[], |binding| &binding.names);
        for (index, table) in self.names.tables.iter().enumerate() {
            let index = index as TableIndex;
            let has_all = known.iter().all(|&name| self.table_has(index, name));
            let own = !matches!(qualifier, Qualifier::Table(other) if other != index);
            if own && has_all && !table.words.is_empty() && self.may_be(scope, qualifier, index) {
                names.union(&table.names);
            }
        }
        names
    }

    /// Whether a qualifier may turn out to be this table's.
    fn may_be(&self, scope: &Scope, qualifier: Qualifier, table: TableIndex) -> bool {
        let planned = scope.plan.iter().find(|planned| planned.called == Some(qualifier));
        if planned.is_some_and(|planned| planned.table == table) {
            return true;
        }
        let replaces = planned.is_some_and(|planned| self.is_clean(scope, planned.table));
        let bound = scope.bindings.iter().any(|b| b.qualifier == qualifier && !b.optional);
        if bound && replaces && self.is_clean(scope, table) {
            return true;
        }
        self.bound(scope, qualifier, Some(table), false).is_some()
    }

    /// The scope with a qualifier that some source must have; `table` forces which.
    pub(super) fn bound(
        &self,
        scope: &Scope,
        qualifier: Qualifier,
        table: Option<TableIndex>,
        optional: bool,
    ) -> Option<Scope> {
        let mut scope = scope.clone();
        match scope.bindings.iter_mut().find(|binding| binding.qualifier == qualifier) {
            Some(binding) => binding.optional &= optional,
            None => scope.bindings.push(Binding { qualifier, names: Vec::new(), optional }),
        }
        let planned = scope
            .plan
            .iter()
            .any(|planned| planned.called == Some(qualifier) && table.is_none_or(|table| table == planned.table));
        if !planned && !optional {
            scope.plan = self.cover(&scope, table.map(|table| (qualifier, table)))?;
        }
        Some(scope)
    }

    /// The scope after `qualifier.name` before FROM.
    pub(super) fn bound_with(&self, stack: &Stack, qualifier: Qualifier, name: NameId, own: bool) -> Option<Scope> {
        let mut scope = stack.scope().clone();
        let outside = self.source_called(stack, qualifier, true).filter(|_| !own);
        let known = outside.is_some_and(|source| self.row_names(&source.rows).contains(usize::from(name)));
        if !scope.bindings.iter().any(|binding| binding.qualifier == qualifier) {
            scope.bindings.push(Binding { qualifier, names: Vec::new(), optional: true });
        }
        let binding = scope.bindings.iter_mut().find(|binding| binding.qualifier == qualifier)?;
        binding.optional &= known;
        if !binding.names.contains(&name) {
            binding.names.push(name);
        }
        let (names, optional) = (binding.names.clone(), binding.optional);
        let planned = scope.plan.iter().find(|planned| planned.called == Some(qualifier));
        if optional || planned.is_some_and(|planned| self.table_has(planned.table, name)) {
            return Some(scope);
        }
        let forced = || {
            let tables = self.names.by_cost.iter().filter(|&&table| names.iter().all(|&n| self.table_has(table, n)));
            tables.clone().find_map(|&table| self.cover(&scope, Some((qualifier, table))))
        };
        scope.plan = self.cover(&scope, None).or_else(forced)?;
        Some(scope)
    }

    /// The scope with one more source; `None` where something said before would lose its meaning.
    pub(super) fn joined(&self, scope: &Scope, table: TableIndex, called: Called, join: Join) -> Option<Scope> {
        let qualifier = match called {
            Called::Own => Qualifier::Table(table),
            Called::Alias(alias) => Qualifier::Alias(alias),
        };
        let taken = scope.has_source(qualifier) || scope.sources.len() >= MAX_SOURCES;
        let clash =
            |demand: &Demand| self.table_has(table, demand.name) && self.sources_with(&scope.sources, demand.name) > 0;
        let lacks = |binding: &Binding| {
            binding.qualifier == qualifier && !binding.names.iter().all(|&name| self.table_has(table, name))
        };
        if taken || scope.demands.iter().any(clash) || scope.bindings.iter().any(lacks) {
            return None;
        }
        let mut after = scope.clone();
        if join == Join::Comma {
            after.group = after.sources.len() as u8;
        }
        after.sources.push(Source { called: Some(qualifier), rows: Rows::Table(table) });
        let kept = |planned: &Planned| planned.called != Some(qualifier);
        match self.met(scope, table, qualifier) {
            Some(place) => drop(after.plan.remove(place)),
            None if self.is_settled(&after) => after.plan.clear(),
            None if self.is_clean(scope, table)
                && after.plan.iter().all(kept)
                && after.sources.len() + after.plan.len() <= MAX_SOURCES => {}
            None => after.plan = self.cover(&after, None)?,
        }
        Some(after)
    }

    /// Whether all that was said has its source.
    fn is_settled(&self, scope: &Scope) -> bool {
        let has = |demand: &Demand| demand.optional || self.sources_with(&scope.sources, demand.name) == 1;
        scope.demands.iter().all(has) && unmet(scope).all(|binding| binding.optional)
    }

    /// The planned table that this source is.
    fn met(&self, scope: &Scope, table: TableIndex, qualifier: Qualifier) -> Option<usize> {
        let demanded = |qualifier: Qualifier| unmet(scope).any(|b| b.qualifier == qualifier && !b.optional);
        scope.plan.iter().position(|planned| {
            let free = planned.called.is_none_or(|called| !demanded(called));
            planned.table == table && (planned.called == Some(qualifier) || (free && !demanded(qualifier)))
        })
    }

    /// An alias that nothing has been called yet.
    pub(super) fn free_alias(&self, scope: &Scope) -> Option<AliasId> {
        (0..self.names.aliases.len() as AliasId).find(|&alias| scope.is_free(Qualifier::Alias(alias)))
    }

    /// The aliases that this table may be given.
    pub(super) fn aliases_for(&self, scope: &Scope, table: TableIndex, join: Join) -> Vec<AliasId> {
        let all = 0..self.names.aliases.len() as AliasId;
        let fits = |alias: AliasId| self.joined(scope, table, Called::Alias(alias), join).is_some();
        let fresh = self.free_alias(scope).is_some_and(fits);
        all.filter(|&alias| match scope.is_free(Qualifier::Alias(alias)) {
            true => fresh,
            false => fits(alias),
        })
        .collect()
    }

    /// Whether this table may be the next source under some name.
    pub(super) fn may_join(&self, scope: &Scope, table: TableIndex, join: Join) -> bool {
        if self.names.table(table).words.is_empty() {
            return false;
        }
        self.joined(scope, table, Called::Own, join).is_some() || !self.aliases_for(scope, table, join).is_empty()
    }

    /// The sources that a column of a LEFT JOIN's condition may be of.
    pub(super) fn side(&self, scope: &Scope, side: Side) -> std::ops::Range<usize> {
        let last = scope.sources.len() - 1;
        let first = self.first_in_on(scope).min(last);
        match side {
            Side::Any => first..last + 1,
            Side::Earlier => first..last,
            Side::Joined => last..last + 1,
        }
    }
}

/// What a table in FROM is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// By its own name.
    Own,
    Alias(AliasId),
}

impl Scope {
    /// Whether a source has this name.
    pub(super) fn has_source(&self, qualifier: Qualifier) -> bool {
        self.sources.iter().any(|source| source.called == Some(qualifier))
    }

    /// Whether nothing has been called so yet, and nothing that was said needs to be.
    fn is_free(&self, qualifier: Qualifier) -> bool {
        !self.has_source(qualifier) && !self.bindings.iter().any(|binding| binding.qualifier == qualifier)
    }
}
