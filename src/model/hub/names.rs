//! What published checkpoints call the tensors of a layer.

use super::config::Family;

/// The names of one layer's parts, without `.weight` and `.bias`.
pub(super) struct Names {
    base: String,
    t5: bool,
    decoder: bool,
}

/// Which of the two stacks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Encoder,
    Decoder,
}

impl Side {
    /// `encoder` or `decoder`.
    pub(super) fn name(self) -> &'static str {
        if self == Self::Encoder { "encoder" } else { "decoder" }
    }
}

impl Names {
    /// Of this layer; `prefix` stands before `encoder` and `decoder`.
    pub(super) fn new(family: Family, prefix: &str, side: Side, layer: usize) -> Self {
        let t5 = family == Family::T5;
        let part = if t5 { "block" } else { "layers" };
        let base = format!("{prefix}{}.{part}.{layer}", side.name());
        Self { base, t5, decoder: side == Side::Decoder }
    }

    fn pick(&self, t5: &str, bart: &str) -> String {
        format!("{}.{}", self.base, if self.t5 { t5 } else { bart })
    }

    /// T5 numbers the parts of a layer; the feed-forward part is the last.
    fn last(&self) -> usize {
        if self.decoder { 2 } else { 1 }
    }

    pub(super) fn attention_norm(&self) -> String {
        self.pick("layer.0.layer_norm", "self_attn_layer_norm")
    }

    pub(super) fn query_key_value(&self) -> [String; 3] {
        ["q", "k", "v"].map(|n| self.pick(&format!("layer.0.SelfAttention.{n}"), &format!("self_attn.{n}_proj")))
    }

    pub(super) fn attention_out(&self) -> String {
        self.pick("layer.0.SelfAttention.o", "self_attn.out_proj")
    }

    /// T5's first layer holds the bias for distances of all.
    pub(super) fn relative_bias(&self) -> String {
        format!("{}.layer.0.SelfAttention.relative_attention_bias.weight", self.base)
    }

    pub(super) fn cross_norm(&self) -> String {
        self.pick("layer.1.layer_norm", "encoder_attn_layer_norm")
    }

    pub(super) fn cross_query_key_value(&self) -> [String; 3] {
        ["q", "k", "v"].map(|n| self.pick(&format!("layer.1.EncDecAttention.{n}"), &format!("encoder_attn.{n}_proj")))
    }

    pub(super) fn cross_out(&self) -> String {
        self.pick("layer.1.EncDecAttention.o", "encoder_attn.out_proj")
    }

    pub(super) fn feed_forward_norm(&self) -> String {
        self.pick(&format!("layer.{}.layer_norm", self.last()), "final_layer_norm")
    }

    pub(super) fn up(&self, gated: bool) -> String {
        let name = if gated { "wi_0" } else { "wi" };
        self.pick(&format!("layer.{}.DenseReluDense.{name}", self.last()), "fc1")
    }

    pub(super) fn gate(&self) -> String {
        self.pick(&format!("layer.{}.DenseReluDense.wi_1", self.last()), "fc1_gate")
    }

    pub(super) fn down(&self) -> String {
        self.pick(&format!("layer.{}.DenseReluDense.wo", self.last()), "fc2")
    }
}
