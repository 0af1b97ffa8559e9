//! The fixed subset of 200 examples: the same on every machine, stratified by hardness.

use sha2::{Digest, Sha256};

use crate::exact::Hardness;

/// How many examples the subset has.
pub const SIZE: usize = 200;

/// The places of the subset, in order: of each hardness its share, those whose place has the least SHA-256.
///
/// All places where there are no more than [`SIZE`].
pub fn fixed(hardness: &[Hardness]) -> Vec<usize> {
    if hardness.len() <= SIZE {
        return (0..hardness.len()).collect();
    }
    let mut chosen = Vec::with_capacity(SIZE);
    let mut before = 0;
    for level in Hardness::ALL {
        let mut places: Vec<usize> =
            (0..).zip(hardness).filter(|(_, found)| **found == level).map(|(place, _)| place).collect();
        places.sort_by_cached_key(|place| Sha256::digest(format!("argiope {place}")).to_vec());
        let (from, until) = (before, before + places.len());
        before = until;
        let share = until * SIZE / hardness.len() - from * SIZE / hardness.len();
        chosen.extend(places.into_iter().take(share));
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subset_is_fixed_and_stratified() {
        let hardness: Vec<Hardness> =
            (0..1000).map(|place| if place % 4 == 0 { Hardness::Easy } else { Hardness::Hard }).collect();
        let chosen = fixed(&hardness);
        assert_eq!((chosen.len(), chosen.clone()), (SIZE, fixed(&hardness)));
        assert_eq!(chosen.iter().filter(|place| **place % 4 == 0).count(), 50);
        assert_eq!(fixed(&hardness[..10]), (0..10).collect::<Vec<_>>());
    }
}
