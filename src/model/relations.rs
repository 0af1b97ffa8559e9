//! The layers over nodes: pre-norm self-attention that is told what each pair of nodes is to one another.
//!
//! Names and order follow the trainer's `RelationLayer`.

use super::{
    attention::{Ragged, RelationTable, Relations, related},
    config::Sizes,
    encoder::EPS,
    kernels::attention::Heads,
    layers::{LayerNorm, Linear, Place},
    weights::Weights,
};
use candle_core::{Result, Tensor};

#[derive(Debug)]
struct RelationLayer {
    heads: Heads,
    table: RelationTable,
    norm1: LayerNorm,
    qkv: Linear,
    out: Linear,
    norm2: LayerNorm,
    up: Linear,
    down: Linear,
}

impl RelationLayer {
    fn load(weights: &mut Weights<'_>, name: &str, sizes: &Sizes, place: &Place) -> Result<Self> {
        let (d, inner) = (sizes.width, sizes.inner);
        let heads = Heads { count: sizes.heads, width: d / sizes.heads };
        let mut rows = |part: &str, rows, columns| weights.matrix(&format!("{name}.{part}"), rows, columns).to_f32();
        let table = RelationTable {
            keys: rows("relation_key", sizes.relations, heads.width),
            values: rows("relation_value", sizes.relations, heads.width),
            bias: rows("relation_bias", heads.count, sizes.relations),
        };
        let mut linear = |part: &str, shape| Linear::load(weights, &format!("{name}.{part}"), shape, place);
        let (qkv, out) = (linear("qkv", (3 * d, d))?, linear("out", (d, d))?);
        let (up, down) = (linear("up", (inner, d))?, linear("down", (d, inner))?);
        let mut norm = |part: &str| LayerNorm::load(weights, &format!("{name}.{part}"), d, EPS, place);
        let (norm1, norm2) = (norm("norm1")?, norm("norm2")?);
        Ok(Self { heads, table, norm1, qkv, out, norm2, up, down })
    }

    fn forward(&self, x: &Tensor, nodes: &Ragged, relations: &Relations<'_>) -> Result<Tensor> {
        let qkv = self.qkv.forward(&self.norm1.forward(x)?)?;
        let x = self.out.forward_add(&related(&qkv, nodes, relations, &self.table, self.heads)?, x)?;
        self.down.forward_add(&self.up.forward_gelu(&self.norm2.forward(&x)?)?, &x)
    }
}

/// All relation layers and the norm that ends the encoder.
#[derive(Debug)]
pub(super) struct RelationLayers {
    layers: Vec<RelationLayer>,
    norm: LayerNorm,
}

impl RelationLayers {
    pub(super) fn load(weights: &mut Weights<'_>, sizes: &Sizes, place: &Place) -> Result<Self> {
        let layers = (0..sizes.relation_layers)
            .map(|i| RelationLayer::load(weights, &format!("relations.layers.{i}"), sizes, place))
            .collect::<Result<_>>()?;
        Ok(Self { layers, norm: LayerNorm::load(weights, "relations.norm", sizes.width, EPS, place)? })
    }

    /// `[nodes, d]` to the same.
    pub(super) fn forward(&self, x: Tensor, nodes: &Ragged, relations: &Relations<'_>) -> Result<Tensor> {
        let mut x = x;
        for layer in &self.layers {
            x = layer.forward(&x, nodes, relations)?;
        }
        self.norm.forward(&x)
    }
}
