//! The timer port: waiting, without a runtime.

use async_trait::async_trait;
use std::{fmt, time::Duration};

/// Waits. The worker and time-limited calls use it; decisions never do.
///
/// Cancellation: dropping the future ends the wait and has no effect.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Timer: fmt::Debug + Send + Sync + 'static {
    /// Returns after `duration` of real time.
    async fn sleep(&self, duration: Duration);
}
