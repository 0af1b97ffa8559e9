//! `config.json` of a published sequence-to-sequence checkpoint: five families become one description of shapes.
//!
//! Knows nothing about tensors. A setting that would change the result and that this program does not know or cannot
//! follow is refused by name, all findings at once; what only concerns how texts are generated is handed on.

use super::super::kernels::product::Activation;
use super::settings::Settings;
use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::{fmt, path::Path};

/// The families this program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// T5 1.0, 1.1, Flan-T5.
    T5,
    /// BART.
    Bart,
    /// PEGASUS.
    Pegasus,
    /// mBART.
    MBart,
    /// Marian (OPUS-MT).
    Marian,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::T5 => "t5",
            Self::Bart => "bart",
            Self::Pegasus => "pegasus",
            Self::MBart => "mbart",
            Self::Marian => "marian",
        })
    }
}

/// The sizes of the encoder or the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct StackSizes {
    pub vocabulary: usize,
    pub layers: usize,
    pub heads: usize,
    pub head_width: usize,
    pub inner: usize,
}

/// How a network knows where a piece stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Positions {
    /// A bias a head for each bucket of distances; any length.
    Relative { buckets: usize, farthest: usize },
    /// A learned vector a position, in a table whose first [`LEARNED_OFFSET`] rows are not used.
    Learned { count: usize },
    /// Sines and cosines.
    Sinusoidal { count: usize },
}

/// Rows at the start of BART's table of positions that stand for no position.
pub(in crate::model) const LEARNED_OFFSET: usize = 2;

/// Everything that decides shapes and the order of operations.
#[derive(Debug, Clone, PartialEq)]
pub struct HubConfig {
    pub(in crate::model) family: Family,
    pub(in crate::model) width: usize,
    pub(in crate::model) encoder: StackSizes,
    pub(in crate::model) decoder: StackSizes,
    pub(in crate::model) positions: Positions,
    pub(in crate::model) activation: Activation,
    /// Whether the feed-forward part has a second, linear factor.
    pub(in crate::model) gated: bool,
    /// Whether a norm stands before each part, and one at the end; else it stands after each part.
    pub(in crate::model) pre_norm: bool,
    /// Whether embeddings are normalised.
    pub(in crate::model) embedding_norm: bool,
    pub(in crate::model) eps: f32,
    /// What embeddings are multiplied by.
    pub(in crate::model) embedding_scale: f32,
    /// What the decoder's vectors are multiplied by before the output layer.
    pub(in crate::model) output_scale: f32,
    /// Whether encoder and decoder read the same table of embeddings.
    pub(in crate::model) shared_embeddings: bool,
    /// What is left of the file: settings of generation, and what nobody knows.
    rest: Map<String, Value>,
}

