//! Shares by hardness, and the official partial scores.

use super::Example;
use crate::exact::{Clause, Hardness};

/// All examples, or those of one hardness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All.
    All,
    /// Those of one hardness.
    Of(Hardness),
}

impl Level {
    /// The four levels, then all, in the order in which they are printed.
    pub const PRINTED: [Self; 5] = [
        Self::Of(Hardness::Easy),
        Self::Of(Hardness::Medium),
        Self::Of(Hardness::Hard),
        Self::Of(Hardness::Extra),
        Self::All,
    ];

    /// Its name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Of(hardness) => hardness.name(),
        }
    }

    fn holds(self, example: &Example) -> bool {
        match self {
            Self::All => true,
            Self::Of(hardness) => example.hardness == hardness,
        }
    }
}

/// How many are right of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Right ones.
    pub right: usize,
    /// All.
    pub count: usize,
}

impl Share {
    /// Between 0 and 1; 0 of nothing.
    #[expect(clippy::cast_precision_loss, reason = "counts of examples are small")]
    pub fn value(self) -> f64 {
        if self.count == 0 { 0.0 } else { self.right as f64 / self.count as f64 }
    }

    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.count += 1;
    }
}

/// The official partial score of one clause.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Partial {
    /// Right among the examples whose prediction has the clause.
    pub accuracy: f64,
    /// Right among the examples whose gold has the clause.
    pub recall: f64,
    /// The harmonic mean; quirk: 1 where both are 0.
    pub f1: f64,
}

/// The totals of one level.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Which examples.
    pub level: Level,
    /// How many.
    pub count: usize,
    /// Official exact match.
    pub exact: Share,
    /// Official execution, where databases were given.
    pub exec: Option<Share>,
    /// Strict match of meaning.
    pub strict: Share,
    /// Strict comparison of results, where databases were given.
    pub strict_exec: Option<Share>,
    /// Predictions that ran, of those whose gold did; where databases were given.
    pub runs: Option<Share>,
    /// The partial scores, in the order of [`Clause::ALL`].
    pub partial: [Partial; 10],
}

impl Totals {
    /// The totals of one level over all examples of a file.
    pub fn of(examples: &[Example], level: Level) -> Self {
        let chosen: Vec<&Example> = examples.iter().filter(|example| level.holds(example)).collect();
        let share = |right: fn(&Example) -> bool| {
            let mut share = Share::default();
            chosen.iter().for_each(|example| share.add(right(example)));
            share
        };
        let optional = |right: fn(&Example) -> Option<bool>| {
            let answers: Option<Vec<bool>> = chosen.iter().map(|example| right(example)).collect();
            answers
                .filter(|_| examples.iter().all(|example| example.exec.is_some()))
                .map(|answers| Share { right: answers.iter().filter(|right| **right).count(), count: answers.len() })
        };
        Self {
            level,
            count: chosen.len(),
            exact: share(Example::is_exact),
            exec: optional(Example::is_executed),
            strict: share(|example| example.strict),
            strict_exec: optional(Example::is_strictly_executed),
            runs: ran(&chosen),
            partial: std::array::from_fn(|clause| partial(&chosen, clause)),
        }
    }
}

fn ran(chosen: &[&Example]) -> Option<Share> {
    let mut share = Share::default();
    chosen.iter().filter_map(|example| example.runs()).for_each(|runs| share.add(runs));
    (share.count > 0).then_some(share)
}

/// Quirk: accuracy counts where the prediction has the clause, recall where gold has it.
fn partial(chosen: &[&Example], clause: usize) -> Partial {
    debug_assert!(clause < Clause::ALL.len());
    let (mut accuracy, mut recall) = (Share::default(), Share::default());
    for part in chosen.iter().filter_map(|example| example.exact.as_ref()?.parts.get(clause)) {
        if part.predicted > 0 {
            accuracy.add(part.right);
        }
        if part.gold > 0 {
            recall.add(part.right);
        }
    }
    let (accuracy, recall) = (accuracy.value(), recall.value());
    let f1 = if accuracy == 0.0 && recall == 0.0 { 1.0 } else { 2.0 * accuracy * recall / (accuracy + recall) };
    Partial { accuracy, recall, f1 }
}
