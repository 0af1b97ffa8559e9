//! Word pieces to nodes: MiniLM's layers, then the mean of each node's pieces with its features.
//!
//! Names and order follow the trainer's `Bert` and `Nodes`. Source of the layers: BERT (Devlin et al. 2019), as
//! MiniLM-L6 has them (post-norm, exact GELU).

use super::{
    attention::{Ragged, within},
    config::{STARTS_BEFORE, Sizes},
    input::EncoderInput,
    kernels::attention::Heads,
    layers::{LayerNorm, Linear, Place, view},
    weights::{Matrix, Weights},
};
use candle_core::{Result, Tensor};

/// MiniLM's own.
const BERT_EPS: f32 = 1e-12;
/// Of every norm that does not come from MiniLM.
pub(super) const EPS: f32 = 1e-5;

#[derive(Debug)]
struct BertLayer {
    heads: Heads,
    qkv: Linear,
    out: Linear,
    norm1: LayerNorm,
    up: Linear,
    down: Linear,
    norm2: LayerNorm,
}

impl BertLayer {
    fn load(weights: &mut Weights<'_>, name: &str, sizes: &Sizes, place: &Place) -> Result<Self> {
        let (d, inner) = (sizes.width, sizes.bert_inner);
        let mut linear = |part: &str, shape| Linear::load(weights, &format!("{name}.{part}"), shape, place);
        let (qkv, out) = (linear("qkv", (3 * d, d))?, linear("out", (d, d))?);
        let (up, down) = (linear("up", (inner, d))?, linear("down", (d, inner))?);
        let mut norm = |part: &str| LayerNorm::load(weights, &format!("{name}.{part}"), d, BERT_EPS, place);
        let (norm1, norm2) = (norm("norm1")?, norm("norm2")?);
        let heads = Heads { count: sizes.bert_heads, width: d / sizes.bert_heads };
        Ok(Self { heads, qkv, out, norm1, up, down, norm2 })
    }

    fn forward(&self, x: &Tensor, pieces: &Ragged) -> Result<Tensor> {
        let attended = within(&self.qkv.forward(x)?, pieces, self.heads, false)?;
        let x = self.norm1.forward(&self.out.forward_add(&attended, x)?)?;
        self.norm2.forward(&self.down.forward_add(&self.up.forward_gelu(&x)?, &x)?)
    }
}

/// Word pieces to one vector each.
#[derive(Debug)]
pub(super) struct Bert {
    word_embedding: Matrix,
    position_embedding: Matrix,
    type_embedding: Matrix,
    start_embedding: Matrix,
    norm: LayerNorm,
    layers: Vec<BertLayer>,
}

impl Bert {
    pub(super) fn load(weights: &mut Weights<'_>, sizes: &Sizes, place: &Place) -> Result<Self> {
        let mut table = |name: &str, rows| weights.matrix(&format!("bert.{name}.weight"), rows, sizes.width);
        let word_embedding = table("word_embedding", sizes.vocabulary);
        let position_embedding = table("position_embedding", sizes.positions);
        let (type_embedding, start_embedding) = (table("type_embedding", 2), table("start_embedding", 3));
        let norm = LayerNorm::load(weights, "bert.norm", sizes.width, BERT_EPS, place)?;
        let layers = (0..sizes.bert_layers)
            .map(|i| BertLayer::load(weights, &format!("bert.layers.{i}"), sizes, place))
            .collect::<Result<_>>()?;
        Ok(Self { word_embedding, position_embedding, type_embedding, start_embedding, norm, layers })
    }

    /// All inputs' pieces, one input after another, to `[pieces, d]`.
    pub(super) fn forward(&self, inputs: &[EncoderInput], pieces: &Ragged, place: &Place) -> Result<Tensor> {
        let mut x = self.norm.forward(&self.embed(inputs, place)?)?;
        for (i, layer) in self.layers.iter().enumerate() {
            if i == STARTS_BEFORE {
                x = (x + self.embed_starts(inputs, place)?)?;
            }
            x = layer.forward(&x, pieces)?;
        }
        Ok(x)
    }

