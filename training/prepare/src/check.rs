//! What the form covers of each set, and why not the rest.

use std::collections::BTreeMap;

use argiope::form::{Keyword, Symbol};
use serde::Serialize;

use crate::example::{Example, Refusal};
use crate::sources::Sources;

/// The report on all sets.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// SHA-256 over the files read.
    pub(crate) hash: String,
    /// Databases left out of training.
    pub(crate) held_out: Vec<String>,
    /// By set.
    pub(crate) sets: Vec<SetReport>,
}

/// The report on one set.
#[derive(Debug, Serialize)]
pub(crate) struct SetReport {
    /// Its name.
    pub(crate) set: String,
    /// Its questions.
    pub(crate) questions: usize,
    /// Those that became examples.
    pub(crate) covered: usize,
    /// Values that the question spells.
    pub(crate) values_spelled: usize,
    /// Values that it does not.
    pub(crate) values_other: usize,
    /// Symbols of a form, END included: mean.
    pub(crate) symbols_mean: f64,
    /// And the 99th percentile.
    pub symbols_p99: usize,
    /// Why not the rest: kind of trouble and how many.
    pub(crate) refused: BTreeMap<String, usize>,
}

impl Report {
    /// Counts.
    pub(crate) fn new(sources: &Sources, examples: &[Example<'_>], refusals: &[Refusal]) -> Self {
        let sets = sources.sets.iter().enumerate().map(|(id, set)| {
            let mine: Vec<&Example<'_>> = examples.iter().filter(|example| example.set == id).collect();
            let mut refused = BTreeMap::new();
            for refusal in refusals.iter().filter(|refusal| refusal.set == id) {
                *refused.entry(refusal.kind.clone()).or_insert(0) += 1;
            }
            set_report(&set.name, set.questions.len(), &mine, refused)
        });
        Self {
            hash: sources.hash.clone(),
            held_out: sources.held_out.iter().map(|name| name.1.clone()).collect(),
            sets: sets.collect(),
        }
    }

    /// For people: a line a set.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("data {}\nheld out: {}\n", self.hash, self.held_out.join(" "));
        for set in &self.sets {
            let share = 100.0 * set.covered as f64 / set.questions.max(1) as f64;
            text += &format!("{:<14}{:>6} of {:>5} covered ({share:.2} %)", set.set, set.covered, set.questions);
            text += &format!(", values spelled {}, other {}", set.values_spelled, set.values_other);
            text += &format!(", symbols mean {:.2}, p99 {}", set.symbols_mean, set.symbols_p99);
            text += &format!(", refused {:?}\n", set.refused);
        }
        text
    }
}

fn set_report(name: &str, questions: usize, examples: &[&Example<'_>], refused: BTreeMap<String, usize>) -> SetReport {
    let symbols = || examples.iter().flat_map(|example| &example.symbols);
    let mut lengths: Vec<usize> = examples.iter().map(|example| example.symbols.len() + 1).collect();
    lengths.sort_unstable();
    SetReport {
        set: name.to_owned(),
        questions,
        covered: examples.len(),
        values_spelled: symbols().filter(|symbol| matches!(symbol, Symbol::Word(_))).count() / 2,
        values_other: symbols().filter(|&&symbol| symbol == Symbol::Keyword(Keyword::OtherValue)).count(),
        symbols_mean: lengths.iter().sum::<usize>() as f64 / lengths.len().max(1) as f64,
        symbols_p99: lengths.get(lengths.len() * 99 / 100).copied().unwrap_or(0),
        refused,
    }
}
