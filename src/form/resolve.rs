//! From a query's FROM to what a form must say about it: which instance each source is, the table a `*` points at,
//! and the fewest JOIN and ON after which the derived FROM has the same sources and the same equalities.

use super::draft::{Draft, Piece};
use super::joins::{Equality, Instance, JoinGraph, Mentions, Place, Plan};
use super::read::{Uncovered, uncovered};
use super::symbol::{Keyword as K, Symbol};
use super::vocabulary::{COPIES, keyword};
use crate::query::{From, JoinKind, Source, Target};
use crate::schema::{ColumnId, Schema, TableId};

/// Tries so many ways to number the instances of a table, and so many equalities to name before naming all.
const MAX_NUMBERINGS: usize = 24;
const MAX_NAMED: usize = 2;
/// Tries all sets of so many tables to join before joining all.
const MAX_JOINED: usize = 4;

/// The pieces of a select over tables. `first` holds the tables of the outermost first arm where a column may be
/// exchanged for the primary key it equals.
pub(super) fn resolve(
    schema: &Schema,
    graph: &JoinGraph,
    from: &From,
    draft: Draft,
    first: Option<&[TableId]>,
) -> Result<Vec<Piece>, Uncovered> {
    let resolver = Resolver::new(schema, graph, from)?;
    let mut draft = draft;
    let Some(mut choice) = resolver.best(&draft) else {
        return uncovered("joins that neither keys nor ON give");
    };
    if let (Some(first), true) = (first, resolver.plain()) {
        for place in 0..draft.head.len() + draft.tail.len() {
            let Some(exchanged) = resolver.exchange(&draft, place, first) else { continue };
            let better = resolver.best(&exchanged).filter(|new| new.extra() <= choice.extra());
            if let Some(new) = better {
                (draft, choice) = (exchanged, new);
            }
        }
    }
    resolver.pieces(&draft, &choice)
}

/// Everything about one FROM.
struct Resolver<'a> {
    schema: &'a Schema,
    graph: &'a JoinGraph,
    tables: Vec<TableId>,
    /// Equalities between (source, column)s, in the order written.
    on: Vec<((usize, ColumnId), (usize, ColumnId))>,
    /// Whether some source is joined without a condition.
    loose: bool,
    /// Whether the first source keeps its rows.
    outer: bool,
}

/// One way to say it.
#[derive(Debug, Clone)]
struct Choice {
    numbering: Vec<Instance>,
    star: Option<TableId>,
    join: Vec<Instance>,
    on: Vec<Equality>,
    copies: usize,
}

impl Choice {
    /// Symbols for sources beyond the plain pointers.
    fn extra(&self) -> usize {
        let join = self.join.len() + usize::from(!self.join.is_empty());
        join + self.join.iter().filter(|each| each.copy > 0).count() + 3 * self.on.len() + self.copies
    }
}

impl<'a> Resolver<'a> {
    fn new(schema: &'a Schema, graph: &'a JoinGraph, from: &From) -> Result<Self, Uncovered> {
        let mut tables = Vec::new();
        for source in &from.sources {
            match source {
                Source::Table(table) => tables.push(*table),
                Source::Query(_) => return uncovered("a derived table beside other sources"),
            }
        }
        let mut on = Vec::new();
        for (a, b) in from.joins.iter().flat_map(|join| &join.on) {
            let (Target::Column(x), Target::Column(y)) = (a.target, b.target) else {
                return uncovered("a join with a derived table");
            };
            if (a.source, x) != (b.source, y) {
                on.push(((a.source, x), (b.source, y)));
            }
        }
        let kinds: Vec<JoinKind> = from.joins.iter().filter(|join| !join.on.is_empty()).map(|join| join.kind).collect();
        let outer = kinds.contains(&JoinKind::Left);
        if outer && kinds.contains(&JoinKind::Inner) {
            return uncovered("inner and left joins in one select");
        }
        let loose = from.joins.iter().any(|join| join.on.is_empty());
        Ok(Self { schema, graph, tables, on, loose, outer })
    }

    /// Inner joins of different tables.
    fn plain(&self) -> bool {
        !self.outer && (1..self.tables.len()).all(|place| !self.tables[..place].contains(&self.tables[place]))
    }

