//! ROUGE-1, -2, -L (sentence) and -Lsum (summary, one sentence a line) as the `rouge-score` package counts them.
//!
//! Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004. Knows nothing about files or models; `spider-eval rouge`
//! reads the files.

mod lcs;
mod porter;

use std::collections::HashMap;

/// Precision, recall and their harmonic mean, between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    /// Shared of the prediction.
    pub precision: f64,
    /// Shared of the reference.
    pub recall: f64,
    /// The harmonic mean.
    pub f1: f64,
}

/// The kinds of ROUGE, in the order of [`Scores`].
pub const NAMES: [&str; 4] = ["rouge1", "rouge2", "rougeL", "rougeLsum"];

/// The four scores of one pair, in the order of [`NAMES`].
pub type Scores = [Score; 4];

/// Scores a summary against its reference; sentences stand on lines of their own.
///
/// # Examples
/// ```
/// let [one, two, ..] = argiope::summary::rouge::score("The cat sat.", "The cat ran.", true);
/// assert!((one.f1 - 2.0 / 3.0).abs() < 1e-9 && (two.f1 - 0.5).abs() < 1e-9);
/// ```
pub fn score(reference: &str, prediction: &str, stemmed: bool) -> Scores {
    let (wanted, given) = (words(reference, stemmed), words(prediction, stemmed));
    let sentences = |text: &str| -> Vec<Vec<String>> {
        text.split('\n').filter(|line| !line.is_empty()).map(|line| words(line, stemmed)).collect()
    };
    let long = lcs::length(&wanted, &given);
    [
        runs(&wanted, &given, 1),
        runs(&wanted, &given, 2),
        Score::new(long, wanted.len(), given.len()),
        lcs::summary(&sentences(reference), &sentences(prediction)),
    ]
}

impl Score {
    fn new(shared: usize, wanted: usize, given: usize) -> Self {
        let (precision, recall) = (shared as f64 / given.max(1) as f64, shared as f64 / wanted.max(1) as f64);
        let sum = precision + recall;
        Self { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }
}

/// Runs of letters a–z and digits, in lower case; with stemming, those longer than three are stemmed.
fn words(text: &str, stemmed: bool) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| if stemmed && word.len() > 3 { porter::stem(word) } else { word.to_owned() }).collect()
}

/// The stem of a word of lower-case letters and digits, as stemming uses it.
pub fn stemmed(word: &str) -> String {
    porter::stem(word)
}

fn runs(wanted: &[String], given: &[String], length: usize) -> Score {
    let count = |words: &[String]| words.len().saturating_sub(length - 1);
    let mut left: HashMap<&[String], usize> = HashMap::new();
    for run in wanted.windows(length) {
        *left.entry(run).or_default() += 1;
    }
    let mut shared = 0;
    for run in given.windows(length) {
        if let Some(more) = left.get_mut(run).filter(|more| **more > 0) {
            *more -= 1;
            shared += 1;
        }
    }
    Score::new(shared, count(wanted), count(given))
}
