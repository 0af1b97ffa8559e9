//! What the handlers share: the models' workers, the settings and the counters.

use super::about::ModelBody;
use super::error::Failure;
use super::generate::{GenerateBody, GeneratedBody};
use super::metrics::{Counters, Metrics};
use super::sql::SqlModel;
use super::summarize::{LEAD, SummaryModel};
use super::worker::{Loading, Worker};
use super::{AnswerBody, ArticleBody, QuestionBody, ServeSettings, SummaryBody};
use crate::error::{Error, Result};
use crate::pipeline::{Engine, ModelEntry, Summariser, TextEngine};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Loads a model on its own thread.
pub type Load<M> = Box<dyn FnOnce() -> Result<M> + Send>;

/// The models that are to be served.
pub struct Models {
    /// Answers `POST /sql`.
    pub sql: Load<Engine>,
    /// What is known of its folder.
    pub sql_entry: Option<ModelEntry>,
    /// Answers `POST /summarize`.
    pub summaries: Load<Summariser>,
    /// Answer `POST /generate`, each by its name.
    pub texts: Vec<(String, Load<TextEngine>)>,
}

/// Every model that is served, each on its own thread. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    sql: Worker<SqlModel>,
    summaries: Worker<SummaryModel>,
    texts: Vec<(String, Worker<TextEngine>)>,
    pub(super) shared: Arc<Shared>,
}

/// Settings and counters.
pub(super) struct Shared {
    pub(super) settings: ServeSettings,
    pub(super) metrics: Metrics,
}

impl Service {
    /// Without models for `POST /generate`; as [`Service::start_all`].
    ///
    /// # Errors
    /// As [`Service::start_all`].
    pub fn start(
        settings: ServeSettings,
        load: impl FnOnce() -> Result<Engine> + Send + 'static,
        summaries: impl FnOnce() -> Result<Summariser> + Send + 'static,
    ) -> Result<(Self, oneshot::Receiver<Result<()>>)> {
        let (sql, summaries) = (Box::new(load), Box::new(summaries));
        Self::start_all(settings, Models { sql, sql_entry: None, summaries, texts: Vec::new() })
    }

    /// Starts the models' threads, which load them first; until all are loaded, the server is not ready. The second
    /// value tells how loading went.
    ///
    /// # Errors
    /// [`Error::Io`] where the system gives no thread.
    pub fn start_all(settings: ServeSettings, models: Models) -> Result<(Self, oneshot::Receiver<Result<()>>)> {
        let (loading, loaded) = Loading::of(2 + models.texts.len());
        let (queue, beam_width) = (settings.queue, settings.beam_width);
        let load_sql = move || Ok(SqlModel { engine: (models.sql)()?, entry: models.sql_entry, beam_width });
        let sql = Worker::start(queue, load_sql, &loading)?;
        let load_summaries = move || Ok(SummaryModel { summariser: (models.summaries)()? });
        let summaries = Worker::start(queue, load_summaries, &loading)?;
        let text = |(name, load): (String, Load<TextEngine>)| Ok((name, Worker::start(queue, load, &loading)?));
        let texts = models.texts.into_iter().map(text).collect::<Result<_>>()?;
        Ok((Self { sql, summaries, texts, shared: Arc::new(Shared { settings, metrics: Metrics::default() }) }, loaded))
    }

    /// The loaded models.
    pub(super) fn models(&self) -> Vec<ModelBody> {
        let texts = self.texts.iter().map(|(_, worker)| worker.about());
        let summaries = self.summaries.about().filter(|model| model.name != LEAD);
        [self.sql.about(), summaries].into_iter().chain(texts).flatten().cloned().collect()
    }

    /// Whether every model is loaded and takes questions.
    pub(super) fn is_ready(&self) -> bool {
        let ours = self.sql.about().is_some() && self.summaries.about().is_some();
        ours && self.texts.iter().all(|(_, worker)| worker.about().is_some())
    }

    /// From now on nothing is ready; what waits is still answered.
    pub(super) fn close(&self) {
        self.sql.close();
        self.summaries.close();
        self.texts.iter().for_each(|(_, worker)| worker.close());
    }

    /// Has a question answered.
    pub(super) async fn ask(&self, body: QuestionBody) -> std::result::Result<AnswerBody, Failure> {
        self.sql.ask(body).await
    }

    /// Has an article summarised.
    pub(super) async fn summarise(&self, body: ArticleBody) -> std::result::Result<SummaryBody, Failure> {
        self.summaries.ask(body).await
    }

    /// Has a text written by the model that the body names.
    pub(super) async fn generate(&self, body: GenerateBody) -> std::result::Result<GeneratedBody, Failure> {
        match self.texts.iter().find(|(name, _)| *name == body.model) {
            Some((_, worker)) => worker.ask(body).await,
            None => Err(self.no_such_text_model(&body.model).into()),
        }
    }

    /// What every model's thread counted.
    pub(super) fn counters(&self) -> Vec<&Counters> {
        let texts = self.texts.iter().map(|(_, worker)| worker.counters());
        [self.sql.counters(), self.summaries.counters()].into_iter().chain(texts).collect()
    }

    fn no_such_text_model(&self, model: &str) -> Error {
        let names: Vec<&str> = self.texts.iter().map(|(name, _)| name.as_str()).collect();
        let there = if names.is_empty() {
            "none; `--text-model` of `argiope serve` names them".to_owned()
        } else {
            names.join(", ")
        };
        Error::input(format!("`model` is {model:?}; this server has for text: {there}"))
    }
}
