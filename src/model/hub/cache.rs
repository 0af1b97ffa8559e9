//! What an encoded source leaves behind for the decoder, and how far the decoder's hypotheses have come.
//!
//! Both are values. A memory is never changed after it is made. On the processor hypotheses share one history: each is
//! a path of row numbers through it, so reordering moves no keys or values; on other devices each has its own rows in
//! a tensor made large enough at the start.

use super::super::{
    attention::{Cross, PositionBias, Scores},
    kernels::{
        attention::{AttendHistory, Heads},
        dispatch,
    },
    layers::{Place, view},
};
use candle_core::{DType, Result, Tensor};
use candle_nn::ops::softmax_last_dim;

/// Encoded sources.
#[derive(Debug, Clone)]
pub struct HubMemory {
    /// For each source each layer's keys and values.
    pub(super) sources: Vec<Vec<Cross>>,
}

impl HubMemory {
    /// The number of encoded sources.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}

/// Hypotheses on their way, of one source or of several.
#[derive(Debug)]
pub struct HubState {
    /// The source that each hypothesis belongs to.
    pub(super) sources: Vec<usize>,
    pub(super) position: usize,
    /// Ids it was made for.
    pub(super) capacity: usize,
    layers: Vec<History>,
    /// For each hypothesis the row of each position in the packed history.
    paths: Vec<Vec<u32>>,
    /// Rows in the packed history.
    rows: usize,
    pub(super) bias: Option<PositionBias>,
}

#[derive(Debug)]
enum History {
    /// Rows `[key | value]` in the order in which they came.
    Packed(Vec<f32>),
    /// `[hypotheses, heads, capacity, head width]` twice; made at the first step.
    Dense(Option<(Tensor, Tensor)>),
}

impl Clone for HubState {
    fn clone(&self) -> Self {
        let layers = self.layers.iter().map(|layer| match layer {
            History::Packed(rows) => {
                let mut copy = Vec::with_capacity(rows.capacity());
                copy.extend_from_slice(rows);
                History::Packed(copy)
            }
            // Steps write into these tensors: a copy that shared them would see what the other writes.
            History::Dense(pair) => {
                History::Dense(pair.as_ref().and_then(|(k, v)| Some((k.copy().ok()?, v.copy().ok()?))))
            }
        });
        Self {
            sources: self.sources.clone(),
            position: self.position,
            capacity: self.capacity,
            layers: layers.collect(),
            paths: self.paths.clone(),
            rows: self.rows,
            bias: self.bias.clone(),
        }
    }
}

/// How a history is laid out.
pub(super) struct Layout {
    pub layers: usize,
    pub heads: Heads,
    /// Ids at most.
    pub capacity: usize,
    /// Hypotheses a source, for which room is made at once.
    pub width: usize,
}

impl HubState {
    pub(super) fn new(sources: &[usize], layout: &Layout, bias: Option<PositionBias>, place: &Place) -> Self {
        let layers = (0..layout.layers).map(|_| {
            if place.packed {
                let rows = layout.capacity * sources.len() * layout.width;
                History::Packed(Vec::with_capacity(rows * 2 * layout.heads.total()))
            } else {
                History::Dense(None)
            }
        });
        Self {
            sources: sources.to_vec(),
            position: 0,
            capacity: layout.capacity,
            layers: layers.collect(),
            paths: vec![Vec::with_capacity(layout.capacity); sources.len()],
            rows: 0,
            bias,
        }
    }

    /// Ids taken in by each hypothesis so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The number of hypotheses.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Makes hypothesis i the continuation of what was hypothesis `parents[i]`, one position further.
    pub(super) fn branch(&mut self, parents: &[usize], place: &Place) -> Result<()> {
        let stays = parents.len() == self.len() && parents.iter().enumerate().all(|(row, parent)| row == *parent);
        if !stays {
            self.sources = parents.iter().map(|parent| self.sources[*parent]).collect();
            self.paths = parents.iter().map(|parent| longer(&self.paths[*parent], self.capacity)).collect();
            for layer in &mut self.layers {
                if let History::Dense(Some((keys, values))) = layer {
                    let rows = Tensor::from_iter(parents.iter().map(|parent| *parent as u32), &place.device)?;
                    (*keys, *values) = (keys.index_select(&rows, 0)?, values.index_select(&rows, 0)?);
                }
            }
        }
        for (row, path) in self.paths.iter_mut().enumerate() {
            path.push((self.rows + row) as u32);
        }
        self.rows += parents.len();
        Ok(())
    }

