//! Official exact set match: hardness, the ten partial scores and the verdict for one pair of queries.
//!
//! Follows the rules of the Spider evaluation script, quirks included (docs/evaluation.md lists them), with its own tolerant
//! reader. Runs nothing, opens nothing; strict comparison lives elsewhere.

mod hardness;
mod partial;
mod reader;
mod rebuild;
mod tokens;
mod tree;

pub use hardness::Hardness;
pub use partial::{Clause, Part, Parts};

use crate::tables::Tables;

/// The verdict on one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The hardness of the gold query.
    pub hardness: Hardness,
    /// Whether the queries match.
    pub exact: bool,
    /// Whether the official parser takes the prediction; where not, an empty query is compared in its place.
    pub parsed: bool,
    /// The parts, in the order of [`Clause::ALL`].
    pub parts: Parts,
}

/// The official parser refuses the gold query, so nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the official parser refuses the gold query")]
pub struct BadGold;

/// Judges one prediction against its gold query.
///
/// # Errors
/// The official parser refuses the gold query.
///
/// # Examples
/// ```
/// use spider_eval::{exact, tables::Tables};
/// let tables = Tables::new("zoo", &[("animal".into(), vec!["id".into(), "name".into()])], &[]);
/// let verdict = exact::judge("SELECT name FROM animal WHERE id = 1", "select name from animal where id = 2", &tables)?;
/// assert!(verdict.exact); // values are not compared
/// # Ok::<(), exact::BadGold>(())
/// ```
pub fn judge(gold: &str, predicted: &str, tables: &Tables) -> Result<Verdict, BadGold> {
    let split = tokens::Split::new(gold).map_err(|_| BadGold)?;
    let mut gold = reader::read(&split.tokens(), tables).map_err(|_| BadGold)?;
    let hardness = Hardness::of(&gold);
    rebuild::rebuild(&mut gold, tables);
    let split = tokens::Split::new(predicted).unwrap_or_default();
    let read = reader::read(&split.tokens(), tables);
    let parsed = read.is_ok();
    let mut predicted = read.unwrap_or_default();
    rebuild::rebuild(&mut predicted, tables);
    let parts = partial::parts(&gold, &predicted, tables);
    let exact = partial::same(&parts, &gold, &predicted);
    Ok(Verdict { hardness, exact, parsed, parts })
}
