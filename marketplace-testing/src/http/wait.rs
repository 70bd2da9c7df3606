//! Waiting for conditions.

use std::{future::Future, time::Duration};

/// How long anything may take before a test gives up. Far beyond what a slow machine needs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const PACE: Duration = Duration::from_millis(15);

/// Asks until `probe` has an answer, without a deadline: for what runs beside a test that has deadlines.
pub async fn keep_asking<T, F: Future<Output = Option<T>>>(mut probe: impl FnMut() -> F) -> T {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        if let Some(found) = probe().await {
            return found;
        }
    }
}

/// Asks until `probe` has an answer.
///
/// # Panics
/// If it has none in time; `what` says what was waited for.
pub async fn wait_until<T, F: Future<Output = Option<T>>>(what: &str, probe: impl FnMut() -> F) -> T {
    match tokio::time::timeout(PATIENCE, keep_asking(probe)).await {
        Ok(found) => found,
        Err(_) => panic!("waited {PATIENCE:?} in vain: {what}"),
    }
}

/// The same for a probe that needs no waiting itself.
///
/// # Panics
/// If it has no answer in time.
pub async fn poll<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    wait_until(what, || std::future::ready(probe())).await
}
