//! Articles side by side in padded arrays, as one safetensors blob.
//!
//! Shapes: B articles, S sentences, F features; piece ids are always `WINDOWS * WINDOW` wide.

use anyhow::Result;
use argiope::summary::{Article, Layout, Publisher, SENTENCE_FEATURES, WINDOW, WINDOWS, sentence_features};
use argiope::tokens::Tokenizer;

use super::labels::Labels;
use super::rows::Row;
use crate::arrays::{Arrays, padded};

/// Padded numbers of sentences are multiples of this, so that fewer shapes occur.
const ROUND: usize = 4;

/// Sentences shown at most; what lies behind has no pieces in any case but that of very short ones.
const MOST_SENTENCES: usize = 128;

/// An article as the network sees it, with what it is asked for.
#[derive(Debug)]
pub(crate) struct Item {
    layout: Layout,
    features: Vec<f32>,
    publisher: Publisher,
    labels: Labels,
    index: usize,
}

impl Item {
    /// Reads an article.
    pub(crate) fn new(row: &Row, index: usize, hide_publisher: bool, tokenizer: &Tokenizer) -> Self {
        let article = Article::new(row.article.as_str());
        let mut layout = Layout::new(&article, tokenizer);
        layout.spans.truncate(MOST_SENTENCES);
        let read = layout.read();
        let mut features = sentence_features(&article);
        features.truncate(layout.spans.len() * SENTENCE_FEATURES);
        let labels = Labels::new(row, &article, read);
        let publisher = if hide_publisher { Publisher::Unknown } else { row.publisher() };
        Self { layout, features, publisher, labels, index }
    }

    /// Whether there is a sentence to choose.
    pub(crate) fn has_label(&self) -> bool {
        self.labels.labels.contains(&1.0)
    }
}

/// The arrays of some articles, as the bytes of a safetensors file.
///
/// # Errors
/// When the arrays do not fit their shapes, which cannot be.
pub(crate) fn blob(items: &[Item]) -> Result<Vec<u8>> {
    let (b, w) = (items.len(), WINDOW * WINDOWS);
    let s = items.iter().map(|item| item.layout.spans.len()).max().unwrap_or(0).max(1).next_multiple_of(ROUND);
    let mut arrays = Arrays::default();
    let (mut pieces, mut spans, mut mask) = (Vec::new(), Vec::new(), Vec::new());
    let (mut features, mut labels, mut gains) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        pieces.extend(padded(item.layout.piece_ids.iter().map(|&id| i64::from(id)).collect(), w, 0));
        let ends = item.layout.spans.iter().flat_map(|span| [span.start as i64, span.end as i64]);
        spans.extend(padded(ends.collect(), 2 * s, 0));
        mask.extend(padded(item.layout.spans.iter().map(|span| u8::from(!span.is_empty())).collect(), s, 0));
        features.extend(padded(item.features.clone(), s * SENTENCE_FEATURES, 0.0));
        labels.extend(padded(item.labels.labels.clone(), s, 0.0));
        gains.extend(padded(item.labels.gains.clone(), s, 0.0));
    }
    arrays.integers("piece_ids", &[b, w], pieces);
    arrays.integers("spans", &[b, s, 2], spans);
    arrays.bytes("sentence_mask", &[b, s], mask);
    arrays.floats("features", &[b, s, SENTENCE_FEATURES], features);
    arrays.integers("publisher", &[b], items.iter().map(|item| i64::from(item.publisher.id())).collect());
    arrays.floats("labels", &[b, s], labels);
    arrays.floats("gains", &[b, s], gains);
    arrays.integers("index", &[b], items.iter().map(|item| item.index as i64).collect());
    arrays.blob()
}
