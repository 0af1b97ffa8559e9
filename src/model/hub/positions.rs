//! Where a piece stands: T5's buckets of distances, tables of learned or sinusoidal vectors.

/// T5's bucket for a distance key − query. Source: T5 (Raffel et al. 2020), section 2.1, and Mesh TensorFlow's
/// `_relative_position_bucket`; half of the buckets are exact, the others grow logarithmically up to `farthest`.
pub(super) fn bucket(distance: i64, both_ways: bool, buckets: usize, farthest: usize) -> usize {
    let (buckets, start) = match (both_ways, distance > 0) {
        (true, later) => (buckets / 2, if later { buckets / 2 } else { 0 }),
        (false, _) => (buckets, 0),
    };
    let distance = if both_ways { distance.unsigned_abs() } else { distance.min(0).unsigned_abs() } as usize;
    let exact = buckets / 2;
    if distance < exact {
        return start + distance;
    }
    // In f32, as the reference counts: on the border between two buckets the rounding decides.
    let share = (distance as f32 / exact as f32).ln() / ((farthest as f64 / exact as f64).ln() as f32);
    let beyond = (share * (buckets - exact) as f32) as usize;
    start + (exact + beyond).min(buckets - 1)
}

/// Vectors of sines, then cosines, `[count, width]`. Source: Vaswani et al. 2017, section 3.5, with the halves apart.
pub(super) fn sinusoids(count: usize, width: usize) -> Vec<f32> {
    let half = width.div_ceil(2);
    let mut table = Vec::with_capacity(count * width);
    for position in 0..count {
        let angle = |i: usize| position as f64 / 10_000f64.powf(2.0 * i as f64 / width as f64);
        table.extend((0..half).map(|i| angle(i).sin() as f32));
        table.extend((0..width - half).map(|i| angle(i).cos() as f32));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the reference's function.
    #[test]
    fn distances_fall_into_the_reference_s_buckets() {
        let both = [(0, 0), (1, 17), (-1, 1), (-7, 7), (-8, 8), (-11, 8), (-12, 9), (64, 30), (-127, 15), (900, 31)];
        for (distance, expected) in both {
            assert_eq!(bucket(distance, true, 32, 128), expected, "{distance}");
        }
        let back = [(0, 0), (5, 0), (-1, 1), (-15, 15), (-16, 16), (-20, 17), (-64, 26), (-127, 31), (-5000, 31)];
        for (distance, expected) in back {
            assert_eq!(bucket(distance, false, 32, 128), expected, "{distance}");
        }
    }

    #[test]
    fn sines_come_before_cosines() {
        let table = sinusoids(2, 5);
        assert_eq!(table[..5], [0.0, 0.0, 0.0, 1.0, 1.0]);
        assert!((table[5] - 1f32.sin()).abs() < 1e-7 && (table[8] - 1f32.cos()).abs() < 1e-7);
    }
}
