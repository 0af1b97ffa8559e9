//! Reads question sets and the schemas they are asked over.
//!
//! Knows file layouts only; what a question means is `example`'s.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use argiope::link::SchemaIndex;
use argiope::schema::sqlite::{SampleLimits, add_samples};
use argiope::schema::{Schema, spider};
use argiope::tokens::Tokenizer;
use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::options::Options;

/// A question with its gold query, as a set spells it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Question {
    /// The database's name.
    pub(crate) db_id: String,
    /// The question.
    pub(crate) question: String,
    /// The gold query.
    pub(crate) query: String,
}

/// A named question set.
#[derive(Debug)]
pub(crate) struct Set {
    /// Its name on the command line.
    pub(crate) name: String,
    /// Its questions, in the file's order.
    pub(crate) questions: Vec<Question>,
}

/// A database, ready for linking.
#[derive(Debug)]
pub(crate) struct Database {
    /// With the names the source has; with cell values where a database is there.
    pub(crate) labelled: SchemaIndex,
    /// With the words of its raw names; `None` where the source has no others.
    pub(crate) bare: Option<SchemaIndex>,
}

impl Database {
    /// The schema, with labels and samples.
    pub(crate) fn schema(&self) -> &Arc<Schema> {
        self.labelled.schema()
    }

    /// The index to show: the bare one where it is asked for and differs.
    pub(crate) fn index(&self, bare: bool) -> &SchemaIndex {
        self.bare.as_ref().filter(|_| bare).unwrap_or(&self.labelled)
    }
}

/// All that is read from disk.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The sets, in the order asked for.
    pub(crate) sets: Vec<Set>,
    /// The databases that the sets use, by set family and name.
    pub(crate) databases: HashMap<(Family, String), Database>,
    /// The databases left out of training.
    pub(crate) held_out: Vec<(Family, String)>,
    /// SHA-256 over the files read (without the databases' rows), in the order read.
    pub(crate) hash: String,
}

/// Whose databases a set is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Family {
    /// Spider's.
    Spider,
    /// Loom's.
    Loom,
}

impl Family {
    /// The family of a set.
    pub(crate) fn of(set: &str) -> Self {
        if set == "loom" { Self::Loom } else { Self::Spider }
    }
}

impl Sources {
    /// Reads the sets and the schemas they use.
    ///
    /// # Errors
    /// When a file is missing or not in its form.
    pub(crate) fn read(options: &Options, tokenizer: &Tokenizer) -> Result<Self> {
        let mut hash = Sha256::new();
        let mut sets = Vec::new();
        for name in &options.set {
            let path = questions_path(options, name)?;
            let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            hash.update(&bytes);
            let questions = parse_questions(&bytes, &path)?;
            sets.push(Set { name: name.clone(), questions });
        }
        let names = used(&sets);
        let spider = spider_databases(options, &names, tokenizer, &mut hash)?;
        let loom = loom_databases(options, &names, tokenizer, &mut hash)?;
        let held_out = held_out(&names, options.hold_out);
        let hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { sets, databases: spider.into_iter().chain(loom).collect(), held_out, hash })
    }
}

fn questions_path(options: &Options, set: &str) -> Result<PathBuf> {
    match Family::of(set) {
        Family::Spider => Ok(options.data.join(format!("{set}.json"))),
        Family::Loom => Ok(loom_folder(options)?.join("questions.jsonl")),
    }
}

fn loom_folder(options: &Options) -> Result<&Path> {
    options.loom.as_deref().context("the set loom needs --loom")
}

/// One JSON list, or one object a line.
fn parse_questions(bytes: &[u8], path: &Path) -> Result<Vec<Question>> {
    let context = || format!("reading {}", path.display());
    if bytes.trim_ascii_start().starts_with(b"[") {
        return serde_json::from_slice(bytes).with_context(context);
    }
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice(line).with_context(context)).collect()
}

/// The databases that the sets use, sorted.
fn used(sets: &[Set]) -> Vec<(Family, String)> {
    let mut names: Vec<_> = sets
        .iter()
        .flat_map(|set| set.questions.iter().map(|question| (Family::of(&set.name), question.db_id.clone())))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Of each family the `count` databases whose name's SHA-256 is smallest.
fn held_out(names: &[(Family, String)], count: usize) -> Vec<(Family, String)> {
    let of_family = |family| {
        let mut names: Vec<_> = names.iter().filter(|name| name.0 == family).cloned().collect();
        names.sort_by_key(|name| Sha256::digest(&name.1).to_vec());
        names.truncate(count);
        names
    };
    [Family::Spider, Family::Loom].into_iter().flat_map(of_family).collect()
}

type Databases = Vec<((Family, String), Database)>;

fn spider_databases(
    options: &Options,
    names: &[(Family, String)],
    tokenizer: &Tokenizer,
    hash: &mut Sha256,
) -> Result<Databases> {
    if !names.iter().any(|name| name.0 == Family::Spider) {
        return Ok(Vec::new());
    }
    let path = options.data.join("tables.json");
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    hash.update(&bytes);
    let schemas = spider::parse_tables(&bytes)?;
    let is_used = |schema: &Schema| names.binary_search(&(Family::Spider, schema.name.clone())).is_ok();
    let schemas: Vec<Schema> = schemas.into_iter().filter(is_used).collect();
    schemas
        .into_par_iter()
        .map(|mut schema| {
            let file = options.data.join("database").join(&schema.name).join(format!("{}.sqlite", schema.name));
            add_samples(&mut schema, &file, SampleLimits::default())?;
            let name = schema.name.clone();
            let bare = SchemaIndex::new(Arc::new(schema.without_labels()), tokenizer);
            let labelled = SchemaIndex::new(Arc::new(schema), tokenizer);
            Ok(((Family::Spider, name), Database { labelled, bare: Some(bare) }))
        })
        .collect()
}

fn loom_databases(
    options: &Options,
    names: &[(Family, String)],
    tokenizer: &Tokenizer,
    hash: &mut Sha256,
) -> Result<Databases> {
    let mut databases = Vec::new();
    for (family, name) in names.iter().filter(|name| name.0 == Family::Loom) {
        let path = loom_folder(options)?.join("schemas").join(format!("{name}.sql"));
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        hash.update(&text);
        let (schema, _) = argiope::sql::ddl::read(&text, name)?;
        if schema.tables.is_empty() {
            bail!("{}: no tables", path.display());
        }
        let labelled = SchemaIndex::new(Arc::new(schema), tokenizer);
        databases.push(((*family, name.clone()), Database { labelled, bare: None }));
    }
    Ok(databases)
}
