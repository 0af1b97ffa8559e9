//! The statistics of comparing: means, bootstrap intervals, McNemar's exact test, Welch's t-test. All deterministic.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

/// How often a bootstrap draws.
const DRAWS: usize = 10_000;
/// The seed of every bootstrap, so that the same input has the same interval.
const SEED: u64 = 0x0a_51de;

/// The mean; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of examples are small")]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The sample standard deviation; 0 of fewer than two.
#[expect(clippy::cast_precision_loss, reason = "counts of runs are small")]
pub fn deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// The 95 % percentile bootstrap interval of the mean.
pub fn interval(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let draws = DRAWS.min((200_000_000 / values.len()).max(1_000)); // bounded work for large files
    let mut random = SEED;
    let mut means: Vec<f64> = (0..draws).map(|_| drawn_mean(values, &mut random)).collect();
    means.sort_by(f64::total_cmp);
    let at = |thousandths: usize| means.get((draws * thousandths / 1000).min(draws - 1)).copied().unwrap_or(0.0);
    (at(25), at(975))
}

#[expect(clippy::cast_precision_loss, reason = "counts of examples are small")]
fn drawn_mean(values: &[f64], random: &mut u64) -> f64 {
    let sum: f64 = (0..values.len()).filter_map(|_| values.get(below(values.len(), random))).sum();
    sum / values.len() as f64
}

/// The next number below a bound (`SplitMix64`; Steele, Lea, Flood 2014).
fn below(bound: usize, random: &mut u64) -> usize {
    *random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *random;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let wide = u128::from(mixed ^ (mixed >> 31)) * (bound as u128);
    usize::try_from(wide >> 64).unwrap_or(0)
}

/// McNemar's exact two-sided test: how likely flips as uneven as these are if both directions are alike.
pub fn mcnemar(gained: usize, lost: usize) -> f64 {
    let (flips, fewer) = ((gained + lost) as u64, gained.min(lost) as u64);
    Binomial::new(0.5, flips).map_or(1.0, |alike| (2.0 * alike.cdf(fewer)).min(1.0))
}

/// Welch's two-sided t-test; `None` where a side has fewer than two values or nothing varies.
#[expect(clippy::cast_precision_loss, reason = "counts of runs are small")]
pub fn t_test(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() < 2 || right.len() < 2 {
        return None;
    }
    let part = |values: &[f64]| deviation(values).powi(2) / values.len() as f64;
    let (first, second) = (part(left), part(right));
    let spread = first + second;
    if spread == 0.0 {
        return None;
    }
    let t = (mean(left) - mean(right)) / spread.sqrt();
    let freedom =
        spread.powi(2) / (first.powi(2) / (left.len() - 1) as f64 + second.powi(2) / (right.len() - 1) as f64);
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(2.0 * student.cdf(-t.abs()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn tests_agree_with_known_values() {
        assert!((mcnemar(1, 9) - 0.021_484_375).abs() < 1e-12);
        assert!((mcnemar(5, 5) - 1.0).abs() < 1e-12);
        assert!((mcnemar(0, 0) - 1.0).abs() < 1e-12);
        // t = -2.449 490, 4 degrees of freedom: p = 0.070 484
        let p = t_test(&[1.0, 2.0, 3.0], &[3.0, 4.0, 5.0]).unwrap();
        assert!((p - 0.070_484).abs() < 1e-5, "{p}");
        assert_eq!(t_test(&[1.0], &[2.0, 3.0]), None);
    }

    #[test]
    fn intervals_hold_the_mean_and_repeat() {
        let values: Vec<f64> = (0..200).map(|at| f64::from(at % 2)).collect();
        let (low, high) = interval(&values);
        assert!(low < 0.5 && high > 0.5 && high - low < 0.2);
        assert_eq!((low, high), interval(&values));
    }
}
