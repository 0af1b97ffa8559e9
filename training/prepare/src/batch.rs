//! Prompts and forms side by side in padded arrays, as one safetensors blob.
//!
//! Shapes: B examples, W word pieces, N nodes, T steps, K keywords. Symbol ids: keywords 0..K, then K + node.

use std::collections::HashMap;

use crate::arrays::{Arrays, padded};
use crate::example::{Example, steps};
use anyhow::Result;
use argiope::form::{Allowed, Keyword, Symbol};
use argiope::link::{NODE_FEATURES, NodeKind, Prompt};

/// Padded lengths are multiples of this, so that fewer shapes occur.
const ROUND: usize = 4;

/// An example with the prompt it is shown with.
#[derive(Debug)]
pub(crate) struct Item {
    prompt: Prompt,
    set: usize,
    index: usize,
    /// BEGIN and the gold symbols, as ids.
    inputs: Vec<i64>,
    /// The gold symbols and END, as ids.
    targets: Vec<i64>,
    allowed: Vec<Allowed>,
    used: Vec<f32>,
}

impl Item {
    /// `None` where the prompt lacks a word, column or table that the form needs, or the recogniser forbids it.
    pub(crate) fn new(example: &Example<'_>, prompt: Prompt, max_symbols: usize) -> Option<Self> {
        let schema = example.database.schema();
        let allowed = steps(schema, prompt.words.len(), max_symbols, &example.symbols).ok()?;
        let places: HashMap<NodeKind, usize> =
            prompt.nodes.iter().enumerate().map(|(place, node)| (node.kind, place)).collect();
        let ids: Vec<i64> = example.symbols.iter().map(|&symbol| id(symbol, &places)).collect::<Option<_>>()?;
        let keyword = |keyword: Keyword| keyword.id() as i64;
        let inputs = std::iter::once(keyword(Keyword::Begin)).chain(ids.iter().copied()).collect();
        let targets = ids.iter().copied().chain([keyword(Keyword::End)]).collect();
        let used = prompt.nodes.iter().map(|node| f32::from(is_used(node.kind, example))).collect();
        Some(Self { prompt, set: example.set, index: example.index, inputs, targets, allowed, used })
    }
}

fn id(symbol: Symbol, places: &HashMap<NodeKind, usize>) -> Option<i64> {
    let kind = match symbol {
        Symbol::Keyword(keyword) => return Some(keyword.id() as i64),
        Symbol::Column(column) => NodeKind::Column(column),
        Symbol::Table(table) => NodeKind::Table(table),
        Symbol::Word(word) => NodeKind::Word(word),
    };
    places.get(&kind).map(|&place| (Keyword::ALL.len() + place) as i64)
}

fn is_used(kind: NodeKind, example: &Example<'_>) -> bool {
    match kind {
        NodeKind::Word(_) => false,
        NodeKind::Column(column) => example.columns.contains(&column),
        NodeKind::Table(table) => example.tables.contains(&table),
    }
}

fn kind_code(kind: NodeKind) -> i64 {
    match kind {
        NodeKind::Word(_) => 0,
        NodeKind::Column(_) => 1,
        NodeKind::Table(_) => 2,
    }
}

fn admits(allowed: &Allowed, kind: NodeKind) -> bool {
    match kind {
        NodeKind::Word(word) => allowed.words.contains(&word),
        NodeKind::Column(column) => allowed.column(column),
        NodeKind::Table(table) => allowed.table(table),
    }
}

/// The arrays of some items, as the bytes of a safetensors file.
///
/// # Errors
/// When the arrays do not fit their shapes, which cannot be.
pub(crate) fn blob(items: &[Item]) -> Result<Vec<u8>> {
    let longest = |length: fn(&Item) -> usize| items.iter().map(length).max().unwrap_or(0);
    let b = items.len();
    let w = longest(|item| item.prompt.piece_ids.len()).next_multiple_of(ROUND);
    let n = longest(|item| item.prompt.nodes.len()).next_multiple_of(ROUND);
    let t = longest(|item| item.targets.len());
    let mut arrays = Arrays::default();
    pieces(items, b, w, &mut arrays);
    nodes(items, b, n, &mut arrays);
    symbols(items, b, n, t, &mut arrays);
    arrays.blob()
}

fn pieces(items: &[Item], b: usize, w: usize, arrays: &mut Arrays) {
    let mut row = |name, values: fn(&Prompt) -> Vec<i64>| {
        let rows = items.iter().flat_map(|item| padded(values(&item.prompt), w, 0)).collect();
        arrays.integers(name, &[b, w], rows);
    };
    row("piece_ids", |prompt| prompt.piece_ids.iter().map(|&id| i64::from(id)).collect());
    row("type_ids", |prompt| prompt.type_ids.iter().map(|&id| i64::from(id)).collect());
    row("starts", |prompt| prompt.starts.iter().map(|&start| i64::from(start)).collect());
}

fn nodes(items: &[Item], b: usize, n: usize, arrays: &mut Arrays) {
    let (mut spans, mut kinds, mut mask) = (Vec::new(), Vec::new(), Vec::new());
    let (mut features, mut relations, mut used) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let nodes = &item.prompt.nodes;
        let ends = nodes.iter().flat_map(|node| [i64::from(node.pieces.start), i64::from(node.pieces.end)]);
        spans.extend(padded(ends.collect(), 2 * n, 0));
        kinds.extend(padded(nodes.iter().map(|node| kind_code(node.kind)).collect(), n, 0));
        mask.extend(padded(vec![1u8; nodes.len()], n, 0));
        features.extend(padded(item.prompt.features.clone(), n * NODE_FEATURES, 0.0));
        used.extend(padded(item.used.clone(), n, 0.0));
        let mut square = vec![0i64; n * n];
        for (row, from) in square.chunks_mut(n).zip(item.prompt.relations.chunks(nodes.len())) {
            row.iter_mut().zip(from).for_each(|(to, &mask)| *to = mask as i64);
        }
        relations.extend(square);
    }
    arrays.integers("spans", &[b, n, 2], spans);
    arrays.integers("node_kinds", &[b, n], kinds);
    arrays.bytes("node_mask", &[b, n], mask);
    arrays.floats("features", &[b, n, NODE_FEATURES], features);
    arrays.integers("relations", &[b, n, n], relations);
    arrays.floats("used", &[b, n], used);
}

fn symbols(items: &[Item], b: usize, n: usize, t: usize, arrays: &mut Arrays) {
    let k = Keyword::ALL.len();
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    let mut keywords = vec![0u8; b * t * k];
    let mut pointers = vec![0u8; b * t * n];
    for (example, item) in items.iter().enumerate() {
        inputs.extend(padded(item.inputs.clone(), t, 0));
        targets.extend(padded(item.targets.clone(), t, -1));
        for (step, allowed) in item.allowed.iter().enumerate() {
            let row = (example * t + step) * k;
            (0..k).for_each(|id| keywords[row + id] = u8::from(allowed.keywords >> id & 1 == 1));
            let row = (example * t + step) * n;
            let nodes = item.prompt.nodes.iter().enumerate();
            nodes.for_each(|(place, node)| pointers[row + place] = u8::from(admits(allowed, node.kind)));
        }
    }
    arrays.integers("input_ids", &[b, t], inputs);
    arrays.integers("target_ids", &[b, t], targets);
    arrays.bytes("allowed_keywords", &[b, t, k], keywords);
    arrays.bytes("allowed_nodes", &[b, t, n], pointers);
    arrays.integers("set", &[b], items.iter().map(|item| item.set as i64).collect());
    arrays.integers("index", &[b], items.iter().map(|item| item.index as i64).collect());
}
