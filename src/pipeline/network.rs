//! What the pipeline needs of a network, so that tests can stand in for one.

use crate::decode::Scorer;
use crate::error::Result;
use crate::link::Prompt;

/// A network that reads a prompt and scores symbols: ids are keywords first, then the prompt's nodes.
pub trait Network: Send + Sync {
    /// The name it is known by.
    fn name(&self) -> &str;

    /// Word pieces it reads at most.
    fn max_pieces(&self) -> usize;

    /// Reads the prompt.
    ///
    /// # Errors
    /// What the network reports.
    fn read<'a>(&'a self, prompt: &'a Prompt) -> Result<Reading<'a>>;
}

/// A prompt that was read.
pub struct Reading<'a> {
    /// Scores the symbols after each hypothesis, one row of `Keyword::ALL.len() + prompt.nodes.len()` numbers each.
    pub scorer: Box<dyn Scorer + 'a>,
    /// For each node how likely the answer uses it, as far as the network says; else empty.
    pub used: Vec<f32>,
}
