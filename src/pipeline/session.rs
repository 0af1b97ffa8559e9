//! One question from text to answer: link, encode, search, write, rank.

use super::answer::{Alternative, Answer, AnswerLink, Candidate, Timing};
use super::constraint::FormConstraint;
use super::engine::{Native, Prepared};
use super::evidence::{EVIDENCE, Evidence};
use super::guided::guide;
use super::ranking::log_sum;
use super::text_sql::InputFormat;
use super::watched::Watched;
use crate::decode::{Hypothesis, Patience, Settings, search};
use crate::error::{Error, Result};
use crate::link::{Prompt, PromptOptions, QuestionValues};
use crate::sql::Dialect;
use std::path::Path;
use std::time::Instant;

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
    /// The SQLite file that the queries found are tried on, read-only: one that returns nothing gives way to another that
    /// is not much less likely and does. Native models only.
    pub database: Option<&'a Path>,
    /// How a checkpoint that reads text is told question and schema; as its card says where this is missing.
    pub input: Option<InputFormat>,
    /// Asked at every step: true ends the work, because nobody waits for the answer.
    pub given_up: Option<&'a (dyn Fn() -> bool + Sync)>,
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
            database: None,
            input: None,
            given_up: None,
        }
    }
}

/// What an answer says that no search has found.
pub(super) const COMPLETED: &str = "the search found no acceptable answer; this is merely the shortest valid statement";

/// Answers one request.
pub(super) fn answer(native: &Native, request: &Request<'_>) -> Result<Answer> {
    let begin = Instant::now();
    let prompt = linked(native, request)?;
    let link = begin.elapsed();
    let mut found = find(native, request, &prompt)?;
    let is_guided = request.database.is_some_and(|database| guide(&mut found.candidates, database, MARGIN));
    let mut notes: Vec<String> = request.schema.notes.iter().chain(&prompt.notes).cloned().collect();
    if found.completed {
        notes.push(COMPLETED.to_owned());
    }
    if is_guided {
        notes.push("a likelier query returned nothing on this database and was passed over".to_owned());
    }
    let mut texts = found.candidates.into_iter().take(request.n_best.max(1));
    let Some(best) = texts.next() else { return Err(Error::internal("the search came back empty")) };
    let schema = request.schema.schema();
    let links = prompt.links.iter();
    Ok(Answer {
        sql: best.sql,
        confidence: best.confidence,
        alternatives: texts.map(|text| Alternative { sql: text.sql, score: text.confidence }).collect(),
        links: links.filter_map(|link| AnswerLink::new(link, request.question, &prompt.words, schema)).collect(),
        notes,
        completed: found.completed,
        timing: Timing { link, total: begin.elapsed(), ..found.timing },
    })
}

/// All that the search finds, best first.
pub(super) fn candidates(native: &Native, request: &Request<'_>) -> Result<Vec<Candidate>> {
    let prompt = linked(native, request)?;
    find(native, request, &prompt).map(|found| found.candidates)
}

/// What the search found.
struct Found {
    candidates: Vec<Candidate>,
    completed: bool,
    timing: Timing,
}

fn linked(native: &Native, request: &Request<'_>) -> Result<Prompt> {
    let max_pieces = native.network.max_pieces();
    let options = PromptOptions { use_values: request.use_values, max_pieces, ..PromptOptions::default() };
    request.schema.index()?.prompt(&native.tokenizer, request.question, &options)
}

fn find(native: &Native, request: &Request<'_>, prompt: &Prompt) -> Result<Found> {
    let begin = Instant::now();
    let index = request.schema.index()?;
    let values = QuestionValues::new(index, request.question, &prompt.words, request.use_values);
    let scorer = native.network.read(prompt)?;
    let encode = begin.elapsed();
    let constraint = FormConstraint::new(request.schema, prompt, &values, request.dialect, LARGEST_FORM);
    let mut scorer = Watched::new(scorer, request.given_up);
    let hypotheses = search(&constraint, &mut scorer, &settings(request))?;
    let evidence = Evidence { schema: index.schema(), prompt, use_values: request.use_values };
    let candidates = ranked(native, &constraint, &evidence, &hypotheses)?;
    let timing = Timing {
        encode,
        decode: scorer.time,
        mask: constraint.mask_time.get(),
        check: constraint.check_time.get(),
        ..Timing::default()
    };
    let completed = hypotheses.iter().all(|hypothesis| hypothesis.completed);
    Ok(Found { candidates, completed, timing })
}

/// How to search for this request.
pub(super) fn settings(request: &Request<'_>) -> Settings {
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

/// The different texts, best first; what several forms are written as has the sum of their probabilities.
fn ranked(
    native: &Native,
    constraint: &FormConstraint<'_>,
    evidence: &Evidence<'_>,
    hypotheses: &[Hypothesis],
) -> Result<Vec<Candidate>> {
    let mut found: Vec<Candidate> = Vec::new();
    for hypothesis in hypotheses {
        let query = constraint.query(&hypothesis.ids)?;
        let sql = constraint.written(&query);
        let numbers = evidence.of(&constraint.symbols(&hypothesis.ids), &query, hypothesis.log_probability);
        match found.iter_mut().find(|other| other.sql == sql) {
            Some(other) => other.evidence[0] = log_sum(&[other.evidence[0], numbers[0]]),
            None => found.push(Candidate { sql, evidence: numbers, confidence: 0.0 }),
        }
    }
    let numbers: Vec<[f64; EVIDENCE]> = found.iter().map(|one| one.evidence).collect();
    let mut judged: Vec<(f64, Candidate)> = native
        .ranking
        .judge(&numbers)
        .into_iter()
        .zip(found)
        .map(|((score, confidence), one)| (score, Candidate { confidence, ..one }))
        .collect();
    judged.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(judged.into_iter().map(|(_, one)| one).collect())
}
