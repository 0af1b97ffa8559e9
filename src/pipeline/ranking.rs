//! Which of the search's queries is the best, and how likely it is right: a linear model over [`super::evidence`].
//!
//! A model's folder may hold `ranking.json`; `training/rank.py` fits it on databases that the network never saw.

use super::evidence::{EVIDENCE, EVIDENCE_NAMES};
use crate::error::{Error, Result};
use serde::Deserialize;
use std::path::Path;

/// The file's name in a model's folder.
const FILE: &str = "ranking.json";

/// The weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranking {
    weights: [f64; EVIDENCE],
    /// `None`: the network's own probability.
    confidence: Option<Confidence>,
}

/// From a query's share among those found to the chance that it is right: the logistic function of a weighted sum.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confidence {
    /// Added to the sum.
    bias: f64,
    /// Of the logit of the query's share.
    share: f64,
    /// Of the log-probability of everything that was found.
    found: f64,
}

/// `ranking.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RankingFile {
    evidence: Vec<String>,
    weights: Vec<f64>,
    confidence: Confidence,
}

/// Shares are kept this far from 0 and 1, so that their logits are finite.
const EDGE: f64 = 1e-6;

impl Ranking {
    /// The network's own order and probabilities.
    pub(super) fn by_probability() -> Self {
        let mut weights = [0.0; EVIDENCE];
        weights[0] = 1.0;
        Self { weights, confidence: None }
    }

    /// What a model's folder says; the network's own order where it says nothing.
    ///
    /// # Errors
    /// [`Error::Weights`] for a file that is not of this form, or of other evidence.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::by_probability());
        }
        let refused = |finding: String| Error::weights(path.display().to_string(), finding);
        let text = std::fs::read_to_string(&path).map_err(|error| refused(error.to_string()))?;
        let file: RankingFile = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        if file.evidence != EVIDENCE_NAMES {
            return Err(refused("made for other evidence than this program's".to_owned()));
        }
        let weights: [f64; EVIDENCE] = file
            .weights
            .try_into()
            .map_err(|weights: Vec<f64>| refused(format!("{} weights, {EVIDENCE} are needed", weights.len())))?;
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Err(refused("a weight is not finite".to_owned()));
        }
        Ok(Self { weights, confidence: Some(file.confidence) })
    }

    /// For each query its place in the order (higher is better) and the chance that it is right.
    pub(super) fn judge(&self, evidence: &[[f64; EVIDENCE]]) -> Vec<(f64, f64)> {
        let scores: Vec<f64> = evidence.iter().map(|one| dot(&self.weights, one)).collect();
        let all = log_sum(&scores);
        let found = log_sum(&evidence.iter().map(|one| one[0]).collect::<Vec<_>>());
        let chance = |score: f64, probability: f64| {
            let Some(Confidence { bias, share: slope, found: weight }) = self.confidence else { return probability };
            let share = (score - all).exp().clamp(EDGE, 1.0 - EDGE);
            let logit = bias + slope * (share / (1.0 - share)).ln() + weight * found;
            1.0 / (1.0 + (-logit).exp())
        };
        let both = scores.iter().zip(evidence);
        both.map(|(&score, one)| (score, chance(score, one[0].exp().min(1.0)))).collect()
    }
}

fn dot(weights: &[f64; EVIDENCE], numbers: &[f64; EVIDENCE]) -> f64 {
    weights.iter().zip(numbers).map(|(weight, number)| weight * number).sum()
}

/// The logarithm of the sum of exponentials.
pub(super) fn log_sum(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_finite() {
        largest + values.iter().map(|value| (value - largest).exp()).sum::<f64>().ln()
    } else {
        largest
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn evidence(probability: f64, repeated_items: f64) -> [f64; EVIDENCE] {
        let mut numbers = [0.0; EVIDENCE];
        (numbers[0], numbers[1]) = (probability.ln(), repeated_items);
        numbers
    }

    #[test]
    fn without_a_file_the_network_decides() {
        let ranking = Ranking::read(Path::new("nowhere")).unwrap();
        let judged = ranking.judge(&[evidence(0.6, 1.0), evidence(0.3, 0.0)]);
        assert!(judged[0].0 > judged[1].0);
        assert!((judged[0].1 - 0.6).abs() < 1e-12 && (judged[1].1 - 0.3).abs() < 1e-12);
    }

    #[test]
    fn evidence_changes_the_order_and_confidence_follows_it() {
        let mut ranking = Ranking::by_probability();
        ranking.weights[1] = -3.0;
        ranking.confidence = Some(Confidence { bias: 0.1, share: 0.5, found: 0.2 });
        let judged = ranking.judge(&[evidence(0.6, 1.0), evidence(0.3, 0.0)]);
        assert!(judged[0].0 < judged[1].0);
        assert!(judged[0].1 < judged[1].1);
        assert!(judged.iter().all(|(_, chance)| (0.0..=1.0).contains(chance)));
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused() {
        let folder = std::env::temp_dir().join(format!("ranking-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |evidence: &[&str], weights: usize| {
            let confidence = serde_json::json!({"bias": 0.0, "share": 1.0, "found": 0.0});
            let file =
                serde_json::json!({"evidence": evidence, "weights": vec![0.5; weights], "confidence": confidence});
            std::fs::write(folder.join(FILE), file.to_string()).unwrap();
        };
        write(&EVIDENCE_NAMES, EVIDENCE);
        assert_eq!(Ranking::read(&folder).unwrap().weights, [0.5; EVIDENCE]);
        for (names, weights, finding) in
            [(&EVIDENCE_NAMES[1..], EVIDENCE, "other evidence"), (&EVIDENCE_NAMES[..], 3, "3 weights")]
        {
            write(names, weights);
            let error = Ranking::read(&folder).unwrap_err().to_string();
            assert!(error.contains(finding) && error.contains(FILE), "{error}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
