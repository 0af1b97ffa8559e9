//! Attention over tensors: sequences of different lengths lie one after another, so nothing is padded where our own
//! loops work; the dense path pads, masks and takes the rows out again.

use super::{
    kernels::{
        attention::{self as kernel, AttendHistory, Distances, Heads, KeysValues, Scoring},
        dispatch, relation,
    },
    layers::{Place, view},
};
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;

/// Added to a score that must not count.
const MASKED: f32 = -1e9;

/// The rows of several sequences, one sequence after another.
pub(super) struct Ragged {
    /// The first row of each sequence, and the end.
    starts: Vec<usize>,
    padded: Option<Padded>,
}

/// How the dense path sees the same rows.
struct Padded {
    /// `[batch · longest]`: the row of each place; 0 for padding.
    rows: Tensor,
    /// `[rows]`: the place of each row.
    places: Tensor,
    /// `[batch, 1, 1, longest]`: 0, or [`MASKED`] for padding.
    bias: Tensor,
    batch: usize,
    longest: usize,
}

impl Ragged {
    /// Sequences of these lengths.
    pub(super) fn new(lengths: impl IntoIterator<Item = usize>, place: &Place) -> Result<Self> {
        let mut starts = vec![0];
        let mut end = 0;
        for length in lengths {
            end += length;
            starts.push(end);
        }
        let padded = if place.packed { None } else { Some(Padded::new(&starts, &place.device)?) };
        Ok(Self { starts, padded })
    }

    /// From–to of each sequence.
    pub(super) fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.starts.windows(2).map(|pair| pair[0]..pair[1])
    }
}

impl Padded {
    fn new(starts: &[usize], device: &Device) -> Result<Self> {
        let lengths: Vec<usize> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (batch, longest) = (lengths.len(), lengths.iter().copied().max().unwrap_or(0));
        let (mut rows, mut places) = (vec![0u32; batch * longest], Vec::new());
        let mut bias = vec![MASKED; batch * longest];
        for (index, length) in lengths.iter().enumerate() {
            for offset in 0..*length {
                let place = index * longest + offset;
                rows[place] = (starts[index] + offset) as u32;
                bias[place] = 0.0;
                places.push(place as u32);
            }
        }
        Ok(Self {
            rows: Tensor::new(rows, device)?,
            places: Tensor::new(places, device)?,
            bias: Tensor::from_vec(bias, (batch, 1, 1, longest), device)?,
            batch,
            longest,
        })
    }

    /// `[rows, parts · d]` to `parts` tensors `[batch, heads, longest, head width]`.
    fn heads(&self, x: &Tensor, parts: usize, heads: Heads) -> Result<Vec<Tensor>> {
        let x = x.index_select(&self.rows, 0)?;
        let x = x.reshape((self.batch, self.longest, parts, heads.count, heads.width))?.permute((2, 0, 3, 1, 4))?;
        (0..parts).map(|part| x.get(part)?.contiguous()).collect()
    }

    /// `[batch, heads, longest, head width]` back to `[rows, d]`.
    fn rows(&self, x: &Tensor, heads: Heads) -> Result<Tensor> {
        let x = x.transpose(1, 2)?.reshape((self.batch * self.longest, heads.total()))?;
        x.index_select(&self.places, 0)
    }
}

/// How products of queries and keys become scores.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scores<'a> {
    /// What each product is multiplied by.
    pub scale: f32,
    /// Whether a position sees itself and earlier ones only.
    pub causal: bool,
    /// What is added for each distance.
    pub bias: Option<&'a PositionBias>,
}

impl<'a> Scores<'a> {
    /// Scaled by the heads' width, without a bias.
    pub(super) fn scaled(heads: Heads, causal: bool) -> Self {
        Self { scale: heads.scale(), causal, bias: None }
    }

    /// The same for our own loops.
    pub(super) fn packed(self) -> Scoring<'a> {
        Scoring { scale: self.scale, causal: self.causal, distances: self.bias.map(PositionBias::distances) }
    }
}

/// One number a head and distance of key and query, for all positions up to a largest one.
#[derive(Debug, Clone)]
pub(super) struct PositionBias {
    /// `[heads, length]`.
    line: Vec<f32>,
    length: usize,
    /// The column of distance 0.
    zero: usize,
    /// `line` on the device, for the dense path.
    dense: Option<Tensor>,
}

