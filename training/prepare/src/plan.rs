//! Which examples stand in which batch: sampled by set, bucketed by length, shuffled; the same on every process.
//!
//! Knows lengths and weights only. A global batch is cut over the processes, so that all have like lengths at a step.

use crate::random::Random;

/// Batches that are sorted by length together: enough for little padding, few enough to stay random.
const BATCHES_IN_CHUNK: usize = 40;

/// Added to a length before sorting, in word pieces, so that like examples do not meet in every epoch.
const JITTER: f64 = 6.0;

/// What the plan knows of an example.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Word pieces of its prompt.
    pub(crate) length: usize,
    /// The chance that an epoch shows it.
    pub(crate) weight: f64,
}

/// The endless order of batches.
#[derive(Debug)]
pub(crate) struct Plan {
    entries: Vec<Entry>,
    seed: u64,
    size: usize,
    epoch: u64,
    pending: Vec<Vec<usize>>,
}

impl Plan {
    /// With global batches of `size` examples.
    pub(crate) fn new(entries: Vec<Entry>, seed: u64, size: usize) -> Self {
        Self { entries, seed, size, epoch: 0, pending: Vec::new() }
    }

    /// The epoch (from 1) and the next global batch, as indices into the entries; `None` where an epoch has no batch.
    pub(crate) fn next(&mut self) -> Option<(u64, Vec<usize>)> {
        if self.pending.is_empty() {
            self.epoch += 1;
            self.pending = self.batches();
        }
        self.pending.pop().map(|batch| (self.epoch, batch))
    }

    fn batches(&self) -> Vec<Vec<usize>> {
        let mut random = Random::of(&[self.seed, self.epoch]);
        let mut chosen: Vec<usize> =
            (0..self.entries.len()).filter(|&index| random.chance(self.entries[index].weight)).collect();
        random.shuffle(&mut chosen);
        let mut batches = Vec::new();
        for chunk in chosen.chunks(self.size * BATCHES_IN_CHUNK) {
            let mut keyed: Vec<(f64, usize)> = chunk
                .iter()
                .map(|&index| (self.entries[index].length as f64 + JITTER * random.unit(), index))
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            batches.extend(keyed.chunks_exact(self.size).map(|batch| batch.iter().map(|pair| pair.1).collect()));
        }
        random.shuffle(&mut batches);
        batches
    }
}

/// The part of a global batch that belongs to one process.
pub(crate) fn share(batch: &[usize], rank: usize, ranks: usize) -> Vec<usize> {
    batch.iter().copied().skip(rank).step_by(ranks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn plan() -> Plan {
        let entries = (0..1000).map(|i| Entry { length: i % 90, weight: if i < 500 { 1.0 } else { 0.3 } }).collect();
        Plan::new(entries, 3, 8)
    }

    #[test]
    fn an_epoch_shows_an_example_once_and_the_next_is_another() {
        let mut plan = plan();
        let first: Vec<_> = std::iter::from_fn(|| plan.next()).take_while(|(epoch, _)| *epoch == 1).collect();
        let seen: Vec<usize> = first.iter().flat_map(|(_, batch)| batch.clone()).collect();
        assert_eq!(seen.len(), seen.iter().collect::<HashSet<_>>().len());
        assert!(seen.iter().filter(|&&index| index < 500).count() > 450);
        assert!((100..200).contains(&seen.iter().filter(|&&index| index >= 500).count()));
        let batches = |seed| Plan { seed, ..self::plan() }.next();
        assert_eq!(batches(3), batches(3));
        assert_ne!(batches(3), batches(4));
    }

    #[test]
    fn shares_are_disjoint_and_whole() {
        let batch: Vec<usize> = (0..24).collect();
        let mut both = share(&batch, 0, 2);
        both.extend(share(&batch, 1, 2));
        both.sort_unstable();
        assert_eq!(both, batch);
    }
}
