//! `argiope sql --batch FILE`: one question a line in, one answer a line out, in order.
//!
//! A bad line yields an empty line and a message with its number; the rest goes on.

use super::flags::SqlFlags;
use super::settings::Settings;
use super::{Outcome, sql};
use crate::pipeline::{Engine, Prepared};
use crate::schema::Schema;
use crate::schema::spider::read_tables;
use crate::serve::AnswerBody;
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// A line of the file; other keys are passed over.
#[derive(Deserialize)]
struct Line {
    question: String,
    db_id: Option<String>,
}

/// Answers every line.
pub(super) fn run(flags: &SqlFlags, path: &Path, settings: &Settings) -> anyhow::Result<Outcome> {
    let engine = settings.engine()?;
    let mut schemas = Schemas::read(flags, &engine)?;
    let bar = progress(lines_of(path)?);
    let mut out = std::io::stdout().lock();
    let mut bad = 0u64;
    for (place, line) in split(open(path)?).enumerate() {
        let line = line.with_context(|| format!("reading {}", path.display()))?;
        let text = answer(&line, &mut schemas, flags, settings).unwrap_or_else(|error| {
            bad += 1;
            bar.suspend(|| eprintln!("{}:{}: {error:#}", path.display(), place + 1));
            String::new()
        });
        writeln!(out, "{text}")?;
        out.flush()?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if bad == 0 {
        return Ok(Outcome::Done);
    }
    eprintln!("{bad} lines have no answer");
    Ok(Outcome::NoAnswer)
}

/// The printed answer to one line.
fn answer(line: &[u8], schemas: &mut Schemas<'_>, flags: &SqlFlags, settings: &Settings) -> anyhow::Result<String> {
    let text = std::str::from_utf8(line).context("not UTF-8")?;
    let line: Line = serde_json::from_str(text).context("not a JSON object with a \"question\"")?;
    let begin = Instant::now();
    let schema = schemas.of(line.db_id.as_deref())?;
    let read = begin.elapsed();
    let engine = schemas.engine;
    let answer = engine.answer(&sql::request(&line.question, &schema, flags, settings))?;
    if answer.completed {
        bail!("the search found no acceptable answer");
    }
    if flags.json {
        let body = AnswerBody::new(answer, engine.model(), Duration::ZERO, read);
        return Ok(serde_json::to_string(&body)?);
    }
    Ok(answer.sql.replace(['\r', '\n'], " "))
}

/// The schemas that lines may be about, each made ready when it is first needed.
struct Schemas<'a> {
    engine: &'a Engine,
    single: Option<Prepared>,
    raw: HashMap<String, Schema>,
    ready: HashMap<String, Prepared>,
    databases: Option<&'a Path>,
}

impl<'a> Schemas<'a> {
    fn read(flags: &'a SqlFlags, engine: &'a Engine) -> anyhow::Result<Self> {
        let single = sql::single_source(flags)?.map(|(schema, notes)| engine.prepare(schema, notes)).transpose()?;
        let raw = match &flags.tables {
            Some(path) => read_tables(path)?.into_iter().map(|schema| (schema.name.clone(), schema)).collect(),
            None if single.is_none() => bail!("a schema is needed: --schema, --db or --tables"),
            None => HashMap::new(),
        };
        Ok(Self { engine, single, raw, ready: HashMap::new(), databases: flags.databases.as_deref() })
    }

    fn of(&mut self, db_id: Option<&str>) -> anyhow::Result<Prepared> {
        if let Some(single) = &self.single {
            return Ok(single.clone());
        }
        let id = db_id.context("a \"db_id\" is needed with --tables")?;
        match self.ready.entry(id.to_owned()) {
            Entry::Occupied(ready) => Ok(ready.get().clone()),
            Entry::Vacant(place) => {
                let schema = self.raw.get(id).with_context(|| format!("no schema {id:?} in --tables"))?;
                let (schema, notes) = sql::with_cells(schema.clone(), self.databases)?;
                Ok(place.insert(self.engine.prepare(schema, notes)?).clone())
            }
        }
    }
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Lines as bytes, because one that is not UTF-8 must not end the file.
fn split(reader: Box<dyn BufRead>) -> impl Iterator<Item = std::io::Result<Vec<u8>>> {
    reader.split(b'\n').map(|line| {
        line.map(|mut line| {
            if line.ends_with(b"\r") {
                line.pop();
            }
            line
        })
    })
}

/// The number of lines, where it can be counted before.
fn lines_of(path: &Path) -> anyhow::Result<Option<u64>> {
    if path == Path::new("-") {
        return Ok(None);
    }
    let mut file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let (mut block, mut lines, mut last) = (vec![0; 1 << 16], 0, b'\n');
    loop {
        let read = file.read(&mut block).with_context(|| format!("reading {}", path.display()))?;
        let Some(&end) = block[..read].last() else { break };
        lines += block[..read].iter().filter(|&&byte| byte == b'\n').count() as u64;
        last = end;
    }
    Ok(Some(lines + u64::from(last != b'\n')))
}

fn progress(lines: Option<u64>) -> ProgressBar {
    match lines {
        None => ProgressBar::new_spinner(),
        Some(lines) => {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  {eta} left");
            let bar = ProgressBar::new(lines);
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        }
    }
}
