//! Questions at the engine: what the thread behind `POST /sql` does.

use super::about::ModelBody;
use super::body::{AnswerBody, QuestionBody};
use super::worker::{Model, Task};
use crate::error::Result;
use crate::pipeline::{Engine, ModelEntry, Request};
use std::time::Instant;

/// The engine and how it is asked.
pub(super) struct SqlModel {
    pub(super) engine: Engine,
    pub(super) entry: Option<ModelEntry>,
    pub(super) beam_width: usize,
}

impl Model for SqlModel {
    type Body = QuestionBody;
    type Answer = AnswerBody;

    fn about(&self) -> ModelBody {
        ModelBody::new(self.engine.model(), "/sql", self.entry.as_ref())
    }

    fn answer(&self, task: &Task<'_, QuestionBody>) -> Result<AnswerBody> {
        let begin = Instant::now();
        let body = task.body;
        let (dialect, n_best) = (body.dialect()?, body.n_best()?);
        let schema = self.engine.prepare_once(&body.schema.content(), || body.schema.read())?;
        let read = begin.elapsed();
        let beam_width = self.beam_width;
        let given_up = Some(task.given_up);
        let request = Request { dialect, n_best, beam_width, given_up, ..Request::new(&body.question, &schema) };
        let answer = self.engine.answer(&request)?;
        Ok(AnswerBody::new(answer, self.engine.model(), task.waited, read))
    }
}
