//! A pre-norm layer of self-attention and feed-forward; what a row attends to is the caller's.
//!
//! Shared by the networks. Names and order follow the trainer's `PreNormLayer`.

use super::{
    config::LayerSizes,
    encoder::EPS,
    kernels::attention::Heads,
    layers::{LayerNorm, Linear, Place},
    weights::Weights,
};
use candle_core::{Result, Tensor};

#[derive(Debug)]
pub(super) struct PreNormLayer {
    heads: Heads,
    norm1: LayerNorm,
    qkv: Linear,
    out: Linear,
    norm2: LayerNorm,
    up: Linear,
    down: Linear,
}

impl PreNormLayer {
    pub(super) fn load(weights: &mut Weights<'_>, name: &str, sizes: LayerSizes, place: &Place) -> Result<Self> {
        let (d, inner) = (sizes.width, sizes.inner);
        let mut linear = |part: &str, shape| Linear::load(weights, &format!("{name}.{part}"), shape, place);
        let (qkv, out) = (linear("qkv", (3 * d, d))?, linear("out", (d, d))?);
        let (up, down) = (linear("up", (inner, d))?, linear("down", (d, inner))?);
        let mut norm = |part: &str| LayerNorm::load(weights, &format!("{name}.{part}"), d, EPS, place);
        let (norm1, norm2) = (norm("norm1")?, norm("norm2")?);
        let heads = Heads { count: sizes.heads, width: d / sizes.heads };
        Ok(Self { heads, norm1, qkv, out, norm2, up, down })
    }

    /// `[rows, d]` to the same; `attend` makes `[rows, d]` of `[rows, 3 · d]` queries, keys and values.
    pub(super) fn forward(&self, x: &Tensor, attend: impl FnOnce(&Tensor, Heads) -> Result<Tensor>) -> Result<Tensor> {
        let qkv = self.qkv.forward(&self.norm1.forward(x)?)?;
        let x = self.out.forward_add(&attend(&qkv, self.heads)?, x)?;
        self.down.forward_add(&self.up.forward_gelu(&self.norm2.forward(&x)?)?, &x)
    }
}
