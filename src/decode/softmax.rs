//! Log-probabilities, over the allowed ids only or over all.

/// Beyond this a score counts as infinite; keeps sums finite whatever a scorer returns.
const LARGEST: f32 = 1e30;

/// The log-probability of each of `ids` when only these may follow, in their order. Scores may be anything:
/// not-a-number, minus infinity and ids beyond the end of `scores` become the lowest score.
pub fn log_softmax(scores: &[f32], ids: &[u32]) -> Vec<f64> {
    let clean: Vec<f64> = ids.iter().map(|&id| f64::from(score_of(scores, id))).collect();
    let top = clean.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = clean.iter().map(|score| (score - top).exp()).sum();
    clean.iter().map(|score| (score - top) - total.ln()).collect()
}

/// What a row of finite scores is lowered by to become log-probabilities: `ln Σ exp(score)`. Scores of minus infinity
/// count for nothing.
pub(super) fn log_total(scores: &[f32]) -> f32 {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = scores.iter().map(|score| f64::from((score - top).exp())).sum();
    top + total.ln() as f32
}

fn score_of(scores: &[f32], id: u32) -> f32 {
    match scores.get(id as usize) {
        Some(score) if !score.is_nan() => score.clamp(-LARGEST, LARGEST),
        _ => -LARGEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scores: &[f32], ids: &[u32], expected: &[f64]) {
        let found = log_softmax(scores, ids);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found.exp() - expected).abs() < 1e-9, "{} is not {expected}", found.exp());
        }
    }

    #[test]
    fn only_allowed_ids_share_the_mass() {
        check(&[0.0, 0.0, 100.0], &[0, 1], &[0.5, 0.5]);
        check(&[3.0], &[0], &[1.0]);
        check(&[], &[], &[]);
    }

    #[test]
    fn any_score_gives_finite_shares() {
        check(&[f32::NAN, f32::NAN], &[0, 1], &[0.5, 0.5]);
        check(&[f32::NEG_INFINITY, f32::NEG_INFINITY], &[1, 0], &[0.5, 0.5]);
        check(&[f32::INFINITY, 1.0], &[0, 1], &[1.0, 0.0]);
        check(&[f32::INFINITY, f32::INFINITY], &[0, 1], &[0.5, 0.5]);
        check(&[1.0], &[7, 8], &[0.5, 0.5]);
    }
}
