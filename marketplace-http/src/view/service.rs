//! Whether the process and its parts work, on the wire.

use marketplace_core::market::HealthReport;
use serde::Serialize;
use utoipa::ToSchema;

/// The process runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Live)]
pub(crate) struct LiveView {
    #[schema(examples("live"))]
    status: &'static str,
}

impl LiveView {
    /// While this can be said, it is so.
    pub(crate) const NOW: Self = Self { status: "live" };
}

/// Whether requests can be served: `ready` or `not_ready`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ready)]
pub(crate) struct ReadyView {
    parts: PartsView,
    #[schema(examples("ready"))]
    status: &'static str,
}

/// Each part: `ok` or `failing`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadyParts)]
struct PartsView {
    #[schema(examples("ok"))]
    files: &'static str,
    #[schema(examples("ok"))]
    store: &'static str,
}

impl From<&HealthReport> for ReadyView {
    fn from(report: &HealthReport) -> Self {
        let word = |works: bool| if works { "ok" } else { "failing" };
        Self {
            parts: PartsView { files: word(report.files.is_ok()), store: word(report.store.is_ok()) },
            status: if report.is_ready() { "ready" } else { "not_ready" },
        }
    }
}
