//! `argiope sql QUESTION`.

use super::flags::{DialectFlag, SqlFlags};
use super::settings::Settings;
use super::{Outcome, print, table};
use crate::error::Error;
use crate::pipeline::{
    Answer, Dialect, Engine, InputFormat, Prepared, Request, Rows, RunLimits, add_database, read_ddl_file,
    run_read_only,
};
use crate::schema::Schema;
use crate::schema::spider::read_tables;
use crate::schema::sqlite::{SampleLimits, read_schema};
use crate::serve::AnswerBody;
use anyhow::{Context, bail, ensure};
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, Instant};

/// The HTTP answer, with the rows where the SQL was run.
#[derive(Serialize)]
struct Printed {
    #[serde(flatten)]
    answer: AnswerBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<RowsBody>,
}

/// The rows of a statement.
#[derive(Serialize)]
struct RowsBody {
    columns: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
    cut: bool,
}

/// Answers one question.
pub(super) fn run(flags: &SqlFlags, settings: &Settings) -> anyhow::Result<Outcome> {
    // Clap drops a `requires` where the required flag conflicts with one that is given.
    ensure!(!flags.run || flags.db.is_some(), "--run needs --db: the SQL is run on that file");
    ensure!(!flags.run || flags.dialect == DialectFlag::Sqlite, "--run needs --dialect sqlite");
    check_guided(flags)?;
    ensure!(flags.db_id.is_none() || flags.tables.is_some(), "--db-id needs --tables");
    let question = flags.question.as_deref().unwrap_or_default();
    let (schema, notes) = read_schema_of(flags)?;
    let engine = settings.engine()?;
    let begin = Instant::now();
    let schema = engine.prepare(schema, notes)?;
    let read = begin.elapsed();
    let answer = engine.answer(&request(question, &schema, flags, settings))?;
    for note in &answer.notes {
        eprintln!("note: {note}");
    }
    let completed = answer.completed;
    let rows = match &flags.db {
        Some(db) if flags.run => Some(execute(db, &answer.sql)),
        _ => None,
    };
    let ran = rows.as_ref().is_none_or(Result::is_ok);
    show(answer, rows, flags, &engine, read)?;
    Ok(if completed || !ran { Outcome::NoAnswer } else { Outcome::Done })
}

/// Guidance needs a database to try queries on.
pub(super) fn check_guided(flags: &SqlFlags) -> anyhow::Result<()> {
    ensure!(!flags.guided || flags.db.is_some(), "--guided needs --db: the queries found are tried on that file");
    ensure!(!flags.guided || flags.dialect == DialectFlag::Sqlite, "--guided needs --dialect sqlite");
    Ok(())
}

/// A request as the flags say.
pub(super) fn request<'a>(
    question: &'a str,
    schema: &'a Prepared,
    flags: &'a SqlFlags,
    settings: &Settings,
) -> Request<'a> {
    Request {
        dialect: Dialect::from(flags.dialect),
        n_best: usize::from(flags.n_best),
        beam_width: settings.beam_width,
        database: flags.db.as_deref().filter(|_| flags.guided),
        input: flags.input_format.map(InputFormat::from),
        ..Request::new(question, schema)
    }
}

fn execute(db: &Path, sql: &str) -> Result<Rows, Error> {
    let rows = run_read_only(db, sql, RunLimits::default());
    if let Err(error) = &rows {
        eprintln!("error: {error}");
    }
    rows
}

fn show(
    answer: Answer,
    rows: Option<Result<Rows, Error>>,
    flags: &SqlFlags,
    engine: &Engine,
    read: Duration,
) -> anyhow::Result<()> {
    let rows = rows.and_then(Result::ok);
    if flags.json {
        let answer = AnswerBody::new(answer, engine.model(), Duration::ZERO, read);
        let result = rows.map(|rows| RowsBody { columns: rows.columns, rows: rows.rows, cut: rows.cut });
        return print(&serde_json::to_string(&Printed { answer, result })?);
    }
    print(&text_of(&answer, flags))?;
    match rows {
        Some(rows) => print(&format!("\n{}", table::text_of(&rows))),
        None => Ok(()),
    }
}

/// The SQL; with more than one wanted, a line each with its confidence before it.
fn text_of(answer: &Answer, flags: &SqlFlags) -> String {
    if flags.n_best == 1 {
        return answer.sql.clone();
    }
    let first = format!("{:.4}\t{}", answer.confidence, answer.sql);
    let rest = answer.alternatives.iter().map(|other| format!("{:.4}\t{}", other.score, other.sql));
    std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n")
}

/// The schema that the flags name.
fn read_schema_of(flags: &SqlFlags) -> anyhow::Result<(Schema, Vec<String>)> {
    match single_source(flags)? {
        Some(read) => Ok(read),
        None => {
            let Some(tables) = &flags.tables else { bail!("a schema is needed: --schema, --db or --tables") };
            let schemas = read_tables(tables)?;
            let schema = choose(schemas, flags.db_id.as_deref())?;
            with_cells(schema, flags.databases.as_deref())
        }
    }
}

/// The schema of --schema or --db; `None` where neither is given.
pub(super) fn single_source(flags: &SqlFlags) -> anyhow::Result<Option<(Schema, Vec<String>)>> {
    Ok(match (&flags.schema, &flags.db) {
        (Some(path), _) => Some(read_ddl_file(path)?),
        (_, Some(path)) => Some((read_schema(path, SampleLimits::default())?, Vec::new())),
        _ => None,
    })
}

/// A schema with the cells of its database where a folder of databases is given and holds it.
pub(super) fn with_cells(mut schema: Schema, databases: Option<&Path>) -> anyhow::Result<(Schema, Vec<String>)> {
    let Some(folder) = databases else { return Ok((schema, Vec::new())) };
    let name = schema.name.clone();
    let path = folder.join(&name).join(format!("{name}.sqlite"));
    if !path.is_file() {
        return Ok((schema, vec![format!("no database for {name} in {}: used without cells", folder.display())]));
    }
    let notes = add_database(&mut schema, &path).with_context(|| format!("reading the cells of {name}"))?;
    Ok((schema, notes))
}

fn choose(schemas: Vec<Schema>, db_id: Option<&str>) -> anyhow::Result<Schema> {
    let names = schemas.len();
    let chosen = match db_id {
        Some(id) => schemas.into_iter().find(|schema| schema.name == id),
        None if names == 1 => schemas.into_iter().next(),
        None => bail!("the file holds {names} schemas: say which with --db-id"),
    };
    chosen.with_context(|| format!("no schema {:?} among the {names} of the file", db_id.unwrap_or_default()))
}