    /// The shortest way to say it; the first of several.
    fn best(&self, draft: &Draft) -> Option<Choice> {
        let stars = draft.head.iter().chain(&draft.tail).any(|piece| *piece == Piece::Star);
        let mut best: Option<Choice> = None;
        for numbering in self.numberings(draft) {
            let star_tables = if stars { self.star_tables(draft, &numbering) } else { vec![None] };
            for star in star_tables {
                let limit = best.as_ref().map_or(usize::MAX, Choice::extra);
                if let Some(choice) = self.solve(draft, &numbering, star, limit) {
                    best = Some(choice);
                }
            }
        }
        best
    }

    /// Sources in the order of their mention.
    fn mentioned(&self, draft: &Draft) -> Vec<usize> {
        let mut order = Vec::new();
        for piece in draft.head.iter().chain(&draft.tail) {
            let (Piece::Column { depth: 0, source, .. } | Piece::Up { source, .. } | Piece::TableOf(source)) = *piece
            else {
                continue;
            };
            if !order.contains(&source) {
                order.push(source);
            }
        }
        order
    }

    /// Ways to number the instances of tables that stand more than once; by first mention first.
    fn numberings(&self, draft: &Draft) -> Vec<Vec<Instance>> {
        let mut order = self.mentioned(draft);
        order.extend((0..self.tables.len()).filter(|source| !order.contains(source)).collect::<Vec<_>>());
        let mut found: Vec<Vec<(usize, u8)>> = vec![Vec::new()];
        for &source in &order {
            let table = self.tables[source];
            let copies = self.tables.iter().filter(|other| **other == table).count() as u8;
            let mut longer = Vec::new();
            for chosen in &found {
                for copy in 0..copies {
                    let taken = chosen.iter().any(|&(other, used)| self.tables[other] == table && used == copy);
                    if !taken && longer.len() < MAX_NUMBERINGS {
                        longer.push(chosen.iter().copied().chain([(source, copy)]).collect());
                    }
                }
            }
            found = longer;
        }
        let number = |chosen: Vec<(usize, u8)>| {
            let copy = |source: usize| chosen.iter().find(|each| each.0 == source).map_or(0, |each| each.1);
            (0..self.tables.len()).map(|source| Instance { table: self.tables[source], copy: copy(source) }).collect()
        };
        found.into_iter().map(number).filter(|all: &Vec<Instance>| all.iter().all(|each| each.copy < 4)).collect()
    }

    /// The tables a `*` may point at, the most telling first: one that nothing else mentions, one that references others.
    fn star_tables(&self, draft: &Draft, numbering: &[Instance]) -> Vec<Option<TableId>> {
        let mentioned: Vec<TableId> = self.mentioned(draft).iter().map(|&source| self.tables[source]).collect();
        let mut tables: Vec<TableId> = numbering.iter().filter(|each| each.copy == 0).map(|each| each.table).collect();
        let references = |table: TableId| self.graph.references_among(table, &self.tables);
        tables.sort_by_key(|&table| (mentioned.contains(&table), usize::MAX - references(table), table));
        tables.into_iter().map(Some).collect()
    }

    /// The fewest JOIN and ON for this numbering, if with fewer than `limit` symbols.
    fn solve(&self, draft: &Draft, numbering: &[Instance], star: Option<TableId>, limit: usize) -> Option<Choice> {
        if self.outer && numbering.first().is_some_and(|root| root.copy > 0) {
            return None;
        }
        let copies = self.copies(draft, numbering);
        let named = self.equalities(numbering);
        let mut best: Option<Choice> = None;
        let mut limit = limit;
        for on in namings(&named) {
            let mentioned = self.mentions(draft, numbering, star, &[], &on).instances;
            // A select whose items name no table says one before it goes on.
            let silent = self.silent(draft);
            let missing: Vec<Instance> = if silent {
                numbering.to_vec() // in the order of FROM, which is the order of `*`
            } else {
                sorted(numbering.iter().copied().filter(|each| !mentioned.contains(each)))
            };
            let on_copies = on.iter().flat_map(|&(a, b)| [a.0, b.0]).filter(|each| each.copy > 0).count();
            for join in subsets(&missing).into_iter().filter(|join| !(silent && join.is_empty())) {
                let choice =
                    Choice { numbering: numbering.to_vec(), star, join, on: on.clone(), copies: copies + on_copies };
                if choice.extra() >= limit {
                    continue;
                }
                let mentions = self.mentions(draft, numbering, star, &choice.join, &on);
                let plan = self.graph.plan(self.schema, &mentions);
                if self.agrees(&plan, numbering) {
                    limit = choice.extra();
                    best = Some(choice);
                }
            }
        }
        best
    }

