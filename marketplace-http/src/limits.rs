//! How much is too much.
//!
//! Guarantees: every count is per client (an IPv4 address, an IPv6 /64) or per account, over the injected
//! limiter; a refused call is 429 and says when to come back; links and downloads of known tokens are never
//! counted.
//!
//! Called by: the dispatch (per route) and handlers (accounts, orders, unknown tokens).

use crate::problem::Problem;
use marketplace_core::limiter::{Allowance, RateClass, RateLimiter};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// All calls of the API, per client.
pub(crate) const API: RateClass = RateClass { name: "api", burst: 600, per: MINUTE };
/// Attempts to register or sign in, per client.
pub(crate) const SIGN_IN: RateClass = RateClass { name: "sign-in", burst: 60, per: MINUTE };
/// Attempts to register or sign in, per account, from wherever.
pub(crate) const SIGN_IN_ACCOUNT: RateClass = RateClass { name: "sign-in-account", burst: 10, per: MINUTE };
/// Orders placed, per client. A repeat under an idempotency key places none.
pub(crate) const CHECKOUT: RateClass = RateClass { name: "checkout", burst: 30, per: MINUTE };
/// Tokens that name nothing, per client.
pub(crate) const UNKNOWN_TOKEN: RateClass = RateClass { name: "unknown-token", burst: 60, per: MINUTE };
/// Links asked for by mail, per client.
pub(crate) const FRESH_LINK: RateClass = RateClass { name: "fresh-link", burst: 10, per: MINUTE };

/// Counts a call.
pub(crate) async fn count(limiter: &dyn RateLimiter, class: &RateClass, key: &str) -> Result<(), Problem> {
    match limiter.take(class, key).await {
        Allowance::Granted => Ok(()),
        Allowance::Denied(after) => {
            tracing::info!(limit.class = class.name, "a call was over its limit");
            let problem =
                Problem::new(429, "too_many_requests", "too many requests; come back a little later");
            Err(problem.with_retry_after(after))
        }
    }
}
