//! Attention of a block of rows to packed keys and values, and of single decoder steps to their history.

use super::{
    Arch, Kernel, LANES, math,
    product::{Columns, Rows, multiply},
};
use rayon::prelude::*;
use std::ops::Range;

/// Below this many multiplications a second thread costs more than it brings.
const PARALLEL_FROM: usize = 1 << 20;
/// The same for a decoder's step inside the pool, where the threads are awake: keys and values come from memory.
const SHARED_FROM: usize = 1 << 17;

/// How a model's width is cut into heads.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct Heads {
    /// How many.
    pub count: usize,
    /// Numbers in one head.
    pub width: usize,
}

impl Heads {
    /// The model's width.
    pub(in crate::model) fn total(self) -> usize {
        self.count * self.width
    }

    /// What a product of query and key is multiplied by.
    pub(in crate::model) fn scale(self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }
}

/// Keys and values of one sequence, packed head by head as the second factors of two products.
#[derive(Debug, Clone)]
pub(in crate::model) struct KeysValues {
    keys: Vec<f32>,
    values: Vec<f32>,
    count: usize,
    heads: Heads,
}

impl KeysValues {
    /// Packs `count` rows that stand `stride` numbers apart, keys from column `key` and values from column `value` on.
    /// `more` rows (each one head wide, keys and values) follow them in every head.
    pub(in crate::model) fn pack(
        rows: &[f32],
        (stride, key, value): (usize, usize, usize),
        heads: Heads,
        more: Option<(&[f32], &[f32])>,
    ) -> Self {
        let width = heads.width;
        let own = rows.len() / stride;
        let count = own + more.map_or(0, |(keys, _)| keys.len() / width);
        let mut packed = Self { keys: Vec::new(), values: Vec::new(), count, heads };
        packed.keys = vec![0.0; heads.count * packed.key_size()];
        packed.values = vec![0.0; heads.count * packed.value_size()];
        for head in 0..heads.count {
            let at = head * width;
            for (index, row) in rows.chunks_exact(stride).enumerate() {
                packed.put(head, index, &row[key + at..key + at + width], &row[value + at..value + at + width]);
            }
            if let Some((keys, values)) = more {
                for (index, (k, v)) in keys.chunks_exact(width).zip(values.chunks_exact(width)).enumerate() {
                    packed.put(head, own + index, k, v);
                }
            }
        }
        packed
    }

    fn put(&mut self, head: usize, index: usize, key: &[f32], value: &[f32]) {
        let width = self.heads.width;
        let start = head * self.key_size() + index / LANES * LANES * width + index % LANES;
        for (i, number) in key.iter().enumerate() {
            self.keys[start + i * LANES] = *number;
        }
        let start = head * self.value_size();
        for (panel, numbers) in value.chunks(LANES).enumerate() {
            let at = start + (panel * self.count + index) * LANES;
            self.values[at..at + numbers.len()].copy_from_slice(numbers);
        }
    }

    fn key_size(&self) -> usize {
        self.count.div_ceil(LANES) * LANES * self.heads.width
    }

    fn value_size(&self) -> usize {
        self.heads.width.div_ceil(LANES) * LANES * self.count
    }

    /// Keys in one head, the further ones included.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn heads(&self) -> Heads {
        self.heads
    }

    #[inline(always)]
    pub(super) fn keys_of(&self, head: usize) -> &[f32] {
        &self.keys[head * self.key_size()..(head + 1) * self.key_size()]
    }

    #[inline(always)]
    pub(super) fn values_of(&self, head: usize) -> &[f32] {
        &self.values[head * self.value_size()..(head + 1) * self.value_size()]
    }
}

/// Runs `block(first row, its output rows)` over blocks of rows, on all threads when it is worth it.
pub(super) fn over_rows(kv: &KeysValues, out: &mut [f32], block: impl Fn(usize, &mut [f32]) + Sync) {
    let total = kv.heads.total();
    let rows = out.len() / total;
    if rows * kv.count * total * 2 < PARALLEL_FROM {
        return block(0, out);
    }
    let part = rows.div_ceil(rayon::current_num_threads());
    out.par_chunks_mut(part * total).enumerate().for_each(|(index, out)| block(index * part, out));
}