    fn silent(&self, draft: &Draft) -> bool {
        let names = |piece: &Piece| matches!(piece, Piece::Column { depth: 0, .. } | Piece::TableOf(_) | Piece::Star);
        !draft.head.iter().any(names)
    }

    fn copies(&self, draft: &Draft, numbering: &[Instance]) -> usize {
        let copied = |piece: &&Piece| match piece {
            Piece::Column { depth: 0, source, .. } | Piece::Up { source, .. } => numbering[*source].copy > 0,
            _ => false,
        };
        draft.head.iter().chain(&draft.tail).filter(copied).count()
    }

    /// What the form will mention, in the order in which it will.
    fn mentions(
        &self,
        draft: &Draft,
        numbering: &[Instance],
        star: Option<TableId>,
        join: &[Instance],
        on: &[Equality],
    ) -> Mentions {
        let outer = self.outer.then(|| self.tables[0]);
        let mut mentions = Mentions { instances: Vec::new(), on: on.to_vec(), outer };
        let add = |mentions: &mut Mentions, piece: &Piece| match *piece {
            Piece::Column { depth: 0, source, .. } | Piece::Up { source, .. } | Piece::TableOf(source) => {
                mentions.add(numbering[source]);
            }
            Piece::Star => mentions.instances.extend(star.map(|table| Instance { table, copy: 0 })),
            _ => {}
        };
        for piece in &draft.head {
            add(&mut mentions, piece);
        }
        join.iter().for_each(|each| mentions.add(*each));
        on.iter().for_each(|&(a, b)| {
            mentions.add(a.0);
            mentions.add(b.0);
        });
        for piece in &draft.tail {
            add(&mut mentions, piece);
        }
        let all = std::mem::take(&mut mentions.instances);
        all.into_iter().for_each(|each| mentions.add(each));
        mentions
    }

    /// The equalities of FROM between instances, the referencing side first.
    fn equalities(&self, numbering: &[Instance]) -> Vec<Equality> {
        let mut found = Vec::new();
        for &((s, x), (t, y)) in &self.on {
            let (a, b): Equality = ((numbering[s], x), (numbering[t], y));
            let turned = self.is_key(y, x) || (!self.is_key(x, y) && b.1 < a.1);
            let pair = if turned { (b, a) } else { (a, b) };
            if a.0 != b.0 && !found.contains(&pair) {
                found.push(pair);
            }
        }
        found
    }

    fn is_key(&self, from: ColumnId, to: ColumnId) -> bool {
        self.schema.foreign_keys.iter().any(|key| key.columns.contains(&(from, to)))
    }

    /// Whether a plan has the sources and the equalities of FROM. Where FROM joins without a condition, the plan may
    /// have one.
    fn agrees(&self, plan: &Plan, numbering: &[Instance]) -> bool {
        if sorted(plan.sources.iter().copied()) != sorted(numbering.iter().copied()) {
            return false;
        }
        if self.outer && plan.sources.first() != numbering.first() {
            return false;
        }
        let wanted: Vec<Equality> = self.equalities(numbering);
        let made: Vec<Equality> = plan.joins.iter().flatten().copied().collect();
        implies(&made, &wanted) && (self.loose || implies(&wanted, &made))
    }

    /// The draft with the column at this place exchanged for the primary key that the joins make equal to it.
    fn exchange(&self, draft: &Draft, place: usize, first: &[TableId]) -> Option<Draft> {
        let split = draft.head.len();
        let piece = *draft.head.iter().chain(&draft.tail).nth(place)?;
        let Piece::Column { depth: 0, source, column } = piece else { return None };
        let primary = |column: ColumnId| self.schema.table(self.schema.column(column).table).primary_key == [column];
        let mut equal = vec![(source, column)];
        let mut at = 0;
        while at < equal.len() {
            for &(a, b) in &self.on {
                for (here, there) in [(a, b), (b, a)] {
                    if here == equal[at] && !equal.contains(&there) {
                        equal.push(there);
                    }
                }
            }
            at += 1;
        }
        let fits = |&&(other, to): &&(usize, ColumnId)| {
            self.graph.same_class(column, to)
                && first.contains(&self.tables[source])
                && first.contains(&self.tables[other])
        };
        let best = equal.iter().filter(fits).min_by_key(|(_, to)| (!primary(*to), *to)).copied()?;
        if best.1 == column || !primary(best.1) {
            return None;
        }
        let mut new = draft.clone();
        let slot = if place < split { &mut new.head[place] } else { &mut new.tail[place - split] };
        *slot = Piece::Column { depth: 0, source: best.0, column: best.1 };
        Some(new)
    }

