//! The selector of summaries: which sentences of an article belong in its summary.
//!
//! MiniLM's layers over windows of word pieces, the mean of each sentence's pieces with its features, place and
//! publisher, pre-norm layers over sentences, one score a sentence. Knows nothing about text. Names and order follow
//! the trainer's `Selector`. Source: BertSumExt (Liu and Lapata 2019), with attention inside windows.

mod config;
mod input;

pub use config::{SELECTOR_FAMILY, SELECTOR_VERSION, SelectorConfig, SelectorSizes};
pub use input::SelectorInput;

use super::{
    attention::{Ragged, Scores, within},
    block::PreNormLayer,
    device::{DeviceChoice, compute, internal},
    encoder::{Bert, EPS, Pieces, Pooled, Spelled},
    layers::{LayerNorm, Linear, Place},
    weights::{Matrix, WeightFile, Weights},
};
use crate::error::Result;
use candle_core::Tensor;
use std::path::Path;

/// A loaded selector; shared by reference, never changed.
#[derive(Debug)]
pub struct Selector {
    config: SelectorConfig,
    place: Place,
    bert: Bert,
    sentences: Sentences,
    score: Linear,
}

/// Pieces to sentences that know their place and one another.
#[derive(Debug)]
struct Sentences {
    pooled: Pooled,
    position_embedding: Matrix,
    publisher_embedding: Matrix,
    layers: Vec<PreNormLayer>,
    norm: LayerNorm,
}

impl Selector {
    /// Loads `config.json` and `model.safetensors` of a folder.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] for a missing, cut, changed or foreign file, with every tensor that does not fit;
    /// [`crate::Error::Input`] for a device that cannot be used.
    pub fn load(folder: impl AsRef<Path>, device: DeviceChoice) -> Result<Self> {
        let device = device.open()?;
        let packed = device.is_cpu();
        Self::load_at(folder.as_ref(), Place::new(device, packed))
    }

    /// Loads a selector that uses candle's own operations on the processor, as it would on a GPU: slow, for tests.
    ///
    /// # Errors
    /// As [`Selector::load`].
    #[doc(hidden)]
    pub fn load_portable(folder: impl AsRef<Path>) -> Result<Self> {
        Self::load_at(folder.as_ref(), Place::new(candle_core::Device::Cpu, false))
    }

    fn load_at(folder: &Path, place: Place) -> Result<Self> {
        let config = SelectorConfig::read(folder)?;
        let file = WeightFile::read(folder, &config.files)?;
        let mut weights = file.open()?;
        let selector = Self::build(config, place, &mut weights).map_err(internal)?;
        weights.finish()?;
        Ok(selector)
    }

    fn build(config: SelectorConfig, place: Place, weights: &mut Weights<'_>) -> candle_core::Result<Self> {
        let sizes = &config.sizes;
        let bert = Bert::load(weights, sizes.bert(), &place)?;
        let sentences = Sentences::load(weights, sizes, &place)?;
        let score = Linear::load(weights, "score", (1, sizes.width), &place)?;
        Ok(Self { config, place, bert, sentences, score })
    }

    /// Names, sizes and checksums.
    #[must_use]
    pub fn config(&self) -> &SelectorConfig {
        &self.config
    }

    /// One score a sentence; the higher, the rather it belongs in the summary. Its sigmoid is about the probability.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] for arrays that do not fit together or to the network.
    pub fn score(&self, input: &SelectorInput) -> Result<Vec<f32>> {
        input.check(&self.config.sizes)?;
        compute(|| self.score_checked(input))
    }

    fn score_checked(&self, input: &SelectorInput) -> candle_core::Result<Vec<f32>> {
        let positions = self.config.sizes.positions;
        let windows = input.windows(positions).filter(|window| !window.is_empty());
        let windows: Vec<_> = windows.map(|ids| Pieces { ids, ..Pieces::default() }).collect();
        let pieces = Ragged::new(windows.iter().map(|window| window.ids.len()), &self.place)?;
        let x = self.bert.forward(&windows, &pieces, &self.place)?;
        let spelled = Spelled { rows: 0..x.dim(0)?, things: input.rows(positions) };
        let x = self.sentences.forward(&x, spelled, input, &self.place)?;
        self.score.forward(&x)?.flatten_all()?.to_vec1()
    }
}

impl Sentences {
    fn load(weights: &mut Weights<'_>, sizes: &SelectorSizes, place: &Place) -> candle_core::Result<Self> {
        let d = sizes.width;
        let pooled = Pooled::load(weights, "sentences.pooled", (d, sizes.features), place)?;
        let layers = (0..sizes.sentence_layers)
            .map(|i| PreNormLayer::load(weights, &format!("sentences.layers.{i}"), sizes.layer(), place))
            .collect::<candle_core::Result<_>>()?;
        Ok(Self {
            pooled,
            position_embedding: weights.matrix("sentences.position_embedding.weight", sizes.sentences, d),
            publisher_embedding: weights.matrix("sentences.publisher_embedding.weight", sizes.publishers, d),
            layers,
            norm: LayerNorm::load(weights, "sentences.norm", d, EPS, place)?,
        })
    }

    /// `[pieces, d]` to `[sentences, d]`.
    fn forward(
        &self,
        x: &Tensor,
        spelled: Spelled,
        input: &SelectorInput,
        place: &Place,
    ) -> candle_core::Result<Tensor> {
        let whole = Ragged::new([input.spans.len()], place)?;
        let more = self.embed(input, place)?;
        let mut x = self.pooled.forward(x, &[spelled], input.features.clone(), Some(&more), place)?;
        for layer in &self.layers {
            x = layer.forward(&x, |qkv, heads| within(qkv, &whole, heads, Scores::scaled(heads, false)))?;
        }
        self.norm.forward(&x)
    }

    /// What place and publisher add to each sentence.
    fn embed(&self, input: &SelectorInput, place: &Place) -> candle_core::Result<Tensor> {
        let d = self.position_embedding.columns;
        let mut rows = vec![0.0; input.spans.len() * d];
        for (index, row) in rows.chunks_exact_mut(d).enumerate() {
            self.position_embedding.add_row(index.min(self.position_embedding.rows - 1), row);
            self.publisher_embedding.add_row(input.publisher as usize, row);
        }
        Tensor::from_vec(rows, ((), d), &place.device)
    }
}
