//! What the handlers share: the models' workers, the settings and the counters.

use super::ServeSettings;
use super::error::Failure;
use super::metrics::{Counters, Metrics};
use super::sql::SqlModel;
use super::worker::{Loading, Worker};
use super::{AnswerBody, QuestionBody};
use crate::error::Result;
use crate::pipeline::Engine;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Every model that is served, each on its own thread. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    sql: Worker<SqlModel>,
    pub(super) shared: Arc<Shared>,
}

/// Settings and counters.
pub(super) struct Shared {
    pub(super) settings: ServeSettings,
    pub(super) metrics: Metrics,
}

impl Service {
    /// Starts the model's thread, which loads the engine first; until it has, nothing is ready. The second value tells
    /// how loading went.
    ///
    /// # Errors
    /// [`crate::Error::Io`] where the system gives no thread.
    pub fn start(
        settings: ServeSettings,
        load: impl FnOnce() -> Result<Engine> + Send + 'static,
    ) -> Result<(Self, oneshot::Receiver<Result<()>>)> {
        let (loading, loaded) = Loading::of(1);
        let beam_width = settings.beam_width;
        let load = move || Ok(SqlModel { engine: load()?, beam_width });
        let sql = Worker::start(settings.queue, load, &loading)?;
        Ok((Self { sql, shared: Arc::new(Shared { settings, metrics: Metrics::default() }) }, loaded))
    }

    /// The loaded models, each with the route that it answers.
    pub(super) fn models(&self) -> Vec<(&str, &'static str)> {
        self.sql.name().map(|name| (name, "/sql")).into_iter().collect()
    }

    /// Whether every model is loaded and takes questions.
    pub(super) fn is_ready(&self) -> bool {
        self.sql.name().is_some()
    }

    /// From now on nothing is ready; what waits is still answered.
    pub(super) fn close(&self) {
        self.sql.close();
    }

    /// Has a question answered.
    pub(super) async fn ask(&self, body: QuestionBody) -> std::result::Result<AnswerBody, Failure> {
        self.sql.ask(body).await
    }

    /// What every model's thread counted.
    pub(super) fn counters(&self) -> Vec<&Counters> {
        vec![self.sql.counters()]
    }
}
