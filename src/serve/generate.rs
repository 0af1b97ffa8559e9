//! What `POST /generate` takes and gives, and what the threads behind it do.

use super::about::ModelBody;
use super::body::milliseconds;
use super::worker::{Model, Task};
use crate::error::{Error, Result};
use crate::pipeline::{TextAnswer, TextEngine, TextRequest};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A text for a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateBody {
    /// The text, with whatever stands before it for this model.
    #[schema(example = "translate English to German: The house is wonderful.")]
    pub text: String,
    /// One of the models that `GET /models` lists for this route.
    #[schema(example = "google-t5/t5-small")]
    pub model: String,
    /// Hypotheses kept, 1 to 32; as the checkpoint says where it is missing. 1 is greedy search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beam_width: Option<usize>,
    /// Pieces written at most, 1 to 2048; as the checkpoint says where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
}

/// What the model wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GeneratedBody {
    /// The text, special pieces left out.
    pub text: String,
    /// The other hypotheses that the search ended with, best first; none for greedy search.
    pub alternatives: Vec<GeneratedAlternativeBody>,
    /// What was not read, where the text is longer than the model reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The model that wrote.
    pub model: String,
    /// How long each stage took, in milliseconds.
    pub timing_ms: GenerateTimingBody,
}

/// Another text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GeneratedAlternativeBody {
    /// The text, special pieces left out.
    pub text: String,
    /// Log-probability by length; larger is better, and to be compared within one answer only.
    pub score: f32,
}

/// Milliseconds a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GenerateTimingBody {
    /// Waiting for the model.
    pub queue: f64,
    /// Pieces of the text, and the encoder.
    pub encode: f64,
    /// The decoder.
    pub decode: f64,
    /// Everything.
    pub total: f64,
}

impl GeneratedBody {
    /// From the pipeline's answer, which waited so long in the queue.
    pub fn new(answer: TextAnswer, model: &str, waited: Duration) -> Self {
        let timing = answer.timing;
        let other = |other: crate::pipeline::GeneratedAlternative| GeneratedAlternativeBody {
            text: other.text,
            score: other.score,
        };
        Self {
            text: answer.text,
            alternatives: answer.alternatives.into_iter().map(other).collect(),
            notes: answer.notes,
            model: model.to_owned(),
            timing_ms: GenerateTimingBody {
                queue: milliseconds(waited),
                encode: milliseconds(timing.encode),
                decode: milliseconds(timing.decode),
                total: milliseconds(waited + timing.total),
            },
        }
    }
}

impl Model for TextEngine {
    type Body = GenerateBody;
    type Answer = GeneratedBody;

    fn about(&self) -> ModelBody {
        ModelBody::new(self.name(), "/generate", Some(self.entry()))
    }

    fn answer(&self, task: &Task<'_, GenerateBody>) -> Result<GeneratedBody> {
        let body = task.body;
        let request = TextRequest {
            beam_width: body.beam_width,
            max_tokens: body.max_tokens,
            task: None,
            given_up: Some(task.given_up),
        };
        let answer = self.answer(&[&body.text], &request)?.pop();
        let answer = answer.ok_or_else(|| Error::internal("a text without an answer"))?;
        Ok(GeneratedBody::new(answer, self.name(), task.waited))
    }
}
