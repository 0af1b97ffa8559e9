//! Greedy and beam search: under a constraint with the n best answers ([`search`]), or free over a whole vocabulary
//! ([`generate()`]).
//!
//! Knows sets of ids and numbers only: no tensors, no SQL, no grammar. A [`Scorer`] says how likely each id is, a
//! [`Constraint`] says which ids may follow and has the last word at the end. Whatever the scores are (not-a-number
//! included), the result is accepted by the constraint and the same on every run.

mod complete;
mod generate;
mod search;
mod softmax;

pub use generate::{EarlyStopping, Generation, GenerationSettings, generate};
pub use search::search;
pub use softmax::log_softmax;

use crate::error::Result;

/// Which ids may follow a prefix.
pub trait Constraint {
    /// The place in the language after a prefix; cheap to clone.
    type State: Clone;

    /// The place before the first id.
    fn start(&self) -> Self::State;

    /// Fills `ids` with what may follow, [`Constraint::end`] included where the prefix is complete; any order.
    fn allowed(&self, state: &Self::State, ids: &mut Vec<u32>);

    /// The place after one more id; `None` where it may not follow. Never called with [`Constraint::end`].
    fn advance(&self, state: &Self::State, id: u32) -> Option<Self::State>;

    /// The last judge of a complete prefix (without the end id). Called only where the end is allowed; while it says
    /// no, the end is masked.
    fn accepts(&self, ids: &[u32]) -> bool;

    /// The id that ends a sequence.
    fn end(&self) -> u32;

    /// A short accepted sequence (without the end), where the constraint knows one; the search asks for it when all else
    /// was refused and looking for one would take too long.
    fn shortest(&self) -> Option<Vec<u32>> {
        None
    }
}

/// One hypothesis of a step, as a change of the step before: which row it continues, and with what.
///
/// A scorer with a cache reorders the cache by `parent` first and feeds `last` next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The row of the previous call that this hypothesis continues; where `last` is `None` the number of the source it
    /// starts from, 0 for a scorer of one source.
    pub parent: usize,
    /// The id added to it; `None` for a hypothesis that starts afresh.
    pub last: Option<u32>,
}

/// What says how likely each id is.
pub trait Scorer {
    /// Unnormalised scores of every id after each hypothesis: `[hypotheses, ids]`. Ids beyond a row's end count as
    /// impossible unless nothing else is allowed.
    ///
    /// # Errors
    /// Whatever the network reports; the search stops with it.
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>>;
}

impl<S: Scorer + ?Sized> Scorer for Box<S> {
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>> {
        (**self).step(steps)
    }
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Hypotheses kept at each step; 1 is greedy search.
    pub beam_width: usize,
    /// Answers wanted; the search stops when no live hypothesis can still reach the best `n_best`.
    pub n_best: usize,
    /// Ends the search earlier: how far below the best answer a hypothesis may lie and still be worth following.
    pub patience: Option<Patience>,
    /// Scores are log-probability / length^exponent; 0 switches the length normalisation off.
    pub length_exponent: f64,
    /// Ids in an answer at most, without the end; a constraint with a budget of its own keeps below it.
    pub limit: usize,
}

/// When the rest of a search is not worth its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// Answers found before it counts.
    pub answers: usize,
    /// How much less likely than the best answer every live hypothesis must be, in nats.
    pub margin: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { beam_width: 4, n_best: 4, patience: None, length_exponent: 0.0, limit: 160 }
    }
}

/// One accepted answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// The ids, without the end.
    pub ids: Vec<u32>,
    /// The sum of the log-probabilities of its ids and of the end, each among the allowed ids.
    pub log_probability: f64,
    /// What the answers are ordered by; equals `log_probability` without length normalisation.
    pub score: f64,
    /// True where the search itself found nothing that the constraint accepts, and this is the cheapest way to finish.
    pub completed: bool,
}
