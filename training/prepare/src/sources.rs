//! Reads question sets, in the layouts they have on disk, and says whose databases they are about.
//!
//! Knows files of questions only; the databases are `databases`', what a question means is `example`'s.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use argiope::tokens::Tokenizer;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::databases::{self, Database};
use crate::options::Options;
use crate::wikisql;

/// A question with its gold query, as a set spells it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Question {
    /// The database's name.
    pub(crate) db_id: String,
    /// The question.
    pub(crate) question: String,
    /// The gold query.
    pub(crate) query: String,
    /// BIRD: whether the query is like Spider's.
    #[serde(default)]
    plain: Option<bool>,
    /// BIRD: what spells the query's literals.
    #[serde(default)]
    values_in: Option<String>,
}

impl Question {
    /// A question over the database of this name.
    pub(crate) fn new(db_id: &str, question: &str, query: String) -> Self {
        Self { db_id: db_id.to_owned(), question: question.to_owned(), query, plain: None, values_in: None }
    }

    /// Whether a network can learn from it: BIRD marks queries with functions of its own and literals that no question
    /// spells.
    fn is_plain(&self) -> bool {
        self.plain.unwrap_or(true) && self.values_in.as_deref().is_none_or(|place| place == "question")
    }
}

/// A named question set.
#[derive(Debug)]
pub(crate) struct Set {
    /// Its name on the command line.
    pub(crate) name: String,
    /// Its questions, in the file's order.
    pub(crate) questions: Vec<Question>,
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
    /// Spider's; SParC, CoSQL and other people's words for Spider's questions are asked over them too.
    Spider,
    /// Loom's.
    Loom,
    /// BIRD's: schemas without rows.
    Bird,
    /// AMBROSIA's.
    Ambrosia,
    /// Those of a slice of gretel's synthetic set.
    Gretel,
    /// WikiSQL's single tables.
    WikiSql,
}

impl Family {
    /// All.
    pub(crate) const ALL: [Self; 6] =
        [Self::Spider, Self::Loom, Self::Bird, Self::Ambrosia, Self::Gretel, Self::WikiSql];

    /// The family of a set.
    pub(crate) fn of(set: &str) -> Self {
        match set {
            "loom" => Self::Loom,
            "bird" => Self::Bird,
            "ambrosia" => Self::Ambrosia,
            "gretel" => Self::Gretel,
            "wikisql" => Self::WikiSql,
            _ => Self::Spider,
        }
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
            let mut questions = match Family::of(name) {
                Family::WikiSql => wikisql::parse(&bytes)?.0,
                _ => parse_questions(&bytes, &path)?,
            };
            questions.retain(Question::is_plain);
            sets.push(Set { name: name.clone(), questions });
        }
        let names = used(&sets);
        let mut databases = HashMap::new();
        for family in Family::ALL {
            let mine: Vec<&str> = names.iter().filter(|name| name.0 == family).map(|name| name.1.as_str()).collect();
            if !mine.is_empty() {
                let read = databases::read(family, &mine, options, tokenizer, &mut hash)?;
                databases.extend(read.into_iter().map(|(name, database)| ((family, name), database)));
            }
        }
        let held_out = held_out(&names, options.hold_out);
        let hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { sets, databases, held_out, hash })
    }
}

fn questions_path(options: &Options, set: &str) -> Result<PathBuf> {
    match set {
        "wikisql" => Ok(options.wikisql_file()?.to_owned()),
        "loom" => Ok(options.loom_folder()?.join("questions.jsonl")),
        "sparc" | "cosql" | "bird" | "ambrosia" | "gretel" => Ok(options.extra_folder(set)?.join("questions.jsonl")),
        "train_paraphrased" => Ok(options.data.join(format!("{set}.jsonl"))),
        _ => Ok(options.data.join(format!("{set}.json"))),
    }
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