/// How products of queries and keys become scores.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct Scoring<'a> {
    /// What each product is multiplied by.
    pub scale: f32,
    /// Whether row i attends to the keys up to i only.
    pub causal: bool,
    /// What is added for the distance of query and key.
    pub distances: Option<Distances<'a>>,
}

/// One number a head and distance: `[heads, length]`, key − query = 0 at column `zero`.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct Distances<'a> {
    /// The numbers.
    pub line: &'a [f32],
    /// Columns in a head.
    pub length: usize,
    /// The column of distance 0.
    pub zero: usize,
}

impl<'a> Distances<'a> {
    /// What the query at this position adds to the scores of the keys from 0 on.
    #[inline(always)]
    fn row(self, head: usize, query: usize) -> &'a [f32] {
        &self.line[head * self.length + self.zero - query..(head + 1) * self.length]
    }
}

/// `out = softmax(q · keys · scale + distances) · values` for each head. Queries stand `stride` numbers apart, from
/// column 0 on.
pub(in crate::model) fn attend(q: &[f32], stride: usize, kv: &KeysValues, scoring: Scoring<'_>, out: &mut [f32]) {
    let (heads, total) = (kv.heads, kv.heads.total());
    let rows = out.len() / total;
    let worth = rows * kv.count * total >= SHARED_FROM && rayon::current_thread_index().is_some();
    if rows >= rayon::current_num_threads() || !worth {
        return over_rows(kv, out, |first, out| {
            let q = &q[first * stride..];
            super::dispatch(Attend { q, stride, kv, first, scoring, heads: 0..heads.count, out });
        });
    }
    // Fewer rows than threads: each thread takes some heads, in a buffer of its own.
    let part = heads.count.div_ceil(rayon::current_num_threads());
    let parts: Vec<(usize, Vec<f32>)> = (0..heads.count.div_ceil(part))
        .into_par_iter()
        .map(|index| {
            let heads = index * part..((index + 1) * part).min(heads.count);
            let (from, mut out) = (heads.start * kv.heads.width, vec![0.0; rows * heads.len() * kv.heads.width]);
            super::dispatch(Attend { q, stride, kv, first: 0, scoring, heads, out: &mut out });
            (from, out)
        })
        .collect();
    for (from, values) in &parts {
        let width = values.len() / rows.max(1);
        for (out, values) in out.chunks_exact_mut(total).zip(values.chunks_exact(width.max(1))) {
            out[*from..from + width].copy_from_slice(values);
        }
    }
}

struct Attend<'a> {
    q: &'a [f32],
    stride: usize,
    kv: &'a KeysValues,
    /// The position of the first row.
    first: usize,
    scoring: Scoring<'a>,
    heads: Range<usize>,
    /// `[rows, these heads' width]`.
    out: &'a mut [f32],
}

impl Kernel for Attend<'_> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let (heads, count) = (self.kv.heads, self.kv.count);
        let (total, scoring) = (self.heads.len() * heads.width, self.scoring);
        let rows = self.out.len() / total;
        let mut scores = vec![0f32; rows * count];
        for (place, head) in self.heads.enumerate() {
            let q = Rows { values: &self.q[head * heads.width..], stride: self.stride, width: heads.width };
            multiply::<A, f32>(q, rows, self.kv.keys_of(head), &mut scores, Columns { stride: count, count });
            for (row, scores) in scores.chunks_exact_mut(count).enumerate() {
                let query = self.first + row;
                let (seen, hidden) = scores.split_at_mut(if scoring.causal { query + 1 } else { count });
                score::<A>(seen, scoring, head, query);
                math::softmax::<A>(seen);
                hidden.fill(0.0);
            }
            let weights = Rows { values: &scores, stride: count, width: count };
            let to = Columns { stride: total, count: heads.width };
            multiply::<A, f32>(weights, rows, self.kv.values_of(head), &mut self.out[place * heads.width..], to);
        }
    }
}

