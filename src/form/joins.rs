//! FROM out of mentions: the tables a select names, closed over foreign keys, in a fixed order with fixed conditions.
//!
//! Shared by both directions, so that what is read from a query is what will be written. The same mentions always give
//! the same plan; nothing depends on hashing. Knows schemas only.

use std::collections::{BTreeMap, BTreeSet};

use super::steiner;
use crate::schema::{ColumnId, Schema, TableId};

/// Pairs of columns that must be equal, of the first and of the second table.
pub(super) type Pairs = Vec<(ColumnId, ColumnId)>;

/// The foreign keys of a schema as a graph over its tables; made once for each schema.
#[derive(Debug, Clone)]
pub struct JoinGraph {
    /// In the order of the schema; parallel ones are kept.
    pub(super) edges: Vec<Edge>,
    /// The edges of each table, those to itself left out.
    pub(super) of_table: Vec<Vec<usize>>,
    /// The edges of each table to itself.
    loops: Vec<Vec<usize>>,
    /// For each column the lowest column that foreign keys tie it to.
    class: Vec<u32>,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// The referencing table.
    pub(super) from: TableId,
    /// The referenced table.
    pub(super) to: TableId,
    /// (referencing, referenced).
    pub(super) pairs: Pairs,
}

/// A table's n-th appearance in one FROM, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Instance {
    pub(super) table: TableId,
    pub(super) copy: u8,
}

/// A column of an instance.
pub(super) type Place = (Instance, ColumnId);

/// An equality between columns of two instances.
pub(super) type Equality = (Place, Place);

/// What a select says about its sources.
#[derive(Debug, Clone, Default)]
pub(super) struct Mentions {
    /// In the order of mention, each once.
    pub(super) instances: Vec<Instance>,
    /// Explicit equalities.
    pub(super) on: Vec<Equality>,
    /// The table that keeps its rows.
    pub(super) outer: Option<TableId>,
}

/// A FROM clause.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) sources: Vec<Instance>,
    /// For each source after the first, equalities with (earlier, this); empty for a cross join.
    pub(super) joins: Vec<Vec<Equality>>,
}

impl Mentions {
    /// Notes an instance and those before it.
    pub(super) fn add(&mut self, instance: Instance) {
        for copy in 0..=instance.copy {
            let each = Instance { copy, ..instance };
            if !self.instances.contains(&each) {
                self.instances.push(each);
            }
        }
    }
}

impl JoinGraph {
    /// The graph of this schema.
    pub fn new(schema: &Schema) -> Self {
        let tables = schema.tables.len();
        let mut graph = Self {
            edges: Vec::new(),
            of_table: vec![Vec::new(); tables],
            loops: vec![Vec::new(); tables],
            class: (0..schema.columns.len() as u32).collect(),
        };
        // Of several keys between two tables the plain one is that whose columns share a name, else that of the column
        // that stands first. Sources list keys in orders of their own: SQLite the last one first.
        let mut keys: Vec<_> = schema.foreign_keys.iter().map(|key| &key.columns).collect();
        keys.sort_by_key(|columns| {
            let renamed = columns.iter().any(|&(from, to)| name_of(schema, from) != name_of(schema, to));
            (renamed, columns.first().copied())
        });
        for columns in keys {
            let Some(&(from, to)) = columns.first() else { continue };
            for &(a, b) in columns {
                graph.unite(a, b);
            }
            let (from, to) = (schema.column(from).table, schema.column(to).table);
            graph.add(Edge { from, to, pairs: columns.clone() });
        }
        for (from, to) in implied_keys(schema) {
            let (from_table, to_table) = (schema.column(from).table, schema.column(to).table);
            if !graph.adjacent(from_table, to_table) {
                graph.add(Edge { from: from_table, to: to_table, pairs: vec![(from, to)] });
            }
        }
        graph
    }