    fn embed(&self, inputs: &[EncoderInput], place: &Place) -> Result<Tensor> {
        let d = self.word_embedding.columns;
        let ids = inputs.iter().flat_map(|input| input.piece_ids.iter().zip(&input.type_ids).enumerate());
        let mut x = vec![0.0; inputs.iter().map(|input| input.piece_ids.len()).sum::<usize>() * d];
        for (row, (position, (piece, kind))) in x.chunks_exact_mut(d).zip(ids) {
            self.word_embedding.add_row(*piece as usize, row);
            self.position_embedding.add_row(position, row);
            self.type_embedding.add_row(*kind as usize, row);
        }
        Tensor::from_vec(x, ((), d), &place.device)
    }

    fn embed_starts(&self, inputs: &[EncoderInput], place: &Place) -> Result<Tensor> {
        let d = self.start_embedding.columns;
        let starts = inputs.iter().flat_map(|input| &input.starts);
        let mut x = vec![0.0; inputs.iter().map(|input| input.starts.len()).sum::<usize>() * d];
        for (row, start) in x.chunks_exact_mut(d).zip(starts) {
            self.start_embedding.add_row(usize::from(*start), row);
        }
        Tensor::from_vec(x, ((), d), &place.device)
    }
}

/// Pieces to nodes.
#[derive(Debug)]
pub(super) struct Nodes {
    pieces: Linear,
    features: Linear,
    norm: LayerNorm,
}

impl Nodes {
    pub(super) fn load(weights: &mut Weights<'_>, sizes: &Sizes, place: &Place) -> Result<Self> {
        let d = sizes.width;
        Ok(Self {
            pieces: Linear::load(weights, "nodes.pieces", (d, d), place)?,
            features: Linear::load(weights, "nodes.features", (d, sizes.features), place)?,
            norm: LayerNorm::load(weights, "nodes.norm", d, EPS, place)?,
        })
    }

    /// `[pieces, d]` to `[nodes, d]`, both for all inputs one after another.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        inputs: &[EncoderInput],
        pieces: &Ragged,
        place: &Place,
    ) -> Result<Tensor> {
        let pooled = if place.packed { pool(x, inputs, pieces)? } else { pool_dense(x, inputs, pieces)? };
        let features: Vec<f32> = inputs.iter().flat_map(|input| input.features.iter().copied()).collect();
        let features = Tensor::from_vec(features, (pooled.dim(0)?, ()), &place.device)?;
        self.norm.forward(&self.pieces.forward_add(&pooled, &self.features.forward(&features)?)?)
    }
}

/// The mean of each node's pieces; zeros for a node without any.
fn pool(x: &Tensor, inputs: &[EncoderInput], pieces: &Ragged) -> Result<Tensor> {
    let d = x.dim(1)?;
    let borrowed = view(x)?;
    let numbers = borrowed.numbers()?;
    let spans = inputs.iter().zip(pieces.ranges()).flat_map(|(input, range)| {
        input.node_spans.iter().map(move |(start, end)| range.start + *start as usize..range.start + *end as usize)
    });
    let mut out = vec![0.0; inputs.iter().map(EncoderInput::nodes).sum::<usize>() * d];
    for (row, span) in out.chunks_exact_mut(d).zip(spans) {
        let scale = 1.0 / span.len().max(1) as f32;
        for piece in numbers[span.start * d..span.end * d].chunks_exact(d) {
            row.iter_mut().zip(piece).for_each(|(sum, number)| *sum += number * scale);
        }
    }
    Tensor::from_vec(out, ((), d), x.device())
}

/// The same as one product an input.
fn pool_dense(x: &Tensor, inputs: &[EncoderInput], pieces: &Ragged) -> Result<Tensor> {
    let pooled = inputs.iter().zip(pieces.ranges()).map(|(input, range)| {
        let length = range.len();
        let mut shares = vec![0f32; input.nodes() * length];
        for (row, (start, end)) in shares.chunks_exact_mut(length).zip(&input.node_spans) {
            row[*start as usize..*end as usize].fill(1.0 / (end - start).max(1) as f32);
        }
        Tensor::from_vec(shares, (input.nodes(), length), x.device())?.matmul(&x.narrow(0, range.start, length)?)
    });
    Tensor::cat(&pooled.collect::<Result<Vec<_>>>()?, 0)
}
