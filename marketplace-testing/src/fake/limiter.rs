//! A limiter without limits.

use async_trait::async_trait;
use marketplace_core::limiter::{Allowance, RateClass, RateLimiter};

/// Grants everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenLimiter;

#[async_trait]
impl RateLimiter for OpenLimiter {
    async fn take(&self, _: &RateClass, _: &str) -> Allowance {
        Allowance::Granted
    }
}
