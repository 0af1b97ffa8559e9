//! `spider-eval score`: a file of predictions against gold.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;

use crate::exec::Limits;
use crate::exec::batch::Options;
use crate::files::{self, Gold};
use crate::report::{self, Case};
use crate::score::json::Scores;
use crate::score::{self, Example, table};
use crate::tables::AllTables;

/// How many failures of one kind are listed in full.
const LISTED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Gold: `query<TAB>database` a line.
    #[arg(long)]
    gold: PathBuf,
    /// Predictions: one query a line, in the order of the gold file.
    #[arg(long)]
    pred: PathBuf,
    /// Spider's `tables.json`.
    #[arg(long)]
    tables: PathBuf,
    #[command(flatten)]
    execution: Execution,
    /// Write the scores of all examples here as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write a report of all examples here as one HTML page.
    #[arg(long)]
    report: Option<PathBuf>,
}

/// How queries are run.
#[derive(Debug, Args)]
pub(super) struct Execution {
    /// The folder of databases (`ID/ID.sqlite`); without it, exact match only.
    #[arg(long)]
    databases: Option<PathBuf>,
    /// Seconds one query may run.
    #[arg(long, default_value_t = 30.0, value_parser = seconds)]
    time_limit: f64,
    /// Rows one gold query may return.
    #[arg(long, default_value_t = Limits::default().rows)]
    row_limit: usize,
    /// Keep gold results here between runs, by database hash and query.
    #[arg(long, env = "ARGIOPE_JUDGE_CACHE")]
    cache: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.001..=86_400.0).contains(&number) { Ok(number) } else { Err("between 0.001 and 86400".to_owned()) }
}

impl Execution {
    pub(super) fn options(&self) -> Option<Options> {
        let limits =
            Limits { time: Duration::from_secs_f64(self.time_limit), rows: self.row_limit, ..Limits::default() };
        let databases = self.databases.clone()?;
        Some(Options { databases, cache: self.cache.clone(), limits })
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let gold = files::read_gold(&arguments.gold)?;
    let predictions = files::read_predictions(&arguments.pred, &gold)?;
    let tables = AllTables::read(&arguments.tables)?;
    let options = arguments.execution.options();
    let examples = score::score(&gold, &predictions, &tables, options.as_ref())
        .with_context(|| format!("scoring {}", arguments.pred.display()))?;
    if let Some(path) = &arguments.json {
        write_json(path, &Scores::of(&examples))?;
    }
    super::print(&table::render(&examples));
    let code = listed(&examples);
    if let Some(path) = &arguments.report {
        let case = |(example, (gold, predicted)): (Example, (Gold, String))| Case {
            example,
            question: String::new(),
            gold: gold.sql,
            predicted,
            confidence: None,
            total_ms: None,
        };
        let cases: Vec<Case> = examples.into_iter().zip(gold.into_iter().zip(predictions)).map(case).collect();
        let title = arguments.pred.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let about = format!("metric version {}", score::METRIC_VERSION);
        write_report(path, &title, &about, &cases, arguments.execution.databases.as_deref())?;
    }
    Ok(code)
}

pub(super) fn write_report(
    path: &Path,
    title: &str,
    about: &str,
    cases: &[Case],
    databases: Option<&Path>,
) -> Result<()> {
    let page = report::page(title, about, cases, databases).map_err(|error| anyhow!("drawing the report: {error}"))?;
    std::fs::write(path, page).with_context(|| format!("writing {}", path.display()))
}

pub(super) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// Lists gold queries that fail (they count as wrong), and counts predictions that could not be run.
pub(super) fn listed(examples: &[Example]) -> ExitCode {
    let bad: Vec<&Example> = examples.iter().filter(|example| example.has_bad_gold()).collect();
    for example in bad.iter().take(LISTED) {
        eprintln!("gold line {} ({}): {}", example.index + 1, example.db_id, example.error().unwrap_or_default());
    }
    if !bad.is_empty() {
        eprintln!("{} examples have a gold query that fails; they count as wrong", bad.len());
        return ExitCode::from(1);
    }
    let failed = examples.iter().filter(|example| example.error().is_some()).count();
    if failed > 0 {
        eprintln!("{failed} predictions could not be read by the official parser or run; --json lists them");
    }
    ExitCode::SUCCESS
}
