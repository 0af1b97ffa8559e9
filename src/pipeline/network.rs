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

    /// Reads the prompt; what comes back scores the symbols after each hypothesis, one row of
    /// `Keyword::ALL.len() + prompt.nodes.len()` numbers each.
    ///
    /// # Errors
    /// What the network reports.
    fn read<'a>(&'a self, prompt: &'a Prompt) -> Result<Box<dyn Scorer + 'a>>;
}