impl PositionBias {
    /// `of(head, key − query)` for all distances between `positions` positions; with `causal` up to 0 only.
    pub(super) fn new(
        (heads, positions): (usize, usize),
        causal: bool,
        place: &Place,
        of: impl Fn(usize, i64) -> f32,
    ) -> Result<Self> {
        let zero = positions.max(1) - 1;
        let length = if causal { zero + 1 } else { 2 * zero + 1 };
        let numbers = (0..heads * length).map(|at| of(at / length, (at % length) as i64 - zero as i64));
        let line: Vec<f32> = numbers.collect();
        let dense = (!place.packed).then(|| Tensor::from_slice(&line, (heads, length), &place.device)).transpose()?;
        Ok(Self { line, length, zero, dense })
    }

    fn distances(&self) -> Distances<'_> {
        Distances { line: &self.line, length: self.length, zero: self.zero }
    }

    /// `[heads, queries, keys]` for the queries from `first` on and the keys from 0 on, for the dense path.
    pub(super) fn block(&self, first: usize, queries: usize, keys: usize) -> Result<Option<Tensor>> {
        let Some(dense) = &self.dense else { return Ok(None) };
        // A later key of a causal bias is masked by the caller; any number will do.
        let columns = (first..first + queries)
            .flat_map(|query| (0..keys).map(move |key| (query, key)))
            .map(|(query, key)| (self.zero + key - query).min(self.length - 1) as u32);
        let columns = Tensor::from_iter(columns, dense.device())?;
        Ok(Some(dense.index_select(&columns, 1)?.reshape((dense.dim(0)?, queries, keys))?))
    }
}

/// Self-attention inside each sequence; `qkv [rows, 3 · d]` to `[rows, d]`.
pub(super) fn within(qkv: &Tensor, sequences: &Ragged, heads: Heads, scores: Scores<'_>) -> Result<Tensor> {
    if let Some(padded) = &sequences.padded {
        return within_dense(qkv, padded, heads, scores);
    }
    let total = heads.total();
    let borrowed = view(qkv)?;
    let mut out = vec![0.0; qkv.dim(0)? * total];
    for range in sequences.ranges() {
        let rows = &borrowed.numbers()?[range.start * 3 * total..range.end * 3 * total];
        let kv = KeysValues::pack(rows, (3 * total, total, 2 * total), heads, None);
        kernel::attend(rows, 3 * total, &kv, scores.packed(), &mut out[range.start * total..range.end * total]);
    }
    Tensor::from_vec(out, (qkv.dim(0)?, total), qkv.device())
}

fn within_dense(qkv: &Tensor, padded: &Padded, heads: Heads, how: Scores<'_>) -> Result<Tensor> {
    let parts = padded.heads(qkv, 3, heads)?;
    let longest = padded.longest;
    let scores = (parts[0].matmul(&parts[1].t()?)?.to_dtype(DType::F32)? * f64::from(how.scale))?;
    let mut scores = scores.broadcast_add(&padded.bias)?;
    if let Some(bias) = how.bias.map(|bias| bias.block(0, longest, longest)).transpose()?.flatten() {
        scores = scores.broadcast_add(&bias)?;
    }
    if how.causal {
        let later = (0..longest * longest).map(|at| if at % longest > at / longest { MASKED } else { 0.0 });
        scores = scores.broadcast_add(&Tensor::from_iter(later, qkv.device())?.reshape((longest, longest))?)?;
    }
    padded.rows(&softmax_last_dim(&scores)?.to_dtype(qkv.dtype())?.matmul(&parts[2])?, heads)
}

/// One layer's vectors for relations.
#[derive(Debug)]
pub(super) struct RelationTable {
    /// `[relations, head width]`.
    pub keys: Vec<f32>,
    /// `[relations, head width]`.
    pub values: Vec<f32>,
    /// `[heads, relations]`.
    pub bias: Vec<f32>,
}

/// What all pairs of nodes are to one another, example by example.
pub(super) struct Relations<'a> {
    masks: Vec<&'a [u64]>,
    /// `[batch · longest, longest, relations]` of 0 and 1, for the dense path.
    dense: Option<Tensor>,
}

