//! The search with a toy language and scorers that are functions of the prefix alone.
//!
//! What must hold whatever the scores are: the answer is accepted, beam 1 is greedy search, the same input gives the
//! same output, and the parents reported to the scorer lead to the prefix that is meant.

use argiope::decode::{Constraint, Patience, Scorer, Settings, Step, search};
use argiope::error::Result;

const END: u32 = 0;
const OPEN: u32 = 1;
const CLOSE: u32 = 2;
const IDS: u32 = 8;

/// Balanced brackets around letters 3..8, at most `budget` ids; refuses at the end what `refuses` says.
struct Brackets {
    budget: usize,
    refuses: fn(&[u32]) -> bool,
}

/// (ids so far, open brackets)
type Place = (usize, usize);

impl Constraint for Brackets {
    type State = Place;

    fn start(&self) -> Place {
        (0, 0)
    }

    fn allowed(&self, &(length, open): &Place, ids: &mut Vec<u32>) {
        let left = self.budget - length;
        if left >= open + 2 {
            ids.push(OPEN);
        }
        if left > open {
            // Letters in falling order: the search must not rely on the order.
            ids.extend((3..IDS).rev());
        }
        if open > 0 {
            ids.push(CLOSE);
        }
        if open == 0 && length > 0 {
            ids.push(END);
        }
    }

    fn advance(&self, &(length, open): &Place, id: u32) -> Option<Place> {
        match id {
            OPEN => Some((length + 1, open + 1)),
            CLOSE => open.checked_sub(1).map(|open| (length + 1, open)),
            _ => Some((length + 1, open)),
        }
    }

    fn accepts(&self, ids: &[u32]) -> bool {
        assert_eq!(ids.iter().filter(|&&id| id == OPEN).count(), ids.iter().filter(|&&id| id == CLOSE).count());
        !(self.refuses)(ids)
    }

    fn end(&self) -> u32 {
        END
    }
}

fn brackets(budget: usize) -> Brackets {
    Brackets { budget, refuses: |_| false }
}

/// Keeps the prefix of each row as a cache would, and scores it with `function`.
struct Prefixes<F> {
    rows: Vec<Vec<u32>>,
    function: F,
}

impl<F: Fn(&[u32]) -> Vec<f32>> Scorer for Prefixes<F> {
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>> {
        let prefix = |step: &Step| match step.last {
            None => Vec::new(),
            Some(id) => [self.rows[step.parent].as_slice(), &[id]].concat(),
        };
        self.rows = steps.iter().map(prefix).collect();
        Ok(self.rows.iter().map(|row| (self.function)(row)).collect())
    }
}

fn scorer<F: Fn(&[u32]) -> Vec<f32>>(function: F) -> Prefixes<F> {
    Prefixes { rows: Vec::new(), function }
}

/// Scores that look random and depend on seed and prefix only; `sharpness` scales them.
fn noise(seed: u64, sharpness: f32) -> impl Fn(&[u32]) -> Vec<f32> {
    move |prefix| {
        let mut state = prefix.iter().fold(seed ^ 0x9E37_79B9_7F4A_7C15, |state, &id| mix(state ^ u64::from(id + 1)));
        (0..IDS)
            .map(|_| {
                state = mix(state);
                ((state >> 40) as f32 / (1 << 24) as f32 - 0.5) * sharpness
            })
            .collect()
    }
}

fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9).wrapping_add(0x1234_5678_9ABC_DEF1);
    state ^ (state >> 27)
}

fn settings(beam_width: usize) -> Settings {
    Settings { beam_width, n_best: beam_width, limit: 40, ..Settings::default() }
}

