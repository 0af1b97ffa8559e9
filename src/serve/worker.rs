//! A model's own thread behind a bounded queue.
//!
//! Knows nothing about what is asked: a [`Model`] says what a body is and how it is answered. Full means
//! [`Error::Busy`]; a client that has gone is skipped, and one that goes meanwhile stops the work at the next step. A
//! panic costs one answer, not the thread.

use super::about::ModelBody;
use super::error::Failure;
use super::metrics::Counters;
use crate::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What lives on a thread of its own and answers one body after the other.
pub(super) trait Model: 'static {
    /// What is asked.
    type Body: Send + 'static;
    /// What comes back.
    type Answer: Send + 'static;

    /// What is told of it.
    fn about(&self) -> ModelBody;

    /// Answers one body.
    fn answer(&self, task: &Task<'_, Self::Body>) -> Result<Self::Answer>;
}

/// A body at the model.
pub(super) struct Task<'a, B> {
    /// What is asked.
    pub(super) body: &'a B,
    /// How long it waited in the queue.
    pub(super) waited: Duration,
    /// True once nobody waits for the answer any more.
    pub(super) given_up: &'a (dyn Fn() -> bool + Sync),
}

/// The queue before a model's thread, and what is known of the thread. Cheap to clone.
pub(super) struct Worker<M: Model> {
    queue: SyncSender<Job<M>>,
    state: Arc<State>,
}

impl<M: Model> Clone for Worker<M> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), state: Arc::clone(&self.state) }
    }
}

/// Seen by the handlers and by the model's thread.
#[derive(Default)]
struct State {
    counters: Counters,
    /// What is told of the model; set once it is loaded.
    about: OnceLock<ModelBody>,
    /// True from the end of the thread, or from the signal to stop.
    closed: AtomicBool,
}

/// A body on its way to the model.
struct Job<M: Model> {
    body: M::Body,
    queued: Instant,
    reply: oneshot::Sender<std::result::Result<M::Answer, Failure>>,
}

impl<M: Model> Worker<M> {
    /// Starts the thread, which loads the model first; until it has, nothing is ready.
    pub(super) fn start(
        queue: usize,
        load: impl FnOnce() -> Result<M> + Send + 'static,
        loading: &Arc<Loading>,
    ) -> Result<Self> {
        let (queue, jobs) = sync_channel(queue.max(1));
        let worker = Self { queue, state: Arc::default() };
        let (state, loading) = (Arc::clone(&worker.state), Arc::clone(loading));
        let work = move || {
            match load() {
                Ok(model) => {
                    drop(state.about.set(model.about()));
                    loading.ended(Ok(()));
                    answer_all(&model, &jobs, &state.counters);
                }
                Err(error) => loading.ended(Err(error)),
            }
            state.closed.store(true, Ordering::Release);
        };
        std::thread::Builder::new()
            .name("model".to_owned())
            .spawn(work)
            .map_err(|source| Error::Io { context: "starting a model's thread".to_owned(), source })?;
        Ok(worker)
    }

    /// The loaded model, where there is one and bodies are taken.
    pub(super) fn about(&self) -> Option<&ModelBody> {
        let closed = self.state.closed.load(Ordering::Acquire);
        self.state.about.get().filter(|_| !closed)
    }

    /// From now on nothing is ready; what waits is still answered.
    pub(super) fn close(&self) {
        self.state.closed.store(true, Ordering::Release);
    }

    /// What was counted.
    pub(super) fn counters(&self) -> &Counters {
        &self.state.counters
    }

    /// Has a body answered.
    pub(super) async fn ask(&self, body: M::Body) -> std::result::Result<M::Answer, Failure> {
        if self.about().is_none() {
            return Err(Failure::new("not_ready", "the model is not loaded, or the server stops").retry_after(1));
        }
        let counters = &self.state.counters;
        let (reply, answer) = oneshot::channel();
        counters.enters();
        match self.queue.try_send(Job { body, queued: Instant::now(), reply }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                counters.leaves();
                return Err(Error::Busy { retry_after_s: counters.wait_s() }.into());
            }
            Err(TrySendError::Disconnected(_)) => {
                counters.leaves();
                return Err(Failure::hidden("internal"));
            }
        }
        answer.await.unwrap_or_else(|_| Err(Failure::hidden("internal")))
    }
}

/// Tells once how loading went: the first failure, or that every model is there.
pub(super) struct Loading {
    left: AtomicUsize,
    tell: Mutex<Option<oneshot::Sender<Result<()>>>>,
}

impl Loading {
    /// For so many models.
    pub(super) fn of(models: usize) -> (Arc<Self>, oneshot::Receiver<Result<()>>) {
        let (tell, told) = oneshot::channel();
        (Arc::new(Self { left: AtomicUsize::new(models), tell: Mutex::new(Some(tell)) }), told)
    }

    fn ended(&self, result: Result<()>) {
        let last = self.left.fetch_sub(1, Ordering::AcqRel) == 1;
        if last || result.is_err() {
            let tell = self.tell.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(tell.map(|tell| tell.send(result)));
        }
    }
}

/// Answers until every [`Worker`] of this queue is gone.
fn answer_all<M: Model>(model: &M, jobs: &Receiver<Job<M>>, counters: &Counters) {
    for job in jobs {
        counters.leaves();
        if job.reply.is_closed() {
            counters.skipped();
            continue;
        }
        let begin = Instant::now();
        let given_up = || job.reply.is_closed();
        let task = Task { body: &job.body, waited: begin - job.queued, given_up: &given_up };
        let outcome = catch_unwind(AssertUnwindSafe(|| model.answer(&task)));
        counters.answered(begin.elapsed());
        let result = match outcome {
            Ok(result) => result.map_err(|error| failure(error, job.reply.is_closed(), counters)),
            Err(_) => {
                counters.panicked();
                Err(Failure::hidden("internal"))
            }
        };
        // Nobody there to take it: nothing to do.
        drop(job.reply.send(result));
    }
}

/// An error of work that nobody waits for is no mistake of ours.
fn failure(error: Error, nobody_waits: bool, counters: &Counters) -> Failure {
    if nobody_waits {
        counters.skipped();
        return Failure::new("deadline", "nobody waits for the answer any more");
    }
    error.into()
}
