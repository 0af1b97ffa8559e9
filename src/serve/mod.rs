//! HTTP: each model on a thread behind a bounded queue, one error shape, an OpenAPI page made from the handlers' own types.
//!
//! Owns axum and utoipa. Knows nothing about networks or the search: it hands questions to the pipeline's `Engine`.
//! Questions, schemas, articles and SQL are never logged, not even from a panic's message. docs/http.md describes the routes.

mod about;
mod body;
mod error;
mod generate;
mod handlers;
mod metrics;
mod openapi;
mod run;
mod schema;
mod service;
mod sql;
mod summarize;
mod worker;

pub use body::{AlternativeBody, AnswerBody, LinkBody, QuestionBody, TimingBody};
pub use error::{CODES, ErrorBody, ErrorDetail};
pub use generate::{GenerateBody, GenerateTimingBody, GeneratedAlternativeBody, GeneratedBody};
pub use openapi::document;
pub use run::{app, listen, run};
pub use schema::{ColumnBody, ForeignKeyBody, SchemaBody, TableBody};
pub use service::{Load, Models, Service};
pub use summarize::{ArticleBody, SentenceBody, SummaryBody, SummaryTimingBody};

use crate::pipeline::DEFAULT_BEAM_WIDTH;
use std::net::SocketAddr;
use std::time::Duration;

/// Every route with its methods.
pub const ROUTES: [(&str, &str); 8] = [
    ("POST", "/sql"),
    ("POST", "/summarize"),
    ("POST", "/generate"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/models"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
];

/// How to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeSettings {
    /// Where to listen; port 0 lets the system choose.
    pub addr: SocketAddr,
    /// Hypotheses kept for a question; more where more answers are asked for.
    pub beam_width: usize,
    /// Questions that may wait for the model; more are refused with 429.
    pub queue: usize,
    /// From the first byte of a request to its answer; 504 after it.
    pub deadline: Duration,
    /// Size of a request's body, in bytes; 413 above it.
    pub max_body_bytes: usize,
    /// How long requests in flight may take to end once the server is told to stop.
    pub grace: Duration,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 8080)),
            beam_width: DEFAULT_BEAM_WIDTH,
            queue: 64,
            deadline: Duration::from_secs(30),
            // A schema of 5,000 columns takes a few hundred kilobytes.
            max_body_bytes: 4 * 1024 * 1024,
            grace: Duration::from_secs(10),
        }
    }
}
