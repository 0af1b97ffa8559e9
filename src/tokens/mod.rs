//! Words to word pieces for the native models ([`Tokenizer`]), whole texts to ids and back for hub checkpoints
//! ([`TextTokenizer`]).
//!
//! Owns the `tokenizers` crate. Knows nothing about questions, schemas or networks; callers split text into words
//! and put the special tokens where their layout wants them. Holds no cache: callers keep the pieces they need again.

mod text;
pub mod trie;
mod vocabulary;

use crate::error::{Error, Result};
use std::path::Path;

pub use text::{TextIds, TextTokenizer};
pub use vocabulary::{Characters, Vocabulary};

/// A word-piece vocabulary, as a `tokenizer.json` of the Hugging Face kind describes it.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

impl Tokenizer {
    /// The piece that fills a batch up to its length.
    pub const PAD: u32 = 0;
    /// The piece for text the vocabulary cannot spell.
    pub const UNKNOWN: u32 = 100;
    /// The piece at the start of every input.
    pub const START: u32 = 101;
    /// The piece that ends the question and every table.
    pub const SEPARATOR: u32 = 102;

    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Weights`] when the file is missing, is no tokenizer or has other special pieces than BERT's.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|e| Error::weights(path.display().to_string(), e.to_string()))?;
        Self::read(&bytes, &path.display().to_string())
    }

    /// Reads the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// As [`Tokenizer::from_file`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes, "tokenizer.json")
    }

    /// The pieces of one word in lower case, without special pieces; never empty.
    pub fn pieces(&self, word: &str) -> Vec<u32> {
        let ids = self
            .inner
            .encode_fast(word.to_lowercase(), false)
            .map(|encoding| encoding.get_ids().to_vec())
            .unwrap_or_default();
        if ids.is_empty() { vec![Self::UNKNOWN] } else { ids }
    }

    /// The number of pieces; every id is below it.
    pub fn size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    fn read(bytes: &[u8], path: &str) -> Result<Self> {
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(|e| Error::weights(path, e.to_string()))?;
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|e| Error::weights(path, e.to_string()))?;
        let special =
            [("[PAD]", Self::PAD), ("[UNK]", Self::UNKNOWN), ("[CLS]", Self::START), ("[SEP]", Self::SEPARATOR)];
        for (text, id) in special {
            if inner.token_to_id(text) != Some(id) {
                return Err(Error::weights(path, format!("the piece {text} must have the id {id}")));
            }
        }
        Ok(Self { inner })
    }
}
