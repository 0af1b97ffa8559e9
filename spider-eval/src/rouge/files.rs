//! Scores a file of summaries against a file of references, with bootstrap intervals.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::{NAMES, Scores, score};
use crate::error::{Error, Result};
use crate::score::METRIC_VERSION;
use crate::stats;

/// The whole answer, as `rouge --json` writes it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The version of the metric.
    pub metric_version: String,
    /// Means over all examples by kind.
    pub scores: std::collections::BTreeMap<&'static str, Mean>,
    /// Every example's F1 by kind.
    pub examples: Vec<std::collections::BTreeMap<&'static str, f64>>,
}

/// Means of one kind, with the 95 % bootstrap interval of F1.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Mean {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// Scores predictions against references.
///
/// # Errors
/// A file cannot be read, a line is not of its form, or the files differ in length.
pub fn report(gold: &Path, predictions: &Path, stemmed: bool) -> Result<Report> {
    let (gold_lines, predicted_lines) = (lines(gold)?, lines(predictions)?);
    if gold_lines.len() != predicted_lines.len() || gold_lines.is_empty() {
        let (found, wanted) = (predicted_lines.len(), gold_lines.len());
        return Err(Error::input(format!("{}: {found} summaries for {wanted} references", predictions.display())));
    }
    let at = |path: &Path, number: usize, why: &str| Error::input(format!("{}:{number}: {why}", path.display()));
    let references = (1..).zip(&gold_lines).map(|(number, line)| {
        let found = serde_json::from_str::<Value>(line).ok();
        let text = found.as_ref().and_then(|value| value.get("highlights")?.as_str());
        text.map(str::to_owned).ok_or_else(|| at(gold, number, "not an object with \"highlights\""))
    });
    let references = references.collect::<Result<Vec<String>>>()?;
    let given: Vec<String> = predicted_lines.iter().map(|line| summary(line)).collect();
    let scores: Vec<Scores> =
        references.par_iter().zip(&given).map(|(reference, given)| score(reference, given, stemmed)).collect();
    Ok(Report::new(&scores))
}

impl Report {
    /// The means of scores.
    pub fn new(scores: &[Scores]) -> Self {
        let of = |kind: usize, part: fn(&super::Score) -> f64| -> Vec<f64> {
            scores.iter().filter_map(|scores| scores.get(kind)).map(part).collect()
        };
        let mean = |kind: usize| {
            let f1 = of(kind, |score| score.f1);
            let (low, high) = stats::interval(&f1);
            Mean {
                precision: stats::mean(&of(kind, |score| score.precision)),
                recall: stats::mean(&of(kind, |score| score.recall)),
                f1: stats::mean(&f1),
                low,
                high,
            }
        };
        Self {
            metric_version: METRIC_VERSION.to_owned(),
            scores: NAMES.iter().zip(0..).map(|(name, kind)| (*name, mean(kind))).collect(),
            examples: scores
                .iter()
                .map(|one| NAMES.iter().zip(one).map(|(name, score)| (*name, score.f1)).collect())
                .collect(),
        }
    }
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::io("reading", path, source))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// A prediction: a JSON text, a JSON object with `summary` (and perhaps `sentences`), or the line itself.
fn summary(line: &str) -> String {
    match serde_json::from_str::<Value>(line) {
        Ok(Value::String(text)) => text,
        Ok(Value::Object(fields)) => {
            let sentences = fields.get("sentences").and_then(Value::as_array);
            let texts: Option<Vec<&str>> = sentences
                .map(|list| list.iter().filter_map(|one| one.as_str().or_else(|| one.get("text")?.as_str())).collect());
            match texts.filter(|texts| !texts.is_empty()) {
                Some(texts) => texts.join("\n"),
                None => fields.get("summary").and_then(Value::as_str).unwrap_or_default().to_owned(),
            }
        }
        _ => line.to_owned(),
    }
}
