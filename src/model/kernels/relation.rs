//! Attention between nodes that know what they are to one another, without a tensor of all pairs and relations.
//!
//! A pair's relations are the bits of a mask; few are set. Relation r counts as one more key and value after the
//! nodes' own: the product of queries and keys then holds `q · relation_key[r]` too, each pair gathers the columns of
//! its bits, and after the softmax the weights of all pairs with bit r add up to the weight of value r.

use super::{
    Arch, Kernel,
    attention::{KeysValues, over_rows},
    math,
    product::{Columns, Rows, multiply},
};

/// Heads that are summed together: one AVX2 register.
const GROUP: usize = 8;

/// `out = relation attention` of all nodes of one example.
///
/// `qkv` has rows `[query | key | value]`; `kv` is packed from it with the relations' keys and values at the end;
/// `masks` is `[nodes, nodes]`; `bias` is `[heads, relations]`.
pub(in crate::model) fn attend(qkv: &[f32], kv: &KeysValues, masks: &[u64], bias: &[f32], out: &mut [f32]) {
    let stride = 3 * kv.heads().total();
    let nodes = qkv.len() / stride;
    over_rows(kv, out, |first, out| {
        super::dispatch(Attend { q: &qkv[first * stride..], kv, masks: &masks[first * nodes..], nodes, bias, out });
    });
}

struct Attend<'a> {
    q: &'a [f32],
    kv: &'a KeysValues,
    masks: &'a [u64],
    nodes: usize,
    bias: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Attend<'_> {
    #[inline(always)]
    fn run<A: Arch>(self) {
        let (heads, count) = (self.kv.heads(), self.kv.count());
        let (total, width) = (heads.total(), heads.width);
        let rows = self.out.len() / total;
        let size = rows * count;
        // [heads, rows, nodes + relations]: scores, then weights
        let mut scores = vec![0f32; heads.count * size];
        for (head, scores) in scores.chunks_exact_mut(size).enumerate() {
            let q = Rows { values: &self.q[head * width..], stride: 3 * total, width };
            multiply::<A, f32>(q, rows, self.kv.keys_of(head), scores, Columns { stride: count, count });
            for score in scores.iter_mut() {
                *score *= heads.scale();
            }
        }
        for row in 0..rows {
            let masks = &self.masks[row * self.nodes..(row + 1) * self.nodes];
            for first in (0..heads.count).step_by(GROUP) {
                let last = (first + GROUP).min(heads.count);
                let group = Group { first, last, row, size, count, nodes: self.nodes };
                group.weigh::<A>(&mut scores, masks, self.bias);
            }
        }
        for (head, weights) in scores.chunks_exact(size).enumerate() {
            let weights = Rows { values: weights, stride: count, width: count };
            let to = Columns { stride: total, count: width };
            multiply::<A, f32>(weights, rows, self.kv.values_of(head), &mut self.out[head * width..], to);
        }
    }
}

/// One row of scores in up to [`GROUP`] heads.
#[derive(Clone, Copy)]
struct Group {
    first: usize,
    last: usize,
    row: usize,
    size: usize,
    count: usize,
    nodes: usize,
}

impl Group {
    #[inline(always)]
    fn start(self, lane: usize) -> usize {
        (self.first + lane) * self.size + self.row * self.count
    }

    /// Adds the relations' part to the scores, takes the softmax, and sums the weights of each relation.
    #[inline(always)]
    fn weigh<A: Arch>(self, scores: &mut [f32], masks: &[u64], bias: &[f32]) {
        let relations = self.count - self.nodes;
        let lanes = self.last - self.first;
        let mut about = [[0f32; GROUP]; 64];
        for lane in 0..lanes {
            let scores = &scores[self.start(lane) + self.nodes..][..relations];
            let bias = &bias[(self.first + lane) * relations..][..relations];
            for ((about, score), bias) in about.iter_mut().zip(scores).zip(bias) {
                about[lane] = score + bias;
            }
        }
        for (node, mask) in masks.iter().enumerate() {
            let sum = gather(*mask, &about);
            for (lane, told) in sum.iter().enumerate().take(lanes) {
                scores[self.start(lane) + node] += told;
            }
        }
        for lane in 0..lanes {
            math::softmax::<A>(&mut scores[self.start(lane)..][..self.nodes]);
        }
        let mut met = [[0f32; GROUP]; 64];
        for (node, mask) in masks.iter().enumerate() {
            let mut weights = [0f32; GROUP];
            for (lane, weight) in weights.iter_mut().enumerate().take(lanes) {
                *weight = scores[self.start(lane) + node];
            }
            scatter(*mask, &weights, &mut met);
        }
        for lane in 0..lanes {
            let scores = &mut scores[self.start(lane) + self.nodes..][..relations];
            for (score, met) in scores.iter_mut().zip(&met) {
                *score = met[lane];
            }
        }
    }
}

/// The sum of the rows whose bits are set.
#[inline(always)]
fn gather(mut mask: u64, about: &[[f32; GROUP]; 64]) -> [f32; GROUP] {
    let mut sum = [0f32; GROUP];
    while mask != 0 {
        let row = &about[mask.trailing_zeros() as usize & 63];
        for (s, a) in sum.iter_mut().zip(row) {
            *s += a;
        }
        mask &= mask - 1;
    }
    sum
}

/// Adds the weights to the rows whose bits are set.
#[inline(always)]
fn scatter(mut mask: u64, weights: &[f32; GROUP], met: &mut [[f32; GROUP]; 64]) {
    while mask != 0 {
        let row = &mut met[mask.trailing_zeros() as usize & 63];
        for (m, w) in row.iter_mut().zip(weights) {
            *m += w;
        }
        mask &= mask - 1;
    }
}
