//! Free generation over a whole vocabulary, as the `generate` of transformers does it: greedy and beam search with
//! its settings, the same token for token.
//!
//! Several sources go through the scorer together; each comes out as it would alone. Where a constraint rules what
//! may follow, [`super::search`] is the search to use. Source: transformers 5.24, `generation/utils.py`.

mod beam;
mod greedy;
mod process;
mod settings;

pub use settings::{EarlyStopping, GenerationSettings};

use super::{Scorer, Step};
use crate::error::{Error, Result};
use beam::Beam;
use greedy::Greedy;
use process::Processors;

/// A generated text.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// The ids after the start, the end included where there is one.
    pub ids: Vec<u32>,
    /// The sum of the log-probabilities of its ids, as the settings changed them.
    pub log_probability: f32,
    /// What generations are ordered by: `log_probability / length^length_penalty`.
    pub score: f32,
}

/// The search for one source.
enum Search {
    Greedy(Greedy),
    Beam(Box<Beam>),
}

impl Search {
    /// Hypotheses it waits for scores of.
    fn rows(&self) -> usize {
        match self {
            Self::Greedy(search) => search.rows(),
            Self::Beam(search) => search.rows(),
        }
    }

    /// Takes in the scores of its rows; `first` is the place of the first one in the scorer's last call.
    fn extend(&mut self, first: usize, rows: &mut [Vec<f32>], processors: &Processors<'_>) {
        match self {
            Self::Greedy(search) => search.extend(first, rows, processors),
            Self::Beam(search) => search.extend(first, rows, processors),
        }
    }

    /// What it asks next; nothing when it has ended.
    fn steps(&self, steps: &mut Vec<Step>) {
        match self {
            Self::Greedy(search) => search.steps(steps),
            Self::Beam(search) => search.steps(steps),
        }
    }

    fn results(self) -> Vec<Generation> {
        match self {
            Self::Greedy(search) => search.results(),
            Self::Beam(search) => search.results(),
        }
    }
}

/// For each source its `n_best` best generations, best first.
///
/// In its first call the scorer is asked for one hypothesis a source ([`Step::parent`] is the source's number), and
/// feeds [`GenerationSettings::decoder_start_token_id`] itself. `sources` are the ids the encoder read.
///
/// # Errors
/// [`Error::Input`] for settings that contradict each other, what the scorer reports, [`Error::Internal`] where it
/// returns too few rows.
pub fn generate<S: Scorer + ?Sized>(
    scorer: &mut S,
    sources: &[&[u32]],
    settings: &GenerationSettings,
) -> Result<Vec<Vec<Generation>>> {
    settings.check()?;
    let mut searches: Vec<(Search, Processors<'_>)> =
        sources.iter().map(|source| (begin(settings), Processors::new(settings, source))).collect();
    let mut steps: Vec<Step> = (0..sources.len()).map(|source| Step { parent: source, last: None }).collect();
    while !steps.is_empty() {
        let mut scores = scorer.step(&steps)?;
        if scores.len() != steps.len() {
            return Err(Error::internal(format!("{} rows of scores for {} hypotheses", scores.len(), steps.len())));
        }
        steps.clear();
        let mut first = 0;
        for (search, processors) in &mut searches {
            let rows = search.rows();
            if rows > 0 {
                search.extend(first, &mut scores[first..first + rows], processors);
                search.steps(&mut steps);
            }
            first += rows;
        }
    }
    Ok(searches.into_iter().map(|(search, _)| search.results()).collect())
}

fn begin(settings: &GenerationSettings) -> Search {
    if settings.beam_width == 1 {
        Search::Greedy(Greedy::new(settings))
    } else {
        Search::Beam(Box::new(Beam::new(settings)))
    }
}
