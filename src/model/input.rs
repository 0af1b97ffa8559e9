//! What the encoder takes for one question: plain arrays, as `link` makes them.

use super::config::Sizes;
use crate::error::{Error, Result};

/// A node that stands for a word of the question.
pub const WORD: u8 = 0;
/// A node that stands for a column.
pub const COLUMN: u8 = 1;
/// A node that stands for a table.
pub const TABLE: u8 = 2;

/// One question with its schema, as ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EncoderInput {
    /// Word pieces, special ones included.
    pub piece_ids: Vec<u32>,
    /// For each piece 0 in the question, 1 in the schema.
    pub type_ids: Vec<u32>,
    /// For each piece 1 where a column starts, 2 where a table starts, else 0.
    pub starts: Vec<u8>,
    /// For each node its pieces, from–to; an empty span is a node without pieces.
    pub node_spans: Vec<(u32, u32)>,
    /// For each node [`WORD`], [`COLUMN`] or [`TABLE`].
    pub node_kinds: Vec<u8>,
    /// `[nodes, features]`.
    pub features: Vec<f32>,
    /// `[nodes, nodes]`, a bit for each relation.
    pub relations: Vec<u64>,
}

impl EncoderInput {
    /// The number of nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.node_kinds.len()
    }

    /// Whether all arrays fit together and to the network; all findings at once.
    pub(super) fn check(&self, sizes: &Sizes) -> Result<()> {
        let (pieces, nodes) = (self.piece_ids.len(), self.nodes());
        let mut findings = Vec::new();
        for (what, length, wanted) in [
            ("type_ids", self.type_ids.len(), pieces),
            ("starts", self.starts.len(), pieces),
            ("node_spans", self.node_spans.len(), nodes),
            ("features", self.features.len(), nodes * sizes.features),
            ("relations", self.relations.len(), nodes * nodes),
        ] {
            if length != wanted {
                findings.push(format!("{what} has {length} entries, {wanted} are wanted"));
            }
        }
        if pieces == 0 || nodes == 0 {
            findings.push(format!("{pieces} pieces and {nodes} nodes; both are needed"));
        }
        if pieces > sizes.positions {
            findings.push(format!("{pieces} pieces; the network takes {}", sizes.positions));
        }
        if self.piece_ids.iter().any(|id| *id as usize >= sizes.vocabulary) {
            findings.push(format!("a piece id outside the vocabulary of {}", sizes.vocabulary));
        }
        if self.type_ids.iter().any(|t| *t > 1) || self.starts.iter().chain(&self.node_kinds).any(|k| *k > 2) {
            findings.push("a type above 1, or a start or kind above 2".to_owned());
        }
        if self.node_spans.iter().any(|(start, end)| start > end || *end as usize > pieces) {
            findings.push(format!("a node's span outside the {pieces} pieces"));
        }
        if sizes.relations < 64 && self.relations.iter().any(|mask| mask >> sizes.relations != 0) {
            findings.push(format!("a relation bit above {}", sizes.relations));
        }
        if findings.is_empty() {
            return Ok(());
        }
        Err(Error::internal(format!("an encoder input that does not fit: {}", findings.join("; "))))
    }
}
