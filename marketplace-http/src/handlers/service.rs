//! Whether the process runs, and whether its parts do.

use crate::{call::Call, problem::Problem, response::Response};
use serde_json::json;

/// While this answers, the process runs.
pub(super) fn live() -> Response {
    Response::json_bytes(200, r#"{"status":"live"}"#)
}

pub(super) async fn ready(call: &Call<'_>) -> Result<Response, Problem> {
    let report = call.market.health().await;
    if let Err(error) = &report.store {
        tracing::warn!(error = %error, cause = ?std::error::Error::source(error), "the store is not ready");
    }
    if let Err(error) = &report.files {
        tracing::warn!(error = %error, cause = ?std::error::Error::source(error), "the file store is not ready");
    }
    let part = |works: bool| if works { "ok" } else { "failing" };
    let (status, word) = if report.is_ready() { (200, "ready") } else { (503, "not_ready") };
    let parts = json!({ "store": part(report.store.is_ok()), "files": part(report.files.is_ok()) });
    Response::json(status, &json!({ "status": word, "parts": parts }))
}