    fn add(&mut self, edge: Edge) {
        let known = self.edges.iter().any(|other| other.pairs == edge.pairs);
        if known || edge.pairs.iter().any(|(a, b)| a == b) {
            return;
        }
        let place = self.edges.len();
        if edge.from == edge.to {
            self.loops[edge.from.index()].push(place);
        } else {
            self.of_table[edge.from.index()].push(place);
            self.of_table[edge.to.index()].push(place);
        }
        self.edges.push(edge);
    }

    fn unite(&mut self, a: ColumnId, b: ColumnId) {
        let (a, b) = (self.class[a.index()], self.class[b.index()]);
        let (low, high) = (a.min(b), a.max(b));
        for class in &mut self.class {
            if *class == high {
                *class = low;
            }
        }
    }

    /// Whether foreign keys tie the two columns to one another, directly or through others.
    pub(super) fn same_class(&self, a: ColumnId, b: ColumnId) -> bool {
        self.class[a.index()] == self.class[b.index()]
    }

    /// The tables next to this one, in the order of the schema's keys.
    pub(super) fn neighbours(&self, table: TableId) -> impl Iterator<Item = TableId> + '_ {
        self.of_table[table.index()].iter().map(move |&edge| {
            let edge = &self.edges[edge];
            if edge.from == table { edge.to } else { edge.from }
        })
    }

    /// Whether one table references the other, in either direction.
    pub(super) fn adjacent(&self, a: TableId, b: TableId) -> bool {
        self.neighbours(a).any(|table| table == b)
    }

    /// The first key between two tables, as (column of a, column of b).
    fn key(&self, a: TableId, b: TableId) -> Option<Pairs> {
        self.of_table[a.index()].iter().find_map(|&place| {
            let edge = &self.edges[place];
            match (edge.from == a && edge.to == b, edge.from == b && edge.to == a) {
                (true, _) => Some(edge.pairs.clone()),
                (_, true) => Some(edge.pairs.iter().map(|&(from, to)| (to, from)).collect()),
                _ => None,
            }
        })
    }

    /// The keys by which `from` references `to`.
    fn references(&self, from: TableId, to: TableId) -> impl Iterator<Item = &Edge> {
        let edges = if from == to { &self.loops[from.index()] } else { &self.of_table[from.index()] };
        edges.iter().map(|&place| &self.edges[place]).filter(move |edge| edge.from == from && edge.to == to)
    }

    /// How many of these tables this one references.
    pub(super) fn references_among(&self, from: TableId, tables: &[TableId]) -> usize {
        tables.iter().filter(|&&to| from != to && self.references(from, to).next().is_some()).count()
    }

    /// The FROM clause for these mentions. Total: what nothing connects is cross joined.
    pub(super) fn plan(&self, schema: &Schema, mentions: &Mentions) -> Plan {
        let mut draft = Draft { graph: self, schema, nodes: Vec::new(), edges: mentions.on.clone() };
        draft.collect(mentions);
        draft.close();
        draft.span();
        draft.copies();
        draft.order()
    }
}

/// A plan in the making.
struct Draft<'a> {
    graph: &'a JoinGraph,
    schema: &'a Schema,
    /// The root first, then by mention, then what was added.
    nodes: Vec<Instance>,
    edges: Vec<Equality>,
}

