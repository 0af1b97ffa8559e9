//! Which of a model's files are needed.

use crate::error::{Error, Result};
use crate::pipeline::assets::WEIGHTS;
use std::collections::BTreeSet;

/// Fetched where they are there: configuration, every kind of tokenizer, and the card for its licence.
const SMALL: [&str; 13] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "source.spm",
    "target.spm",
    "vocab.json",
    "merges.txt",
    "README.md",
];

/// The files of a model that are needed, small ones first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Of known names.
    pub(super) files: Vec<&'static str>,
    /// The index among `files` whose shards are needed too.
    pub(super) index: Option<&'static str>,
}

/// Chooses among the files that the hub lists.
///
/// # Errors
/// [`Error::Hub`] where no configuration or no weights that can be read are among them.
pub(super) fn choose(id: &str, listed: &[String]) -> Result<Chosen> {
    let has = |file: &&str| listed.iter().any(|other| other == file);
    let mut files: Vec<&'static str> = SMALL.into_iter().filter(|file| has(file)).collect();
    if !files.contains(&"config.json") {
        return Err(Error::hub(id, "it has no config.json, so it is no checkpoint of transformers"));
    }
    for (single, index) in WEIGHTS {
        if has(&single) {
            files.push(single);
            return Ok(Chosen { files, index: None });
        }
        if has(&index) {
            files.push(index);
            return Ok(Chosen { files, index: Some(index) });
        }
    }
    let weights = listed.iter().filter(|file| {
        [".h5", ".msgpack", ".onnx", ".gguf", ".bin", ".safetensors"].iter().any(|end| file.ends_with(end))
    });
    let others: Vec<&str> = weights.map(String::as_str).collect();
    let wanted = WEIGHTS.map(|(single, _)| single).join(" or ");
    let there = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
    Err(Error::hub(id, format!("it has no {wanted}; weights found: {there}")))
}

/// The shards of an index that the hub lacks are an error.
pub(super) fn check_shards(id: &str, shards: &BTreeSet<String>, listed: &[String]) -> Result<()> {
    let missing: Vec<&str> = shards.iter().filter(|file| !listed.contains(file)).map(String::as_str).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::hub(id, format!("its index names files that it lacks: {}", missing.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listed: &[&str], expected: &str) {
        let listed: Vec<String> = listed.iter().map(|file| (*file).to_owned()).collect();
        let found = match choose("a/b", &listed) {
            Ok(chosen) => chosen.files.join(" "),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn one_kind_of_weights_is_chosen() {
        check(
            &["model.safetensors", "pytorch_model.bin", "config.json", "tf_model.h5"],
            "config.json model.safetensors",
        );
        check(
            &["pytorch_model.bin", "spiece.model", "config.json", "x/config.json"],
            "config.json spiece.model pytorch_model.bin",
        );
        let shards =
            ["config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "pytorch_model.bin"];
        check(&shards, "config.json model.safetensors.index.json");
        check(
            &["config.json", "tf_model.h5"],
            "a/b: it has no model.safetensors or pytorch_model.bin; weights found: tf_model.h5",
        );
        check(&["model.safetensors"], "a/b: it has no config.json, so it is no checkpoint of transformers");
    }
}
