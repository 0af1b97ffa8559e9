//! Runs many gold and predicted queries on their databases, in parallel, each distinct text once a database.
//!
//! Workers take examples from one list, the largest databases first, so that one slow database does not leave a core idle.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::guard::{Failure, Limits, Session};
use super::rows::Rows;
use super::store::{self, Store};
use super::{Outcome, same, text};
use crate::error::{Error, Result};
use crate::strict;

/// One pair to run.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The database.
    pub db_id: &'a str,
    /// The gold query.
    pub gold: &'a str,
    /// The prediction.
    pub predicted: &'a str,
}

/// What running one pair showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// By the rules of the official script.
    pub official: Outcome,
    /// By the strict rules: the text as it stands, rows as a bag or in order, columns by position.
    pub strict: Outcome,
}

/// How a batch is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The folder of databases, `ID/ID.sqlite` each.
    pub databases: PathBuf,
    /// Where results (gold, and whatever took long) are kept between runs; nowhere if `None`.
    pub cache: Option<PathBuf>,
    /// What one query may use.
    pub limits: Limits,
}

/// One database of the batch.
struct Database {
    path: PathBuf,
    kept_at: Option<PathBuf>,
    store: Store,
    size: u64,
}

/// Runs all pairs; the answers stand in their order.
///
/// # Errors
/// A database is missing or is not an SQLite file, or the cache cannot be written.
pub fn run(pairs: &[Pair<'_>], options: &Options) -> Result<Vec<Executed>> {
    let databases = open_all(pairs, options)?;
    let mut order: Vec<(&Database, usize)> =
        pairs.iter().enumerate().filter_map(|(index, pair)| Some((databases.get(pair.db_id)?, index))).collect();
    order.sort_by(|(left, first), (right, second)| {
        (right.size, &left.path, first).cmp(&(left.size, &right.path, second))
    });
    let answers: Vec<OnceLock<Executed>> = pairs.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let failures = rayon::broadcast(|_| work(&order, &next, pairs, &answers, options.limits));
    failures.into_iter().collect::<Result<Vec<()>>>()?;
    save_all(pairs, &databases)?;
    let lost = || Error::input("an example was not run");
    answers.into_iter().map(|answer| answer.into_inner().ok_or_else(lost)).collect()
}

/// Finds the databases of all pairs and what the cache holds of them.
fn open_all<'a>(pairs: &[Pair<'a>], options: &Options) -> Result<HashMap<&'a str, Database>> {
    if let Some(folder) = &options.cache {
        std::fs::create_dir_all(folder).map_err(|source| Error::io("making", folder, source))?;
    }
    let mut names: Vec<&str> = pairs.iter().map(|pair| pair.db_id).collect();
    names.sort_unstable();
    names.dedup();
    names.into_par_iter().map(|db_id| Ok((db_id, Database::find(db_id, options)?))).collect()
}

impl Database {
    fn find(db_id: &str, options: &Options) -> Result<Self> {
        let path = options.databases.join(db_id).join(format!("{db_id}.sqlite"));
        Session::open(&path)?; // a bad file is found before anything runs
        let kept_at = options.cache.as_deref().map(|folder: &Path| store::path_in(folder, &path)).transpose()?;
        let store = kept_at.as_deref().map(Store::load).unwrap_or_default();
        let size = std::fs::metadata(&path).map_or(0, |data| data.len());
        Ok(Self { path, kept_at, store, size })
    }
}

fn save_all(pairs: &[Pair<'_>], databases: &HashMap<&str, Database>) -> Result<()> {
    for (db_id, database) in databases {
        let Some(path) = database.kept_at.as_deref() else { continue };
        let mine = pairs.iter().filter(|pair| pair.db_id == *db_id);
        let gold = mine.flat_map(|pair| [text::of_gold(pair.gold).unwrap_or_default(), pair.gold.to_owned()]);
        database.store.save(path, &gold.collect())?;
    }
    Ok(())
}

/// One worker: takes examples until none is left.
fn work(
    order: &[(&Database, usize)],
    next: &AtomicUsize,
    pairs: &[Pair<'_>],
    answers: &[OnceLock<Executed>],
    limits: Limits,
) -> Result<()> {
    let mut open: Option<(&Path, Session)> = None;
    while let Some((database, index)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
        let session = match open.take() {
            Some((path, session)) if path == database.path => session,
            _ => Session::open(&database.path)?,
        };
        if let (Some(pair), Some(answer)) = (pairs.get(*index), answers.get(*index)) {
            let official = official(database, &session, *pair, limits);
            let _ = answer.set(Executed { official, strict: strictly(database, &session, *pair, limits) });
        }
        open = Some((&database.path, session));
    }
    Ok(())
}

fn official(database: &Database, session: &Session, pair: Pair<'_>, limits: Limits) -> Outcome {
    let gold = text::of_gold(pair.gold).unwrap_or_default();
    let ordered = text::is_ordered(&gold);
    let Some(predicted) = text::of_prediction(pair.predicted) else {
        return Outcome::Failed(Failure::Sqlite("no query".to_owned()));
    };
    let compare = |gold: &Rows, predicted: &Rows| same::same(gold, predicted, ordered);
    compared(database, session, (&gold, &predicted), limits, compare)
}

fn strictly(database: &Database, session: &Session, pair: Pair<'_>, limits: Limits) -> Outcome {
    let ordered = strict::outermost_orders(pair.gold);
    if pair.predicted.is_empty() {
        return Outcome::Failed(Failure::Sqlite("no query".to_owned()));
    }
    let compare = |gold: &Rows, predicted: &Rows| strict::same_results(gold, predicted, ordered);
    compared(database, session, (pair.gold, pair.predicted), limits, compare)
}

/// Runs both texts and compares. A prediction with more rows than gold is stopped there: it is different whatever follows.
fn compared(
    database: &Database,
    session: &Session,
    (gold, predicted): (&str, &str),
    limits: Limits,
    same: impl Fn(&Rows, &Rows) -> bool,
) -> Outcome {
    let kept = database.store.get(gold, || session.run(gold, limits));
    let gold_rows = match kept.as_ref() {
        Ok(rows) => rows,
        Err(failure) => return Outcome::BadGold(failure.clone()),
    };
    let key = text::key(predicted);
    if text::key(gold) == key {
        return Outcome::Same;
    }
    let limits = Limits { rows: limits.rows.min(gold_rows.count), ..limits };
    let key = format!("{key}\u{0}{}", limits.rows);
    match database.store.get(&key, || session.run(predicted, limits)).as_ref() {
        Ok(rows) if same(gold_rows, rows) => Outcome::Same,
        Ok(_) | Err(Failure::Rows(_)) => Outcome::Different,
        Err(failure) => Outcome::Failed(failure.clone()),
    }
}