    fn pieces(&self, draft: &Draft, choice: &Choice) -> Result<Vec<Piece>, Uncovered> {
        let mut out = Vec::new();
        self.emit(&draft.head, choice, &mut out)?;
        if !choice.join.is_empty() {
            out.push(Piece::from(K::Join));
        }
        for each in &choice.join {
            copy(each.copy, &mut out);
            out.push(Piece::Symbol(Symbol::Table(each.table)));
        }
        for &(a, b) in &choice.on {
            out.push(Piece::from(K::On));
            place(a, &mut out);
            place(b, &mut out);
        }
        if self.outer {
            out.push(Piece::from(K::Outer));
            out.push(Piece::Symbol(Symbol::Table(self.tables[0])));
        }
        self.emit(&draft.tail, choice, &mut out)?;
        Ok(out)
    }

    fn emit(&self, pieces: &[Piece], choice: &Choice, out: &mut Vec<Piece>) -> Result<(), Uncovered> {
        for piece in pieces {
            match *piece {
                Piece::Column { depth: 0, source, column } => place((choice.numbering[source], column), out),
                Piece::Column { depth: 1, .. } | Piece::Symbol(_) => out.push(*piece),
                Piece::Column { .. } => return uncovered("a reference out of two selects"),
                Piece::Up { source, column } => {
                    out.push(Piece::from(K::Up));
                    place((choice.numbering[source], column), out);
                }
                Piece::TableOf(source) if choice.numbering[source].copy > 0 => {
                    return uncovered("`*` of a second instance");
                }
                Piece::TableOf(source) => out.push(Piece::Symbol(Symbol::Table(self.tables[source]))),
                Piece::Star => out.extend(choice.star.map(|table| Piece::Symbol(Symbol::Table(table)))),
            }
        }
        Ok(())
    }
}

fn copy(copy: u8, out: &mut Vec<Piece>) {
    out.extend(keyword(&COPIES, &copy).map(Piece::from));
}

fn place((instance, column): Place, out: &mut Vec<Piece>) {
    copy(instance.copy, out);
    out.push(Piece::Symbol(Symbol::Column(column)));
}

fn sorted(instances: impl Iterator<Item = Instance>) -> Vec<Instance> {
    let mut all: Vec<Instance> = instances.collect();
    all.sort_unstable();
    all
}

/// Whether the second equalities follow from the first.
fn implies(given: &[Equality], wanted: &[Equality]) -> bool {
    wanted.iter().all(|&(a, b)| {
        let mut equal = vec![a];
        let mut at = 0;
        while at < equal.len() {
            for &(x, y) in given {
                for (here, there) in [(x, y), (y, x)] {
                    if here == equal[at] && !equal.contains(&there) {
                        equal.push(there);
                    }
                }
            }
            at += 1;
        }
        equal.contains(&b)
    })
}

/// None, each one, each two, … and all of the equalities.
fn namings(named: &[Equality]) -> Vec<Vec<Equality>> {
    let mut found: Vec<Vec<Equality>> = subsets_up_to(named, MAX_NAMED);
    if named.len() > MAX_NAMED {
        found.push(named.to_vec());
    }
    found
}

fn subsets<T: Copy>(all: &[T]) -> Vec<Vec<T>> {
    let mut found = subsets_up_to(all, all.len().min(MAX_JOINED));
    if all.len() > MAX_JOINED {
        found.push(all.to_vec());
    }
    found
}

/// All subsets of at most this size, small ones first, in order.
fn subsets_up_to<T: Copy>(all: &[T], size: usize) -> Vec<Vec<T>> {
    let mut found: Vec<Vec<T>> = vec![Vec::new()];
    let mut last: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let mut longer = Vec::new();
        for chosen in &last {
            let from = chosen.last().map_or(0, |place| place + 1);
            longer.extend((from..all.len()).map(|place| [chosen.as_slice(), &[place]].concat()));
        }
        found.extend(longer.iter().map(|chosen| chosen.iter().map(|&place| all[place]).collect()));
        last = longer;
    }
    found
}