impl Draft<'_> {
    fn collect(&mut self, mentions: &Mentions) {
        let mut all = Mentions::default();
        if let Some(table) = mentions.outer {
            all.add(Instance { table, copy: 0 });
        }
        let said = mentions.on.iter().flat_map(|&(a, b)| [a.0, b.0]);
        for instance in mentions.instances.iter().copied().chain(said) {
            all.add(instance);
        }
        self.nodes = all.instances;
    }

    fn first_copies(&self) -> Vec<TableId> {
        self.nodes.iter().filter(|node| node.copy == 0).map(|node| node.table).collect()
    }

    /// Adds the fewest tables that connect the first instances.
    fn close(&mut self) {
        let linked: Vec<_> = self
            .edges
            .iter()
            .filter(|(a, b)| a.0.copy == 0 && b.0.copy == 0)
            .map(|(a, b)| (a.0.table, b.0.table))
            .collect();
        for table in steiner::missing(self.graph, &self.first_copies(), &linked) {
            self.nodes.push(Instance { table, copy: 0 });
        }
    }

    /// A tree over the first instances: explicit equalities, then keys, then columns of one name.
    fn span(&mut self) {
        let tables = self.first_copies();
        let graph = self.graph;
        self.grow(&tables, |a, b| graph.key(a, b));
        let schema = self.schema;
        self.grow(&tables, |a, b| same_name(schema, a, b));
    }

    /// Connects tables, nearest to the root first, wherever `key` knows how.
    fn grow(&mut self, tables: &[TableId], key: impl Fn(TableId, TableId) -> Option<Pairs>) {
        let mut reached: Vec<TableId> = tables.first().copied().into_iter().collect();
        let mut at = 0;
        while reached.len() < tables.len() || at < reached.len() {
            if at == reached.len() {
                // Nothing leads on from here; go on with what is not reached.
                reached.extend(tables.iter().copied().find(|table| !reached.contains(table)));
            }
            let here = Instance { table: reached[at], copy: 0 };
            for &table in tables {
                let there = Instance { table, copy: 0 };
                if self.connected(here, there) {
                    if !reached.contains(&table) && self.touch(here, there) {
                        reached.push(table);
                    }
                } else if let Some(pairs) = key(here.table, table) {
                    self.connect(here, there, &pairs);
                    if !reached.contains(&table) {
                        reached.push(table);
                    }
                }
            }
            at += 1;
        }
    }

    fn connect(&mut self, a: Instance, b: Instance, pairs: &[(ColumnId, ColumnId)]) {
        self.edges.extend(pairs.iter().map(|&(x, y)| ((a, x), (b, y))));
    }

    fn touch(&self, a: Instance, b: Instance) -> bool {
        self.edges.iter().any(|(x, y)| (x.0 == a && y.0 == b) || (x.0 == b && y.0 == a))
    }

    fn connected(&self, a: Instance, b: Instance) -> bool {
        let mut reached = vec![a];
        let mut at = 0;
        while at < reached.len() {
            for (x, y) in &self.edges {
                for (here, there) in [(x.0, y.0), (y.0, x.0)] {
                    if here == reached[at] && !reached.contains(&there) {
                        reached.push(there);
                    }
                }
            }
            at += 1;
        }
        reached.contains(&b)
    }

    /// Attaches further instances of a table to what is there.
    fn copies(&mut self) {
        let mut later: Vec<_> = self.nodes.iter().copied().filter(|node| node.copy > 0).collect();
        later.sort_by_key(|node| node.copy);
        for node in later {
            let first = self.nodes[0];
            if !self.connected(first, node) {
                self.attach(node);
            }
        }
    }

    fn attach(&mut self, node: Instance) {
        let Instance { table, copy } = node;
        let others: Vec<_> = self.first_copies().into_iter().filter(|&other| other != table).collect();
        for other in others {
            // A table with several keys to this one: its second key leads to the second instance.
            if let Some(edge) = self.graph.references(other, table).nth(usize::from(copy)) {
                let pairs = edge.pairs.clone();
                return self.connect(Instance { table: other, copy: 0 }, node, &pairs);
            }
        }
        if let Some(edge) = self.graph.references(table, table).next() {
            let pairs = edge.pairs.clone();
            return self.connect(Instance { table, copy: copy - 1 }, node, &pairs);
        }
        self.repeat_path(node);
    }

    /// Repeats the way from the first instance up to the first table that both instances may share.
    fn repeat_path(&mut self, node: Instance) {
        let (mut from, mut new) = (Instance { copy: 0, ..node }, node);
        let mut seen = vec![from];
        for _ in 0..4 {
            let step = self.edges_of(from).into_iter().find(|(there, _)| !seen.contains(there));
            let Some((there, pairs)) = step else {
                return self.share(from, new);
            };
            if self.points_to(from.table, &pairs) {
                return self.connect(new, there, &pairs);
            }
            let repeated = Instance { table: there.table, copy: node.copy };
            let known = self.nodes.contains(&repeated);
            if !known {
                self.nodes.push(repeated);
            }
            self.connect(new, repeated, &pairs);
            if known && self.connected(self.nodes[0], repeated) {
                return;
            }
            seen.push(there);
            (from, new) = (there, repeated);
        }
    }

    /// Ties two instances of a link table by a key column that the way so far has not used.
    fn share(&mut self, old: Instance, new: Instance) {
        let graph = self.graph;
        let used: Vec<ColumnId> =
            self.edges.iter().flat_map(|&(a, b)| [a, b]).filter(|place| place.0 == new).map(|place| place.1).collect();
        let free = graph.of_table[old.table.index()]
            .iter()
            .map(|&place| &graph.edges[place])
            .find(|edge| edge.from == old.table && edge.pairs.iter().all(|(column, _)| !used.contains(column)));
        if let (Some(edge), false) = (free, used.is_empty()) {
            let pairs: Pairs = edge.pairs.iter().map(|&(column, _)| (column, column)).collect();
            self.connect(old, new, &pairs);
        }
    }

    /// The instances next to this one with the equalities between, as (here, there).
    fn edges_of(&self, here: Instance) -> Vec<(Instance, Pairs)> {
        let mut found: Vec<(Instance, Pairs)> = Vec::new();
        for &(x, y) in &self.edges {
            for (a, b) in [(x, y), (y, x)] {
                if a.0 != here || b.0 == here {
                    continue;
                }
                match found.iter_mut().find(|(there, _)| *there == b.0) {
                    Some((_, pairs)) => pairs.push((a.1, b.1)),
                    None => found.push((b.0, vec![(a.1, b.1)])),
                }
            }
        }
        found
    }

    /// Whether these equalities are a key of `table`: several rows of it may share one partner.
    fn points_to(&self, table: TableId, pairs: &[(ColumnId, ColumnId)]) -> bool {
        self.graph.of_table[table.index()].iter().any(|&place| {
            let edge = &self.graph.edges[place];
            edge.from == table && edge.pairs.first() == pairs.first()
        })
    }

    /// Sources in the order a reader would join them: from the root outwards.
    fn order(self) -> Plan {
        let mut plan = Plan::default();
        while plan.sources.len() < self.nodes.len() {
            let next = plan
                .sources
                .iter()
                .find_map(|&placed| {
                    let fresh = |node: &&Instance| !plan.sources.contains(node) && self.touch(placed, **node);
                    self.nodes.iter().find(fresh)
                })
                .or_else(|| self.nodes.iter().find(|node| !plan.sources.contains(node)));
            let Some(&next) = next else { break };
            if !plan.sources.is_empty() {
                plan.joins.push(self.equalities(&plan.sources, next));
            }
            plan.sources.push(next);
        }
        plan
    }

    fn equalities(&self, placed: &[Instance], next: Instance) -> Vec<Equality> {
        let mut found = Vec::new();
        for &(a, b) in &self.edges {
            let pair = match (placed.contains(&a.0) && b.0 == next, placed.contains(&b.0) && a.0 == next) {
                (true, _) => (a, b),
                (_, true) => (b, a),
                _ => continue,
            };
            if !found.contains(&pair) {
                found.push(pair);
            }
        }
        found
    }
}

