//! A model's folder: what it is for, what its files are, and which of them are missing.

use super::card::Card;
use crate::error::{Error, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// The file that makes a folder a model.
pub(super) const CONFIG: &str = "config.json";

/// One file with all weights, and what stands in its place where they are in several: an index.
pub(in crate::pipeline) const WEIGHTS: [(&str, &str); 2] =
    [("model.safetensors", "model.safetensors.index.json"), ("pytorch_model.bin", "pytorch_model.bin.index.json")];

/// Any of these makes a tokenizer.
const TOKENIZERS: [&str; 1] = ["tokenizer.json"];

/// Encoder–decoder architectures, as `model_type` names them; others say `is_encoder_decoder`.
const TEXT_TO_TEXT: [&str; 10] =
    ["t5", "mt5", "umt5", "longt5", "bart", "mbart", "pegasus", "pegasus_x", "marian", "blenderbot-small"];

/// A model found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// What it is asked for by.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
    /// What it is for.
    pub purpose: Purpose,
    /// The size of its files, in bytes.
    pub bytes: u64,
    /// What its card names as its licence.
    pub licence: Option<String>,
    /// Files that a model needs and this folder lacks.
    pub missing: Vec<String>,
}

/// What a model is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Questions to SQL.
    Sql,
    /// Articles to summaries.
    Summary,
    /// Text to text.
    Text {
        /// As `model_type` in its configuration.
        architecture: String,
        /// What its card says it was trained for, such as `translation`.
        task: Option<String>,
    },
    /// None of them, or not to be told.
    Other {
        /// As its configuration names it.
        architecture: String,
    },
}

impl Purpose {
    /// One word: `sql`, `summary`, `text` or `other`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Summary => "summary",
            Self::Text { .. } => "text",
            Self::Other { .. } => "other",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql => write!(out, "SQL"),
            Self::Summary => write!(out, "summary"),
            Self::Text { architecture, task: Some(task) } => write!(out, "text to text ({architecture}, {task})"),
            Self::Text { architecture, task: None } => write!(out, "text to text ({architecture})"),
            Self::Other { architecture } => write!(out, "not for this program ({architecture})"),
        }
    }
}

/// What a configuration is read for.
#[derive(Default, Deserialize)]
struct Header {
    family: Option<String>,
    model_type: Option<String>,
    is_encoder_decoder: Option<bool>,
}

/// The part of an index that is read: which file each tensor is in.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl ModelEntry {
    /// Of the model in this folder.
    pub(in crate::pipeline) fn read(name: String, path: PathBuf) -> Self {
        let card = Card::read(&path);
        let header = header(&path);
        Self {
            bytes: size_of(&path),
            missing: missing_files(&path, header.family.is_some()),
            purpose: purpose(header, card.task),
            licence: card.licence,
            name,
            path,
        }
    }

    /// The name for answers: a folder's own name where the model was asked for as a folder.
    pub fn short_name(&self) -> &str {
        let is_folder = Path::new(&self.name) == self.path;
        let folder = self.path.file_name().and_then(|name| name.to_str());
        folder.filter(|_| is_folder).unwrap_or(&self.name)
    }
}

/// The files that hold a checkpoint's weights by its index.
///
/// # Errors
/// [`Error::Weights`] where the index cannot be read, or names what is no file beside it.
pub(in crate::pipeline) fn shards(index: &Path) -> Result<BTreeSet<String>> {
    let wrong = |message: String| Error::weights(index.display().to_string(), message);
    let text = std::fs::read_to_string(index).map_err(|error| wrong(error.to_string()))?;
    let read: Index = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let files: BTreeSet<String> = read.weight_map.into_values().collect();
    match files.iter().find(|file| !super::name::is_plain(file)) {
        Some(file) => Err(wrong(format!("{file:?} is no file's name"))),
        None if files.is_empty() => Err(wrong("it names no files".to_owned())),
        None => Ok(files),
    }
}

/// What cannot be read is empty.
fn header(folder: &Path) -> Header {
    let text = std::fs::read_to_string(folder.join(CONFIG)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn purpose(header: Header, task: Option<String>) -> Purpose {
    if let Some(family) = header.family {
        return match family.as_str() {
            "argiope-native-sql" => Purpose::Sql,
            "argiope-selector" => Purpose::Summary,
            _ => Purpose::Other { architecture: family },
        };
    }
    let architecture = header.model_type.unwrap_or_else(|| "unknown".to_owned());
    let is_text = header.is_encoder_decoder.unwrap_or_else(|| TEXT_TO_TEXT.contains(&architecture.as_str()));
    if is_text { Purpose::Text { architecture, task } } else { Purpose::Other { architecture } }
}

/// Of all files in a folder, links followed.
fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.path().metadata().ok()).filter(|data| data.is_file()).map(|data| data.len()).sum()
}

fn missing_files(folder: &Path, is_native: bool) -> Vec<String> {
    let lacks = |file: &str| !folder.join(file).is_file();
    let mut missing = Vec::new();
    if lacks(CONFIG) {
        missing.push(CONFIG.to_owned());
    }
    missing.extend(missing_weights(folder, if is_native { &WEIGHTS[..0] } else { &WEIGHTS[..] }));
    if TOKENIZERS.iter().all(|file| lacks(file)) {
        missing.push(TOKENIZERS[0].to_owned());
    }
    missing
}

/// Nothing where one of these kinds of weights is whole; a folder of none needs `model.safetensors`.
fn missing_weights(folder: &Path, kinds: &[(&str, &str)]) -> Vec<String> {
    let has = |file: &str| folder.join(file).is_file();
    let single = WEIGHTS[0].0;
    if has(single) || kinds.iter().any(|(file, _)| has(file)) {
        return Vec::new();
    }
    match kinds.iter().find(|(_, index)| has(index)) {
        None => vec![single.to_owned()],
        Some((_, index)) => match shards(&folder.join(index)) {
            Ok(files) => files.into_iter().filter(|file| !has(file)).collect(),
            Err(_) => vec![format!("a readable {index}")],
        },
    }
}
