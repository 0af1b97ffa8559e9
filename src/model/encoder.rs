//! Word pieces to vectors: MiniLM's layers, then the mean of the pieces of each node or sentence with its features.
//!
//! Shared by the networks. Names and order follow the trainer's `Bert` and `Pooled`. Source of the layers: BERT (Devlin et al. 2019), as
//! MiniLM-L6 has them (post-norm, exact GELU).

use super::{
    attention::{Ragged, Scores, within},
    config::BertSizes,
    kernels::attention::Heads,
    layers::{LayerNorm, Linear, Place, view},
    weights::{Matrix, Weights},
};
use candle_core::{Result, Tensor};
use std::ops::Range;

/// MiniLM's own.
const BERT_EPS: f32 = 1e-12;
/// Of every norm that does not come from MiniLM.
pub(super) const EPS: f32 = 1e-5;
/// Layers below the embedding of marks, as the trainer has it.
const STARTS_BEFORE: usize = 3;

/// One sequence of word pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pieces<'a> {
    pub ids: &'a [u32],
    /// For each piece its type; all are of type 0 where this is empty.
    pub types: &'a [u32],
    /// For each piece its mark; empty in a network that has none.
    pub starts: &'a [u8],
}

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
    fn load(weights: &mut Weights<'_>, name: &str, sizes: BertSizes, place: &Place) -> Result<Self> {
        let (d, inner) = (sizes.width, sizes.inner);
        let mut linear = |part: &str, shape| Linear::load(weights, &format!("{name}.{part}"), shape, place);
        let (qkv, out) = (linear("qkv", (3 * d, d))?, linear("out", (d, d))?);
        let (up, down) = (linear("up", (inner, d))?, linear("down", (d, inner))?);
        let mut norm = |part: &str| LayerNorm::load(weights, &format!("{name}.{part}"), d, BERT_EPS, place);
        let (norm1, norm2) = (norm("norm1")?, norm("norm2")?);
        let heads = Heads { count: sizes.heads, width: d / sizes.heads };
        Ok(Self { heads, qkv, out, norm1, up, down, norm2 })
    }

    fn forward(&self, x: &Tensor, pieces: &Ragged) -> Result<Tensor> {
        let attended = within(&self.qkv.forward(x)?, pieces, self.heads, Scores::scaled(self.heads, false))?;
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
    start_embedding: Option<Matrix>,
    norm: LayerNorm,
    layers: Vec<BertLayer>,
}

impl Bert {
    pub(super) fn load(weights: &mut Weights<'_>, sizes: BertSizes, place: &Place) -> Result<Self> {
        let mut table = |name: &str, rows| weights.matrix(&format!("bert.{name}.weight"), rows, sizes.width);
        let word_embedding = table("word_embedding", sizes.vocabulary);
        let position_embedding = table("position_embedding", sizes.positions);
        let type_embedding = table("type_embedding", 2);
        let start_embedding = (sizes.starts > 0).then(|| table("start_embedding", sizes.starts));
        let norm = LayerNorm::load(weights, "bert.norm", sizes.width, BERT_EPS, place)?;
        let layers = (0..sizes.layers)
            .map(|i| BertLayer::load(weights, &format!("bert.layers.{i}"), sizes, place))
            .collect::<Result<_>>()?;
        Ok(Self { word_embedding, position_embedding, type_embedding, start_embedding, norm, layers })
    }

