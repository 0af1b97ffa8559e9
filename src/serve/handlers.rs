//! The handlers, one a route.

use super::about::ModelsBody;
use super::body::{AnswerBody, QuestionBody};
use super::error::{ErrorBody, Failure};
use super::generate::{GenerateBody, GeneratedBody};
use super::openapi;
use super::service::Service;
use super::summarize::{ArticleBody, SummaryBody};
use crate::error::Error;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Instant;
use utoipa::ToSchema;

/// What `GET /health` and `GET /ready` give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct StatusBody {
    /// `ok`.
    status: String,
}

/// A question and a schema to SQL.
#[utoipa::path(
    post, path = "/sql", request_body = QuestionBody,
    responses(
        (status = 200, body = AnswerBody),
        (status = 400, description = "Not UTF-8, not JSON, or of another shape", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 422, description = "Understood but impossible", body = ErrorBody),
        (status = 429, description = "Too many questions wait; see Retry-After", body = ErrorBody),
        (status = 500, description = "The server's own mistake", body = ErrorBody),
        (status = 503, description = "The model is not loaded yet", body = ErrorBody),
        (status = 504, description = "Not in time", body = ErrorBody),
    )
)]
pub(super) async fn sql(State(service): State<Service>, request: Request) -> Result<Json<AnswerBody>, Failure> {
    let work = async { service.ask(read(request, &service).await?).await };
    in_time(&service, work).await
}

/// An article to a summary.
#[utoipa::path(
    post, path = "/summarize", request_body = ArticleBody,
    responses(
        (status = 200, body = SummaryBody),
        (status = 400, description = "Not UTF-8, not JSON, or of another shape", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 422, description = "Understood but impossible", body = ErrorBody),
        (status = 429, description = "Too many articles wait; see Retry-After", body = ErrorBody),
        (status = 500, description = "The server's own mistake", body = ErrorBody),
        (status = 503, description = "The model is not loaded yet", body = ErrorBody),
        (status = 504, description = "Not in time", body = ErrorBody),
    )
)]
pub(super) async fn summarize(State(service): State<Service>, request: Request) -> Result<Json<SummaryBody>, Failure> {
    let work = async { service.summarise(read(request, &service).await?).await };
    in_time(&service, work).await
}

/// A text to a text, by a checkpoint.
#[utoipa::path(
    post, path = "/generate", request_body = GenerateBody,
    responses(
        (status = 200, body = GeneratedBody),
        (status = 400, description = "Not UTF-8, not JSON, or of another shape", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 422, description = "Understood but impossible; an unknown model", body = ErrorBody),
        (status = 429, description = "Too many texts wait; see Retry-After", body = ErrorBody),
        (status = 500, description = "The server's own mistake", body = ErrorBody),
        (status = 503, description = "The model is not loaded yet", body = ErrorBody),
        (status = 504, description = "Not in time", body = ErrorBody),
    )
)]
pub(super) async fn generate(State(service): State<Service>, request: Request) -> Result<Json<GeneratedBody>, Failure> {
    let work = async { service.generate(read(request, &service).await?).await };
    in_time(&service, work).await
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health", responses((status = 200, body = StatusBody)))]
pub(super) async fn health() -> Json<StatusBody> {
    Json(StatusBody { status: "ok".to_owned() })
}

/// Whether questions are taken.
#[utoipa::path(
    get, path = "/ready",
    responses((status = 200, body = StatusBody), (status = 503, description = "Not yet", body = ErrorBody))
)]
pub(super) async fn ready(State(service): State<Service>) -> Result<Json<StatusBody>, Failure> {
    if service.is_ready() {
        return Ok(health().await);
    }
    Err(Failure::new("not_ready", "the model is not loaded, or the server stops").retry_after(1))
}

/// The loaded models.
#[utoipa::path(get, path = "/models", responses((status = 200, body = ModelsBody)))]
pub(super) async fn models(State(service): State<Service>) -> Json<ModelsBody> {
    Json(ModelsBody { models: service.models() })
}

/// Counters, in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(service): State<Service>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], service.shared.metrics.text(&service.counters()))
        .into_response()
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI")))]
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(openapi::document())
}

/// For paths that are none of ours.
pub(super) async fn no_such_route() -> Failure {
    Failure::new("no_such_route", "no such route; GET /openapi.json lists them")
}

/// For methods that a route does not have.
pub(super) async fn wrong_method() -> Failure {
    Failure::new("wrong_method", "this route has another method; GET /openapi.json lists them")
}

/// Counts and logs every response by status and time; paths, bodies and queries stay unlogged.
pub(super) async fn observe(State(service): State<Service>, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    service.shared.metrics.responded(status);
    tracing::debug!(status, ms = begin.elapsed().as_millis() as u64, "responded");
    response
}

/// The answer, or that it was not ready before the deadline.
async fn in_time<A>(service: &Service, work: impl Future<Output = Result<A, Failure>>) -> Result<Json<A>, Failure> {
    let deadline = service.shared.settings.deadline;
    let late = |_| Error::Deadline { limit_ms: deadline.as_millis() as u64 };
    tokio::time::timeout(deadline, work).await.map_err(late)?.map(Json)
}

/// The request's body.
async fn read<B: DeserializeOwned>(request: Request, service: &Service) -> Result<B, Failure> {
    let limit = service.shared.settings.max_body_bytes;
    let too_large = || Failure::new("too_large", format!("the body is larger than {limit} bytes"));
    let told = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if told.is_some_and(|length: u64| length > limit as u64) {
        return Err(too_large());
    }
    let bytes = match to_bytes(request.into_body(), limit).await {
        Ok(bytes) => bytes,
        Err(error) if is_length_limit(&error) => return Err(too_large()),
        Err(_) => return Err(Failure::new("unreadable", "the body ended early")),
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        Failure::new("unreadable", format!("the body is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    serde_json::from_str(text)
        .map_err(|error| Failure::new("unreadable", format!("the body is not the JSON that is expected: {error}")))
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source())
        .any(|error| error.to_string() == "length limit exceeded")
}

/// What a client sees of a panic in a handler.
pub(super) fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::http::Response<Body> {
    Failure::hidden("internal").into_response()
}