/// Keys that a schema forgot, the surest first: a column with the name of another table's primary key (`singer_id` and
/// `singer.singer_id`), then one called after the table itself (`airline`, `airline_id` and `airlines.uid`). Both hold
/// the same kind of values, only one table may fit, and the column references nothing else.
fn implied_keys(schema: &Schema) -> Vec<(ColumnId, ColumnId)> {
    let mut by_key: BTreeMap<String, Vec<ColumnId>> = BTreeMap::new();
    let mut by_table: BTreeMap<String, Vec<ColumnId>> = BTreeMap::new();
    for table in &schema.tables {
        let [key] = table.primary_key[..] else { continue };
        by_key.entry(name_of(schema, key)).or_default().push(key);
        let (table, key_name) = (singular(&table.name.to_lowercase()), joined(&name_of(schema, key)));
        let mut names = vec![format!("{table}{key_name}"), format!("{table}id"), table];
        names.dedup();
        names.into_iter().for_each(|name| by_table.entry(name).or_default().push(key));
    }
    let referencing: BTreeSet<ColumnId> =
        schema.foreign_keys.iter().flat_map(|key| &key.columns).map(|pair| pair.0).collect();
    let kind = |column| schema.column(column).kind;
    let fits = |column: ColumnId, keys: Option<&Vec<ColumnId>>| match keys.map(Vec::as_slice) {
        Some(&[key]) if schema.column(key).table != schema.column(column).table && kind(key) == kind(column) => {
            Some((column, key))
        }
        _ => None,
    };
    let free: Vec<(ColumnId, String)> = schema
        .column_ids()
        .filter(|column| !referencing.contains(column))
        .map(|column| (column, name_of(schema, column)))
        .filter(|(_, name)| name != "id" && !CHANCE_NAMES.contains(&name.as_str()))
        .collect();
    let named_alike = free.iter().filter_map(|(column, name)| fits(*column, by_key.get(name)));
    let has_no_twin = |&(column, key): &(ColumnId, ColumnId)| {
        let twin = schema.column_named(schema.column(key).table, &schema.column(column).name);
        twin.is_none_or(|twin| kind(twin) != kind(column))
    };
    let called_after =
        free.iter().filter_map(|(column, name)| fits(*column, by_table.get(&singular(name)))).filter(has_no_twin);
    named_alike.chain(called_after).collect()
}

