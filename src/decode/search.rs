//! Beam search; greedy search is a beam of one.
//!
//! Hypotheses live in a tree of (parent, id) so that keeping one costs two numbers, and each step tells the scorer
//! which row continues which. Ties go to the earlier row, then to the lower id, so the order is the same on every run.

use super::complete::cheapest;
use super::{Constraint, Hypothesis, Scorer, Settings, Step, log_softmax};
use crate::error::{Error, Result};

/// The `n_best` best accepted answers, best first; at least one.
///
/// Where nothing that the search reaches is accepted, the answer is the cheapest completion of the best prefix that
/// has one, marked [`Hypothesis::completed`].
///
/// # Errors
/// What the scorer reports; [`Error::Internal`] where the constraint accepts nothing at all.
pub fn search<C: Constraint, S: Scorer + ?Sized>(
    constraint: &C,
    scorer: &mut S,
    settings: &Settings,
) -> Result<Vec<Hypothesis>> {
    let mut beam = Beam::new(constraint, settings);
    while beam.goes_on() {
        let scores = scorer.step(&beam.steps())?;
        beam.extend(&scores);
    }
    if beam.finished.is_empty() {
        let ids = beam.completion()?;
        return Ok(vec![replay(constraint, scorer, settings, ids)?]);
    }
    beam.finished.truncate(settings.n_best.max(1));
    Ok(beam.finished)
}

/// A prefix in the tree of all prefixes: its last id and the prefix before it.
struct Node {
    parent: Option<usize>,
    id: u32,
}

/// A hypothesis that can still grow.
struct Live<S> {
    /// Its last node; `None` for the empty prefix.
    node: Option<usize>,
    state: S,
    log_probability: f64,
    step: Step,
}

/// A way to go on from a live hypothesis.
struct Candidate {
    row: usize,
    id: u32,
    log_probability: f64,
}

struct Beam<'a, C: Constraint> {
    constraint: &'a C,
    settings: &'a Settings,
    nodes: Vec<Node>,
    live: Vec<Live<C::State>>,
    /// Hypotheses that could neither grow nor end.
    stuck: Vec<Live<C::State>>,
    /// Best first.
    finished: Vec<Hypothesis>,
    length: usize,
}

impl<'a, C: Constraint> Beam<'a, C> {
    fn new(constraint: &'a C, settings: &'a Settings) -> Self {
        let start =
            Live { node: None, state: constraint.start(), log_probability: 0.0, step: Step { parent: 0, last: None } };
        Self {
            constraint,
            settings,
            nodes: Vec::new(),
            live: vec![start],
            stuck: Vec::new(),
            finished: Vec::new(),
            length: 0,
        }
    }

    fn width(&self) -> usize {
        self.settings.beam_width.max(1)
    }

    fn steps(&self) -> Vec<Step> {
        self.live.iter().map(|live| live.step).collect()
    }

    /// Whether a live hypothesis can still enter the list of answers.
    fn goes_on(&self) -> bool {
        let Some(best) = self.live.first() else { return false };
        if self.length > self.settings.limit {
            return false;
        }
        // Greedy search takes the first end it meets, whatever the normalisation says of longer ones.
        if self.width() == 1 {
            return self.finished.is_empty();
        }
        let wanted = self.settings.n_best.clamp(1, self.width());
        // Log-probabilities only fall, so the best that may come is the present one at the greatest length.
        let reachable = self.normalised(best.log_probability, self.settings.limit);
        let beaten = self.finished.get(wanted - 1).is_some_and(|worst| reachable <= worst.score);
        let worthless = self.settings.patience.is_some_and(|patience| {
            let enough = self.finished.len() >= patience.answers;
            enough && self.finished.first().is_some_and(|answer| reachable <= answer.score - patience.margin)
        });
        !beaten && !worthless
    }

    fn normalised(&self, log_probability: f64, length: usize) -> f64 {
        // The end counts as one more id.
        log_probability / (length as f64 + 1.0).powf(self.settings.length_exponent)
    }

    /// One step: ends among the best `beam_width` candidates are finished, the best `beam_width` others live on.
    fn extend(&mut self, scores: &[Vec<f32>]) {
        let candidates = self.candidates(scores);
        let (end, width) = (self.constraint.end(), self.width());
        let old = std::mem::take(&mut self.live);
        let mut goes_on = vec![false; old.len()];
        for (rank, candidate) in candidates.iter().enumerate() {
            goes_on[candidate.row] = true;
            if candidate.id == end {
                if rank < width {
                    self.finish(old[candidate.row].node, candidate.log_probability);
                }
            } else if self.live.len() < width {
                self.grow(&old[candidate.row], candidate);
            }
        }
        let stuck = old.into_iter().zip(goes_on).filter(|(_, goes_on)| !goes_on).map(|(live, _)| live);
        self.stuck.extend(stuck);
        self.length += 1;
    }

