//! Symbols so far to scores of the next: pre-norm layers with a history, cross-attention to the nodes, pointers.
//!
//! Names and order follow the trainer's `DecoderLayer`, `Decoder` and `Output`. Source of the pointing output: pointer
//! networks (Vinyals et al. 2015).

use super::{
    attention::{Cross, Ragged, Scores, history, within},
    config::Sizes,
    encoder::EPS,
    kernels::{
        attention::{Heads, Point},
        dispatch,
    },
    layers::{LayerNorm, Linear, Place, view},
    memory::{DecoderState, ExampleMemory},
    weights::{Matrix, Weights},
};
use candle_core::{Result, Tensor};

/// Kinds of nodes, each with its own query and key.
const KINDS: usize = 3;

#[derive(Debug)]
struct DecoderLayer {
    heads: Heads,
    norm1: LayerNorm,
    qkv: Linear,
    out: Linear,
    norm2: LayerNorm,
    cross_query: Linear,
    cross_key_value: Linear,
    cross_out: Linear,
    norm3: LayerNorm,
    up: Linear,
    down: Linear,
}

impl DecoderLayer {
    fn load(weights: &mut Weights<'_>, name: &str, sizes: &Sizes, place: &Place) -> Result<Self> {
        let (d, inner) = (sizes.width, sizes.inner);
        let mut linear = |part: &str, shape| Linear::load(weights, &format!("{name}.{part}"), shape, place);
        let (qkv, out) = (linear("qkv", (3 * d, d))?, linear("out", (d, d))?);
        let (cross_query, cross_out) = (linear("cross_query", (d, d))?, linear("cross_out", (d, d))?);
        let cross_key_value = linear("cross_key_value", (2 * d, d))?;
        let (up, down) = (linear("up", (inner, d))?, linear("down", (d, inner))?);
        let mut norm = |part: &str| LayerNorm::load(weights, &format!("{name}.{part}"), d, EPS, place);
        let (norm1, norm2, norm3) = (norm("norm1")?, norm("norm2")?, norm("norm3")?);
        let heads = Heads { count: sizes.heads, width: d / sizes.heads };
        Ok(Self { heads, norm1, qkv, out, norm2, cross_query, cross_key_value, cross_out, norm3, up, down })
    }

    /// What comes after self-attention.
    fn rest(&self, x: &Tensor, attended: &Tensor, cross: &Cross) -> Result<Tensor> {
        let x = self.out.forward_add(attended, x)?;
        let attended =
            cross.attend(&self.cross_query.forward(&self.norm2.forward(&x)?)?, self.heads, self.heads.scale())?;
        let x = self.cross_out.forward_add(&attended, &x)?;
        self.down.forward_add(&self.up.forward_gelu(&self.norm3.forward(&x)?)?, &x)
    }
}

/// Symbols to one vector a position.
#[derive(Debug)]
pub(super) struct Decoder {
    /// `[keywords, d]`.
    keyword_embedding: Tensor,
    node: Linear,
    position_embedding: Matrix,
    layers: Vec<DecoderLayer>,
    norm: LayerNorm,
}

impl Decoder {
    pub(super) fn load(weights: &mut Weights<'_>, sizes: &Sizes, place: &Place) -> Result<Self> {
        let d = sizes.width;
        let words = weights.matrix("decoder.keyword_embedding.weight", sizes.keywords, d);
        let layers = (0..sizes.decoder_layers)
            .map(|i| DecoderLayer::load(weights, &format!("decoder.layers.{i}"), sizes, place))
            .collect::<Result<_>>()?;
        Ok(Self {
            keyword_embedding: Tensor::from_vec(words.to_f32(), (sizes.keywords, d), &place.device)?,
            node: Linear::load(weights, "decoder.node", (d, d), place)?,
            position_embedding: weights.matrix("decoder.position_embedding.weight", sizes.max_symbols, d),
            layers,
            norm: LayerNorm::load(weights, "decoder.norm", d, EPS, place)?,
        })
    }

    /// The input vectors of all symbols of one example, `[keywords + nodes, d]`.
    pub(super) fn symbols(&self, memory: &Tensor) -> Result<Tensor> {
        Tensor::cat(&[&self.keyword_embedding, &self.node.forward(memory)?], 0)
    }

    /// Each layer's cross-attention keys and values of one example.
    pub(super) fn cross(&self, memory: &Tensor, place: &Place) -> Result<Vec<Cross>> {
        self.layers
            .iter()
            .map(|layer| Cross::new(&layer.cross_key_value.forward(memory)?, layer.heads, place))
            .collect()
    }

