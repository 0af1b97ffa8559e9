//! Scores as JSON, for programs: the contract of `score --json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::totals::{Level, Share, Totals};
use super::{Example, METRIC_VERSION};
use crate::exact::Clause;

/// How a kind of score is found in the totals.
type Kind = fn(&Totals) -> Option<Share>;

/// The whole file.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Scores {
    /// The version of the metric that made it.
    pub metric_version: String,
    /// Shares between 0 and 1 by kind of score, then by level.
    pub scores: BTreeMap<String, BTreeMap<String, f64>>,
    /// How many examples by level.
    #[serde(default)]
    pub counts: BTreeMap<String, usize>,
    /// The official partial scores by level, then by clause.
    #[serde(default)]
    pub partial: BTreeMap<String, BTreeMap<String, PartialScore>>,
    /// Every example, in the order of the gold file.
    pub examples: Vec<ExampleScore>,
}

/// One partial score.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq)]
pub struct PartialScore {
    /// Right among the examples whose prediction has the clause.
    pub accuracy: f64,
    /// Right among the examples whose gold has the clause.
    pub recall: f64,
    /// The harmonic mean.
    pub f1: f64,
}

/// One example.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct ExampleScore {
    /// Its place in the gold file, from 0.
    pub index: usize,
    /// Its database.
    pub db_id: String,
    /// The hardness of its gold query.
    pub hardness: String,
    /// Official exact match.
    pub exact: bool,
    /// Official execution; absent without databases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exec: Option<bool>,
    /// Strict match of meaning.
    pub strict: bool,
    /// Strict comparison of results; absent without databases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub strict_exec: Option<bool>,
    /// What went wrong, where it is no plain difference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

impl Scores {
    /// The contract's form of judged examples.
    pub fn of(examples: &[Example]) -> Self {
        let totals: Vec<Totals> = Level::PRINTED.iter().map(|level| Totals::of(examples, *level)).collect();
        let mut scores = BTreeMap::new();
        let kinds: [(&str, Kind); 4] = [
            ("exact", |one| Some(one.exact)),
            ("exec", |one| one.exec),
            ("strict", |one| Some(one.strict)),
            ("strict_exec", |one| one.strict_exec),
        ];
        for (kind, share) in kinds {
            let by_level: BTreeMap<String, f64> =
                totals.iter().filter_map(|one| Some((one.level.name().to_owned(), share(one)?.value()))).collect();
            if !by_level.is_empty() {
                scores.insert(kind.to_owned(), by_level);
            }
        }
        Self {
            metric_version: METRIC_VERSION.to_owned(),
            scores,
            counts: totals.iter().map(|one| (one.level.name().to_owned(), one.count)).collect(),
            partial: totals.iter().map(|one| (one.level.name().to_owned(), partial(one))).collect(),
            examples: examples.iter().map(ExampleScore::from).collect(),
        }
    }
}

fn partial(totals: &Totals) -> BTreeMap<String, PartialScore> {
    let score = |(clause, part): (&Clause, &super::totals::Partial)| {
        (clause.name().to_owned(), PartialScore { accuracy: part.accuracy, recall: part.recall, f1: part.f1 })
    };
    Clause::ALL.iter().zip(&totals.partial).map(score).collect()
}

impl From<&Example> for ExampleScore {
    fn from(example: &Example) -> Self {
        Self {
            index: example.index,
            db_id: example.db_id.clone(),
            hardness: example.hardness.name().to_owned(),
            exact: example.is_exact(),
            exec: example.is_executed(),
            strict: example.strict,
            strict_exec: example.is_strictly_executed(),
            error: example.error(),
        }
    }
}
