//! Whether the process runs, and whether its parts do.

use crate::{
    call::Call,
    openapi::Document,
    problem::Problem,
    range::names,
    response::Response,
    view::{LiveView, ReadyView},
};

/// While this answers, the process runs.
pub(super) fn live() -> Result<Response, Problem> {
    Response::json(200, &LiveView::NOW)
}

/// What the API is, for programs. It changes with the program alone, so a client may keep it and ask whether it has.
pub(super) fn openapi(call: &Call<'_>) -> Response {
    let document = call.document.get_or_init(|| Document::below(call.prefix()));
    if call.headers.get_all("if-none-match").any(|line| names(line, &document.etag)) {
        return Response::empty(304)
            .with_header("etag", &document.etag)
            .with_header("cache-control", "no-cache");
    }
    Response::json_bytes(200, document.json.clone())
        .with_header("etag", &document.etag)
        .with_header("cache-control", "no-cache")
}

pub(super) async fn ready(call: &Call<'_>) -> Result<Response, Problem> {
    let report = call.market.health().await;
    if let Err(error) = &report.store {
        tracing::warn!(error = %error, cause = ?std::error::Error::source(error), "the store is not ready");
    }
    if let Err(error) = &report.files {
        tracing::warn!(error = %error, cause = ?std::error::Error::source(error), "the file store is not ready");
    }
    Response::json(if report.is_ready() { 200 } else { 503 }, &ReadyView::from(&report))
}