impl<'a> Relations<'a> {
    /// Each example's `[nodes, nodes]` masks.
    pub(super) fn new(masks: Vec<&'a [u64]>, nodes: &Ragged, count: usize, place: &Place) -> Result<Self> {
        let Some(padded) = &nodes.padded else { return Ok(Self { masks, dense: None }) };
        let longest = padded.longest;
        let mut dense = vec![0f32; padded.batch * longest * longest * count];
        for (index, (mask, range)) in masks.iter().zip(nodes.ranges()).enumerate() {
            for (pair, mask) in mask.iter().enumerate() {
                let (row, column) = (pair / range.len(), pair % range.len());
                let at = ((index * longest + row) * longest + column) * count;
                for (bit, number) in dense[at..at + count].iter_mut().enumerate() {
                    *number = (mask >> bit & 1) as f32;
                }
            }
        }
        let dense = Tensor::from_vec(dense, (padded.batch * longest, longest, count), &place.device)?;
        Ok(Self { masks, dense: Some(dense) })
    }
}

/// Relation attention inside each example; `qkv [rows, 3 · d]` to `[rows, d]`.
///
/// Source: RAT-SQL (Wang et al. 2020), with a set of relations a pair.
pub(super) fn related(
    qkv: &Tensor,
    nodes: &Ragged,
    relations: &Relations<'_>,
    table: &RelationTable,
    heads: Heads,
) -> Result<Tensor> {
    if let (Some(padded), Some(dense)) = (&nodes.padded, &relations.dense) {
        return related_dense(qkv, padded, dense, table, heads);
    }
    let total = heads.total();
    let borrowed = view(qkv)?;
    let mut out = vec![0.0; qkv.dim(0)? * total];
    for (range, masks) in nodes.ranges().zip(&relations.masks) {
        let rows = &borrowed.numbers()?[range.start * 3 * total..range.end * 3 * total];
        let more = Some((&table.keys[..], &table.values[..]));
        let kv = KeysValues::pack(rows, (3 * total, total, 2 * total), heads, more);
        relation::attend(rows, &kv, masks, &table.bias, &mut out[range.start * total..range.end * total]);
    }
    Tensor::from_vec(out, (qkv.dim(0)?, total), qkv.device())
}

fn related_dense(qkv: &Tensor, padded: &Padded, pairs: &Tensor, table: &RelationTable, heads: Heads) -> Result<Tensor> {
    let (device, width, count) = (qkv.device(), heads.width, table.keys.len() / heads.width);
    let (batch, longest) = (padded.batch, padded.longest);
    let parts = padded.heads(qkv, 3, heads)?;
    let q = (&parts[0] * f64::from(heads.scale()))?;
    let keys = Tensor::from_slice(&table.keys, (count, width), device)?.t()?;
    let bias = Tensor::from_slice(&table.bias, (heads.count, 1, count), device)?;
    let about = q.broadcast_matmul(&keys)?.broadcast_add(&bias)?; // [batch, heads, longest, relations]
    let about = about.transpose(1, 2)?.reshape((batch * longest, heads.count, count))?;
    let told = about.matmul(&pairs.transpose(1, 2)?.contiguous()?)?; // [batch · longest, heads, longest]
    let told = told.reshape((batch, longest, heads.count, longest))?.transpose(1, 2)?;
    let scores = (q.matmul(&parts[1].t()?)? + told)?.broadcast_add(&padded.bias)?;
    let weights = softmax_last_dim(&scores)?;
    let met = weights.transpose(1, 2)?.reshape((batch * longest, heads.count, longest))?.matmul(pairs)?;
    let values = Tensor::from_slice(&table.values, (count, width), device)?;
    let met = met.reshape((batch, longest, heads.count, count))?.transpose(1, 2)?.contiguous()?;
    padded.rows(&(weights.matmul(&parts[2])? + met.broadcast_matmul(&values)?)?, heads)
}

/// One example's nodes as keys and values of one decoder layer's cross-attention.
#[derive(Debug, Clone)]
pub(super) enum Cross {
    Packed(KeysValues),
    /// `[heads, head width, nodes]` and `[heads, nodes, head width]`.
    Dense(Tensor, Tensor),
}