impl HubConfig {
    /// Reads `config.json` of a checkpoint's folder.
    ///
    /// # Errors
    /// [`Error::Weights`] when the file is missing, is no JSON, is of another family, or asks for what this program
    /// does not do.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("config.json");
        let place = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|e| Error::weights(&place, e.to_string()))?;
        Self::parse(&text, &place)
    }

    /// The family.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Ids the decoder can write; every id it writes is below.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.decoder.vocabulary
    }

    /// Ids the encoder can read.
    #[must_use]
    pub fn source_vocabulary(&self) -> usize {
        self.encoder.vocabulary
    }

    /// Positions that encoder and decoder have each; `None` where any length will do.
    #[must_use]
    pub fn most_positions(&self) -> Option<usize> {
        match self.positions {
            Positions::Relative { .. } => None,
            Positions::Learned { count } | Positions::Sinusoidal { count } => Some(count),
        }
    }

    /// The settings of the file that do not concern the network: those of generation, and unknown ones.
    #[must_use]
    pub fn rest(&self) -> &Map<String, Value> {
        &self.rest
    }

    fn parse(text: &str, place: &str) -> Result<Self> {
        let broken = |e: serde_json::Error| Error::weights(place, format!("not a checkpoint's configuration: {e}"));
        let map: Map<String, Value> = serde_json::from_str(text).map_err(broken)?;
        let family = match map.get("model_type").and_then(Value::as_str) {
            Some("t5") => Family::T5,
            Some("bart") => Family::Bart,
            Some("pegasus") => Family::Pegasus,
            Some("mbart") => Family::MBart,
            Some("marian") => Family::Marian,
            other => {
                let found = other.or(map.get("family").and_then(Value::as_str)).unwrap_or("none");
                let message = format!("model_type is {found}; t5, bart, pegasus, mbart and marian are known");
                return Err(Error::weights(place, message));
            }
        };
        let mut settings = Settings::new(map);
        settings.must_be("is_encoder_decoder", &Value::Bool(true), "");
        settings.must_be("tie_encoder_decoder", &Value::Bool(false), "");
        let config = if family == Family::T5 { Self::t5(&mut settings) } else { Self::bart(family, &mut settings) };
        config.check(&mut settings);
        let rest = settings.finish(place)?;
        Ok(Self { rest, ..config })
    }

    /// Source for defaults: `T5Config` of transformers.
    fn t5(settings: &mut Settings) -> Self {
        let width = settings.size("d_model", Some(512));
        let layers = settings.size("num_layers", Some(6));
        let projection = settings.text("feed_forward_proj", "relu");
        let (gated, name) = match projection.strip_prefix("gated-") {
            Some(name) => (true, name.to_owned()),
            None => (false, projection.clone()),
        };
        // The reference reads this one pair of words as the approximation by tanh.
        let name = if projection == "gated-gelu" { "gelu_new".to_owned() } else { name };
        let activation = settings.activation("feed_forward_proj", &name);
        settings.must_be("dense_act_fn", &Value::String(name), " by feed_forward_proj");
        settings.must_be("is_gated_act", &Value::Bool(gated), " by feed_forward_proj");
        settings.skip(&["n_positions", "initializer_factor", "dropout_rate"]);
        // Version 1.1 is told from 1.0 by this setting; newer files say it outright.
        let tied = settings.flag("tie_word_embeddings", true);
        let scaled = settings.flag("scale_decoder_outputs", tied);
        let encoder = StackSizes {
            vocabulary: settings.size("vocab_size", Some(32128)),
            layers,
            heads: settings.size("num_heads", Some(8)),
            head_width: settings.size("d_kv", Some(64)),
            inner: settings.size("d_ff", Some(2048)),
        };
        Self {
            family: Family::T5,
            width,
            encoder,
            decoder: StackSizes { layers: settings.size("num_decoder_layers", Some(layers)), ..encoder },
            positions: Positions::Relative {
                buckets: settings.size("relative_attention_num_buckets", Some(32)),
                farthest: settings.size("relative_attention_max_distance", Some(128)),
            },
            activation,
            gated,
            pre_norm: true,
            embedding_norm: false,
            eps: settings.number("layer_norm_epsilon", 1e-6) as f32,
            embedding_scale: 1.0,
            output_scale: if scaled { 1.0 / (width as f32).sqrt() } else { 1.0 },
            shared_embeddings: true,
            rest: Map::new(),
        }
    }

    /// Source for defaults: `BartConfig`, `PegasusConfig`, `MBartConfig` and `MarianConfig` of transformers.
    fn bart(family: Family, settings: &mut Settings) -> Self {
        let width = settings.size("d_model", Some(1024));
        let vocabulary = settings.size("vocab_size", Some(if family == Family::Marian { 58101 } else { 50265 }));
        let mut stack = |name: &str| {
            let heads = settings.size(&format!("{name}_attention_heads"), Some(16));
            StackSizes {
                vocabulary,
                layers: settings.size(&format!("{name}_layers"), Some(12)),
                heads,
                head_width: width / heads.max(1),
                inner: settings.size(&format!("{name}_ffn_dim"), Some(4096)),
            }
        };
        let (encoder, mut decoder) = (stack("encoder"), stack("decoder"));
        let count = settings.size("max_position_embeddings", Some(1024));
        let name = settings.text("activation_function", "gelu");
        let pre_norm = matches!(family, Family::Pegasus | Family::MBart);
        let embedding_norm = matches!(family, Family::Bart | Family::MBart);
        let sinusoidal = matches!(family, Family::Pegasus | Family::Marian);
        let mut shared_embeddings = true;
        if family == Family::Marian {
            decoder.vocabulary = settings.size("decoder_vocab_size", Some(vocabulary));
            shared_embeddings = settings.flag("share_encoder_decoder_embeddings", true);
        }
        let by = format!(" in every {family}");
        // What older files say about the order of operations is the family's own, or the file is another network's.
        for (key, value) in [
            ("normalize_before", pre_norm),
            ("add_final_layer_norm", pre_norm),
            ("normalize_embedding", embedding_norm),
        ] {
            settings.must_be(key, &Value::Bool(value), &by);
        }
        settings.must_be("static_position_embeddings", &Value::Bool(sinusoidal), &by);
        settings.must_be("tie_word_embeddings", &Value::Bool(true), &by);
        settings.skip(&[
            "add_bias_logits",
            "extra_pos_embeddings",
            "init_std",
            "encoder_layerdrop",
            "decoder_layerdrop",
        ]);
        settings.skip(&["dropout", "attention_dropout", "activation_dropout", "classif_dropout"]);
        let scale = settings.flag("scale_embedding", false);
        Self {
            family,
            width,
            encoder,
            decoder,
            positions: if sinusoidal { Positions::Sinusoidal { count } } else { Positions::Learned { count } },
            activation: settings.activation("activation_function", &name),
            gated: false,
            pre_norm,
            embedding_norm,
            eps: 1e-5,
            embedding_scale: if scale { (width as f32).sqrt() } else { 1.0 },
            output_scale: 1.0,
            shared_embeddings,
            rest: Map::new(),
        }
    }

    /// Sizes that contradict each other.
    fn check(&self, settings: &mut Settings) {
        let Self { encoder, decoder, width, .. } = self;
        for (name, stack) in [("encoder", encoder), ("decoder", decoder)] {
            let sizes = [*width, stack.vocabulary, stack.layers, stack.heads, stack.head_width, stack.inner];
            if sizes.contains(&0) {
                settings.find(format!("a size of the {name} is 0"));
            } else if self.family != Family::T5 && !width.is_multiple_of(stack.heads) {
                settings.find(format!("d_model is {width}, no multiple of {} heads in the {name}", stack.heads));
            }
        }
        if let Positions::Relative { buckets, farthest } = self.positions
            && (buckets < 4 || farthest <= buckets / 2)
        {
            settings.find(format!("{buckets} buckets for distances up to {farthest}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let message = HubConfig::parse(text, "config.json").unwrap_err().to_string();
        for part in expected {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_name() {
        check("[]", &["not a checkpoint's configuration"]);
        check("{}", &["model_type is none"]);
        check(r#"{"model_type": "llama"}"#, &["model_type is llama"]);
        check(r#"{"family": "argiope-native-sql"}"#, &["model_type is argiope-native-sql"]);
        check(r#"{"model_type": "t5", "feed_forward_proj": "gated-mish"}"#, &["feed_forward_proj", "mish"]);
        check(r#"{"model_type": "t5", "is_encoder_decoder": false, "d_ff": "x"}"#, &["is_encoder_decoder", "d_ff"]);
        check(r#"{"model_type": "bart", "normalize_before": true}"#, &["normalize_before is true", "every bart"]);
        check(r#"{"model_type": "pegasus", "encoder_attention_heads": 5}"#, &["no multiple of 5 heads"]);
        check(r#"{"model_type": "bart", "quantization_config": {"bits": 4}}"#, &["quantization_config"]);
    }

    #[test]
    fn versions_of_t5_are_told_apart() {
        let of = |text: &str| HubConfig::parse(text, "config.json").unwrap();
        let old = of(r#"{"model_type": "t5", "d_model": 16}"#);
        assert_eq!((old.gated, old.activation, old.output_scale), (false, Activation::Relu, 0.25));
        let new = of(r#"{"model_type": "t5", "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false}"#);
        assert_eq!((new.gated, new.activation, new.output_scale), (true, Activation::GeluTanh, 1.0));
        let newer = of(r#"{"model_type": "t5", "tie_word_embeddings": true, "scale_decoder_outputs": false}"#);
        assert_eq!(newer.output_scale, 1.0);
    }

    #[test]
    fn settings_of_generation_are_handed_on() {
        let text = r#"{"model_type": "t5", "num_beams": 4, "dropout_rate": 0.1, "_name_or_path": "x"}"#;
        let config = HubConfig::parse(text, "config.json").unwrap();
        assert_eq!(config.rest().keys().collect::<Vec<_>>(), ["num_beams"]);
        assert_eq!((config.vocabulary(), config.most_positions()), (32128, None));
    }
}
