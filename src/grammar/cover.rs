//! Which tables can FROM still bring, so that all that was said before it means exactly one thing?
//!
//! A column name without qualifier must be in exactly one source (at most one where a select further out may be
//! meant), a qualifier must name a source that has its columns. A small search with a bound on its steps; what it
//! finds becomes the scope's plan, so that there is always a way to finish.

use super::Grammar;
use super::names::{NameId, Qualifier, TableIndex};
use super::state::{Binding, Planned, Rows, Scope, Source};

/// Sources of one select at most.
pub(super) const MAX_SOURCES: usize = 10;

/// Steps of one search at most; beyond that the answer is no.
const MAX_STEPS: u32 = 2_000;

/// One search.
struct Search<'s> {
    grammar: &'s Grammar,
    scope: &'s Scope,
    /// A qualifier that must be this table's.
    forced: Option<(Qualifier, TableIndex)>,
    chosen: Vec<Planned>,
    steps: u32,
}

impl Grammar {
    /// Tables that meet all that a scope still demands; `None` where there are none.
    pub(super) fn cover(&self, scope: &Scope, forced: Option<(Qualifier, TableIndex)>) -> Option<Vec<Planned>> {
        if scope.demands.iter().any(|demand| self.sources_with(&scope.sources, demand.name) > 1) {
            return None;
        }
        let mut search = Search { grammar: self, scope, forced, chosen: Vec::new(), steps: 0 };
        search.run().then_some(search.chosen)
    }

    /// How many of these sources have a column of this name.
    pub(super) fn sources_with(&self, sources: &[Source], name: NameId) -> usize {
        sources.iter().filter(|source| self.has(&source.rows, name)).count()
    }

    pub(super) fn has(&self, rows: &Rows, name: NameId) -> bool {
        match rows {
            Rows::Table(table) => self.table_has(*table, name),
            Rows::Outputs { names, .. } => names.contains(usize::from(name)),
        }
    }

    pub(super) fn table_has(&self, table: TableIndex, name: NameId) -> bool {
        self.names.table(table).names.contains(usize::from(name))
    }

    /// Whether a table has none of the names that must be had once.
    pub(super) fn is_clean(&self, scope: &Scope, table: TableIndex) -> bool {
        let wanted = scope.demands.iter().map(|demand| demand.name).chain(scope.must.iter().copied());
        !self.names.table(table).words.is_empty() && wanted.into_iter().all(|name| !self.table_has(table, name))
    }

    /// A table that can be joined although nothing demands it.
    pub(super) fn spare(&self, scope: &Scope) -> Option<Planned> {
        if scope.sources.len() + scope.plan.len() >= MAX_SOURCES {
            return None;
        }
        let table = *self.names.by_cost.iter().find(|&&table| self.is_clean(scope, table))?;
        let own = Qualifier::Table(table);
        let taken = scope.sources.iter().any(|source| source.called == Some(own))
            || scope.plan.iter().any(|planned| planned.called == Some(own));
        (!taken || self.free_alias(scope).is_some()).then_some(Planned { table, called: (!taken).then_some(own) })
    }
}

/// The bindings that no source meets yet.
pub(super) fn unmet(scope: &Scope) -> impl Iterator<Item = &Binding> {
    let met = |binding: &Binding| scope.sources.iter().any(|source| source.called == Some(binding.qualifier));
    scope.bindings.iter().filter(move |binding| !met(binding))
}

impl Search<'_> {
    fn run(&mut self) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return false;
        }
        let scope = self.scope;
        let is_chosen = |search: &Self, binding: &Binding| {
            search.chosen.iter().any(|planned| planned.called == Some(binding.qualifier))
        };
        if let Some(binding) = unmet(scope).find(|binding| !binding.optional && !is_chosen(self, binding)) {
            return self.bind(binding);
        }
        let must = scope.must.iter().copied();
        let mut names = scope.demands.iter().filter(|demand| !demand.optional).map(|demand| demand.name).chain(must);
        if let Some(name) = names.find(|&name| self.covers(name) == 0) {
            return self.bring(name);
        }
        if scope.sources.is_empty() && self.chosen.is_empty() {
            let cheapest = self.grammar.names.by_cost.iter().copied().find(|&table| self.fits(table));
            self.chosen.extend(cheapest.map(|table| Planned { table, called: Some(Qualifier::Table(table)) }));
        }
        !scope.sources.is_empty() || !self.chosen.is_empty()
    }

    /// Every table that a qualifier could be, one after the other.
    fn bind(&mut self, binding: &Binding) -> bool {
        let grammar = self.grammar;
        let forced = self.forced.filter(|(qualifier, _)| *qualifier == binding.qualifier).map(|(_, table)| table);
        let candidates: Vec<TableIndex> = match (binding.qualifier, forced) {
            (Qualifier::Table(table), _) => vec![table],
            (_, Some(table)) => vec![table],
            _ => grammar.names.by_cost.clone(),
        };
        let has_all = |table: TableIndex| binding.names.iter().all(|&name| grammar.table_has(table, name));
        let mut fitting = candidates.into_iter().filter(|&table| has_all(table));
        fitting.any(|table| self.attempt(Planned { table, called: Some(binding.qualifier) }))
    }

    /// Every table that has a name, one after the other.
    fn bring(&mut self, name: NameId) -> bool {
        let grammar = self.grammar;
        let mut tables = grammar.names.name(name).tables.clone();
        tables.sort_by_key(|&table| grammar.names.table(table).cost);
        tables.into_iter().any(|table| self.attempt(Planned { table, called: Some(Qualifier::Table(table)) }))
    }

    fn attempt(&mut self, planned: Planned) -> bool {
        if !self.fits(planned.table) {
            return false;
        }
        self.chosen.push(planned);
        let done = self.run();
        if !done {
            self.chosen.pop();
        }
        done
    }

    /// Sources that have this name, those chosen so far included.
    fn covers(&self, name: NameId) -> usize {
        let chosen = self.chosen.iter().filter(|planned| self.grammar.table_has(planned.table, name)).count();
        self.grammar.sources_with(&self.scope.sources, name) + chosen
    }

    /// Whether there is room for a table, and no name would be there twice with it.
    fn fits(&self, table: TableIndex) -> bool {
        let room = self.scope.sources.len() + self.chosen.len() < MAX_SOURCES;
        let must = self.scope.must.iter().copied();
        let mut once = self.scope.demands.iter().map(|demand| demand.name).chain(must);
        room && !self.grammar.names.table(table).words.is_empty()
            && once.all(|name| !self.grammar.table_has(table, name) || self.covers(name) == 0)
    }
}
