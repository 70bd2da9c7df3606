//! What a monitoring system asks for, in the text format of Prometheus.
//!
//! Guarantees: names and counts only, nothing of people; cheap enough for every few seconds.
//!
//! Does not: serve it. It has no sign-in, so it belongs on an address of its own, which the public does not reach.
//!
//! Called by: hosts, from a route of their own.

use marketplace_core::{Marketplace, error::StoreError, job::JobState, page::Page};
use std::fmt::Write as _;

/// The media type of [`metrics`].
pub const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The figures of this process and of its store. Those of waiting lists end at a hundred: whoever has as many looks
/// anyway.
pub async fn metrics(market: &Marketplace) -> Result<String, StoreError> {
    let page = Page::first(Page::MAX);
    let reviews = market.payment_rows().reviews(page).await?.len();
    let dead = market.jobs().jobs_in(JobState::Dead, page).await?.len();
    let untold = market.payments().silence.untold();
    let figures = [
        (
            "marketplace_payments_untold_total",
            "counter",
            "Payments that this process found made by asking, and that no notice told of.",
            untold.to_string(),
        ),
        (
            "marketplace_reviews_open",
            "gauge",
            "Payments that wait for an operator, up to 100.",
            reviews.to_string(),
        ),
        ("marketplace_jobs_dead", "gauge", "Jobs that were given up, up to 100.", dead.to_string()),
    ];
    let mut text = String::new();
    for (name, kind, help, value) in figures {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    Ok(text)
}
