//! What judges cuts: from a cut's pieces, its sentence and its features to one score.

use super::{config::SelectorSizes, input::SelectorInput};
use crate::model::{
    encoder::pool_spans,
    layers::{Linear, Place},
    weights::Weights,
};
use candle_core::{Result, Tensor};

/// Two linear layers over `[pieces' mean, sentence, features]`.
#[derive(Debug)]
pub(super) struct Cuts {
    hidden: Linear,
    score: Linear,
}

impl Cuts {
    /// None where the model does not judge cuts.
    pub(super) fn load(weights: &mut Weights<'_>, sizes: &SelectorSizes, place: &Place) -> Result<Option<Self>> {
        if sizes.cut_features == 0 {
            return Ok(None);
        }
        let inputs = 2 * sizes.width + sizes.cut_features;
        let hidden = Linear::load(weights, "cuts.hidden", (sizes.cut_inner, inputs), place)?;
        Ok(Some(Self { hidden, score: Linear::load(weights, "cuts.score", (1, sizes.cut_inner), place)? }))
    }

    /// One score a cut.
    pub(super) fn forward(&self, told: &Tensor, input: &SelectorInput) -> Result<Vec<f32>> {
        let features = Tensor::from_vec(input.cut_features.clone(), (told.dim(0)?, ()), told.device())?;
        let hidden = self.hidden.forward_gelu(&Tensor::cat(&[told, &features], 1)?.contiguous()?)?;
        self.score.forward(&hidden)?.flatten_all()?.to_vec1()
    }
}

/// What the network knows of each cut: `[cuts, 2 d]`, the mean of its pieces and then its sentence.
///
/// `x [pieces, d]` are MiniLM's vectors, `sentences [sentences, d]` what the layers over sentences make of them.
pub(super) fn told(
    x: &Tensor,
    sentences: &Tensor,
    input: &SelectorInput,
    positions: usize,
    place: &Place,
) -> Result<Tensor> {
    let spans: Vec<(u32, u32)> = input.cuts.iter().map(|cut| cut.pieces).collect();
    let pieces = pool_spans(x, input.rows(&spans, positions), place)?;
    let ids: Vec<u32> = input.cuts.iter().map(|cut| cut.sentence).collect();
    let sentences = sentences.index_select(&Tensor::new(ids, x.device())?, 0)?;
    Tensor::cat(&[pieces, sentences], 1)
}
