//! An article as the selector reads it: word pieces, features, and what may be left out.

use crate::model::{SelectorCut, SelectorInput};
use crate::summary::{
    Article, CUT_FEATURES, CutFeatures, Layout, Publisher, Recogniser, SENTENCE_FEATURES, sentence_features,
};
use crate::tokens::Tokenizer;

/// What is read of one article.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Its word pieces.
    pub layout: Layout,
    /// `[read sentences, SENTENCE_FEATURES]`.
    pub features: Vec<f32>,
    /// Who published it.
    pub publisher: Publisher,
    /// The cuts whose pieces were read, by sentence and place among its [`Recogniser::cuts`].
    pub cuts: Vec<ReadCut>,
    /// `[cuts, CUT_FEATURES]`.
    pub cut_features: Vec<f32>,
}

/// A cut whose pieces were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadCut {
    /// The sentence.
    pub sentence: usize,
    /// Its place among the sentence's cuts.
    pub place: usize,
    /// Its pieces, from–to.
    pub pieces: (u32, u32),
}

impl Reading {
    /// Reads an article, with the cuts that the recogniser allows.
    pub fn new(article: &Article, recogniser: &Recogniser<'_>, publisher: Publisher, tokenizer: &Tokenizer) -> Self {
        let layout = Layout::new(article, tokenizer);
        let mut features = sentence_features(article);
        features.truncate(layout.read() * SENTENCE_FEATURES);
        let known = CutFeatures::new(article);
        let (mut cuts, mut cut_features) = (Vec::new(), Vec::new());
        for sentence in 0..layout.read() {
            for (place, cut) in recogniser.cuts(sentence).iter().enumerate() {
                let bytes = recogniser.bytes(sentence, &cut.units);
                let Some(pieces) = layout.part(article, tokenizer, sentence, bytes) else { continue };
                cuts.push(ReadCut { sentence, place, pieces: (pieces.start as u32, pieces.end as u32) });
                cut_features.extend(known.of(recogniser, sentence, place));
            }
        }
        debug_assert_eq!(cut_features.len(), cuts.len() * CUT_FEATURES);
        Self { layout, features, publisher, cuts, cut_features }
    }

    /// As the network takes it.
    pub fn input(&self) -> SelectorInput {
        let spans = self.layout.spans[..self.layout.read()].iter().map(|span| (span.start as u32, span.end as u32));
        let cuts = self.cuts.iter().map(|cut| SelectorCut { pieces: cut.pieces, sentence: cut.sentence as u32 });
        SelectorInput {
            piece_ids: self.layout.piece_ids.clone(),
            spans: spans.collect(),
            features: self.features.clone(),
            publisher: self.publisher.id(),
            cuts: cuts.collect(),
            cut_features: self.cut_features.clone(),
        }
    }
}
