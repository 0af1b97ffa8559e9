//! One shape for every error, and the one table from the library's errors to statuses and stable codes.
//!
//! A caller's mistake is explained; ours is logged and hidden.

use crate::error::Error;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every code with its status, for the documentation and its test.
pub const CODES: [(&str, u16); 11] = [
    ("unreadable", 400),
    ("no_such_route", 404),
    ("wrong_method", 405),
    ("too_large", 413),
    ("input", 422),
    ("schema", 422),
    ("busy", 429),
    ("internal", 500),
    ("weights", 500),
    ("not_ready", 503),
    ("deadline", 504),
];

/// What every failing request gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorDetail {
    /// A stable word for programs; docs/http.md lists all.
    #[schema(example = "schema")]
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// All findings, where there is more to say than one sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// An error on its way to the client.
#[derive(Debug)]
pub(super) struct Failure {
    code: &'static str,
    message: String,
    details: Vec<String>,
    retry_after_s: Option<u64>,
}

impl Failure {
    /// With a code of [`CODES`].
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new(), retry_after_s: None }
    }

    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Our own mistake, without its reason.
    pub(super) fn hidden(code: &'static str) -> Self {
        Self::new(code, "the server made a mistake; its log says more")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Input { message } => Self::new("input", message),
            Error::Schema { findings } => {
                let first = findings.first().cloned().unwrap_or_default();
                let message = match findings.len() {
                    0 | 1 => format!("the schema cannot be read: {first}"),
                    more => format!("the schema cannot be read, {more} findings; the first: {first}"),
                };
                Self { details: findings, ..Self::new("schema", message) }
            }
            Error::Busy { retry_after_s } => {
                Self::new("busy", "too many requests are waiting").retry_after(retry_after_s)
            }
            Error::Deadline { limit_ms } => Self::new("deadline", format!("no answer within {limit_ms} ms")),
            Error::Weights { .. } => ours("weights", &error),
            other => ours("internal", &other),
        }
    }
}

fn ours(code: &'static str, error: &Error) -> Failure {
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(code, %error, source, "a request failed by our own mistake");
    Failure::hidden(code)
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = CODES.iter().find(|(code, _)| *code == self.code).map_or(500, |(_, status)| *status);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let detail = ErrorDetail { code: self.code.to_owned(), message: self.message, details: self.details };
        let mut response = (status, Json(ErrorBody { error: detail })).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
