//! What the selector takes for one article: plain arrays, checked before any tensor is made.

use super::config::SelectorSizes;
use crate::error::{Error, Result};
use std::ops::Range;

/// One article as ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SelectorInput {
    /// Word pieces, window after window, each of them `sizes.positions` long; 0 fills a window up. The last may be cut.
    pub piece_ids: Vec<u32>,
    /// For each sentence its pieces, from–to in `piece_ids`.
    pub spans: Vec<(u32, u32)>,
    /// `[sentences, features]`.
    pub features: Vec<f32>,
    /// The publisher's id; 0 for an unknown one.
    pub publisher: u32,
}

impl SelectorInput {
    /// Whether all arrays fit together and to the network; all findings at once.
    pub(super) fn check(&self, sizes: &SelectorSizes) -> Result<()> {
        let (pieces, sentences, most) = (self.piece_ids.len(), self.spans.len(), sizes.windows * sizes.positions);
        let mut findings = Vec::new();
        if sentences == 0 || self.piece_ids.iter().all(|id| *id == 0) {
            findings.push("no word piece or no sentence".to_owned());
        }
        if pieces > most {
            findings.push(format!("{pieces} pieces; the network takes {most}"));
        }
        if self.features.len() != sentences * sizes.features {
            let (found, wanted) = (self.features.len(), sentences * sizes.features);
            findings.push(format!("features has {found} entries, {wanted} are wanted"));
        }
        if self.piece_ids.iter().any(|id| *id as usize >= sizes.vocabulary) {
            findings.push(format!("a piece id outside the vocabulary of {}", sizes.vocabulary));
        }
        if self.publisher as usize >= sizes.publishers {
            findings.push(format!("publisher {} of {}", self.publisher, sizes.publishers));
        }
        if self.windows(sizes.positions).any(|window| window.contains(&0)) {
            findings.push("padding before a word piece".to_owned());
        }
        if self.spans.iter().any(|span| self.pieces_of(*span).is_none_or(|pieces| pieces.contains(&0))) {
            findings.push("a sentence's span over padding or outside the pieces".to_owned());
        }
        if findings.is_empty() {
            return Ok(());
        }
        Err(Error::internal(format!("a selector's input that does not fit: {}", findings.join("; "))))
    }

    /// The pieces of each window without what fills it up.
    pub(super) fn windows(&self, positions: usize) -> impl Iterator<Item = &[u32]> {
        self.piece_ids.chunks(positions).map(|window| {
            let end = window.iter().rposition(|id| *id != 0).map_or(0, |last| last + 1);
            &window[..end]
        })
    }

    /// The rows of each sentence when all pieces but padding lie one after another.
    pub(super) fn rows(&self, positions: usize) -> Vec<Range<usize>> {
        let mut starts = Vec::new();
        let mut end = 0;
        for window in self.windows(positions) {
            starts.push(end);
            end += window.len();
        }
        let row = |piece: usize| starts[piece / positions] + piece % positions;
        let rows = self.spans.iter().map(|(start, end)| (*start as usize, *end as usize));
        rows.map(|(start, end)| if start < end { row(start)..row(end - 1) + 1 } else { 0..0 }).collect()
    }

    fn pieces_of(&self, (start, end): (u32, u32)) -> Option<&[u32]> {
        self.piece_ids.get(start as usize..end as usize)
    }
}