/// A lower-case name without underscores and without the ending of a plural.
fn singular(name: &str) -> String {
    let name = joined(name);
    match (name.strip_suffix("ies"), name.strip_suffix('s')) {
        (Some(stem), _) if stem.len() > 1 => format!("{stem}y"),
        (_, Some(stem)) if stem.len() > 1 && !stem.ends_with('s') => stem.to_owned(),
        _ => name,
    }
}

fn joined(name: &str) -> String {
    name.replace(['_', ' '], "")
}

/// Names that two tables share by chance.
const CHANCE_NAMES: [&str; 12] = [
    "name",
    "type",
    "description",
    "status",
    "title",
    "date",
    "firstname",
    "lastname",
    "first_name",
    "last_name",
    "fname",
    "lname",
];

fn name_of(schema: &Schema, column: ColumnId) -> String {
    schema.column(column).name.to_lowercase()
}

/// Columns of one name in two tables without a key between them; such that hold the same kind of values and are a
/// primary key first.
fn same_name(schema: &Schema, a: TableId, b: TableId) -> Option<Pairs> {
    let primary = |column: ColumnId| schema.table(schema.column(column).table).primary_key.contains(&column);
    let mut best: Option<(usize, ColumnId, ColumnId)> = None;
    for x in schema.columns_of(a) {
        let name = name_of(schema, x);
        if CHANCE_NAMES.contains(&name.as_str()) {
            continue;
        }
        for y in schema.columns_of(b) {
            if name_of(schema, y) != name {
                continue;
            }
            // `id` with `id` says little; a key on one side says most.
            let rank = match (primary(x), primary(y)) {
                _ if name == "id" => 4,
                _ if schema.column(x).kind != schema.column(y).kind => 3,
                (true, true) => 1,
                (false, false) => 2,
                _ => 0,
            };
            if best.is_none_or(|(old, ..)| rank < old) {
                best = Some((rank, x, y));
            }
        }
    }
    best.map(|(_, x, y)| vec![(x, y)])
}
