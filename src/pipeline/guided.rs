//! Execution-guided choice: where a database is at hand, a query that returns nothing gives way to one that does.

use super::answer::Candidate;
use super::execute::{RunLimits, run_read_only};
use std::path::Path;
use std::time::Duration;

/// What a trial may cost: whether anything comes back shows in the first row.
const TRIAL: RunLimits = RunLimits { time: Duration::from_secs(1), rows: 1 };

/// Queries tried at most.
const TRIED: usize = 4;

/// Puts the first query that returns something before all others, if it is not this much less likely (in nats) than the
/// first; what fails, takes too long, or returns no row or NULLs alone is passed over. Says whether the order changed.
pub(super) fn guide(candidates: &mut [Candidate], database: &Path, margin: f64) -> bool {
    let Some(first) = candidates.first().map(|candidate| candidate.evidence[0]) else { return false };
    let likely = |candidate: &Candidate| candidate.evidence[0] >= first - margin;
    let returns = |candidate: &Candidate| {
        let rows = run_read_only(database, &candidate.sql, TRIAL);
        rows.is_ok_and(|rows| rows.rows.iter().flatten().any(Option::is_some))
    };
    let found = candidates.iter().take(TRIED).position(|candidate| likely(candidate) && returns(candidate));
    let place = found.unwrap_or(0);
    candidates[..=place].rotate_right(1);
    place > 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::pipeline::evidence::EVIDENCE;

    #[test]
    fn what_returns_nothing_gives_way() {
        let path = std::env::temp_dir().join(format!("guided-{}.sqlite", std::process::id()));
        drop(std::fs::remove_file(&path));
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x');")
            .unwrap();
        let candidate = |sql: &str, log_probability: f64| {
            let mut evidence = [0.0; EVIDENCE];
            evidence[0] = log_probability;
            Candidate { sql: sql.to_owned(), evidence, confidence: 0.5 }
        };
        let none = || candidate("SELECT a FROM t WHERE a = 'y'", -0.1);
        let null = || candidate("SELECT max(a) FROM t WHERE a = 'y'", -1.0);
        let some = |log_probability| candidate("SELECT a FROM t", log_probability);
        let order = |mut candidates: Vec<Candidate>| {
            let changed = guide(&mut candidates, &path, 3.0);
            (changed, candidates.into_iter().map(|candidate| candidate.sql).collect::<Vec<_>>())
        };
        let (changed, texts) = order(vec![none(), null(), some(-2.0)]);
        assert!(changed && texts == [some(0.0).sql, none().sql, null().sql], "{texts:?}");
        assert!(!order(vec![none(), null(), some(-4.0)]).0, "too unlikely");
        assert!(!order(vec![some(-0.1), none()]).0);
        assert!(!order(Vec::new()).0);
        assert!(!guide(&mut [none(), some(-1.0)], Path::new("nowhere.sqlite"), 3.0));
        std::fs::remove_file(&path).unwrap();
    }
}
