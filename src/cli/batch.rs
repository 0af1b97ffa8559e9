//! `argiope sql --batch FILE`: one question a line in, one answer a line out, in order.

use super::flags::SqlFlags;
use super::settings::Settings;
use super::{Outcome, lines, sql};
use crate::pipeline::{Engine, Prepared};
use crate::schema::Schema;
use crate::schema::spider::read_tables;
use crate::serve::AnswerBody;
use anyhow::{Context, bail};
use serde::Deserialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
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
    sql::check_guided(flags)?;
    let engine = settings.engine()?;
    let mut schemas = Schemas::read(flags, &engine)?;
    lines::each(path, 1, |lines| lines.iter().map(|line| answer(line, &mut schemas, flags, settings)).collect())
}

/// The printed answer to one line.
fn answer(line: &[u8], schemas: &mut Schemas<'_>, flags: &SqlFlags, settings: &Settings) -> anyhow::Result<String> {
    let line: Line = lines::object(line, "question")?;
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
    Ok(lines::one_line(&answer.sql))
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
