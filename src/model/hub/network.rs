//! A published sequence-to-sequence network: loads a folder, encodes sources, scores what may follow.

use super::{
    super::{
        attention::{PositionBias, Ragged, Scores, within},
        device::DeviceChoice,
        kernels::attention::Heads,
        layers::Place,
    },
    cache::{HubMemory, HubState, Layout},
    config::{Family, HubConfig, Positions, StackSizes},
    embedding::{Embedding, Tables},
    files::Checkpoint,
    format::NumberFormat,
    layers::{DecoderLayer, EncoderLayer, Loader, Norm},
    names::{Names, Side},
    positions::bucket,
};
use crate::error::{Error, Result};
use candle_core::{DType, Device, Tensor};
use std::path::Path;

/// A loaded network; shared by reference, never changed.
#[derive(Debug)]
pub struct HubModel {
    config: HubConfig,
    place: Place,
    tables: Tables,
    encoder: Stack<EncoderLayer>,
    decoder: Stack<DecoderLayer>,
}

/// Ids of a text where the network itself knows no limit: memory is set aside for it.
const LONGEST_TEXT: usize = 8192;

#[derive(Debug)]
struct Stack<L> {
    embedding: Embedding,
    layers: Vec<L>,
    norm: Option<Norm>,
    /// `[buckets, heads]` of T5.
    buckets: Vec<f32>,
    sizes: StackSizes,
}

/// A failed tensor operation is our own mistake: inputs and weights were checked before.
fn internal(error: candle_core::Error) -> Error {
    Error::Internal { message: "a tensor operation failed".into(), source: Some(Box::new(error)) }
}

impl HubModel {
    /// Loads `config.json` and the weights of a folder.
    ///
    /// # Errors
    /// [`Error::Weights`] for a missing, cut or foreign file, for settings that this program does not follow, and with
    /// every tensor that does not fit; [`Error::Input`] for a device or number format that cannot be used.
    pub fn load(folder: impl AsRef<Path>, device: DeviceChoice, format: NumberFormat) -> Result<Self> {
        let device = device.open()?;
        let packed = device.is_cpu();
        Self::load_at(folder.as_ref(), (device, packed), format)
    }

    /// Loads a model that uses candle's own operations on the processor, as it would on a GPU: slow, for tests.
    ///
    /// # Errors
    /// As [`HubModel::load`].
    #[doc(hidden)]
    pub fn load_portable(folder: impl AsRef<Path>, format: NumberFormat) -> Result<Self> {
        Self::load_at(folder.as_ref(), (Device::Cpu, false), format)
    }

    fn load_at(folder: &Path, (device, packed): (Device, bool), format: NumberFormat) -> Result<Self> {
        let config = HubConfig::read(folder)?;
        let mut checkpoint = Checkpoint::open(folder)?;
        let dtype = format.dtype(&device, checkpoint.dtype())?;
        let place = Place { device, packed, dtype };
        let mut loader = Loader { checkpoint: &mut checkpoint, config: &config, format, place: &place };
        let (tables, encoder, decoder) = build(&mut loader).map_err(internal)?;
        checkpoint.finish()?;
        Ok(Self { config, place, tables, encoder, decoder })
    }

    /// Family and sizes.
    #[must_use]
    pub fn config(&self) -> &HubConfig {
        &self.config
    }

    /// Encodes a batch of sources. Each comes out as it would alone.
    ///
    /// # Errors
    /// [`Error::Internal`] for an empty source, an id outside the vocabulary or a source longer than the network's
    /// positions; callers cut and check what a person gave them.
    pub fn encode(&self, sources: &[&[u32]]) -> Result<HubMemory> {
        for source in sources {
            self.check(source, self.encoder.sizes.vocabulary, source.len())?;
        }
        if sources.is_empty() {
            return Ok(HubMemory { sources: Vec::new() });
        }
        // On a thread of the pool: from outside, every product that is shared out would put this thread to sleep.
        let (memory, ()) = rayon::join(|| self.encode_checked(sources), || ());
        memory.map_err(internal)
    }

    fn encode_checked(&self, sources: &[&[u32]]) -> candle_core::Result<HubMemory> {
        let (stack, place) = (&self.encoder, &self.place);
        let sequences = Ragged::new(sources.iter().map(|source| source.len()), place)?;
        let longest = sources.iter().map(|source| source.len()).max().unwrap_or(0);
        let bias = self.bias(stack.sizes, &stack.buckets, longest, false)?;
        let scores = self.scores(stack.sizes, false, bias.as_ref());
        let ids = sources.concat();
        let at = sources.iter().flat_map(|source| 0..source.len());
        let mut x = stack.embedding.forward(&self.tables.encoder, &ids, at, place)?;
        for layer in &stack.layers {
            x = layer.forward(&x, &sequences, scores)?;
        }
        if let Some(norm) = &stack.norm {
            x = norm.forward(&x)?;
        }
        let parts = sequences.ranges().map(|range| {
            let memory = x.narrow(0, range.start, range.len())?;
            self.decoder.layers.iter().map(|layer| layer.remember(&memory, place)).collect()
        });
        Ok(HubMemory { sources: parts.collect::<candle_core::Result<_>>()? })
    }

