//! What the handlers share: the models' workers, the settings and the counters.

use super::ServeSettings;
use super::error::Failure;
use super::metrics::{Counters, Metrics};
use super::sql::SqlModel;
use super::summarize::{LEAD, SummaryModel};
use super::worker::{Loading, Worker};
use super::{AnswerBody, ArticleBody, QuestionBody, SummaryBody};
use crate::error::Result;
use crate::pipeline::{Engine, Summariser};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Every model that is served, each on its own thread. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    sql: Worker<SqlModel>,
    summaries: Worker<SummaryModel>,
    pub(super) shared: Arc<Shared>,
}

/// Settings and counters.
pub(super) struct Shared {
    pub(super) settings: ServeSettings,
    pub(super) metrics: Metrics,
}

impl Service {
    /// Starts a thread for each model, which loads it first; until all have, nothing is ready. The second value tells how
    /// loading went.
    ///
    /// # Errors
    /// [`crate::Error::Io`] where the system gives no thread.
    pub fn start(
        settings: ServeSettings,
        load: impl FnOnce() -> Result<Engine> + Send + 'static,
        summaries: impl FnOnce() -> Result<Summariser> + Send + 'static,
    ) -> Result<(Self, oneshot::Receiver<Result<()>>)> {
        let (loading, loaded) = Loading::of(2);
        let beam_width = settings.beam_width;
        let load = move || Ok(SqlModel { engine: load()?, beam_width });
        let sql = Worker::start(settings.queue, load, &loading)?;
        let load = move || Ok(SummaryModel { summariser: summaries()? });
        let summaries = Worker::start(settings.queue, load, &loading)?;
        Ok((Self { sql, summaries, shared: Arc::new(Shared { settings, metrics: Metrics::default() }) }, loaded))
    }

    /// The loaded models, each with the route that it answers.
    pub(super) fn models(&self) -> Vec<(&str, &'static str)> {
        let sql = self.sql.name().map(|name| (name, "/sql"));
        let summaries = self.summaries.name().filter(|name| *name != LEAD).map(|name| (name, "/summarize"));
        sql.into_iter().chain(summaries).collect()
    }

    /// Whether every model is loaded and takes questions.
    pub(super) fn is_ready(&self) -> bool {
        self.sql.name().is_some() && self.summaries.name().is_some()
    }

    /// From now on nothing is ready; what waits is still answered.
    pub(super) fn close(&self) {
        self.sql.close();
        self.summaries.close();
    }

    /// Has a question answered.
    pub(super) async fn ask(&self, body: QuestionBody) -> std::result::Result<AnswerBody, Failure> {
        self.sql.ask(body).await
    }

    /// Has an article summarised.
    pub(super) async fn summarise(&self, body: ArticleBody) -> std::result::Result<SummaryBody, Failure> {
        self.summaries.ask(body).await
    }

    /// What every model's thread counted.
    pub(super) fn counters(&self) -> Vec<&Counters> {
        vec![self.sql.counters(), self.summaries.counters()]
    }
}