/// Products to scores.
#[inline(always)]
fn score<A: Arch>(scores: &mut [f32], scoring: Scoring<'_>, head: usize, query: usize) {
    match scoring.distances {
        Some(distances) => {
            for (score, distance) in scores.iter_mut().zip(distances.row(head, query)) {
                *score = A::mul_add(*score, scoring.scale, *distance);
            }
        }
        None => scores.iter_mut().for_each(|score| *score *= scoring.scale),
    }
}

/// Self-attention of one new position of one beam.
pub(in crate::model) struct AttendHistory<'a> {
    /// One row as wide as the model.
    pub query: &'a [f32],
    /// The beam's rows `[key | value]`, oldest first, its own last.
    pub rows: &'a [&'a [f32]],
    /// How the width is cut.
    pub heads: Heads,
    /// How products become scores.
    pub scoring: Scoring<'a>,
    /// One row as wide as the model.
    pub out: &'a mut [f32],
}

impl Kernel for AttendHistory<'_> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let (width, total) = (self.heads.width, self.heads.total());
        let position = self.rows.len().saturating_sub(1);
        let mut scores = vec![0f32; self.rows.len()];
        for (head, out) in self.out.chunks_exact_mut(width).enumerate() {
            let at = head * width;
            let query = &self.query[at..at + width];
            for (score, row) in scores.iter_mut().zip(self.rows) {
                *score = dot::<A>(query, &row[at..at + width]);
            }
            score::<A>(&mut scores, self.scoring, head, position);
            math::softmax::<A>(&mut scores);
            out.fill(0.0);
            for (weight, row) in scores.iter().zip(self.rows) {
                for (o, v) in out.iter_mut().zip(&row[total + at..total + at + width]) {
                    *o = A::mul_add(*weight, *v, *o);
                }
            }
        }
    }
}

/// The sum of products of two equally long rows.
#[inline(always)]
pub(super) fn dot<A: Arch>(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] = A::mul_add(a[lane], b[lane], sums[lane]);
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// `out[beam, node] = query[beam, third of the node's kind] · key[node] · scale`.
pub(in crate::model) struct Point<'a> {
    /// Rows of three queries: for words, columns and tables.
    pub queries: &'a [f32],
    /// One row a node.
    pub keys: &'a [f32],
    /// 0 word, 1 column, 2 table.
    pub kinds: &'a [u8],
    /// What each product is multiplied by.
    pub scale: f32,
    /// `[beam, node]`, in rows that stand `stride` numbers apart.
    pub out: &'a mut [f32],
    /// See `out`.
    pub stride: usize,
}

impl Kernel for Point<'_> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let width = self.keys.len() / self.kinds.len().max(1);
        for (query, out) in self.queries.chunks_exact(3 * width.max(1)).zip(self.out.chunks_mut(self.stride)) {
            for ((key, kind), o) in self.keys.chunks_exact(width.max(1)).zip(self.kinds).zip(out) {
                let at = usize::from(*kind) * width;
                *o = dot::<A>(&query[at..at + width], key) * self.scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_shared_out_equal_one_thread() {
        let heads = Heads { count: 6, width: 32 };
        let total = heads.total();
        let numbers = |count: usize, seed: f32| (0..count).map(|i| (i as f32 * seed).sin()).collect::<Vec<f32>>();
        let kv = KeysValues::pack(&numbers(900 * 2 * total, 0.37), (2 * total, 0, total), heads, None);
        let q = numbers(2 * total, 0.11);
        let scoring = Scoring { scale: 0.7, causal: false, distances: None };
        let (mut alone, mut shared) = (vec![0.0; 2 * total], vec![0.0; 2 * total]);
        attend(&q, total, &kv, scoring, &mut alone);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        pool.install(|| attend(&q, total, &kv, scoring, &mut shared));
        assert_eq!(alone, shared);
    }
}
