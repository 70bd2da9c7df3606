//! The rate limiter port.

use async_trait::async_trait;
use std::{fmt, time::Duration};

/// What is counted together, and how much is allowed. One per kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateClass {
    /// Its stable name.
    pub name: &'static str,
    /// How many in `per`; also how many at once.
    pub burst: u32,
    /// The time in which the whole burst comes back.
    pub per: Duration,
}

/// Whether a request may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// It may.
    Granted,
    /// Not before this time has passed.
    Denied(Duration),
}

/// Counts requests. A limiter that is down grants: it protects against load, not against access.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// Counts one request of `key` in `class`. Denied requests are not counted.
    async fn take(&self, class: &RateClass, key: &str) -> Allowance;
}
