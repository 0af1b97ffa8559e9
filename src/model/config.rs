//! `config.json` of a native model: the sizes that decide every tensor's shape, the keywords, the checksums.
//!
//! Knows nothing about tensors. The trainer's export writes the file; a file of another family or with sizes that
//! do not fit together is refused with all findings, whatever the family ([`Config`]).

use crate::error::{Error, Result};
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeMap, path::Path};

/// The family a `config.json` must name.
pub const FAMILY: &str = "argiope-native-sql";
/// The newest format this program reads.
pub const VERSION: u32 = 1;
/// No start, a column's, a table's.
const STARTS: usize = 3;
/// Bits in a relation mask.
const MOST_RELATIONS: usize = 64;

/// Everything that decides a tensor's shape; names as in the trainer's `Sizes`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sizes {
    /// Keywords of the form; symbol ids below this are keywords, the others nodes.
    pub keywords: usize,
    /// Relation bits a pair of nodes can have.
    pub relations: usize,
    /// Numbers that describe a node.
    pub features: usize,
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
    /// Most word pieces in an input.
    pub positions: usize,
    /// Layers over nodes.
    pub relation_layers: usize,
    /// Layers of the decoder.
    pub decoder_layers: usize,
    /// Heads in relation and decoder layers.
    pub heads: usize,
    /// Width of their feed-forward part.
    pub inner: usize,
    /// Most symbols in a form, END included.
    pub max_symbols: usize,
}

/// The sizes of MiniLM's encoder in any of the networks.
#[derive(Debug, Clone, Copy)]
pub(super) struct BertSizes {
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
    pub inner: usize,
    pub vocabulary: usize,
    pub positions: usize,
    /// Marks a piece can have; 0 where the network has no embedding of them.
    pub starts: usize,
}

/// The sizes of a pre-norm layer in any of the networks.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerSizes {
    pub width: usize,
    pub heads: usize,
    pub inner: usize,
}

impl Sizes {
    pub(super) fn bert(&self) -> BertSizes {
        BertSizes {
            width: self.width,
            layers: self.bert_layers,
            heads: self.bert_heads,
            inner: self.bert_inner,
            vocabulary: self.vocabulary,
            positions: self.positions,
            starts: STARTS,
        }
    }

    pub(super) fn layer(&self) -> LayerSizes {
        LayerSizes { width: self.width, heads: self.heads, inner: self.inner }
    }
}

/// The content of `config.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct ModelConfig {
    /// The model's name.
    pub name: String,
    /// Shapes.
    pub sizes: Sizes,
    /// The keywords' stable names in the order of their ids.
    pub keywords: Vec<String>,
    /// The relations' names in the order of their bits.
    pub relations: Vec<String>,
    /// The names of a node's features in their order.
    pub features: Vec<String>,
    /// SHA-256 in hexadecimal of each file beside `config.json`.
    pub files: BTreeMap<String, String>,
}

/// What is read first, so that another family's file is named as such instead of lacking a field.
#[derive(Deserialize)]
struct Header {
    family: Option<String>,
    version: Option<u32>,
    model_type: Option<String>,
}

/// The `config.json` of one family of models.
pub(super) trait Config: DeserializeOwned {
    /// The family that the file must name.
    const FAMILY: &'static str;
    /// The newest format of it that this program reads.
    const VERSION: u32;
    /// Sizes that do not fit together.
    fn contradictions(&self) -> Vec<String>;
}

/// Reads `config.json` of a model's folder.
///
/// # Errors
/// [`Error::Weights`] when the file is missing, is no JSON, is of another family or contradicts itself.
pub(super) fn read<C: Config>(folder: &Path) -> Result<C> {
    let path = folder.join("config.json");
    let place = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|e| Error::weights(&place, e.to_string()))?;
    parse(&text, &place)
}

fn parse<C: Config>(text: &str, place: &str) -> Result<C> {
    let broken = |e: serde_json::Error| Error::weights(place, format!("not a model's configuration: {e}"));
    let header: Header = serde_json::from_str(text).map_err(broken)?;
    match (header.family.as_deref(), header.version) {
        (Some(family), Some(version)) if family == C::FAMILY && version == C::VERSION => {}
        (Some(family), version) if family == C::FAMILY => {
            let version = version.map_or("no version".to_owned(), |v| format!("version {v}"));
            return Err(Error::weights(place, format!("{version} of the format; this program reads {}", C::VERSION)));
        }
        (family, _) => {
            let found = family.map(str::to_owned).or(header.model_type).unwrap_or_else(|| "none".into());
            let message = format!("a model of the family {} is wanted, this one is of {found}", C::FAMILY);
            return Err(Error::weights(place, message));
        }
    }
    let config: C = serde_json::from_str(text).map_err(broken)?;
    let findings = config.contradictions();
    if findings.is_empty() { Ok(config) } else { Err(Error::weights(place, findings.join("; "))) }
}

/// Sizes that must be above 0 and the numbers of heads that must divide the width, as findings.
pub(super) fn misfits(width: usize, heads: &[(&str, usize)], positive: &[(&str, usize)]) -> Vec<String> {
    let heads = heads.iter().filter(|(_, heads)| *heads == 0 || !width.is_multiple_of(*heads));
    let heads = heads.map(|(what, heads)| format!("a width of {width} is no multiple of {what} = {heads}"));
    let zeros = positive.iter().filter(|(_, size)| *size == 0).map(|(what, _)| format!("sizes.{what} is 0"));
    heads.chain(zeros).collect()
}

impl ModelConfig {
    /// Reads `config.json` of a model's folder.
    ///
    /// # Errors
    /// [`Error::Weights`] when the file is missing, is no JSON, is of another family or contradicts itself.
    pub fn read(folder: &Path) -> Result<Self> {
        read(folder)
    }
}

impl Config for ModelConfig {
    const FAMILY: &'static str = FAMILY;
    const VERSION: u32 = VERSION;

    fn contradictions(&self) -> Vec<String> {
        let sizes = &self.sizes;
        let mut findings = Vec::new();
        for (what, count, names) in [
            ("keywords", sizes.keywords, self.keywords.len()),
            ("relations", sizes.relations, self.relations.len()),
            ("features", sizes.features, self.features.len()),
        ] {
            if count != names {
                findings.push(format!("sizes.{what} is {count}, but {names} {what} have names"));
            }
        }
        if sizes.relations > MOST_RELATIONS {
            findings.push(format!("{} relations; a mask has {MOST_RELATIONS} bits", sizes.relations));
        }
        let heads = [("bert_heads", sizes.bert_heads), ("heads", sizes.heads)];
        let positive = [("width", sizes.width), ("keywords", sizes.keywords), ("positions", sizes.positions)];
        findings.extend(misfits(sizes.width, &heads, &positive));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let message = parse::<ModelConfig>(text, "config.json").unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn other_files_are_named_as_what_they_are() {
        check("not json", "not a model's configuration");
        check("{}", "of the family argiope-native-sql is wanted, this one is of none");
        check(r#"{"model_type": "t5"}"#, "this one is of t5");
        check(r#"{"family": "argiope-native-sql", "version": 9}"#, "version 9 of the format");
        check(r#"{"family": "argiope-native-sql", "version": 1}"#, "missing field `name`");
    }
}