    /// The state before the first id of one hypothesis a source; `capacity` ids can be taken in, and there is room
    /// for `width` hypotheses a source (more are possible).
    ///
    /// # Errors
    /// [`Error::Input`] where the network has fewer positions.
    pub fn start(&self, sources: &[usize], capacity: usize, width: usize) -> Result<HubState> {
        let most = self.config.most_positions().unwrap_or(LONGEST_TEXT);
        if capacity > most {
            return Err(Error::input(format!(
                "a text of {capacity} pieces is asked for; the network has {most} positions"
            )));
        }
        let stack = &self.decoder;
        let bias = self.bias(stack.sizes, &stack.buckets, capacity, true).map_err(internal)?;
        let layout = Layout { layers: stack.layers.len(), heads: heads_of(stack.sizes), capacity, width };
        Ok(HubState::new(sources, &layout, bias, &self.place))
    }

    /// Takes in `last[i]` after the hypothesis that was `parents[i]`, and returns the unnormalised scores of what may
    /// come next: for each hypothesis one number an id.
    ///
    /// # Errors
    /// [`Error::Internal`] for ids, parents or sources that do not exist or when the state is full;
    /// [`Error::Weights`] when scores are not finite.
    pub fn step(
        &self,
        memory: &HubMemory,
        state: &mut HubState,
        last: &[u32],
        parents: &[usize],
    ) -> Result<Vec<Vec<f32>>> {
        self.check(last, self.decoder.sizes.vocabulary, state.position + 1)?;
        let known = parents.iter().all(|parent| *parent < state.len());
        if last.len() != parents.len() || !known || state.sources.iter().any(|source| *source >= memory.len()) {
            let (ids, rows) = (last.len(), state.len());
            return Err(Error::internal(format!("{ids} ids after the hypotheses {parents:?} of {rows}")));
        }
        if state.position >= state.capacity {
            return Err(Error::internal(format!("a state for {} ids is full", state.capacity)));
        }
        let (scores, ()) = rayon::join(|| self.step_checked(memory, state, last, parents), || ());
        self.finite(scores.map_err(internal)?)
    }

    fn step_checked(
        &self,
        memory: &HubMemory,
        state: &mut HubState,
        last: &[u32],
        parents: &[usize],
    ) -> candle_core::Result<Vec<Vec<f32>>> {
        let (stack, place) = (&self.decoder, &self.place);
        state.branch(parents, place)?;
        let runs = runs_of(&state.sources);
        let at = std::iter::repeat_n(state.position, last.len());
        let scores = self.scores(stack.sizes, true, None);
        let mut x = stack.embedding.forward(&self.tables.decoder, last, at, place)?;
        for (index, layer) in stack.layers.iter().enumerate() {
            let cross = |q: &Tensor| {
                let parts = runs.iter().map(|run| {
                    let q = q.narrow(0, run.first, run.count)?;
                    memory.sources[run.source][index].attend(&q, layer.heads, scores.scale)
                });
                joined(parts.collect::<candle_core::Result<Vec<_>>>()?)
            };
            x = layer.forward(&x, |qkv| state.attend(index, qkv, layer.heads, &scores), cross)?;
        }
        state.position += 1;
        self.output(x)
    }