/// Greedy search written plainly; `None` where it ends in a refusal.
fn greedy(constraint: &Brackets, function: impl Fn(&[u32]) -> Vec<f32>) -> Option<Vec<u32>> {
    let (mut ids, mut state) = (Vec::new(), constraint.start());
    loop {
        let mut allowed = Vec::new();
        constraint.allowed(&state, &mut allowed);
        allowed.retain(|&id| id != END || constraint.accepts(&ids));
        allowed.sort_unstable();
        let scores = function(&ids);
        let best = *allowed.iter().rev().max_by(|a, b| scores[**a as usize].total_cmp(&scores[**b as usize]))?;
        if best == END {
            return Some(ids);
        }
        state = constraint.advance(&state, best).unwrap();
        ids.push(best);
    }
}

/// Every sequence of the language with its log-probability.
fn all(constraint: &Brackets, function: &impl Fn(&[u32]) -> Vec<f32>) -> Vec<(Vec<u32>, f64)> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), constraint.start(), 0.0)];
    while let Some((ids, state, log_probability)) = open.pop() {
        let mut allowed = Vec::new();
        constraint.allowed(&state, &mut allowed);
        let shares = argiope::decode::log_softmax(&function(&ids), &allowed);
        for (&id, share) in allowed.iter().zip(shares) {
            if id == END {
                found.push((ids.clone(), log_probability + share));
            } else {
                let state = constraint.advance(&state, id).unwrap();
                open.push(([ids.as_slice(), &[id]].concat(), state, log_probability + share));
            }
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

#[test]
fn beam_of_one_is_greedy() {
    for seed in 0..200 {
        for refuses in [(|_: &[u32]| false) as fn(&[u32]) -> bool, |ids| ids.iter().sum::<u32>() % 2 == 1] {
            let constraint = Brackets { budget: 12, refuses };
            let expected = greedy(&constraint, noise(seed, 6.0));
            for length_exponent in [0.0, 1.0] {
                let settings = Settings { length_exponent, ..settings(1) };
                let found = search(&constraint, &mut scorer(noise(seed, 6.0)), &settings).unwrap();
                assert_eq!(found[0].completed, expected.is_none(), "seed {seed}");
                assert_eq!(found[0].ids, *expected.as_ref().unwrap_or(&found[0].ids), "seed {seed}");
            }
        }
    }
}

#[test]
fn a_wide_beam_finds_the_best_of_all() {
    for seed in 0..20 {
        let constraint = brackets(4);
        let expected = all(&constraint, &noise(seed, 4.0));
        let wide = Settings { n_best: 10, ..settings(2_000) };
        let found = search(&constraint, &mut scorer(noise(seed, 4.0)), &wide).unwrap();
        assert_eq!(found.len(), 10);
        for (found, (ids, log_probability)) in found.iter().zip(&expected) {
            assert_eq!(&found.ids, ids, "seed {seed}");
            assert!((found.log_probability - log_probability).abs() < 1e-6);
        }
        let mass: f64 = expected.iter().map(|(_, log_probability)| log_probability.exp()).sum();
        assert!((mass - 1.0).abs() < 1e-6);
    }
}

#[test]
fn same_input_same_output() {
    for seed in 0..50 {
        let run = || search(&brackets(14), &mut scorer(noise(seed, 3.0)), &settings(5)).unwrap();
        assert_eq!(run(), run());
    }
}

#[test]
fn answers_are_ordered_different_and_accepted() {
    for seed in 0..100 {
        let constraint = Brackets { budget: 12, refuses: |ids| !ids.len().is_multiple_of(3) };
        let found = search(&constraint, &mut scorer(noise(seed, 3.0)), &settings(6)).unwrap();
        assert!((1..=6).contains(&found.len()));
        for pair in found.windows(2) {
            assert!(pair[0].score >= pair[1].score);
            assert_ne!(pair[0].ids, pair[1].ids);
        }
        assert!(found.iter().all(|answer| answer.ids.len().is_multiple_of(3)));
    }
}

#[test]
fn more_answers_wanted_never_changes_the_first() {
    for seed in 0..100 {
        let first = |n_best| {
            let settings = Settings { n_best, ..settings(4) };
            search(&brackets(14), &mut scorer(noise(seed, 3.0)), &settings).unwrap().swap_remove(0)
        };
        assert_eq!(first(1), first(4), "seed {seed}");
    }
}

#[test]
fn patience_saves_steps_and_keeps_the_first_answer() {
    let mut saved = 0;
    for seed in 0..100 {
        let run = |patience| {
            let mut steps = 0;
            let mut counted = Counted { inner: scorer(noise(seed, 12.0)), steps: &mut steps };
            let settings = Settings { patience, ..settings(4) };
            (search(&brackets(14), &mut counted, &settings).unwrap().swap_remove(0), steps)
        };
        let (all, long) = run(None);
        let (first, short) = run(Some(Patience { answers: 1, margin: 0.0 }));
        assert_eq!(first, all, "seed {seed}");
        let (_, shorter) = run(Some(Patience { answers: 1, margin: -1.0 }));
        assert!(shorter <= short && short <= long);
        saved += long - short;
    }
    assert!(saved > 0);
}

/// Counts the steps.
struct Counted<'a, S> {
    inner: S,
    steps: &'a mut usize,
}

impl<S: Scorer> Scorer for Counted<'_, S> {
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>> {
        *self.steps += 1;
        self.inner.step(steps)
    }
}