    /// All sequences, one after another, to `[pieces, d]`; `ragged` has their lengths.
    pub(super) fn forward(&self, sequences: &[Pieces<'_>], ragged: &Ragged, place: &Place) -> Result<Tensor> {
        let mut x = self.norm.forward(&self.embed(sequences, place)?)?;
        for (i, layer) in self.layers.iter().enumerate() {
            if let (STARTS_BEFORE, Some(table)) = (i, &self.start_embedding) {
                x = (x + embed_starts(table, sequences, place)?)?;
            }
            x = layer.forward(&x, ragged)?;
        }
        Ok(x)
    }

    fn embed(&self, sequences: &[Pieces<'_>], place: &Place) -> Result<Tensor> {
        let d = self.word_embedding.columns;
        let mut x = vec![0.0; sequences.iter().map(|sequence| sequence.ids.len()).sum::<usize>() * d];
        let mut rows = x.chunks_exact_mut(d);
        for sequence in sequences {
            for (position, (piece, row)) in sequence.ids.iter().zip(&mut rows).enumerate() {
                self.word_embedding.add_row(*piece as usize, row);
                self.position_embedding.add_row(position, row);
                self.type_embedding.add_row(sequence.types.get(position).map_or(0, |kind| *kind as usize), row);
            }
        }
        Tensor::from_vec(x, ((), d), &place.device)
    }
}

fn embed_starts(table: &Matrix, sequences: &[Pieces<'_>], place: &Place) -> Result<Tensor> {
    let d = table.columns;
    let starts = sequences.iter().flat_map(|sequence| sequence.starts);
    let mut x = vec![0.0; sequences.iter().map(|sequence| sequence.starts.len()).sum::<usize>() * d];
    for (row, start) in x.chunks_exact_mut(d).zip(starts) {
        table.add_row(usize::from(*start), row);
    }
    Tensor::from_vec(x, ((), d), &place.device)
}

/// One input's rows among all pieces, and those of each thing (node, sentence) that they spell.
pub(super) struct Spelled {
    pub rows: Range<usize>,
    pub things: Vec<Range<usize>>,
}

/// Pieces to the things they spell.
#[derive(Debug)]
pub(super) struct Pooled {
    pieces: Linear,
    features: Linear,
    norm: LayerNorm,
}

impl Pooled {
    pub(super) fn load(
        weights: &mut Weights<'_>,
        name: &str,
        (width, features): (usize, usize),
        place: &Place,
    ) -> Result<Self> {
        Ok(Self {
            pieces: Linear::load(weights, &format!("{name}.pieces"), (width, width), place)?,
            features: Linear::load(weights, &format!("{name}.features"), (width, features), place)?,
            norm: LayerNorm::load(weights, &format!("{name}.norm"), width, EPS, place)?,
        })
    }

    /// `[pieces, d]` to `[things, d]`, both for all inputs one after another. `features [things, features]`;
    /// `more [things, d]` is added before the norm.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        spelled: &[Spelled],
        features: Vec<f32>,
        more: Option<&Tensor>,
        place: &Place,
    ) -> Result<Tensor> {
        let pooled = if place.packed { pool(x, spelled)? } else { pool_dense(x, spelled)? };
        let features = Tensor::from_vec(features, (pooled.dim(0)?, ()), &place.device)?;
        let mut sum = self.pieces.forward_add(&pooled, &self.features.forward(&features)?)?;
        if let Some(more) = more {
            sum = (sum + more)?;
        }
        self.norm.forward(&sum)
    }
}

/// The mean of each thing's pieces; zeros for one without any.
fn pool(x: &Tensor, spelled: &[Spelled]) -> Result<Tensor> {
    let d = x.dim(1)?;
    let borrowed = view(x)?;
    let numbers = borrowed.numbers()?;
    let spans = spelled.iter().flat_map(|input| &input.things);
    let mut out = vec![0.0; spelled.iter().map(|input| input.things.len()).sum::<usize>() * d];
    for (row, span) in out.chunks_exact_mut(d).zip(spans) {
        let scale = 1.0 / span.len().max(1) as f32;
        for piece in numbers[span.start * d..span.end * d].chunks_exact(d) {
            row.iter_mut().zip(piece).for_each(|(sum, number)| *sum += number * scale);
        }
    }
    Tensor::from_vec(out, ((), d), x.device())
}

/// The same as one product an input.
fn pool_dense(x: &Tensor, spelled: &[Spelled]) -> Result<Tensor> {
    let pooled = spelled.iter().map(|Spelled { rows, things }| {
        let mut shares = vec![0f32; things.len() * rows.len()];
        for (row, span) in shares.chunks_exact_mut(rows.len()).zip(things) {
            row[span.start - rows.start..span.end - rows.start].fill(1.0 / span.len().max(1) as f32);
        }
        let shares = Tensor::from_vec(shares, (things.len(), rows.len()), x.device())?;
        shares.matmul(&x.narrow(0, rows.start, rows.len())?)
    });
    Tensor::cat(&pooled.collect::<Result<Vec<_>>>()?, 0)
}
