//! The parts of a layer, for all families: self-attention, cross-attention, feed-forward, each with its norm.
//!
//! T5 and BART differ in names, in biases, in what the norm does and where it stands; what they compute is the same.

use super::{
    super::{
        attention::{Cross, Ragged, Scores, within},
        kernels::{attention::Heads, product::Activation},
        layers::{LayerNorm, Linear, Place, RmsNorm},
    },
    config::{Family, HubConfig, StackSizes},
    files::Checkpoint,
    format::NumberFormat,
    names::Names,
};
use candle_core::{Result, Tensor};

/// What layers are made from.
pub(super) struct Loader<'a> {
    pub checkpoint: &'a mut Checkpoint,
    pub config: &'a HubConfig,
    pub format: NumberFormat,
    pub place: &'a Place,
}

impl Loader<'_> {
    /// One product for several matrices `NAME.weight [outputs, inputs]` one under the other, with `NAME.bias` where
    /// the family has biases.
    fn linear(&mut self, names: &[String], outputs: usize, inputs: usize) -> Result<Linear> {
        let weights: Vec<String> = names.iter().map(|name| format!("{name}.weight")).collect();
        let matrix = self.checkpoint.stack(&weights, outputs, inputs, self.format);
        let bias = if self.config.family == Family::T5 {
            vec![0.0; matrix.rows]
        } else {
            names.iter().flat_map(|name| self.checkpoint.vector(&format!("{name}.bias"), outputs)).collect()
        };
        Linear::new(&matrix, bias, self.place)
    }

    /// The norm of this name.
    pub(super) fn norm(&mut self, name: &str) -> Result<Norm> {
        let (width, eps) = (self.config.width, self.config.eps);
        let weight = self.checkpoint.vector(&format!("{name}.weight"), width);
        if self.config.family == Family::T5 {
            return Ok(Norm::Rms(RmsNorm::new(weight, eps, self.place)?));
        }
        let bias = self.checkpoint.vector(&format!("{name}.bias"), width);
        Ok(Norm::Layer(LayerNorm::new(weight, bias, eps, self.place)?))
    }
}

/// A norm of either kind.
#[derive(Debug)]
pub(super) enum Norm {
    Layer(LayerNorm),
    Rms(RmsNorm),
}

impl Norm {
    /// `[rows, width]` to the same.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Layer(norm) => norm.forward(x),
            Self::Rms(norm) => norm.forward(x),
        }
    }
}

/// A part's norm and where it stands.
#[derive(Debug)]
struct Around {
    norm: Norm,
    before: bool,
}

impl Around {
    /// `x + part(norm(x))`, or `norm(x + part(x))`; `part` is given its input and `x` to add to.
    fn apply(&self, x: &Tensor, part: impl FnOnce(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
        if self.before { part(&self.norm.forward(x)?, x) } else { self.norm.forward(&part(x, x)?) }
    }
}

/// Attention inside one sequence.
#[derive(Debug)]
pub(super) struct SelfAttention {
    around: Around,
    qkv: Linear,
    out: Linear,
}

impl SelfAttention {
    fn load(loader: &mut Loader<'_>, names: &Names, sizes: StackSizes) -> Result<Self> {
        let (width, total) = (loader.config.width, sizes.heads * sizes.head_width);
        Ok(Self {
            around: Around { norm: loader.norm(&names.attention_norm())?, before: loader.config.pre_norm },
            qkv: loader.linear(&names.query_key_value(), total, width)?,
            out: loader.linear(&[names.attention_out()], width, total)?,
        })
    }

