//! The fewest tables that connect others over foreign keys: exact for up to three missing tables, by shortest paths
//! beyond, bounded on any schema.

use std::collections::VecDeque;

use super::joins::JoinGraph;
use crate::schema::TableId;

/// Searches for so many missing tables exactly.
const EXACT: usize = 3;
/// Gives the exact search up after so many steps.
const MAX_STEPS: usize = 20_000;
/// The longest path, in tables between two others.
const MAX_PATH: usize = 5;

/// Tables to add so that `terminals` hang together; those that nothing connects are left apart. `linked` pairs count
/// as neighbours.
pub(super) fn missing(graph: &JoinGraph, terminals: &[TableId], linked: &[(TableId, TableId)]) -> Vec<TableId> {
    let mut rest = terminals.to_vec();
    let mut added = Vec::new();
    while let Some(&first) = rest.first() {
        let reach = Search { graph, terminals, linked }.distances(&[first]);
        let (group, others): (Vec<_>, Vec<_>) = rest.iter().partition(|table| reach[table.index()] < usize::MAX);
        added.extend(Search { graph, terminals: &group, linked }.connect());
        rest = others;
    }
    added
}

struct Search<'a> {
    graph: &'a JoinGraph,
    terminals: &'a [TableId],
    linked: &'a [(TableId, TableId)],
}

impl Search<'_> {
    /// Tables that connect the terminals, which all hang together over the whole graph.
    fn connect(&self) -> Vec<TableId> {
        if self.island(&[]).len() == self.terminals.len() {
            return Vec::new();
        }
        self.exact().unwrap_or_else(|| self.shortest_paths())
    }

    /// Joins the nearest terminal by a shortest path, again and again; leaves apart what is too far.
    fn shortest_paths(&self) -> Vec<TableId> {
        let mut added = Vec::new();
        for _ in 0..self.terminals.len() {
            let island = self.island(&added);
            let apart: Vec<TableId> = self.terminals.iter().copied().filter(|table| !island.contains(table)).collect();
            let distances = self.distances(&apart);
            if island.iter().all(|table| distances[table.index()] > MAX_PATH + 1) {
                break;
            }
            added.extend(self.path(&island, &distances));
        }
        added
    }

    fn adjacent(&self, a: TableId, b: TableId) -> bool {
        self.graph.adjacent(a, b) || self.linked.contains(&(a, b)) || self.linked.contains(&(b, a))
    }

    /// What hangs together with the first terminal among terminals and added tables.
    fn island(&self, added: &[TableId]) -> Vec<TableId> {
        let mut reached: Vec<TableId> = self.terminals.first().copied().into_iter().collect();
        let mut at = 0;
        while at < reached.len() {
            for &table in self.terminals.iter().chain(added) {
                if !reached.contains(&table) && self.adjacent(reached[at], table) {
                    reached.push(table);
                }
            }
            at += 1;
        }
        reached
    }

    /// Steps over keys from each table to the nearest of these.
    fn distances(&self, from: &[TableId]) -> Vec<usize> {
        let mut distances = vec![usize::MAX; self.graph.of_table.len()];
        let mut queue: VecDeque<TableId> = from.iter().copied().collect();
        for table in from {
            distances[table.index()] = 0;
        }
        while let Some(table) = queue.pop_front() {
            let linked = self.linked.iter().filter_map(|&(a, b)| match table {
                _ if a == table => Some(b),
                _ if b == table => Some(a),
                _ => None,
            });
            for next in self.graph.neighbours(table).chain(linked) {
                if distances[next.index()] == usize::MAX {
                    distances[next.index()] = distances[table.index()] + 1;
                    queue.push_back(next);
                }
            }
        }
        distances
    }

    fn exact(&self) -> Option<Vec<TableId>> {
        let mut steps = 0;
        (1..=EXACT).find_map(|size| self.extend(&mut Vec::new(), size, &mut steps))
    }

    /// Tries to connect all terminals with `size` more tables, link tables first, then in the schema's order.
    fn extend(&self, added: &mut Vec<TableId>, size: usize, steps: &mut usize) -> Option<Vec<TableId>> {
        *steps += 1;
        let island = self.island(added);
        let apart: Vec<TableId> = self.terminals.iter().copied().filter(|table| !island.contains(table)).collect();
        if apart.is_empty() {
            return Some(added.clone());
        }
        if size == 0 || *steps > MAX_STEPS {
            return None;
        }
        let distances = self.distances(&apart);
        for table in self.candidates(&island, &distances, size) {
            added.push(table);
            let found = self.extend(added, size - 1, steps);
            added.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn candidates(&self, island: &[TableId], distances: &[usize], size: usize) -> Vec<TableId> {
        let mut found: Vec<TableId> = Vec::new();
        for &table in island {
            for next in self.graph.neighbours(table) {
                if !island.contains(&next) && !found.contains(&next) && distances[next.index()] <= size {
                    found.push(next);
                }
            }
        }
        found.sort_by_key(|&table| (usize::MAX - self.graph.references_among(table, self.terminals), table));
        found
    }

    /// The tables between the island and the nearest table at distance 0.
    fn path(&self, island: &[TableId], distances: &[usize]) -> Vec<TableId> {
        let mut path = Vec::new();
        let start = island.iter().copied().min_by_key(|table| (distances[table.index()], *table));
        let Some(mut table) = start else { return path };
        while distances[table.index()] > 1 {
            let next =
                self.graph.neighbours(table).filter(|next| distances[next.index()] + 1 == distances[table.index()]);
            let Some(next) = next.min() else { break };
            path.push(next);
            table = next;
        }
        path
    }
}
