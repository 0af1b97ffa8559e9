//! The OpenAPI page, from the handlers' own types.

use super::handlers;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(
        handlers::sql,
        handlers::summarize,
        handlers::generate,
        handlers::health,
        handlers::ready,
        handlers::models,
        handlers::metrics,
        handlers::openapi
    ),
    info(
        title = "argiope",
        description = "Questions and a schema to valid SQL; articles to summaries; texts to texts."
    )
)]
struct Document;

/// The page that `GET /openapi.json` gives.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
