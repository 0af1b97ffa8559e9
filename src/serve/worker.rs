//! The model's own thread behind a bounded queue.
//!
//! Full means [`Error::Busy`]; a client that has gone is skipped, and one that goes meanwhile stops the work at the
//! next step. A panic costs one answer, not the thread.

use super::ServeSettings;
use super::body::{AnswerBody, QuestionBody};
use super::error::Failure;
use super::metrics::Metrics;
use crate::error::{Error, Result};
use crate::pipeline::{Engine, Request};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::sync::oneshot;

/// What the handlers share: the queue and what is known of the thread at its end. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    queue: SyncSender<Job>,
    pub(super) shared: Arc<Shared>,
}

/// Seen by the handlers and by the model thread.
pub(super) struct Shared {
    pub(super) settings: ServeSettings,
    pub(super) metrics: Metrics,
    /// The model's name; set once it is loaded.
    model: OnceLock<String>,
    /// True from the end of the model thread, or from the signal to stop.
    closed: AtomicBool,
}

/// A question on its way to the model.
struct Job {
    body: QuestionBody,
    queued: Instant,
    reply: oneshot::Sender<std::result::Result<AnswerBody, Failure>>,
}

impl Service {
    /// Starts the model thread, which loads the engine first; until it has, nothing is ready. The second value tells
    /// how loading went.
    ///
    /// # Errors
    /// [`Error::Io`] where the system gives no thread.
    pub fn start(
        settings: ServeSettings,
        load: impl FnOnce() -> Result<Engine> + Send + 'static,
    ) -> Result<(Self, oneshot::Receiver<Result<()>>)> {
        let (queue, jobs) = sync_channel(settings.queue.max(1));
        let shared = Arc::new(Shared {
            settings,
            metrics: Metrics::default(),
            model: OnceLock::new(),
            closed: AtomicBool::new(false),
        });
        let (loaded, outcome) = oneshot::channel();
        let thread_shared = Arc::clone(&shared);
        let work = move || {
            let tell = |result| drop(loaded.send(result));
            match load() {
                Ok(engine) => {
                    drop(thread_shared.model.set(engine.model().to_owned()));
                    tell(Ok(()));
                    answer_all(&engine, &jobs, &thread_shared);
                }
                Err(error) => tell(Err(error)),
            }
            thread_shared.closed.store(true, Ordering::Release);
        };
        std::thread::Builder::new()
            .name("model".to_owned())
            .spawn(work)
            .map_err(|source| Error::Io { context: "starting the model's thread".to_owned(), source })?;
        Ok((Self { queue, shared }, outcome))
    }

    /// The loaded model, where there is one and questions are taken.
    pub fn model(&self) -> Option<&str> {
        let closed = self.shared.closed.load(Ordering::Acquire);
        self.shared.model.get().map(String::as_str).filter(|_| !closed)
    }

    /// From now on nothing is ready; what waits is still answered.
    pub(super) fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
    }

    /// Has a question answered.
    pub(super) async fn ask(&self, body: QuestionBody) -> std::result::Result<AnswerBody, Failure> {
        if self.model().is_none() {
            return Err(Failure::new("not_ready", "the model is not loaded, or the server stops").retry_after(1));
        }
        let (reply, answer) = oneshot::channel();
        self.shared.metrics.enters();
        match self.queue.try_send(Job { body, queued: Instant::now(), reply }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.shared.metrics.leaves();
                return Err(Error::Busy { retry_after_s: self.shared.metrics.wait_s() }.into());
            }
            Err(TrySendError::Disconnected(_)) => {
                self.shared.metrics.leaves();
                return Err(Failure::hidden("internal"));
            }
        }
        answer.await.unwrap_or_else(|_| Err(Failure::hidden("internal")))
    }
}

/// Answers until every [`Service`] is gone.
fn answer_all(engine: &Engine, jobs: &Receiver<Job>, shared: &Shared) {
    for job in jobs {
        shared.metrics.leaves();
        if job.reply.is_closed() {
            shared.metrics.skipped();
            continue;
        }
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| answer(engine, &job, shared.settings.beam_width, begin)));
        shared.metrics.answered(begin.elapsed());
        let result = match outcome {
            Ok(result) => result.map_err(|error| failure(error, &job, shared)),
            Err(_) => {
                shared.metrics.panicked();
                Err(Failure::hidden("internal"))
            }
        };
        // Nobody there to take it: nothing to do.
        drop(job.reply.send(result));
    }
}

/// An error of work that nobody waits for is no mistake of ours.
fn failure(error: Error, job: &Job, shared: &Shared) -> Failure {
    if job.reply.is_closed() {
        shared.metrics.skipped();
        return Failure::new("deadline", "nobody waits for the answer any more");
    }
    error.into()
}

fn answer(engine: &Engine, job: &Job, beam_width: usize, begin: Instant) -> Result<AnswerBody> {
    let body = &job.body;
    let (dialect, n_best) = (body.dialect()?, body.n_best()?);
    let schema = engine.prepare_once(&body.schema.content(), || body.schema.read())?;
    let read = begin.elapsed();
    let given_up = || job.reply.is_closed();
    let request =
        Request { dialect, n_best, beam_width, given_up: Some(&given_up), ..Request::new(&body.question, &schema) };
    let answer = engine.answer(&request)?;
    Ok(AnswerBody::new(answer, engine.model(), begin - job.queued, read))
}
