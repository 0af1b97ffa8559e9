//! `spider-eval candidates`: all queries that a model's search finds for each question, judged, with what its ranking
//! sees of them. `training/rank.py` fits a ranking on them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use argiope::pipeline::{
    self, Candidate, DEFAULT_BEAM_WIDTH, DEFAULT_MODEL, DeviceChoice, EVIDENCE_NAMES, Places, Request,
};
use clap::Args;
use indicatif::ProgressIterator as _;
use serde::{Deserialize, Serialize};

use super::schemas::{Schemas, Shown};
use crate::exec::Limits;
use crate::exec::batch::Options;
use crate::files::Gold;
use crate::score::{self, Example};
use crate::tables::AllTables;

/// Seconds a query may run: enough for all but accidents, of which a search finds many.
const TIME_LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A folder with `tables.json` and `database/ID/ID.sqlite`.
    #[arg(long)]
    data: PathBuf,
    /// The questions: one `{"db_id", "question", "query"}` a line.
    #[arg(long)]
    questions: PathBuf,
    /// The model, by name or folder.
    #[arg(long, env = "ARGIOPE_MODEL", default_value = DEFAULT_MODEL)]
    model: String,
    /// Where the candidates go: after a line that names the evidence, one line a question.
    #[arg(long)]
    out: PathBuf,
    /// Hypotheses kept by the search.
    #[arg(long, default_value_t = DEFAULT_BEAM_WIDTH)]
    beam_width: usize,
    #[command(flatten)]
    shown: Shown,
    /// cpu, cuda, cuda:N, metal or auto.
    #[arg(long, env = "ARGIOPE_DEVICE", default_value = "cpu")]
    device: DeviceChoice,
}

#[derive(Deserialize)]
struct Question {
    db_id: String,
    question: String,
    query: String,
}

#[derive(Serialize)]
struct Line<'a> {
    db_id: &'a str,
    question: &'a str,
    candidates: Vec<Judged<'a>>,
}

#[derive(Serialize)]
struct Judged<'a> {
    sql: &'a str,
    evidence: &'a [f64],
    exact: bool,
    exec: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let questions = read(&arguments.questions)?;
    let tables = AllTables::read(&arguments.data.join("tables.json"))?;
    let found = ask(arguments, &questions)?;
    let (mut gold, mut predictions) = (Vec::new(), Vec::new());
    for (question, candidates) in questions.iter().zip(&found) {
        for candidate in candidates {
            gold.push(Gold { sql: question.query.clone(), db_id: question.db_id.clone() });
            predictions.push(candidate.sql.clone());
        }
    }
    let limits = Limits { time: TIME_LIMIT, ..Limits::default() };
    let options = Options { databases: arguments.data.join("database"), cache: None, limits };
    let examples = score::score(&gold, &predictions, &tables, Some(&options))?;
    write(&arguments.out, &questions, &found, &examples)?;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Vec<Question>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let question = |(number, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{}:{number}", path.display()))
    };
    (1..).zip(text.lines()).map(question).collect()
}

fn ask(arguments: &Arguments, questions: &[Question]) -> Result<Vec<Vec<Candidate>>> {
    let engine = pipeline::load(&Places::from_environment().find(&arguments.model)?, arguments.device)?;
    let mut schemas = Schemas::new(&arguments.data, arguments.shown)?;
    let candidates = |question: &Question| {
        let prepared = schemas.prepared(&engine, &question.db_id)?;
        // As a question meets it in use: a search that goes on for longer finds more, and confidence means something else.
        let (beam_width, use_values) = (arguments.beam_width, arguments.shown.values());
        let request = Request { beam_width, use_values, ..Request::new(&question.question, &prepared) };
        Ok(engine.candidates(&request)?)
    };
    questions.iter().progress().map(candidates).collect()
}

fn write(path: &Path, questions: &[Question], found: &[Vec<Candidate>], examples: &[Example]) -> Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut rest = examples.iter();
    writeln!(file, "{}", serde_json::to_string(&EVIDENCE_NAMES)?)?;
    for (question, candidates) in questions.iter().zip(found) {
        let judged = candidates.iter().zip(rest.by_ref()).map(|(candidate, example)| Judged {
            sql: &candidate.sql,
            evidence: &candidate.evidence,
            exact: example.is_exact(),
            exec: example.is_executed() == Some(true),
        });
        let candidates = judged.collect();
        let line = Line { db_id: &question.db_id, question: &question.question, candidates };
        writeln!(file, "{}", serde_json::to_string(&line)?)?;
    }
    file.flush().with_context(|| format!("writing {}", path.display()))
}
