//! `spider-eval rouge`: a file of summaries against a file of references.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::rouge::NAMES;
use crate::rouge::files;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// References: one `{"highlights"}` a line, one sentence a line inside.
    #[arg(long)]
    gold: PathBuf,
    /// Summaries in the same order: lines of text, of JSON texts, or of objects with `summary` or `sentences`.
    #[arg(long)]
    pred: PathBuf,
    /// Compare words as they are, without Porter stemming.
    #[arg(long)]
    no_stem: bool,
    /// Write the scores of all examples here as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let report = files::report(&arguments.gold, &arguments.pred, !arguments.no_stem)?;
    if let Some(path) = &arguments.json {
        super::score::write_json(path, &report)?;
    }
    let mut out = format!("{:<10} {:>9} {:>9} {:>9}   95 % of F1\n", "", "precision", "recall", "F1");
    for (name, mean) in NAMES.iter().filter_map(|name| Some((name, report.scores.get(name)?))) {
        let [precision, recall, f1, low, high] =
            [mean.precision, mean.recall, mean.f1, mean.low, mean.high].map(|share| 100.0 * share);
        let _ = writeln!(out, "{name:<10} {precision:>9.2} {recall:>9.2} {f1:>9.2}   {low:.2} to {high:.2}");
    }
    super::print(&out);
    Ok(ExitCode::SUCCESS)
}
