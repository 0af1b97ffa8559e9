//! The most likely id, one after the other.

use super::{Generation, process::Processors, settings::GenerationSettings};
use crate::decode::{Step, softmax::log_total};

/// The search for one source.
pub(super) struct Greedy {
    /// The start included.
    ids: Vec<u32>,
    log_probability: f32,
    /// The row that the next step continues.
    row: usize,
    ended: bool,
    longest: usize,
    length_penalty: f64,
    ends: Vec<u32>,
}

impl Greedy {
    pub(super) fn new(settings: &GenerationSettings) -> Self {
        Self {
            ids: vec![settings.decoder_start_token_id],
            log_probability: 0.0,
            row: 0,
            ended: false,
            longest: settings.longest(),
            length_penalty: settings.length_penalty,
            ends: settings.eos_token_id.clone(),
        }
    }

    pub(super) fn rows(&self) -> usize {
        usize::from(!self.ended)
    }

    pub(super) fn extend(&mut self, first: usize, rows: &mut [Vec<f32>], processors: &Processors<'_>) {
        let Some(scores) = rows.first_mut() else { return };
        let total = log_total(scores);
        let raw = scores.clone();
        processors.apply(&self.ids, scores);
        let mut best = 0;
        for (id, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = id;
            }
        }
        self.row = first;
        self.log_probability += raw[best] - total;
        self.ids.push(best as u32);
        self.ended = self.ends.contains(&(best as u32)) || self.ids.len() >= self.longest;
    }

    pub(super) fn steps(&self, steps: &mut Vec<Step>) {
        if !self.ended {
            steps.push(Step { parent: self.row, last: self.ids.last().copied() });
        }
    }

    pub(super) fn results(mut self) -> Vec<Generation> {
        self.ids.remove(0);
        let length = self.ids.len() as f64;
        let score = self.log_probability / length.powf(self.length_penalty) as f32;
        vec![Generation { ids: self.ids, log_probability: self.log_probability, score }]
    }
}
