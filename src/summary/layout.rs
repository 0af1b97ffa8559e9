//! The article as the network reads it: word pieces in windows, and where each sentence lies in them.
//!
//! Up to [`WINDOWS`] windows of [`WINDOW`] pieces, `[CLS] sentences [SEP]` each, filled up with padding; attention
//! stays inside a window, so that its cost grows with the length and not with its square.

use super::article::Article;
use crate::tokens::Tokenizer;
use std::ops::Range;

/// Word pieces of a window, `[CLS]` and `[SEP]` included.
pub const WINDOW: usize = 128;

/// Windows at most; what lies behind is not read. News tells the most important first.
pub const WINDOWS: usize = 4;

/// Word pieces of a sentence that are shown.
pub const LONGEST_SENTENCE: usize = 100;

/// An article's word pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `[windows * WINDOW]` ids, at least one window; 0 is padding.
    pub piece_ids: Vec<u32>,
    /// Where each sentence lies in `piece_ids`; those of sentences that were not read are empty.
    pub spans: Vec<Range<usize>>,
}

impl Layout {
    /// Lays out the sentences from the first on, each whole in one window, until the windows are full.
    pub fn new(article: &Article, tokenizer: &Tokenizer) -> Self {
        let mut piece_ids = Vec::with_capacity(WINDOW * WINDOWS);
        let mut spans = Vec::with_capacity(article.sentences().len());
        for index in 0..article.sentences().len() {
            let mut pieces = tokenizer.pieces(article.sentence(index));
            pieces.truncate(LONGEST_SENTENCE);
            let used = piece_ids.len() % WINDOW;
            // The last place of a window is for its [SEP].
            if used > 0 && used + pieces.len() > WINDOW - 1 {
                close(&mut piece_ids);
            }
            if piece_ids.len() >= WINDOW * WINDOWS {
                break;
            }
            if piece_ids.len().is_multiple_of(WINDOW) {
                piece_ids.push(Tokenizer::START);
            }
            let start = piece_ids.len();
            piece_ids.extend(pieces);
            spans.push(start..piece_ids.len());
        }
        if piece_ids.is_empty() {
            piece_ids.push(Tokenizer::START);
        }
        if !piece_ids.len().is_multiple_of(WINDOW) {
            close(&mut piece_ids);
        }
        spans.resize(article.sentences().len(), 0..0);
        Self { piece_ids, spans }
    }

    /// The sentences that were read: those from the first to before this one.
    pub fn read(&self) -> usize {
        self.spans.iter().take_while(|span| !span.is_empty()).count()
    }
}

/// Ends the open window.
fn close(piece_ids: &mut Vec<u32>) {
    piece_ids.push(Tokenizer::SEPARATOR);
    piece_ids.resize(piece_ids.len().next_multiple_of(WINDOW), Tokenizer::PAD);
}
