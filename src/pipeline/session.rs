//! One question from text to answer: link, encode, search, write.

use super::answer::{Alternative, Answer, AnswerLink, Timing};
use super::constraint::FormConstraint;
use super::engine::{Engine, Prepared};
use crate::decode::{Hypothesis, Patience, Scorer, Settings, Step, search};
use crate::error::{Error, Result};
use crate::link::{PromptOptions, QuestionValues};
use crate::sql::Dialect;
use std::time::{Duration, Instant};

/// Symbols of a form at most. Of Spider's gold queries one in a hundred needs more than 30; the network's positions
/// end at 160.
pub(super) const LARGEST_FORM: usize = 96;

/// The search ends once enough answers are found and all that is left is this much less likely than the best, in
/// nats: e⁻³ is 5 %, so that a beam of four can no longer bring another text before it but by an accident.
const MARGIN: f64 = 3.0;

/// Hypotheses kept where the request does not say.
pub const DEFAULT_BEAM_WIDTH: usize = 4;

/// Hypotheses kept at most, whatever the request says; each costs time and memory.
pub const LARGEST_BEAM_WIDTH: usize = 32;

/// A question and how to answer it.
pub struct Request<'a> {
    /// The question.
    pub question: &'a str,
    /// The schema it is about.
    pub schema: &'a Prepared,
    /// Whose SQL is wanted.
    pub dialect: Dialect,
    /// Texts wanted: the answer and its alternatives.
    pub n_best: usize,
    /// Hypotheses kept; at least `n_best`.
    pub beam_width: usize,
    /// Whether the schema's cell samples may be matched.
    pub use_values: bool,
    /// Asked at every step: true ends the work, because nobody waits for the answer.
    pub given_up: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Request<'a> {
    /// With the default settings.
    pub fn new(question: &'a str, schema: &'a Prepared) -> Self {
        Self {
            question,
            schema,
            dialect: Dialect::default(),
            n_best: 1,
            beam_width: DEFAULT_BEAM_WIDTH,
            use_values: true,
            given_up: None,
        }
    }
}

/// Answers one request.
pub(super) fn answer(engine: &Engine, request: &Request<'_>) -> Result<Answer> {
    let begin = Instant::now();
    let network = engine.network();
    let index = &request.schema.index;
    let schema = index.schema();
    let options =
        PromptOptions { use_values: request.use_values, max_pieces: network.max_pieces(), ..PromptOptions::default() };
    let prompt = index.prompt(engine.tokenizer(), request.question, &options)?;
    let values = QuestionValues::new(index, request.question, &prompt.words, request.use_values);
    let linked = Instant::now();
    let scorer = network.read(&prompt)?;
    let encoded = Instant::now();
    let constraint = FormConstraint::new(request.schema, &prompt, &values, request.dialect, LARGEST_FORM);
    let mut scorer = Watched { inner: scorer, given_up: request.given_up, time: Duration::ZERO };
    let hypotheses = search(&constraint, &mut scorer, &settings(request))?;
    let texts = texts(&constraint, &hypotheses)?;
    let completed = hypotheses.iter().all(|hypothesis| hypothesis.completed);
    let mut notes: Vec<String> = request.schema.notes.iter().chain(&prompt.notes).cloned().collect();
    if completed {
        notes.push("the search found no acceptable answer; this is merely the shortest valid statement".to_owned());
    }
    let links = prompt.links.iter();
    Ok(Answer {
        completed,
        links: links.filter_map(|link| AnswerLink::new(link, request.question, &prompt.words, schema)).collect(),
        notes,
        timing: Timing {
            link: linked - begin,
            encode: encoded - linked,
            decode: scorer.time,
            mask: constraint.mask_time.get(),
            check: constraint.check_time.get(),
            total: begin.elapsed(),
        },
        ..chosen(texts, request.n_best)?
    })
}

fn settings(request: &Request<'_>) -> Settings {
    let beam_width = request.beam_width.max(request.n_best).clamp(1, LARGEST_BEAM_WIDTH);
    Settings {
        beam_width,
        // All that the beam finds is wanted, whatever the request says: several forms may be written as one text.
        n_best: beam_width,
        patience: Some(Patience { answers: request.n_best, margin: MARGIN }),
        length_exponent: 0.0,
        limit: LARGEST_FORM,
    }
}

/// The different texts with their probabilities, best first; what several forms are written as has their sum.
fn texts(constraint: &FormConstraint<'_>, hypotheses: &[Hypothesis]) -> Result<Vec<Alternative>> {
    let mut texts: Vec<Alternative> = Vec::new();
    for hypothesis in hypotheses {
        let sql = constraint.text(&hypothesis.ids)?;
        let score = hypothesis.log_probability.exp();
        match texts.iter_mut().find(|other| other.sql == sql) {
            Some(other) => other.score = (other.score + score).min(1.0),
            None => texts.push(Alternative { sql, score }),
        }
    }
    texts.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(texts)
}

/// The answer with its alternatives, all else left empty.
fn chosen(texts: Vec<Alternative>, n_best: usize) -> Result<Answer> {
    let mut texts = texts.into_iter().take(n_best.max(1));
    let Some(best) = texts.next() else { return Err(Error::internal("the search came back empty")) };
    Ok(Answer {
        sql: best.sql,
        confidence: best.score,
        alternatives: texts.collect(),
        links: Vec::new(),
        notes: Vec::new(),
        completed: false,
        timing: Timing::default(),
    })
}

/// A scorer that is timed, and stops when nobody waits any more.
struct Watched<'a> {
    inner: Box<dyn Scorer + 'a>,
    given_up: Option<&'a dyn Fn() -> bool>,
    time: Duration,
}

impl Scorer for Watched<'_> {
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
