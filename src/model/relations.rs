//! The layers over nodes: pre-norm self-attention that is told what each pair of nodes is to one another.
//!
//! Names and order follow the trainer's `RelationLayer`.

use super::{
    attention::{Ragged, RelationTable, Relations, related},
    block::PreNormLayer,
    config::Sizes,
    encoder::EPS,
    layers::{LayerNorm, Place},
    weights::Weights,
};
use candle_core::{Result, Tensor};

#[derive(Debug)]
struct RelationLayer {
    layer: PreNormLayer,
    table: RelationTable,
}

impl RelationLayer {
    fn load(weights: &mut Weights<'_>, name: &str, sizes: &Sizes, place: &Place) -> Result<Self> {
        let width = sizes.width / sizes.heads;
        let mut rows = |part: &str, rows, columns| weights.matrix(&format!("{name}.{part}"), rows, columns).to_f32();
        let table = RelationTable {
            keys: rows("relation_key", sizes.relations, width),
            values: rows("relation_value", sizes.relations, width),
            bias: rows("relation_bias", sizes.heads, sizes.relations),
        };
        Ok(Self { layer: PreNormLayer::load(weights, name, sizes.layer(), place)?, table })
    }

    fn forward(&self, x: &Tensor, nodes: &Ragged, relations: &Relations<'_>) -> Result<Tensor> {
        self.layer.forward(x, |qkv, heads| related(qkv, nodes, relations, &self.table, heads))
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