    /// One more position of each beam: `[beams, d]`. The state's paths already reach it.
    pub(super) fn step(
        &self,
        memory: &ExampleMemory,
        state: &mut DecoderState,
        last: &[u32],
        place: &Place,
    ) -> Result<Tensor> {
        let mut x = self.embed(memory, last, vec![state.position(); last.len()], place)?;
        let mut step = Vec::with_capacity(self.layers.len());
        for (index, (layer, cross)) in self.layers.iter().zip(&memory.cross).enumerate() {
            let qkv = layer.qkv.forward(&layer.norm1.forward(&x)?)?;
            let mut steps: Vec<&Tensor> = state.steps.iter().map(|step| &step[index]).collect();
            steps.push(&qkv);
            x = layer.rest(&x, &history(&steps, &state.paths, layer.heads, place)?, cross)?;
            step.push(qkv);
        }
        state.steps.push(step.into());
        self.norm.forward(&x)
    }

    /// All positions of one form at once, without a history: `[ids, d]`.
    pub(super) fn forced(&self, memory: &ExampleMemory, ids: &[u32], place: &Place) -> Result<Tensor> {
        let mut x = self.embed(memory, ids, (0..ids.len()).collect(), place)?;
        let whole = Ragged::new([ids.len()], place)?;
        for (layer, cross) in self.layers.iter().zip(&memory.cross) {
            let qkv = layer.qkv.forward(&layer.norm1.forward(&x)?)?;
            x = layer.rest(&x, &within(&qkv, &whole, layer.heads, Scores::scaled(layer.heads, true))?, cross)?;
        }
        self.norm.forward(&x)
    }

    fn embed(&self, memory: &ExampleMemory, ids: &[u32], positions: Vec<usize>, place: &Place) -> Result<Tensor> {
        let d = self.position_embedding.columns;
        let mut rows = vec![0.0; ids.len() * d];
        for (row, position) in rows.chunks_exact_mut(d).zip(positions) {
            self.position_embedding.add_row(position, row);
        }
        let positions = Tensor::from_vec(rows, (ids.len(), d), &place.device)?;
        memory.symbols.index_select(&Tensor::new(ids, &place.device)?, 0)? + positions
    }
}

/// Vectors to scores of keywords and nodes.
#[derive(Debug)]
pub(super) struct Output {
    keywords: Linear,
    query: Linear,
    key: Linear,
}

impl Output {
    pub(super) fn load(weights: &mut Weights<'_>, sizes: &Sizes, place: &Place) -> Result<Self> {
        let d = sizes.width;
        Ok(Self {
            keywords: Linear::load(weights, "output.keywords", (sizes.keywords, d), place)?,
            query: Linear::load(weights, "output.query", (KINDS * d, d), place)?,
            key: Linear::load(weights, "output.key", (KINDS * d, d), place)?,
        })
    }

    /// Each node's key of its own kind, `[nodes, d]`.
    pub(super) fn keys(&self, memory: &Tensor, kinds: &[u8]) -> Result<Tensor> {
        let (nodes, d) = memory.dims2()?;
        let own = kinds.iter().enumerate().map(|(node, kind)| (node * KINDS) as u32 + u32::from(*kind));
        let own = Tensor::from_iter(own, memory.device())?;
        self.key.forward(memory)?.reshape((nodes * KINDS, d))?.index_select(&own, 0)
    }

    /// `[rows, d]` to unnormalised scores, row after row of `keywords + nodes`.
    pub(super) fn scores(&self, x: &Tensor, memory: &ExampleMemory, place: &Place) -> Result<Vec<f32>> {
        let (rows, d) = x.dims2()?;
        let (words, queries) = (self.keywords.forward(x)?, self.query.forward(x)?);
        let keywords = words.dim(1)?;
        let stride = keywords + memory.kinds.len();
        let scale = 1.0 / (d as f32).sqrt();
        if !place.packed {
            let points = self.point_dense(&queries, memory, rows)?;
            return Tensor::cat(&[words, (points * f64::from(scale))?], 1)?.flatten_all()?.to_vec1();
        }
        let mut out = vec![0.0; rows * stride];
        let (words, queries, keys) = (view(&words)?, view(&queries)?, view(&memory.keys)?);
        for (out, words) in out.chunks_exact_mut(stride).zip(words.numbers()?.chunks_exact(keywords)) {
            out[..keywords].copy_from_slice(words);
        }
        let (queries, keys, kinds) = (queries.numbers()?, keys.numbers()?, &memory.kinds);
        dispatch(Point { queries, keys, kinds, scale, out: &mut out[keywords..], stride });
        Ok(out)
    }

    fn point_dense(&self, queries: &Tensor, memory: &ExampleMemory, rows: usize) -> Result<Tensor> {
        let nodes = memory.kinds.len();
        let queries = queries.reshape((rows * KINDS, queries.dim(1)? / KINDS))?;
        let points = queries.matmul(&memory.keys.t()?)?.reshape((rows, KINDS, nodes))?;
        let kinds = Tensor::from_iter(memory.kinds.iter().map(|kind| u32::from(*kind)), queries.device())?;
        points.gather(&kinds.reshape((1, 1, nodes))?.broadcast_as((rows, 1, nodes))?.contiguous()?, 1)?.squeeze(1)
    }
}
