//! Official execution accuracy on single databases: both queries run, their results compared.
//!
//! Follows the rules of the test-suite script, quirks included (docs/evaluation.md lists them), values taken from the
//! prediction. `batch` runs the strict comparison of results beside it, on the same connections.

pub mod batch;
mod guard;
mod rows;
mod same;
mod store;
mod text;

pub use guard::{Failure, Limits, Session};
pub use rows::{Rows, Value};
pub use store::file_hash;

/// What running one prediction showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The results are the same.
    Same,
    /// The results differ.
    Different,
    /// The prediction gave no result.
    Failed(Failure),
    /// The gold query gave no result, so nothing can be said.
    BadGold(Failure),
}

/// The result of a gold query with what comparing with it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Gold {
    /// The result.
    pub rows: Rows,
    /// Whether the order of rows counts.
    pub ordered: bool,
}

/// Runs a gold query as the official script runs it.
///
/// # Errors
/// The query fails.
pub fn gold(session: &Session, sql: &str, limits: Limits) -> Result<Gold, Failure> {
    let sql = text::of_gold(sql).unwrap_or_default();
    Ok(Gold { rows: session.run(&sql, limits)?, ordered: text::is_ordered(&sql) })
}

/// Runs a prediction as the official script runs it and compares its result.
///
/// A prediction that returns more rows than gold is stopped there: it is different whatever follows.
pub fn judge(session: &Session, gold: &Gold, predicted: &str, limits: Limits) -> Outcome {
    let Some(sql) = text::of_prediction(predicted) else {
        return Outcome::Failed(Failure::Sqlite("no query".to_owned()));
    };
    let limits = Limits { rows: limits.rows.min(gold.rows.count), ..limits };
    match session.run(&sql, limits) {
        Ok(rows) if same::same(&gold.rows, &rows, gold.ordered) => Outcome::Same,
        Ok(_) | Err(Failure::Rows(_)) => Outcome::Different,
        Err(failure) => Outcome::Failed(failure),
    }
}
