//! Scores a whole prediction file: every example judged, then totals by hardness.
//!
//! Reads no files and prints nothing; `files` reads, `table` and `json` write.

pub mod json;
pub mod table;
mod totals;

use rayon::prelude::*;

pub use totals::{Level, Partial, Share, Totals};

use crate::error::{Error, Result};
use crate::exact::{self, Hardness, Verdict};
use crate::exec::Outcome;
use crate::exec::batch::{self, Options, Pair};
use crate::files::Gold;
use crate::strict;
use crate::tables::AllTables;

/// The version of the metric: changes whenever any score of any example may change.
pub const METRIC_VERSION: &str = "1";

/// Everything the judge says about one example.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its place in the gold file, from 0.
    pub index: usize,
    /// Its database.
    pub db_id: String,
    /// The hardness of its gold query; `Extra` where the official parser refuses that.
    pub hardness: Hardness,
    /// The official exact match with its parts; `None` where the official parser refuses gold.
    pub exact: Option<Verdict>,
    /// The official execution; `None` without databases.
    pub exec: Option<Outcome>,
    /// Whether the queries mean the same by the strict rules.
    pub strict: bool,
    /// The strict comparison of results; `None` without databases.
    pub strict_exec: Option<Outcome>,
}

impl Example {
    /// Whether it is right by the official exact match.
    pub fn is_exact(&self) -> bool {
        self.exact.is_some_and(|verdict| verdict.exact)
    }

    /// Whether it is right by the official execution, where that was asked for.
    pub fn is_executed(&self) -> Option<bool> {
        self.exec.as_ref().map(|outcome| *outcome == Outcome::Same)
    }

    /// Whether its results are strictly the same, where that was asked for.
    pub fn is_strictly_executed(&self) -> Option<bool> {
        self.strict_exec.as_ref().map(|outcome| *outcome == Outcome::Same)
    }

    /// Whether the prediction, as it stands, gave a result on its database; `None` without databases or where gold failed.
    pub fn runs(&self) -> Option<bool> {
        match self.strict_exec.as_ref()? {
            Outcome::BadGold(_) => None,
            outcome => Some(!matches!(outcome, Outcome::Failed(_))),
        }
    }

    /// What went wrong, where something did that is no plain difference.
    pub fn error(&self) -> Option<String> {
        match (&self.exact, &self.exec) {
            (None, _) => Some(format!("gold: {}", exact::BadGold)),
            (_, Some(Outcome::BadGold(failure))) => Some(format!("gold fails: {failure}")),
            (_, Some(Outcome::Failed(failure))) => Some(failure.to_string()),
            (Some(verdict), _) if !verdict.parsed => Some("the official parser refuses the prediction".to_owned()),
            _ => None,
        }
    }

    /// Whether the fault lies in the gold query.
    pub fn has_bad_gold(&self) -> bool {
        self.exact.is_none() || matches!(self.exec, Some(Outcome::BadGold(_)))
    }
}

/// Judges predictions; `options` is `None` for exact match only.
///
/// # Errors
/// A database is not in `tables`, or a database file is missing or unreadable.
pub fn score(
    gold: &[Gold],
    predictions: &[String],
    tables: &AllTables,
    options: Option<&Options>,
) -> Result<Vec<Example>> {
    let unknown = (1..).zip(gold).find(|(_, one)| tables.get(&one.db_id).is_none());
    if let Some((number, one)) = unknown {
        return Err(Error::input(format!("gold line {number}: database {} is not in the tables file", one.db_id)));
    }
    let pairs: Vec<Pair<'_>> = gold
        .iter()
        .zip(predictions)
        .map(|(gold, predicted)| Pair { db_id: &gold.db_id, gold: &gold.sql, predicted })
        .collect();
    let mut examples: Vec<Example> =
        pairs.par_iter().enumerate().filter_map(|(index, pair)| judged(index, *pair, tables)).collect();
    if let Some(options) = options {
        for (example, executed) in examples.iter_mut().zip(batch::run(&pairs, options)?) {
            example.exec = Some(executed.official);
            example.strict_exec = Some(executed.strict);
        }
    }
    Ok(examples)
}

/// What the texts alone show.
fn judged(index: usize, pair: Pair<'_>, tables: &AllTables) -> Option<Example> {
    let tables = tables.get(pair.db_id)?;
    let exact = exact::judge(pair.gold, pair.predicted, tables).ok();
    let hardness = exact.map_or(Hardness::Extra, |verdict| verdict.hardness);
    let strict = strict::same_meaning(pair.gold, pair.predicted, tables);
    let db_id = pair.db_id.to_owned();
    Some(Example { index, db_id, hardness, exact, exec: None, strict, strict_exec: None })
}