    /// The scores after each id of one given text, all positions at once and without a history.
    ///
    /// # Errors
    /// As [`HubModel::step`].
    pub fn forced(&self, memory: &HubMemory, source: usize, ids: &[u32]) -> Result<Vec<Vec<f32>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.check(ids, self.decoder.sizes.vocabulary, ids.len())?;
        let cross = memory.sources.get(source);
        let cross = cross.ok_or_else(|| Error::internal(format!("no source {source} among {}", memory.len())))?;
        let (scores, ()) = rayon::join(
            || {
                let (stack, place) = (&self.decoder, &self.place);
                let whole = Ragged::new([ids.len()], place)?;
                let bias = self.bias(stack.sizes, &stack.buckets, ids.len(), true)?;
                let scores = self.scores(stack.sizes, true, bias.as_ref());
                let mut x = stack.embedding.forward(&self.tables.decoder, ids, 0..ids.len(), place)?;
                for (layer, cross) in stack.layers.iter().zip(cross) {
                    let within = |qkv: &Tensor| within(qkv, &whole, layer.heads, scores);
                    x = layer.forward(&x, within, |q| cross.attend(q, layer.heads, scores.scale))?;
                }
                self.output(x)
            },
            || (),
        );
        self.finite(scores.map_err(internal)?)
    }

    /// `[rows, width]` to one row of scores each.
    fn output(&self, mut x: Tensor) -> candle_core::Result<Vec<Vec<f32>>> {
        if let Some(norm) = &self.decoder.norm {
            x = norm.forward(&x)?;
        }
        if self.config.output_scale != 1.0 {
            x = (x * f64::from(self.config.output_scale))?;
        }
        let scores = self.tables.output.forward(&x)?.to_dtype(DType::F32)?;
        scores.to_vec2()
    }

    fn finite(&self, scores: Vec<Vec<f32>>) -> Result<Vec<Vec<f32>>> {
        if scores.iter().flatten().all(|score| score.is_finite()) {
            return Ok(scores);
        }
        let dtype = self.place.dtype;
        let hint = if dtype == DType::F16 { "; numbers of 16 bits overflow here, bf16 or f32 may not" } else { "" };
        let name = self.config.family.to_string();
        Err(Error::weights(name, format!("the network's scores are not finite, computed in {dtype:?}{hint}")))
    }

    fn check(&self, ids: &[u32], vocabulary: usize, length: usize) -> Result<()> {
        if ids.is_empty() {
            return Err(Error::internal("a text of no pieces"));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= vocabulary) {
            return Err(Error::internal(format!("the piece {id} of {vocabulary}")));
        }
        match self.config.most_positions() {
            Some(most) if length > most => {
                Err(Error::internal(format!("a text of {length} pieces; the network has {most} positions")))
            }
            _ => Ok(()),
        }
    }

    /// T5's bias for all distances between `length` positions.
    fn bias(
        &self,
        sizes: StackSizes,
        table: &[f32],
        length: usize,
        causal: bool,
    ) -> candle_core::Result<Option<PositionBias>> {
        let Positions::Relative { buckets, farthest } = self.config.positions else { return Ok(None) };
        let of = |head: usize, distance| table[bucket(distance, !causal, buckets, farthest) * sizes.heads + head];
        PositionBias::new((sizes.heads, length), causal, &self.place, of).map(Some)
    }

    fn scores<'a>(&self, sizes: StackSizes, causal: bool, bias: Option<&'a PositionBias>) -> Scores<'a> {
        let scale = if self.config.family == Family::T5 { 1.0 } else { heads_of(sizes).scale() };
        Scores { scale, causal, bias }
    }
}

fn heads_of(sizes: StackSizes) -> Heads {
    Heads { count: sizes.heads, width: sizes.head_width }
}

/// Hypotheses of one source side by side.
struct Run {
    source: usize,
    first: usize,
    count: usize,
}

fn runs_of(sources: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (row, source) in sources.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.source == *source => run.count += 1,
            _ => runs.push(Run { source: *source, first: row, count: 1 }),
        }
    }
    runs
}

/// `[rows, …]` one under the other.
fn joined(parts: Vec<Tensor>) -> candle_core::Result<Tensor> {
    match <[Tensor; 1]>::try_from(parts) {
        Ok([one]) => Ok(one),
        Err(parts) => Tensor::cat(&parts, 0),
    }
}

type Built = (Tables, Stack<EncoderLayer>, Stack<DecoderLayer>);

fn build(loader: &mut Loader<'_>) -> candle_core::Result<Built> {
    let family = loader.config.family;
    // Some files hold the network without its output layer; then nothing stands before the names.
    let prefix = if family != Family::T5 && loader.checkpoint.has_prefix("model.") { "model." } else { "" };
    loader.checkpoint.ignore(&[
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
        &format!("{prefix}encoder.version"),
        &format!("{prefix}decoder.version"),
    ]);
    let tables = Tables::load(loader, prefix)?;
    let (sizes, decoder_sizes) = (loader.config.encoder, loader.config.decoder);
    let encoder = stack(loader, (prefix, Side::Encoder), sizes, EncoderLayer::load)?;
    let decoder = stack(loader, (prefix, Side::Decoder), decoder_sizes, DecoderLayer::load)?;
    Ok((tables, encoder, decoder))
}

fn stack<L>(
    loader: &mut Loader<'_>,
    (prefix, side): (&str, Side),
    sizes: StackSizes,
    load: impl Fn(&mut Loader<'_>, &Names) -> candle_core::Result<L>,
) -> candle_core::Result<Stack<L>> {
    let family = loader.config.family;
    let names = |layer| Names::new(family, prefix, side, layer);
    let buckets = match loader.config.positions {
        Positions::Relative { buckets, .. } => loader.checkpoint.table(&names(0).relative_bias(), buckets, sizes.heads),
        _ => Vec::new(),
    };
    let last = if family == Family::T5 { "final_layer_norm" } else { "layer_norm" };
    let last = format!("{prefix}{}.{last}", side.name());
    Ok(Stack {
        embedding: Embedding::load(loader, prefix, side)?,
        layers: (0..sizes.layers).map(|layer| load(loader, &names(layer))).collect::<candle_core::Result<_>>()?,
        norm: loader.config.pre_norm.then(|| loader.norm(&last)).transpose()?,
        buckets,
        sizes,
    })
}
