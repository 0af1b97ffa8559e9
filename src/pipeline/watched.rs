//! A scorer that is timed, and stops when nobody waits for the answer any more.

use crate::decode::{Scorer, Step};
use crate::error::{Error, Result};
use std::time::{Duration, Instant};

/// A scorer under watch.
pub(super) struct Watched<'a, S> {
    inner: S,
    given_up: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// What its steps took so far.
    pub(super) time: Duration,
}

impl<'a, S> Watched<'a, S> {
    /// `given_up` is asked at every step: true ends the work.
    pub(super) fn new(inner: S, given_up: Option<&'a (dyn Fn() -> bool + Sync)>) -> Self {
        Self { inner, given_up, time: Duration::ZERO }
    }
}

impl<S: Scorer> Scorer for Watched<'_, S> {
    fn step(&mut self, steps: &[Step]) -> Result<Vec<Vec<f32>>> {
        if self.given_up.is_some_and(|given_up| given_up()) {
            return Err(Error::internal("nobody waits for the answer any more"));
        }
        let begin = Instant::now();
        let scores = self.inner.step(steps);
        self.time += begin.elapsed();
        scores
    }
}
