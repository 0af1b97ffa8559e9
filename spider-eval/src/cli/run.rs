//! `spider-eval run`: asks a model of the library every question of a data folder and scores its answers.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use argiope::pipeline::{self, DEFAULT_BEAM_WIDTH, DEFAULT_MODEL, DeviceChoice, Engine, Places, Request};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::schemas::{Schemas, Shown};
use crate::exec::Limits;
use crate::exec::batch::Options;
use crate::files::Gold;
use crate::report::Case;
use crate::run::{self, Answer, Question, Settings, Stamp};
use crate::score::json::Scores;
use crate::score::{self, Example, table};
use crate::tables::AllTables;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder with `dev.json`, `dev_gold.sql`, `tables.json` and `database/ID/ID.sqlite`.
    #[arg(long)]
    data: PathBuf,
    /// The model, by name or folder.
    #[arg(long, env = "ARGIOPE_MODEL", default_value = DEFAULT_MODEL)]
    model: String,
    /// The run folder; an unfinished run in it goes on.
    #[arg(long)]
    out: PathBuf,
    /// The first so many questions only.
    #[arg(long)]
    limit: Option<usize>,
    /// The fixed 200 questions only, stratified by hardness.
    #[arg(long)]
    fast: bool,
    /// Hypotheses kept by the search.
    #[arg(long, default_value_t = DEFAULT_BEAM_WIDTH)]
    beam_width: usize,
    /// Try the queries found on the database; one that returns nothing gives way to one that does.
    #[arg(long)]
    guided: bool,
    #[command(flatten)]
    shown: Shown,
    /// cpu, cuda, cuda:N, metal or auto.
    #[arg(long, env = "ARGIOPE_DEVICE", default_value = "cpu")]
    device: DeviceChoice,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tables_path = arguments.data.join("tables.json");
    let tables = AllTables::read(&tables_path)?;
    let questions = run::chosen(run::read_questions(&arguments.data)?, &tables, arguments.settings());
    let folder = Places::from_environment().find(&arguments.model)?;
    let stamp = arguments.stamp(&folder)?;
    let engine = pipeline::load(&folder, arguments.device)?;
    let schemas = Schemas::new(&arguments.data, arguments.shown)?;
    let mut model = Model { arguments, engine, schemas };
    let bar = ProgressBar::new(questions.len() as u64);
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}")?);
    let told = |done: usize| bar.set_position(done as u64);
    let answers = run::ask(&arguments.out, &stamp, &questions, |question| model.answer(question), told)?;
    bar.finish_and_clear();
    run::write_files(&arguments.out, &questions, &answers)?;
    scored(arguments, &tables, &stamp, &questions, &answers)
}

/// Scores the answers and writes the scores beside them.
fn scored(
    arguments: &Arguments,
    tables: &AllTables,
    stamp: &Stamp,
    questions: &[Question],
    answers: &[Answer],
) -> Result<ExitCode> {
    let gold: Vec<Gold> = questions.iter().map(|question| question.gold.clone()).collect();
    let predictions: Vec<String> = answers.iter().map(|answer| answer.sql.clone()).collect();
    let options = Options {
        databases: arguments.data.join("database"),
        cache: Some(arguments.out.join("cache")),
        limits: Limits::default(),
    };
    let mut examples = score::score(&gold, &predictions, tables, Some(&options))?;
    for (example, question) in examples.iter_mut().zip(questions) {
        example.index = question.index;
    }
    super::score::write_json(&arguments.out.join("scores.json"), &Scores::of(&examples))?;
    let text = table::render(&examples);
    std::fs::write(arguments.out.join("scores.txt"), &text).context("writing scores.txt")?;
    super::print(&text);
    let failed: Vec<&Answer> = answers.iter().filter(|answer| answer.error.is_some()).collect();
    for answer in failed.iter().take(10) {
        eprintln!("question {}: {}", answer.index, answer.error.as_deref().unwrap_or_default());
    }
    let cases: Vec<Case> = examples.iter().zip(questions.iter().zip(answers)).map(case).collect();
    let about = serde_json::to_string_pretty(stamp)?;
    let path = arguments.out.join("report.html");
    super::score::write_report(&path, &arguments.model, &about, &cases, Some(&options.databases))?;
    if failed.is_empty() { Ok(super::score::listed(&examples)) } else { Ok(ExitCode::from(1)) }
}

fn case((example, (question, answer)): (&Example, (&Question, &Answer))) -> Case {
    Case {
        example: example.clone(),
        question: question.text.clone(),
        gold: question.gold.sql.clone(),
        predicted: answer.sql.clone(),
        confidence: Some(answer.confidence),
        total_ms: Some(answer.total_ms),
    }
}

impl Arguments {
    fn settings(&self) -> Settings {
        Settings {
            beam_width: self.beam_width,
            use_values: self.shown.values(),
            ddl_only: self.shown.ddl_only,
            guided: self.guided,
            curated_names: self.shown.curated_names(),
            fast: self.fast,
            limit: self.limit,
        }
    }

    fn stamp(&self, model: &Path) -> Result<Stamp> {
        let weights = files_that_decide(model)?;
        let data = ["dev.json", "dev_gold.sql", "tables.json"].map(|name| self.data.join(name));
        let weights: Vec<&Path> = weights.iter().map(PathBuf::as_path).collect();
        let data = data.each_ref().map(PathBuf::as_path);
        Ok(Stamp::new(&self.model, &weights, &data, self.settings())?)
    }
}

/// The files of a model's folder that an answer depends on, by name: weights in one file or many, settings, ranking.
fn files_that_decide(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || format!("reading the folder {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(context)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>();
    let decides = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == "json" || ending == "safetensors" || ending == "bin")
    };
    let mut files: Vec<PathBuf> = paths.with_context(context)?.into_iter().filter(decides).collect();
    files.sort();
    Ok(files)
}

/// The library's engine with the schemas it is asked about.
struct Model<'a> {
    arguments: &'a Arguments,
    engine: Engine,
    schemas: Schemas,
}

impl Model<'_> {
    /// An answer, or the reason why there is none.
    fn answer(&mut self, question: &Question) -> Answer {
        let begin = Instant::now();
        let answer = self
            .asked(question)
            .unwrap_or_else(|error| Answer { error: Some(format!("{error:#}")), ..Answer::default() });
        Answer { total_ms: 1000.0 * begin.elapsed().as_secs_f64(), ..answer }
    }

    fn asked(&mut self, question: &Question) -> Result<Answer> {
        let prepared = self.schemas.prepared(&self.engine, &question.gold.db_id)?;
        let beam_width = self.arguments.beam_width;
        let use_values = self.arguments.shown.values();
        let path = self.schemas.database(&question.gold.db_id);
        let database = self.arguments.guided.then_some(path.as_path());
        let request = Request { beam_width, use_values, database, ..Request::new(&question.text, &prepared) };
        let answer = self.engine.answer(&request)?;
        Ok(Answer { sql: answer.sql, confidence: answer.confidence, ..Answer::default() })
    }
}