impl Cross {
    /// From `[nodes, 2 · d]`.
    pub(super) fn new(kv: &Tensor, heads: Heads, place: &Place) -> Result<Self> {
        let total = heads.total();
        if place.packed {
            return Ok(Self::Packed(KeysValues::pack(view(kv)?.numbers()?, (2 * total, 0, total), heads, None)));
        }
        let kv = kv.reshape((kv.dim(0)?, 2, heads.count, heads.width))?;
        let keys = kv.get_on_dim(1, 0)?.permute((1, 2, 0))?.contiguous()?;
        Ok(Self::Dense(keys, kv.get_on_dim(1, 1)?.transpose(0, 1)?.contiguous()?))
    }

    /// `q [rows, d]` to `[rows, d]`.
    pub(super) fn attend(&self, q: &Tensor, heads: Heads, scale: f32) -> Result<Tensor> {
        let (rows, total) = q.dims2()?;
        match self {
            Self::Packed(kv) => {
                let mut out = vec![0.0; rows * total];
                let scoring = Scoring { scale, causal: false, distances: None };
                kernel::attend(view(q)?.numbers()?, total, kv, scoring, &mut out);
                Tensor::from_vec(out, (rows, total), q.device())
            }
            Self::Dense(keys, values) => {
                let q = q.reshape((rows, heads.count, heads.width))?.transpose(0, 1)?.contiguous()?;
                let scores = (q.matmul(keys)?.to_dtype(DType::F32)? * f64::from(scale))?;
                let weights = softmax_last_dim(&scores)?.to_dtype(q.dtype())?;
                weights.matmul(values)?.transpose(0, 1)?.reshape((rows, total))
            }
        }
    }
}

/// Self-attention of the newest position of each beam.
///
/// `steps` holds each step's `[beams then, 3 · d]`, oldest first; `paths[beam][step]` is the row that the beam's
/// history takes in it. Reordering beams therefore moves no keys and values.
pub(super) fn history(steps: &[&Tensor], paths: &[Vec<u32>], heads: Heads, place: &Place) -> Result<Tensor> {
    let total = heads.total();
    if !place.packed {
        return history_dense(steps, paths, heads, place);
    }
    let views = steps.iter().map(|step| view(step)).collect::<Result<Vec<_>>>()?;
    let numbers = views.iter().map(|view| view.numbers()).collect::<Result<Vec<_>>>()?;
    let mut out = vec![0.0; paths.len() * total];
    let scoring = Scores::scaled(heads, false).packed();
    for (path, out) in paths.iter().zip(out.chunks_exact_mut(total)) {
        let rows: Vec<&[f32]> = numbers
            .iter()
            .zip(path)
            .map(|(numbers, row)| &numbers[(*row as usize * 3 + 1) * total..(*row as usize + 1) * 3 * total])
            .collect();
        let (Some(numbers), Some(row)) = (numbers.last(), path.last()) else { continue };
        let query = &numbers[*row as usize * 3 * total..(*row as usize * 3 + 1) * total];
        dispatch(AttendHistory { query, rows: &rows, heads, scoring, out });
    }
    Tensor::from_vec(out, (paths.len(), total), &place.device)
}

fn history_dense(steps: &[&Tensor], paths: &[Vec<u32>], heads: Heads, place: &Place) -> Result<Tensor> {
    let (beams, length) = (paths.len(), steps.len());
    let mut starts = vec![0u32];
    for step in steps {
        starts.push(starts[starts.len() - 1] + step.dim(0)? as u32);
    }
    let rows: Vec<u32> =
        paths.iter().flat_map(|path| path.iter().zip(&starts).map(|(row, start)| row + start)).collect();
    let all = Tensor::cat(steps, 0)?.index_select(&Tensor::new(rows, &place.device)?, 0)?;
    let all = all.reshape((beams, length, 3, heads.count, heads.width))?.permute((2, 0, 3, 1, 4))?;
    let q = all.get(0)?.narrow(2, length - 1, 1)?.contiguous()?; // [beams, heads, 1, head width]
    let scores = (q.matmul(&all.get(1)?.contiguous()?.t()?)? * f64::from(heads.scale()))?;
    let weights = softmax_last_dim(&scores)?;
    weights.matmul(&all.get(2)?.contiguous()?)?.reshape((beams, heads.total()))
}
