//! `config.json` of a selector.

use crate::error::Result;
use crate::model::config::{BertSizes, Config, LayerSizes, misfits, read};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

/// The family a selector's `config.json` must name.
pub const SELECTOR_FAMILY: &str = "argiope-selector";
/// The newest format of it that this program reads.
pub const SELECTOR_VERSION: u32 = 1;

/// Everything that decides a tensor's shape; names as in the trainer's `Sizes`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SelectorSizes {
    /// Numbers that describe a sentence.
    pub features: usize,
    /// Scores a sentence; 1, as the trainer's export has mixed them.
    pub scores: usize,
    /// Publishers with a vector of their own, the unknown one included.
    pub publishers: usize,
    /// Width of every vector between layers.
    pub width: usize,
    /// Layers over word pieces.
    pub bert_layers: usize,
    /// Heads in one of them.
    pub bert_heads: usize,
    /// Width of their feed-forward part.
    pub bert_inner: usize,
    /// Word pieces in the vocabulary.
    pub vocabulary: usize,
    /// Word pieces of a window.
    pub positions: usize,
    /// Most windows of an article.
    pub windows: usize,
    /// Sentences with a place of their own; all later ones share the last.
    pub sentences: usize,
    /// Layers over sentences.
    pub sentence_layers: usize,
    /// Heads in one of them.
    pub heads: usize,
    /// Width of their feed-forward part.
    pub inner: usize,
}

/// The content of a selector's `config.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct SelectorConfig {
    /// The model's name.
    pub name: String,
    /// Shapes.
    pub sizes: SelectorSizes,
    /// The names of a sentence's features in their order.
    pub features: Vec<String>,
    /// The publishers' names in the order of their ids; the first is the unknown one.
    pub publishers: Vec<String>,
    /// SHA-256 in hexadecimal of each file beside `config.json`.
    pub files: BTreeMap<String, String>,
}

impl SelectorConfig {
    /// Reads `config.json` of a selector's folder.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] when the file is missing, is no JSON, is of another family or contradicts itself.
    pub fn read(folder: &Path) -> Result<Self> {
        read(folder)
    }
}

impl SelectorSizes {
    pub(super) fn bert(&self) -> BertSizes {
        BertSizes {
            width: self.width,
            layers: self.bert_layers,
            heads: self.bert_heads,
            inner: self.bert_inner,
            vocabulary: self.vocabulary,
            positions: self.positions,
            starts: 0,
        }
    }

    pub(super) fn layer(&self) -> LayerSizes {
        LayerSizes { width: self.width, heads: self.heads, inner: self.inner }
    }
}

impl Config for SelectorConfig {
    const FAMILY: &'static str = SELECTOR_FAMILY;
    const VERSION: u32 = SELECTOR_VERSION;

    fn contradictions(&self) -> Vec<String> {
        let sizes = &self.sizes;
        let mut findings = Vec::new();
        for (what, count, names) in
            [("features", sizes.features, self.features.len()), ("publishers", sizes.publishers, self.publishers.len())]
        {
            if count != names {
                findings.push(format!("sizes.{what} is {count}, but {names} {what} have names"));
            }
        }
        if sizes.scores != 1 {
            findings.push(format!("{} scores a sentence; a finished selector has 1", sizes.scores));
        }
        let heads = [("bert_heads", sizes.bert_heads), ("heads", sizes.heads)];
        let positive = [
            ("width", sizes.width),
            ("positions", sizes.positions),
            ("windows", sizes.windows),
            ("sentences", sizes.sentences),
            ("publishers", sizes.publishers),
        ];
        findings.extend(misfits(sizes.width, &heads, &positive));
        findings
    }
}