#[test]
fn ties_go_to_the_lower_id() {
    let flat = |_: &[u32]| vec![0.0; IDS as usize];
    let found = search(&brackets(6), &mut scorer(flat), &settings(1)).unwrap();
    assert_eq!(Some(found[0].ids.clone()), greedy(&brackets(6), flat));
    assert_eq!(found[0].ids, [OPEN, OPEN, OPEN, CLOSE, CLOSE, CLOSE]);
}

#[test]
fn scorers_without_sense_still_get_an_answer() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0] {
        for length in [0, 3, IDS as usize] {
            let found = search(&brackets(9), &mut scorer(|_: &[u32]| vec![value; length]), &settings(3)).unwrap();
            assert!(found.iter().all(|answer| answer.score.is_finite()));
        }
    }
}

#[test]
fn a_refused_end_leads_to_the_cheapest_completion() {
    // Accepted is only a form that these scores never reach.
    let constraint = Brackets { budget: 6, refuses: |ids| ids != [7, 7] };
    let shy = |_: &[u32]| vec![0.0, 9.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0];
    let found = search(&constraint, &mut scorer(shy), &settings(2)).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].ids, [7, 7]);
    assert!(found[0].completed);
    assert!(found[0].log_probability.is_finite() && found[0].log_probability < 0.0);
}

#[test]
fn the_limit_is_kept_or_the_prefix_completed() {
    let eager = |_: &[u32]| vec![0.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let settings = Settings { limit: 5, ..settings(2) };
    let found = search(&brackets(30), &mut scorer(eager), &settings).unwrap();
    assert!(!found.is_empty());
    assert!(found[0].completed || found[0].ids.len() <= 5);
}

#[test]
fn a_language_without_words_is_an_error() {
    let constraint = Brackets { budget: 3, refuses: |_| true };
    let error = search(&constraint, &mut scorer(noise(1, 1.0)), &settings(2)).unwrap_err();
    assert!(error.to_string().contains("accepts no sequence"));
}

#[test]
fn length_normalisation_prefers_longer_answers() {
    // Ending after one id costs as much as going on; later, going on costs little until the budget ends it.
    let even = |prefix: &[u32]| {
        let mut scores = vec![-20.0; IDS as usize];
        scores[3] = 0.0;
        scores[END as usize] = if prefix.len() >= 2 { -2.2 } else { 0.0 };
        scores
    };
    let plain = search(&brackets(8), &mut scorer(even), &settings(4)).unwrap();
    let normalised =
        search(&brackets(8), &mut scorer(even), &Settings { length_exponent: 1.0, ..settings(4) }).unwrap();
    assert!(plain[0].ids.len() < normalised[0].ids.len());
}
