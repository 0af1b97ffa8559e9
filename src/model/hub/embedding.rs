//! Ids to vectors and vectors to scores: the tables of embeddings, the positions' vectors, the output layer.

use super::{
    super::layers::{Linear, Place},
    config::{LEARNED_OFFSET, Positions},
    layers::{Loader, Norm},
    names::Side,
    positions::sinusoids,
};
use candle_core::{Result, Tensor};
use std::sync::Arc;

/// The tables of a network; most share one.
#[derive(Debug)]
pub(super) struct Tables {
    pub encoder: Arc<Linear>,
    pub decoder: Arc<Linear>,
    pub output: Arc<Linear>,
}

impl Tables {
    /// Tables that hold the same numbers are kept once. A file may name one table by any of its names; where it holds
    /// different numbers under two names, they are two tables, as in the reference.
    pub(super) fn load(loader: &mut Loader<'_>, prefix: &str) -> Result<Self> {
        let shared = format!("{prefix}shared.weight");
        let names = [Side::Encoder, Side::Decoder].map(|side| format!("{prefix}{}.embed_tokens.weight", side.name()));
        let [encoder, decoder] = names;
        let output = "lm_head.weight".to_owned();
        let checkpoint = &mut *loader.checkpoint;
        let first = |names: &[&String]| names.iter().find(|name| checkpoint.has(name)).map(|name| (*name).clone());
        let (of_encoder, of_decoder) = if loader.config.shared_embeddings {
            (first(&[&encoder, &shared, &decoder, &output]), first(&[&decoder, &shared, &encoder, &output]))
        } else {
            (first(&[&encoder, &shared]), first(&[&decoder, &output]))
        };
        let of_encoder = of_encoder.unwrap_or_else(|| shared.clone());
        let of_decoder = of_decoder.unwrap_or_else(|| shared.clone());
        let of_output = first(&[&output]).unwrap_or_else(|| of_decoder.clone());
        checkpoint.ignore(&[&shared, &encoder, &decoder, &output]);
        let sizes = (loader.config.encoder.vocabulary, loader.config.decoder.vocabulary);
        let table = Arc::new(load(loader, &of_output, sizes.1)?);
        let decoder = loader.shared_or(&of_decoder, (&of_output, &table), sizes.1)?;
        let encoder = if sizes.0 == sizes.1 || loader.config.shared_embeddings {
            loader.shared_or(&of_encoder, (&of_output, &table), sizes.0)?
        } else {
            Arc::new(load(loader, &of_encoder, sizes.0)?)
        };
        Ok(Self { encoder, decoder, output: table })
    }
}

/// The table of this name, with the bias of the output layer where the family has one.
fn load(loader: &mut Loader<'_>, name: &str, rows: usize) -> Result<Linear> {
    let matrix = loader.checkpoint.stack(&[name.to_owned()], rows, loader.config.width, loader.format);
    let bias = if loader.checkpoint.has(BIAS) && rows == loader.config.decoder.vocabulary {
        loader.checkpoint.vector(BIAS, rows)
    } else {
        vec![0.0; rows]
    };
    Linear::new(&matrix, bias, loader.place)
}

/// What is added to the scores of all families but T5.
const BIAS: &str = "final_logits_bias";

impl Loader<'_> {
    /// The loaded table where its name holds the same numbers, else the table of its own.
    fn shared_or(&mut self, name: &str, (other, table): (&str, &Arc<Linear>), rows: usize) -> Result<Arc<Linear>> {
        if self.checkpoint.same(name, other) { Ok(Arc::clone(table)) } else { Ok(Arc::new(load(self, name, rows)?)) }
    }
}

/// Ids and their positions to vectors.
#[derive(Debug)]
pub(super) struct Embedding {
    scale: f32,
    /// `[positions, width]`, where vectors of positions are added.
    positions: Option<Vec<f32>>,
    width: usize,
    norm: Option<Norm>,
}

impl Embedding {
    pub(super) fn load(loader: &mut Loader<'_>, prefix: &str, side: Side) -> Result<Self> {
        let config = loader.config;
        let (width, base) = (config.width, format!("{prefix}{}", side.name()));
        let name = format!("{base}.embed_positions.weight");
        let positions = match config.positions {
            Positions::Relative { .. } => None,
            Positions::Learned { count } => {
                let table = loader.checkpoint.table(&name, count + LEARNED_OFFSET, width);
                Some(table[LEARNED_OFFSET * width..].to_vec())
            }
            Positions::Sinusoidal { count } if loader.checkpoint.has(&name) => {
                Some(loader.checkpoint.table(&name, count, width))
            }
            Positions::Sinusoidal { count } => Some(sinusoids(count, width)),
        };
        let norm = config.embedding_norm.then(|| loader.norm(&format!("{base}.layernorm_embedding"))).transpose()?;
        Ok(Self { scale: config.embedding_scale, positions, width, norm })
    }

    /// `[ids, width]`; `at` is the position of each id.
    pub(super) fn forward(
        &self,
        table: &Linear,
        ids: &[u32],
        at: impl Iterator<Item = usize>,
        place: &Place,
    ) -> Result<Tensor> {
        let mut x = table.rows(ids, &place.device)?;
        if self.scale != 1.0 {
            x = (x * f64::from(self.scale))?;
        }
        if let Some(table) = &self.positions {
            let rows: Vec<f32> = at.flat_map(|at| &table[at * self.width..(at + 1) * self.width]).copied().collect();
            let rows = Tensor::from_vec(rows, (ids.len(), self.width), &place.device)?;
            x = (x + rows.to_dtype(place.dtype_of_vectors())?)?;
        }
        self.norm.as_ref().map_or(Ok(x.clone()), |norm| norm.forward(&x))
    }
}