    /// All ways to go on, best first.
    fn candidates(&self, scores: &[Vec<f32>]) -> Vec<Candidate> {
        let mut all = Vec::new();
        let none = Vec::new();
        for (row, live) in self.live.iter().enumerate() {
            self.candidates_of(row, live, scores.get(row).unwrap_or(&none), &mut all);
        }
        all.sort_by(|a, b| {
            let better = b.log_probability.total_cmp(&a.log_probability);
            better.then(a.row.cmp(&b.row)).then(a.id.cmp(&b.id))
        });
        all
    }

    /// The best ways to go on from one hypothesis. Where its end is among them, the constraint's last word is asked;
    /// a refused end is masked and its share goes to the other ids.
    fn candidates_of(&self, row: usize, live: &Live<C::State>, scores: &[f32], all: &mut Vec<Candidate>) {
        let (end, width) = (self.constraint.end(), self.width());
        let mut ids = Vec::new();
        self.constraint.allowed(&live.state, &mut ids);
        ids.sort_unstable();
        ids.dedup();
        if self.length >= self.settings.limit {
            ids.retain(|&id| id == end);
        }
        let mut best = rank(&ids, scores, width);
        if best.iter().take(width).any(|&(id, _)| id == end) && !self.constraint.accepts(&self.ids(live.node)) {
            ids.retain(|&id| id != end);
            best = rank(&ids, scores, width);
        }
        all.extend(best.into_iter().map(|(id, share)| Candidate {
            row,
            id,
            log_probability: live.log_probability + share,
        }));
    }

    fn grow(&mut self, from: &Live<C::State>, candidate: &Candidate) {
        let Some(state) = self.constraint.advance(&from.state, candidate.id) else { return };
        self.nodes.push(Node { parent: from.node, id: candidate.id });
        self.live.push(Live {
            node: Some(self.nodes.len() - 1),
            state,
            log_probability: candidate.log_probability,
            step: Step { parent: candidate.row, last: Some(candidate.id) },
        });
    }

    fn finish(&mut self, node: Option<usize>, log_probability: f64) {
        let ids = self.ids(node);
        let score = self.normalised(log_probability, ids.len());
        // Behind equals, so that what ended first stays first.
        let place = self.finished.partition_point(|other| other.score >= score);
        self.finished.insert(place, Hypothesis { ids, log_probability, score, completed: false });
    }

    /// The ids of a prefix, first to last.
    fn ids(&self, node: Option<usize>) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut next = node;
        while let Some(node) = next.map(|index| &self.nodes[index]) {
            ids.push(node.id);
            next = node.parent;
        }
        ids.reverse();
        ids
    }

    /// The cheapest completion of the best unfinished prefix that has one; at last the constraint's shortest sequence, or
    /// the cheapest completion of the empty prefix.
    fn completion(&mut self) -> Result<Vec<u32>> {
        let mut open: Vec<Live<C::State>> = self.live.drain(..).chain(self.stuck.drain(..)).collect();
        open.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
        open.iter()
            .take(self.width())
            .find_map(|live| cheapest(self.constraint, &live.state, &self.ids(live.node)))
            .or_else(|| self.constraint.shortest())
            .or_else(|| cheapest(self.constraint, &self.constraint.start(), &[]))
            .ok_or_else(|| Error::internal("the constraint accepts no sequence at all"))
    }
}

/// The most likely `width` + 1 of `ids` (sorted) with their log-probabilities, best first, lower ids first among
/// equals. One more than the width, because an end takes no place among those that go on.
fn rank(ids: &[u32], scores: &[f32], width: usize) -> Vec<(u32, f64)> {
    let mut ranked: Vec<(u32, f64)> = ids.iter().copied().zip(log_softmax(scores, ids)).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(width + 1);
    ranked
}

/// Scores a sequence that did not come out of the search itself.
fn replay<C: Constraint, S: Scorer + ?Sized>(
    constraint: &C,
    scorer: &mut S,
    settings: &Settings,
    ids: Vec<u32>,
) -> Result<Hypothesis> {
    let mut state = constraint.start();
    let mut log_probability = 0.0;
    let mut last = None;
    for &id in ids.iter().chain([&constraint.end()]) {
        let scores = scorer.step(&[Step { parent: 0, last }])?;
        let mut allowed = Vec::new();
        constraint.allowed(&state, &mut allowed);
        let shares = log_softmax(scores.first().map_or(&[], Vec::as_slice), &allowed);
        log_probability += allowed.iter().position(|&other| other == id).map_or(0.0, |place| shares[place]);
        if let Some(next) = (id != constraint.end()).then(|| constraint.advance(&state, id)).flatten() {
            state = next;
        }
        last = Some(id);
    }
    let score = log_probability / (ids.len() as f64 + 1.0).powf(settings.length_exponent);
    Ok(Hypothesis { ids, log_probability, score, completed: true })
}
