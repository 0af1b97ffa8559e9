//! Whole texts to ids and back, with any `tokenizer.json`: Unigram (T5, PEGASUS), byte-level BPE (BART), word pieces.
//!
//! Special pieces are put where the file says, and left out when ids become text again. Knows nothing about networks;
//! whether ids fit one is the caller's question.

use crate::error::{Error, Result};
use std::path::Path;
use tokenizers::utils::truncation::TruncationDirection;

/// The file in a checkpoint's folder.
const FILE: &str = "tokenizer.json";
/// What a checkpoint has that was never converted.
const OTHERS: [&str; 7] = [
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "source.spm",
    "target.spm",
    "vocab.json",
    "merges.txt",
];

/// A tokenizer for texts.
#[derive(Debug, Clone)]
pub struct TextTokenizer {
    inner: tokenizers::Tokenizer,
    /// Special pieces that are added to every text.
    added: usize,
}

/// A text as ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextIds {
    /// The ids, special ones included.
    pub ids: Vec<u32>,
    /// Ids that were cut off at the end, special ones not counted.
    pub cut: usize,
}

impl TextTokenizer {
    /// Reads the `tokenizer.json` of a checkpoint's folder.
    ///
    /// # Errors
    /// [`Error::Weights`] when there is none (with what to do, where another kind of tokenizer lies there) or it
    /// cannot be read.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if path.is_file() {
            return Self::from_file(path);
        }
        let place = folder.display().to_string();
        let found: Vec<&str> = OTHERS.into_iter().filter(|file| folder.join(file).is_file()).collect();
        let message = if found.is_empty() {
            format!("{FILE} is missing")
        } else {
            format!(
                "{FILE} is missing; {} must be converted first, for example by \
                 transformers.AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
                found.join(", ")
            )
        };
        Err(Error::weights(place, message))
    }

    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Weights`] when the file is missing or is no tokenizer.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let place = path.as_ref().display().to_string();
        let bytes = std::fs::read(path).map_err(|e| Error::weights(&place, e.to_string()))?;
        let mut inner = tokenizers::Tokenizer::from_bytes(&bytes).map_err(|e| Error::weights(&place, e.to_string()))?;
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|e| Error::weights(&place, e.to_string()))?;
        let added = inner.get_post_processor().map_or(0, |processor| {
            use tokenizers::PostProcessor;
            processor.added_tokens(false)
        });
        Ok(Self { inner, added })
    }

    /// The number of ids; every id is below it.
    #[must_use]
    pub fn size(&self) -> usize {
        let vocabulary = self.inner.get_vocab(true);
        vocabulary.values().max().map_or(0, |id| *id as usize + 1)
    }

    /// The text as at most `most` ids, special ones included; what is too long is cut at its end.
    ///
    /// # Errors
    /// [`Error::Input`] where the tokenizer refuses the text.
    pub fn encode(&self, text: &str, most: usize) -> Result<TextIds> {
        let refused = |e: tokenizers::Error| Error::input(format!("the text cannot be read: {e}"));
        let mut encoding = self.inner.encode(text, false).map_err(refused)?;
        let room = most.saturating_sub(self.added);
        let cut = encoding.len().saturating_sub(room);
        if cut > 0 {
            encoding.truncate(room, 0, TruncationDirection::Right);
        }
        let whole = self.inner.post_process(encoding, None, true).map_err(refused)?;
        Ok(TextIds { ids: whole.get_ids().to_vec(), cut })
    }

    /// The ids of a text without special pieces.
    ///
    /// # Errors
    /// As [`TextTokenizer::encode`].
    pub fn encode_plain(&self, text: &str) -> Result<Vec<u32>> {
        let refused = |e: tokenizers::Error| Error::input(format!("the text cannot be read: {e}"));
        Ok(self.inner.encode(text, false).map_err(refused)?.get_ids().to_vec())
    }

    /// The text of ids, special pieces left out.
    ///
    /// # Errors
    /// [`Error::Internal`] where the tokenizer refuses the ids.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner
            .decode(ids, true)
            .map_err(|e| Error::Internal { message: "ids cannot become text".to_owned(), source: Some(e) })
    }

    /// A piece as it stands in the vocabulary, markers of word borders included.
    #[must_use]
    pub fn piece(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// The id of a piece as it stands in the vocabulary.
    #[must_use]
    pub fn id_of(&self, piece: &str) -> Option<u32> {
        self.inner.token_to_id(piece)
    }
}
