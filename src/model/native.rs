//! The native text-to-SQL network: loads a folder, encodes questions, scores symbols.

use super::{
    attention::{Ragged, Relations},
    config::ModelConfig,
    decoder::{Decoder, Output},
    device::{DeviceChoice, compute, internal},
    encoder::{Bert, Pieces, Pooled, Spelled},
    input::EncoderInput,
    layers::{Linear, Place},
    memory::{DecoderState, ExampleMemory, Memory},
    relations::RelationLayers,
    weights::{WeightFile, Weights},
};
use crate::error::{Error, Result};
use candle_core::Tensor;
use std::{ops::Range, path::Path};

/// A loaded network; shared by reference, never changed.
#[derive(Debug)]
pub struct NativeModel {
    config: ModelConfig,
    place: Place,
    bert: Bert,
    nodes: Pooled,
    relations: RelationLayers,
    decoder: Decoder,
    output: Output,
    used: Linear,
}

impl NativeModel {
    /// Loads `config.json` and `model.safetensors` of a folder.
    ///
    /// # Errors
    /// [`Error::Weights`] for a missing, cut, changed or foreign file, with every tensor that does not fit;
    /// [`Error::Input`] for a device that cannot be used.
    pub fn load(folder: impl AsRef<Path>, device: DeviceChoice) -> Result<Self> {
        let device = device.open()?;
        let packed = device.is_cpu();
        Self::load_at(folder.as_ref(), Place::new(device, packed))
    }

    /// Loads a model that uses candle's own operations on the processor, as it would on a GPU: slow, for tests.
    ///
    /// # Errors
    /// As [`NativeModel::load`].
    #[doc(hidden)]
    pub fn load_portable(folder: impl AsRef<Path>) -> Result<Self> {
        Self::load_at(folder.as_ref(), Place::new(candle_core::Device::Cpu, false))
    }

    fn load_at(folder: &Path, place: Place) -> Result<Self> {
        let config = ModelConfig::read(folder)?;
        let file = WeightFile::read(folder, &config.files)?;
        let mut weights = file.open()?;
        let model = Self::build(config, place, &mut weights).map_err(internal)?;
        weights.finish()?;
        Ok(model)
    }

    fn build(config: ModelConfig, place: Place, weights: &mut Weights<'_>) -> candle_core::Result<Self> {
        let sizes = &config.sizes;
        let bert = Bert::load(weights, sizes.bert(), &place)?;
        let nodes = Pooled::load(weights, "nodes", (sizes.width, sizes.features), &place)?;
        let relations = RelationLayers::load(weights, sizes, &place)?;
        let decoder = Decoder::load(weights, sizes, &place)?;
        let output = Output::load(weights, sizes, &place)?;
        let used = Linear::load(weights, "used", (1, sizes.width), &place)?;
        Ok(Self { config, place, bert, nodes, relations, decoder, output, used })
    }

    /// Names, sizes and checksums.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Encodes a batch of questions. Each comes out as it would alone.
    ///
    /// # Errors
    /// [`Error::Internal`] for arrays that do not fit together or to the network.
    pub fn encode(&self, inputs: &[EncoderInput]) -> Result<Memory> {
        for input in inputs {
            input.check(&self.config.sizes)?;
        }
        if inputs.is_empty() {
            return Ok(Memory { examples: Vec::new() });
        }
        compute(|| self.encode_checked(inputs))
    }

    fn encode_checked(&self, inputs: &[EncoderInput]) -> candle_core::Result<Memory> {
        let place = &self.place;
        let pieces = Ragged::new(inputs.iter().map(|input| input.piece_ids.len()), place)?;
        let nodes = Ragged::new(inputs.iter().map(EncoderInput::nodes), place)?;
        let masks = inputs.iter().map(|input| &input.relations[..]).collect();
        let relations = Relations::new(masks, &nodes, self.config.sizes.relations, place)?;
        let sequences: Vec<_> = inputs.iter().map(sequence).collect();
        let x = self.bert.forward(&sequences, &pieces, place)?;
        let spelled: Vec<_> = inputs.iter().zip(pieces.ranges()).map(|(input, rows)| spelled(input, rows)).collect();
        let features = inputs.iter().flat_map(|input| input.features.iter().copied()).collect();
        let x = self.nodes.forward(&x, &spelled, features, None, place)?;
        let memory = self.relations.forward(x, &nodes, &relations)?;
        let parts = inputs.iter().zip(nodes.ranges());
        let examples = parts.map(|(input, range)| self.remember(input, &memory.narrow(0, range.start, range.len())?));
        Ok(Memory { examples: examples.collect::<candle_core::Result<_>>()? })
    }

