//! The cheapest way to finish a prefix: fewest further ids, then lowest ids; without the scorer.
//!
//! The search falls back on it when everything it reached was refused at the end, so that there is always an answer.

use super::Constraint;

/// Further ids at most; every sensible constraint can finish in fewer.
const DEEPEST: usize = 24;

/// Prefixes looked at in one call at most; bounds the time where thousands of ids may follow.
const LARGEST: usize = 50_000;

/// The ids of the shortest accepted sequence that starts with `prefix`, without the end; `None` where none is found
/// within the bounds.
pub(super) fn cheapest<C: Constraint>(constraint: &C, state: &C::State, prefix: &[u32]) -> Option<Vec<u32>> {
    let mut ids = prefix.to_vec();
    let mut left = LARGEST;
    for depth in 0..=DEEPEST {
        if descend(constraint, state, &mut ids, depth, &mut left) {
            return Some(ids);
        }
        if left == 0 {
            return None;
        }
    }
    None
}

/// Looks for an accepted sequence exactly `depth` ids longer than `ids` (iterative deepening keeps the memory small).
fn descend<C: Constraint>(
    constraint: &C,
    state: &C::State,
    ids: &mut Vec<u32>,
    depth: usize,
    left: &mut usize,
) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    let mut next = Vec::new();
    constraint.allowed(state, &mut next);
    let end = constraint.end();
    if depth == 0 {
        return next.contains(&end) && constraint.accepts(ids);
    }
    next.sort_unstable();
    for id in next.into_iter().filter(|&id| id != end) {
        let Some(after) = constraint.advance(state, id) else { continue };
        ids.push(id);
        if descend(constraint, &after, ids, depth - 1, left) {
            return true;
        }
        ids.pop();
    }
    false
}
