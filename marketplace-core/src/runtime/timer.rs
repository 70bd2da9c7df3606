//! The timer of tokio.

use crate::time::Timer;
use async_trait::async_trait;
use std::time::Duration;

/// Waits on tokio's timer. Needs a tokio runtime with time enabled.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
