//! Beam search for one source, step by step as the reference's `_beam_search` takes it, in the same f32.
//!
//! Numbers of the reference that look odd are kept: scores of what must not be chosen are lowered by 1e9, and a
//! hypothesis that ended stays among the running ones so lowered where nothing else is left.

use super::{EarlyStopping, Generation, process::Processors, settings::GenerationSettings};
use crate::decode::{Step, softmax::log_total};

/// The reference's score of what must not be chosen.
const LOWERED: f32 = -1e9;

/// A hypothesis that can still grow.
#[derive(Clone)]
struct Running {
    /// The start included.
    ids: Vec<u32>,
    /// The sum of its log-probabilities.
    score: f32,
    /// The row of the last call that it continues.
    row: usize,
}

/// A place among the finished ones.
#[derive(Clone)]
struct Finished {
    ids: Vec<u32>,
    log_probability: f32,
    /// Normalised by length.
    score: f32,
    /// Whether a hypothesis took it.
    taken: bool,
}

/// A way to go on.
#[derive(Clone, Copy)]
struct Candidate {
    beam: usize,
    id: u32,
    score: f32,
    ends: bool,
}

/// The search for one source.
pub(super) struct Beam {
    settings: GenerationSettings,
    longest: usize,
    running: Vec<Running>,
    finished: Vec<Finished>,
    /// Whether a running hypothesis may still become better than a finished one.
    improvable: bool,
    begun: bool,
    ended: bool,
}

impl Beam {
    pub(super) fn new(settings: &GenerationSettings) -> Self {
        let width = settings.beam_width;
        let start = |beam| Running {
            ids: vec![settings.decoder_start_token_id],
            score: if beam == 0 { 0.0 } else { LOWERED },
            row: 0,
        };
        let place = Finished { ids: Vec::new(), log_probability: LOWERED, score: LOWERED, taken: false };
        Self {
            settings: settings.clone(),
            longest: settings.longest(),
            running: (0..width).map(start).collect(),
            finished: vec![place; width],
            improvable: true,
            begun: false,
            ended: false,
        }
    }

    fn width(&self) -> usize {
        self.settings.beam_width
    }

    /// At first one: all hypotheses are the same start.
    pub(super) fn rows(&self) -> usize {
        match (self.ended, self.begun) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => self.running.len(),
        }
    }

    pub(super) fn steps(&self, steps: &mut Vec<Step>) {
        if !self.ended {
            steps.extend(self.running.iter().map(|beam| Step { parent: beam.row, last: beam.ids.last().copied() }));
        }
    }

    pub(super) fn extend(&mut self, first: usize, rows: &mut [Vec<f32>], processors: &Processors<'_>) {
        for (row, beam) in rows.iter_mut().zip(&self.running) {
            let total = log_total(row);
            row.iter_mut().for_each(|score| *score -= total);
            processors.apply(&beam.ids, row);
        }
        let candidates = self.candidates(rows);
        let old = std::mem::take(&mut self.running);
        let row_of = |beam: usize| first + if self.begun { beam } else { 0 };
        self.running = going_on(&candidates, self.width())
            .into_iter()
            .map(|(candidate, score)| Running {
                ids: longer(&old[candidate.beam].ids, candidate.id),
                score,
                row: row_of(candidate.beam),
            })
            .collect();
        self.begun = true;
        let length = old.first().map_or(0, |beam| beam.ids.len());
        self.finish(&candidates, &old, length);
        self.look_ahead(length);
        let full = self.finished.iter().all(|place| place.taken);
        let stops = full && self.settings.early_stopping == EarlyStopping::Full;
        self.ended = !self.improvable || stops || candidates.iter().all(|candidate| candidate.ends);
    }

    /// The best ways to go on over all hypotheses, best first: enough that a beam's width of them does not end.
    fn candidates(&self, rows: &[Vec<f32>]) -> Vec<Candidate> {
        let wanted = (1 + self.settings.eos_token_id.len()).max(2) * self.width();
        let mut best: Vec<Candidate> = Vec::with_capacity(wanted + 1);
        for (beam, running) in self.running.iter().enumerate() {
            let row = &rows[if self.begun { beam } else { 0 }];
            for (id, score) in row.iter().enumerate() {
                let score = score + running.score;
                let worst = best.last().map_or(f32::NEG_INFINITY, |candidate| candidate.score);
                if best.len() == wanted && score <= worst {
                    continue;
                }
                // Behind equals: what comes first stays first.
                let place = best.partition_point(|other| other.score >= score);
                best.insert(place, Candidate { beam, id: id as u32, score, ends: false });
                best.truncate(wanted);
            }
        }
        let length = self.running.first().map_or(0, |beam| beam.ids.len()) + 1;
        for candidate in &mut best {
            candidate.ends = length >= self.longest || self.settings.eos_token_id.contains(&candidate.id);
        }
        best
    }

    /// Puts candidates that ended and stand in the first beam's width among the finished.
    fn finish(&mut self, candidates: &[Candidate], old: &[Running], length: usize) {
        let full = self.finished.iter().all(|place| place.taken);
        let closed = (full && self.settings.early_stopping == EarlyStopping::Full) || !self.improvable;
        let penalty = (length as f64).powf(self.settings.length_penalty) as f32;
        for candidate in candidates.iter().take(self.width()).filter(|candidate| candidate.ends && !closed) {
            let score = candidate.score / penalty;
            let place = self.finished.partition_point(|other| other.score >= score);
            if place < self.width() {
                let ids = longer(&old[candidate.beam].ids, candidate.id);
                self.finished.insert(place, Finished { ids, log_probability: candidate.score, score, taken: true });
                self.finished.truncate(self.width());
            }
        }
    }

    /// Whether it makes sense to go on; `length` is that of the hypotheses before this step.
    fn look_ahead(&mut self, length: usize) {
        let penalty = self.settings.length_penalty;
        let to_the_end = self.settings.early_stopping == EarlyStopping::Never && penalty > 0.0;
        let reached = if to_the_end { self.longest - 1 } else { length };
        let best = self.running.first().map_or(LOWERED, |beam| beam.score) / (reached as f64).powf(penalty) as f32;
        let worst = self.finished.iter().fold(f32::INFINITY, |worst, place| worst.min(place.score));
        self.improvable &= self.finished.iter().any(|place| best > if place.taken { worst } else { LOWERED });
    }

    pub(super) fn results(self) -> Vec<Generation> {
        let wanted = self.settings.n_best;
        let taken = self.finished.into_iter().filter(|place| place.taken).take(wanted);
        taken
            .map(|place| Generation {
                ids: place.ids[1..].to_vec(),
                log_probability: place.log_probability,
                score: place.score,
            })
            .collect()
    }
}

/// The candidates that live on, with their scores: those that ended are lowered, and come last.
fn going_on(candidates: &[Candidate], width: usize) -> Vec<(Candidate, f32)> {
    let lowered = |candidate: &Candidate| candidate.score + if candidate.ends { LOWERED } else { 0.0 };
    let mut all: Vec<(Candidate, f32)> = candidates.iter().map(|candidate| (*candidate, lowered(candidate))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(width);
    all
}

fn longer(ids: &[u32], id: u32) -> Vec<u32> {
    let mut ids = ids.to_vec();
    ids.push(id);
    ids
}
