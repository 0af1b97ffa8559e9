//! What `POST /sql` takes and gives, as JSON.

use super::schema::SchemaBody;
use crate::error::{Error, Result};
use crate::pipeline::{Answer, Dialect, LARGEST_BEAM_WIDTH};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A question about a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionBody {
    /// The question, in English.
    #[schema(example = "How many singers are older than 30?")]
    pub question: String,
    /// What it is about.
    pub schema: SchemaBody,
    /// `sqlite` (the default), `postgres` or `mysql`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "sqlite")]
    pub dialect: Option<String>,
    /// How many texts are wanted: the answer and `n_best` − 1 alternatives. 1 to 32; 3 where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_best: Option<usize>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswerBody {
    /// One read-only statement, valid for the schema and the dialect.
    pub sql: String,
    /// How likely this text is right, 0 to 1.
    pub confidence: f64,
    /// Other texts, best first.
    pub alternatives: Vec<AlternativeBody>,
    /// Which words of the question met which part of the schema.
    pub links: Vec<LinkBody>,
    /// What was passed over in the schema or left out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The model that answered.
    pub model: String,
    /// How long each stage took, in milliseconds.
    pub timing_ms: TimingBody,
}

/// Another text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlternativeBody {
    /// One read-only statement, valid for the schema and the dialect.
    pub sql: String,
    /// How likely this text is right, 0 to 1.
    pub score: f64,
}

/// Words of the question that met a part of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkBody {
    /// The words as written.
    pub text: String,
    /// Where they start in the question, in characters.
    pub start: usize,
    /// Where they end (excluded), in characters.
    pub end: usize,
    /// `exact`, `partial`, `abbreviation`, `cell`, `cell_stem` or `cell_word`.
    pub kind: String,
    /// The table that was met, or whose column was met.
    pub table: String,
    /// The column that was met, or whose cell was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// Milliseconds a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimingBody {
    /// Waiting for the model.
    pub queue: f64,
    /// Reading and indexing the schema; almost nothing where it was seen before.
    pub schema: f64,
    /// Linking the question with the schema.
    pub link: f64,
    /// The encoder.
    pub encode: f64,
    /// The decoder.
    pub decode: f64,
    /// Which symbols may follow.
    pub mask: f64,
    /// Writing and checking SQL.
    pub check: f64,
    /// Everything.
    pub total: f64,
}

/// Texts that come back where a request does not say: the answer and two alternatives.
const DEFAULT_N_BEST: usize = 3;

impl QuestionBody {
    /// The dialect that is asked for.
    pub(super) fn dialect(&self) -> Result<Dialect> {
        match &self.dialect {
            None => Ok(Dialect::default()),
            Some(name) => dialect_named(name),
        }
    }

    /// The number of texts that is asked for.
    pub(super) fn n_best(&self) -> Result<usize> {
        match self.n_best.unwrap_or(DEFAULT_N_BEST) {
            n_best @ 1..=LARGEST_BEAM_WIDTH => Ok(n_best),
            n_best => Err(Error::input(format!("`n_best` must be 1 to {LARGEST_BEAM_WIDTH}, not {n_best}"))),
        }
    }
}

/// The dialect of this name.
fn dialect_named(name: &str) -> Result<Dialect> {
    match name {
        "sqlite" => Ok(Dialect::Sqlite),
        "postgres" => Ok(Dialect::Postgres),
        "mysql" => Ok(Dialect::MySql),
        other => Err(Error::input(format!("`dialect` must be sqlite, postgres or mysql, not {other:?}"))),
    }
}

impl AnswerBody {
    /// From the pipeline's answer. `waited` and `read` are the times before it: in the queue, and for the schema.
    pub fn new(answer: Answer, model: &str, waited: Duration, read: Duration) -> Self {
        let timing = answer.timing;
        Self {
            sql: answer.sql,
            confidence: answer.confidence,
            alternatives: answer
                .alternatives
                .into_iter()
                .map(|other| AlternativeBody { sql: other.sql, score: other.score })
                .collect(),
            links: answer.links.into_iter().map(LinkBody::from).collect(),
            notes: answer.notes,
            model: model.to_owned(),
            timing_ms: TimingBody {
                queue: milliseconds(waited),
                schema: milliseconds(read),
                link: milliseconds(timing.link),
                encode: milliseconds(timing.encode),
                decode: milliseconds(timing.decode),
                mask: milliseconds(timing.mask),
                check: milliseconds(timing.check),
                total: milliseconds(waited + read + timing.total),
            },
        }
    }
}

impl From<crate::pipeline::AnswerLink> for LinkBody {
    fn from(link: crate::pipeline::AnswerLink) -> Self {
        Self {
            text: link.text,
            start: link.start,
            end: link.end,
            kind: link.kind.to_owned(),
            table: link.table,
            column: link.column,
        }
    }
}

/// To a hundredth; more digits say nothing.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
}
