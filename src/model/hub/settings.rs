//! A configuration's settings on their way into a description: each is taken once, what does not fit is noted, and
//! what only concerns training or bookkeeping is dropped.

use super::super::kernels::product::Activation;
use crate::error::{Error, Result};
use serde_json::{Map, Value};

/// Settings that change no result: bookkeeping, training, outputs nobody asks for.
const WITHOUT_EFFECT: [&str; 26] = [
    "architectures",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "dtype",
    "finetuning_task",
    "gradient_checkpointing",
    "id2label",
    "label2id",
    "model_type",
    "num_hidden_layers",
    "num_labels",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "problem_type",
    "return_dict",
    "save_step",
    "tokenizer_class",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "use_cache",
    "add_cross_attention",
    "cross_attention_hidden_size",
    "tf_legacy_loss",
    "use_bfloat16",
];

/// Settings that must be absent, null, false or empty: they would make another network of it.
const REFUSED: [&str; 3] = ["quantization_config", "pruned_heads", "is_decoder"];

/// What is not taken yet, and what did not fit.
pub(super) struct Settings {
    left: Map<String, Value>,
    findings: Vec<String>,
}

impl Settings {
    pub(super) fn new(left: Map<String, Value>) -> Self {
        Self { left, findings: Vec::new() }
    }

    /// Notes what does not fit.
    pub(super) fn find(&mut self, finding: String) {
        self.findings.push(finding);
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.left.remove(key).filter(|value| !value.is_null())
    }

    /// A whole number above 0.
    pub(super) fn size(&mut self, key: &str, default: Option<usize>) -> usize {
        match (self.take(key), default) {
            (Some(value), _) => value.as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or_else(|| {
                self.find(format!("{key} is {value}, not a size"));
                1
            }),
            (None, Some(default)) => default,
            (None, None) => {
                self.find(format!("{key} is missing"));
                1
            }
        }
    }

    pub(super) fn number(&mut self, key: &str, default: f64) -> f64 {
        let Some(value) = self.take(key) else { return default };
        value.as_f64().unwrap_or_else(|| {
            self.find(format!("{key} is {value}, not a number"));
            default
        })
    }

    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        let Some(value) = self.take(key) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.find(format!("{key} is {value}, neither true nor false"));
            default
        })
    }

    pub(super) fn text(&mut self, key: &str, default: &str) -> String {
        match self.take(key) {
            Some(Value::String(text)) => text,
            Some(value) => {
                self.find(format!("{key} is {value}, not a text"));
                default.to_owned()
            }
            None => default.to_owned(),
        }
    }

    /// An activation function by the reference's name.
    pub(super) fn activation(&mut self, key: &str, name: &str) -> Activation {
        match name {
            "relu" => Activation::Relu,
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluTanh,
            "silu" | "swish" => Activation::Silu,
            other => {
                self.find(format!("{key} is {other}; relu, gelu, gelu_new and silu are known"));
                Activation::Relu
            }
        }
    }

    /// A setting that has one value only, where it is given at all.
    pub(super) fn must_be(&mut self, key: &str, wanted: &Value, why: &str) {
        if let Some(value) = self.take(key).filter(|value| value != wanted) {
            self.find(format!("{key} is {value}; it is {wanted}{why}"));
        }
    }

    /// Settings of this family that change no result.
    pub(super) fn skip(&mut self, keys: &[&str]) {
        for key in keys {
            self.left.remove(*key);
        }
    }

    /// What is left: settings of generation, and what nobody knows.
    ///
    /// # Errors
    /// [`Error::Weights`] with everything that did not fit.
    pub(super) fn finish(mut self, place: &str) -> Result<Map<String, Value>> {
        self.skip(&WITHOUT_EFFECT);
        for key in REFUSED {
            if let Some(value) = self.left.remove(key).filter(|value| !is_nothing(value)) {
                self.find(format!("{key} is {value}, which this program does not follow"));
            }
        }
        self.left.retain(|key, value| !key.starts_with('_') && !is_nothing(value));
        if self.findings.is_empty() { Ok(self.left) } else { Err(Error::weights(place, self.findings.join("; "))) }
    }
}

/// Whether a value is none at all: null, false or empty.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(_) => false,
    }
}
