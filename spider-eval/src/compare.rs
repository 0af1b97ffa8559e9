//! Compares two systems on the same examples: what flipped, by hardness, and whether it may be chance.
//!
//! Works on the scores that `score --json` and `run` write. Knows nothing about queries.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::score::METRIC_VERSION;
use crate::score::json::{ExampleScore, Scores};
use crate::stats;

/// How many flips of one kind are listed.
const LISTED: usize = 20;

/// One kind of score and how it is found in an example.
type Kind = (&'static str, fn(&ExampleScore) -> Option<bool>);

const KINDS: [Kind; 4] = [
    ("exact", |example| Some(example.exact)),
    ("exec", |example| example.exec),
    ("strict", |example| Some(example.strict)),
    ("strict_exec", |example| example.strict_exec),
];

/// Reads the scores of a run: a run folder, or a file that `score --json` wrote.
///
/// # Errors
/// The file cannot be read or was written by another version of the metric.
pub fn read(path: &Path) -> Result<Scores> {
    let file = if path.is_dir() { path.join("scores.json") } else { path.to_owned() };
    let text = std::fs::read_to_string(&file).map_err(|source| Error::io("reading", &file, source))?;
    let scores: Scores =
        serde_json::from_str(&text).map_err(|error| Error::input(format!("{}: no scores: {error}", file.display())))?;
    if scores.metric_version == METRIC_VERSION {
        return Ok(scores);
    }
    let (found, pred) = (&scores.metric_version, prediction_file(&file));
    Err(Error::input(format!(
        "{}: made by metric version {found}, this is {METRIC_VERSION}; re-score it with\n  spider-eval score --gold dev_gold.sql \
         --pred {} --tables tables.json --databases database --json {}",
        file.display(),
        pred.display(),
        file.display()
    )))
}

fn prediction_file(scores: &Path) -> PathBuf {
    let beside = scores.with_file_name("predictions.sql");
    if beside.exists() { beside } else { PathBuf::from("PREDICTIONS") }
}

/// Compares the runs of two systems; the first runs are compared example by example, all runs by their means.
///
/// # Errors
/// There is no run, or the runs are over different examples.
pub fn report(left: &[Scores], right: &[Scores]) -> Result<String> {
    let (Some(first), Some(second)) = (left.first(), right.first()) else {
        return Err(Error::input("no runs to compare"));
    };
    let places = |scores: &Scores| -> Vec<(usize, String)> {
        scores.examples.iter().map(|example| (example.index, example.db_id.clone())).collect()
    };
    if left.iter().chain(right).any(|run| places(run) != places(first)) {
        return Err(Error::input("the runs are over different examples"));
    }
    let mut out = String::new();
    for kind in KINDS {
        let pairs: Option<Vec<Pair<'_>>> = first
            .examples
            .iter()
            .zip(&second.examples)
            .map(|(left, right)| Some(Pair { left: kind.1(left)?, right: kind.1(right)?, example: left }))
            .collect();
        if let Some(pairs) = pairs {
            one_kind(&mut out, kind.0, &pairs);
            repeated(&mut out, kind, left, right);
        }
    }
    Ok(out)
}

/// One example under both systems.
struct Pair<'a> {
    left: bool,
    right: bool,
    example: &'a ExampleScore,
}

fn one_kind(out: &mut String, name: &str, pairs: &[Pair<'_>]) {
    let difference: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.right) - f64::from(pair.left)).collect();
    let (low, high) = stats::interval(&difference);
    let gained = pairs.iter().filter(|pair| !pair.left && pair.right).count();
    let lost = pairs.iter().filter(|pair| pair.left && !pair.right).count();
    let share = |of: fn(&Pair<'_>) -> bool| {
        100.0 * stats::mean(&pairs.iter().map(|pair| f64::from(of(pair))).collect::<Vec<_>>())
    };
    let _ = writeln!(
        out,
        "{name}: {:.1} → {:.1}, difference {:+.1} (95 % {:+.1} to {:+.1}), gained {gained}, lost {lost}, McNemar p = {:.4}",
        share(|pair| pair.left),
        share(|pair| pair.right),
        100.0 * stats::mean(&difference),
        100.0 * low,
        100.0 * high,
        stats::mcnemar(gained, lost)
    );
    for hardness in ["easy", "medium", "hard", "extra"] {
        let of = |left: bool| {
            let flipped = pairs.iter().filter(|pair| pair.left == left && pair.right != left);
            flipped.filter(|pair| pair.example.hardness == hardness).count()
        };
        let _ = writeln!(out, "  {hardness:<8} gained {:<4} lost {}", of(false), of(true));
    }
    listed(out, "gained", pairs.iter().filter(|pair| !pair.left && pair.right));
    listed(out, "lost", pairs.iter().filter(|pair| pair.left && !pair.right));
}

fn listed<'a>(out: &mut String, name: &str, pairs: impl Iterator<Item = &'a Pair<'a>>) {
    let places: Vec<String> = pairs.map(|pair| format!("{} ({})", pair.example.index, pair.example.db_id)).collect();
    let more = if places.len() > LISTED { format!(" and {} more", places.len() - LISTED) } else { String::new() };
    let shown = places.get(..places.len().min(LISTED)).unwrap_or_default().join(", ");
    let _ = writeln!(out, "  {name}: {}{more}", if shown.is_empty() { "none" } else { &shown });
}

/// Means over repeated runs, with Welch's t-test where both sides have several.
fn repeated(out: &mut String, kind: Kind, left: &[Scores], right: &[Scores]) {
    if left.len() < 2 && right.len() < 2 {
        return;
    }
    let means = |runs: &[Scores]| -> Vec<f64> {
        let mean =
            |run: &Scores| stats::mean(&run.examples.iter().filter_map(kind.1).map(f64::from).collect::<Vec<_>>());
        runs.iter().map(|run| 100.0 * mean(run)).collect()
    };
    let (left, right) = (means(left), means(right));
    let side = |values: &[f64]| {
        format!("{:.2} ± {:.2} ({} runs)", stats::mean(values), stats::deviation(values), values.len())
    };
    let test = stats::t_test(&left, &right)
        .map_or("no t-test: too few runs or no spread".to_owned(), |p| format!("t-test p = {p:.4}"));
    let _ = writeln!(out, "  over runs: {} → {}, {test}", side(&left), side(&right));
}