    /// Self-attention of the newest position in one layer: takes in keys and values of `qkv [hypotheses, 3 · total]`,
    /// returns `[hypotheses, total]`.
    pub(super) fn attend(&mut self, layer: usize, qkv: &Tensor, heads: Heads, scores: &Scores<'_>) -> Result<Tensor> {
        let scores = Scores { bias: self.bias.as_ref(), ..*scores };
        match &mut self.layers[layer] {
            History::Packed(rows) => attend_packed(rows, &self.paths, qkv, heads, scores),
            History::Dense(pair) => attend_dense(pair, (self.position, self.capacity), qkv, heads, scores),
        }
    }
}

fn longer(path: &[u32], capacity: usize) -> Vec<u32> {
    let mut copy = Vec::with_capacity(capacity);
    copy.extend_from_slice(path);
    copy
}

fn attend_packed(
    history: &mut Vec<f32>,
    paths: &[Vec<u32>],
    qkv: &Tensor,
    heads: Heads,
    scores: Scores<'_>,
) -> Result<Tensor> {
    let total = heads.total();
    let borrowed = view(qkv)?;
    let new = borrowed.numbers()?;
    for row in new.chunks_exact(3 * total) {
        history.extend_from_slice(&row[total..]);
    }
    let mut out = vec![0.0; paths.len() * total];
    for ((path, row), out) in paths.iter().zip(new.chunks_exact(3 * total)).zip(out.chunks_exact_mut(total)) {
        let rows: Vec<&[f32]> =
            path.iter().map(|row| &history[*row as usize * 2 * total..(*row as usize + 1) * 2 * total]).collect();
        dispatch(AttendHistory { query: &row[..total], rows: &rows, heads, scoring: scores.packed(), out });
    }
    Tensor::from_vec(out, (paths.len(), total), qkv.device())
}

fn attend_dense(
    pair: &mut Option<(Tensor, Tensor)>,
    (position, capacity): (usize, usize),
    qkv: &Tensor,
    heads: Heads,
    how: Scores<'_>,
) -> Result<Tensor> {
    let (rows, _) = qkv.dims2()?;
    let parts = qkv.reshape((rows, 3, heads.count, 1, heads.width))?;
    let part = |index| parts.get_on_dim(1, index)?.contiguous(); // [rows, heads, 1, head width]
    let (keys, values) = match pair.take() {
        Some(pair) => pair,
        None => {
            let room = || Tensor::zeros((rows, heads.count, capacity, heads.width), qkv.dtype(), qkv.device());
            (room()?, room()?)
        }
    };
    keys.slice_set(&part(1)?, 2, position)?;
    values.slice_set(&part(2)?, 2, position)?;
    let (seen_keys, seen_values) = (keys.narrow(2, 0, position + 1)?, values.narrow(2, 0, position + 1)?);
    let scores = part(0)?.matmul(&seen_keys.t()?)?.to_dtype(DType::F32)?; // [rows, heads, 1, position + 1]
    let mut scores = (scores * f64::from(how.scale))?;
    if let Some(bias) = how.bias.map(|bias| bias.block(position, 1, position + 1)).transpose()?.flatten() {
        scores = scores.broadcast_add(&bias)?;
    }
    let weights = softmax_last_dim(&scores)?.to_dtype(qkv.dtype())?;
    let out = weights.matmul(&seen_values.contiguous()?)?.reshape((rows, heads.total()));
    *pair = Some((keys, values));
    out
}