    /// All that does not depend on the symbols, computed once.
    fn remember(&self, input: &EncoderInput, memory: &Tensor) -> candle_core::Result<ExampleMemory> {
        let used: Vec<f32> = self.used.forward(memory)?.flatten_all()?.to_vec1()?;
        Ok(ExampleMemory {
            kinds: input.node_kinds.clone(),
            symbols: self.decoder.symbols(memory)?,
            cross: self.decoder.cross(memory, &self.place)?,
            keys: self.output.keys(memory, &input.node_kinds)?,
            used: used.into_iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect(),
        })
    }

    /// The state before the first symbol of `beams` beams; feed the keyword that begins a form.
    #[must_use]
    pub fn start(&self, example: usize, beams: usize) -> DecoderState {
        DecoderState::new(example, beams)
    }

    /// Takes in `last[i]` (a keyword, or keywords + node) after the beam that was `parents[i]`, and returns the scores
    /// of what may come next: for each beam keywords + nodes unnormalised numbers.
    ///
    /// # Errors
    /// [`Error::Internal`] for ids, parents or an example that do not exist, or when the form is longer than the network knows.
    pub fn step(
        &self,
        memory: &Memory,
        state: &mut DecoderState,
        last: &[u32],
        parents: &[usize],
    ) -> Result<Vec<Vec<f32>>> {
        let example = self.example(memory, state.example, last, state.position() + 1)?;
        if last.len() != parents.len() || last.is_empty() || parents.iter().any(|parent| *parent >= state.beams()) {
            let (beams, symbols) = (state.beams(), last.len());
            return Err(Error::internal(format!("{symbols} symbols after the beams {parents:?} of {beams}")));
        }
        state.branch(parents);
        let x = self.decoder.step(example, state, last, &self.place).map_err(internal)?;
        self.scores(&x, example)
    }

    /// The scores after each symbol of one given form, all positions at once and without a history.
    ///
    /// # Errors
    /// As [`NativeModel::step`].
    pub fn forced(&self, memory: &Memory, example: usize, ids: &[u32]) -> Result<Vec<Vec<f32>>> {
        let example = self.example(memory, example, ids, ids.len())?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let x = self.decoder.forced(example, ids, &self.place).map_err(internal)?;
        self.scores(&x, example)
    }

    fn scores(&self, x: &Tensor, example: &ExampleMemory) -> Result<Vec<Vec<f32>>> {
        let width = self.config.sizes.keywords + example.kinds.len();
        let scores = self.output.scores(x, example, &self.place).map_err(internal)?;
        Ok(scores.chunks_exact(width).map(<[f32]>::to_vec).collect())
    }

    fn example<'a>(&self, memory: &'a Memory, example: usize, ids: &[u32], length: usize) -> Result<&'a ExampleMemory> {
        let sizes = &self.config.sizes;
        let found = memory.examples.get(example);
        let found = found.ok_or_else(|| Error::internal(format!("no example {example} among {}", memory.len())))?;
        let symbols = sizes.keywords + found.kinds.len();
        if let Some(id) = ids.iter().find(|id| **id as usize >= symbols) {
            return Err(Error::internal(format!("symbol {id} of {symbols}")));
        }
        if length > sizes.max_symbols {
            return Err(Error::internal(format!("{length} symbols; the network knows {}", sizes.max_symbols)));
        }
        Ok(found)
    }
}

fn sequence(input: &EncoderInput) -> Pieces<'_> {
    Pieces { ids: &input.piece_ids, types: &input.type_ids, starts: &input.starts }
}

/// The rows of each node, given those of the input's pieces.
fn spelled(input: &EncoderInput, rows: Range<usize>) -> Spelled {
    let nodes = input.node_spans.iter();
    let things = nodes.map(|(start, end)| rows.start + *start as usize..rows.start + *end as usize).collect();
    Spelled { rows, things }
}