    /// `attend` turns `[rows, 3 · total]` into `[rows, total]`.
    fn forward(&self, x: &Tensor, attend: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
        self.around.apply(x, |input, x| self.out.forward_add(&attend(&self.qkv.forward(input)?)?, x))
    }
}

/// Attention to the encoder's output.
#[derive(Debug)]
struct CrossAttention {
    around: Around,
    query: Linear,
    key_value: Linear,
    out: Linear,
}

impl CrossAttention {
    fn load(loader: &mut Loader<'_>, names: &Names, sizes: StackSizes) -> Result<Self> {
        let (width, total) = (loader.config.width, sizes.heads * sizes.head_width);
        let [query, key, value] = names.cross_query_key_value();
        Ok(Self {
            around: Around { norm: loader.norm(&names.cross_norm())?, before: loader.config.pre_norm },
            query: loader.linear(&[query], total, width)?,
            key_value: loader.linear(&[key, value], total, width)?,
            out: loader.linear(&[names.cross_out()], width, total)?,
        })
    }
}

/// Two products with an activation between them.
#[derive(Debug)]
struct FeedForward {
    around: Around,
    up: Linear,
    /// The second factor of a gated one.
    gate: Option<Linear>,
    down: Linear,
    activation: Activation,
}

impl FeedForward {
    fn load(loader: &mut Loader<'_>, names: &Names, sizes: StackSizes) -> Result<Self> {
        let (width, inner, gated) = (loader.config.width, sizes.inner, loader.config.gated);
        Ok(Self {
            around: Around { norm: loader.norm(&names.feed_forward_norm())?, before: loader.config.pre_norm },
            up: loader.linear(&[names.up(gated)], inner, width)?,
            gate: gated.then(|| loader.linear(&[names.gate()], inner, width)).transpose()?,
            down: loader.linear(&[names.down()], width, inner)?,
            activation: loader.config.activation,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.around.apply(x, |input, x| {
            let up = self.up.forward_with(input, self.activation)?;
            let up = match &self.gate {
                Some(gate) => (up * gate.forward(input)?)?,
                None => up,
            };
            self.down.forward_add(&up, x)
        })
    }
}

/// A layer of the encoder.
#[derive(Debug)]
pub(super) struct EncoderLayer {
    heads: Heads,
    attention: SelfAttention,
    feed_forward: FeedForward,
}

impl EncoderLayer {
    pub(super) fn load(loader: &mut Loader<'_>, names: &Names) -> Result<Self> {
        let sizes = loader.config.encoder;
        Ok(Self {
            heads: heads_of(sizes),
            attention: SelfAttention::load(loader, names, sizes)?,
            feed_forward: FeedForward::load(loader, names, sizes)?,
        })
    }

    /// `[rows, width]` to the same.
    pub(super) fn forward(&self, x: &Tensor, sequences: &Ragged, scores: Scores<'_>) -> Result<Tensor> {
        let x = self.attention.forward(x, |qkv| within(qkv, sequences, self.heads, scores))?;
        self.feed_forward.forward(&x)
    }
}

/// A layer of the decoder.
#[derive(Debug)]
pub(super) struct DecoderLayer {
    pub heads: Heads,
    attention: SelfAttention,
    cross: CrossAttention,
    feed_forward: FeedForward,
}

impl DecoderLayer {
    pub(super) fn load(loader: &mut Loader<'_>, names: &Names) -> Result<Self> {
        let sizes = loader.config.decoder;
        Ok(Self {
            heads: heads_of(sizes),
            attention: SelfAttention::load(loader, names, sizes)?,
            cross: CrossAttention::load(loader, names, sizes)?,
            feed_forward: FeedForward::load(loader, names, sizes)?,
        })
    }

    /// This layer's keys and values of one encoded source, `[positions, width]`.
    pub(super) fn remember(&self, memory: &Tensor, place: &Place) -> Result<Cross> {
        Cross::new(&self.cross.key_value.forward(memory)?, self.heads, place)
    }

    /// `[rows, width]` to the same. `attend` is self-attention as in [`SelfAttention`], `cross` turns queries
    /// `[rows, total]` into what they find in the source.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        attend: impl FnOnce(&Tensor) -> Result<Tensor>,
        cross: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let x = self.attention.forward(x, attend)?;
        let part = &self.cross;
        let x = part.around.apply(&x, |input, x| part.out.forward_add(&cross(&part.query.forward(input)?)?, x))?;
        self.feed_forward.forward(&x)
    }
}

fn heads_of(sizes: StackSizes) -> Heads {
    Heads { count: sizes.heads, width: sizes.head_width }
}
