//! Counters of the server, and their text for a scraper. No labels that a client could choose.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Statuses that are counted by themselves; others fall under `other`.
const STATUSES: [u16; 11] = [200, 400, 404, 405, 413, 422, 429, 500, 503, 504, 0];

/// Responses since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    responses: [AtomicU64; STATUSES.len()],
}

/// What one model's thread counts.
#[derive(Debug, Default)]
pub(super) struct Counters {
    waiting: AtomicU64,
    answers: AtomicU64,
    answer_microseconds: AtomicU64,
    skipped: AtomicU64,
    panics: AtomicU64,
}

impl Counters {
    /// A question enters the queue.
    pub(super) fn enters(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// A question leaves the queue.
    pub(super) fn leaves(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// The model worked so long on a question.
    pub(super) fn answered(&self, time: Duration) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.answer_microseconds.fetch_add(time.as_micros() as u64, Ordering::Relaxed);
    }

    /// A question's client had gone.
    pub(super) fn skipped(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer ended in a panic.
    pub(super) fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// When the queue will have emptied at the usual pace, in whole seconds; at least one.
    pub(super) fn wait_s(&self) -> u64 {
        let (answers, spent) = (get(&self.answers), get(&self.answer_microseconds));
        let usual = spent / answers.max(1);
        (get(&self.waiting) * usual).div_ceil(1_000_000).clamp(1, 60)
    }
}

impl Metrics {
    /// A response with this status leaves.
    pub(super) fn responded(&self, status: u16) {
        let place = STATUSES.iter().position(|&other| other == status).unwrap_or(STATUSES.len() - 1);
        self.responses[place].fetch_add(1, Ordering::Relaxed);
    }

    /// In the text format of Prometheus, with the sums over the models' threads.
    pub(super) fn text(&self, threads: &[&Counters]) -> String {
        let mut text = String::from("# TYPE argiope_responses_total counter\n");
        for (status, count) in STATUSES.iter().zip(&self.responses) {
            let name = if *status == 0 { "other".to_owned() } else { status.to_string() };
            // Writing into a string cannot fail.
            let _ = writeln!(text, "argiope_responses_total{{status=\"{name}\"}} {}", get(count));
        }
        let sum = |of: fn(&Counters) -> &AtomicU64| threads.iter().map(|counters| get(of(counters))).sum::<u64>();
        let seconds = sum(|counters| &counters.answer_microseconds) as f64 / 1e6;
        let rest = [
            ("argiope_questions_waiting", "gauge", sum(|counters| &counters.waiting).to_string()),
            ("argiope_answers_total", "counter", sum(|counters| &counters.answers).to_string()),
            ("argiope_answer_seconds_total", "counter", seconds.to_string()),
            ("argiope_skipped_total", "counter", sum(|counters| &counters.skipped).to_string()),
            ("argiope_panics_total", "counter", sum(|counters| &counters.panics).to_string()),
        ];
        for (name, kind, value) in rest {
            let _ = writeln!(text, "# TYPE {name} {kind}\n{name} {value}");
        }
        text
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
