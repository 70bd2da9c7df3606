//! Who may call, and how often: the bearer check and the rate limit of one integration.
//!
//! Guarantees a constant-time comparison of the key, and a limit per fixed window of 60 seconds on the
//! injected clock. Does not count calls without a valid key, which belong to no integration, and forgets the
//! window at a restart. Caller: `api`.

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::http::{TwinRequest, TwinResponse};

const WINDOW_SECONDS: i64 = 60;
const MICROS: i64 = 1_000_000;

/// Whether the request carries the account's secret key.
pub(super) fn holds_key(request: &TwinRequest, secret: &SecretString) -> bool {
    let Some((scheme, key)) = request.header("authorization").and_then(|value| value.split_once(' ')) else {
        return false;
    };
    let equal = key.trim().as_bytes().ct_eq(secret.expose_secret().as_bytes());
    scheme.eq_ignore_ascii_case("bearer") && bool::from(equal)
}

/// The calls counted in the current window.
#[derive(Debug, Default)]
pub(super) struct Window {
    start: Option<i64>,
    used: u32,
}

/// What the headers of one answer say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) exceeded: bool,
    limit: u32,
    remaining: u32,
    reset_seconds: i64,
}

impl Window {
    /// Counts one call. What is announced stands in the headers even when it is not enforced. Without an enforced limit no answer announces an exhausted window.
    pub(super) fn count(&mut self, now: i64, enforced: Option<u32>, announced: u32) -> Allowance {
        let age = self.start.map_or(i64::MAX, |start| now.saturating_sub(start) / MICROS);
        if !(0..WINDOW_SECONDS).contains(&age) {
            (self.start, self.used) = (Some(now), 0);
        }
        self.used = self.used.saturating_add(1);
        let age = self.start.map_or(0, |start| now.saturating_sub(start) / MICROS);
        let reset_seconds = WINDOW_SECONDS.saturating_sub(age);
        let limit = enforced.unwrap_or(announced);
        let remaining = limit.saturating_sub(self.used);
        match enforced {
            Some(limit) => Allowance { exceeded: self.used > limit, limit, remaining, reset_seconds },
            None => Allowance { exceeded: false, limit, remaining: remaining.max(1), reset_seconds },
        }
    }
}

impl Allowance {
    /// A window in which nothing is left.
    pub(super) fn exhausted(limit: u32) -> Self {
        Self { exceeded: true, limit, remaining: 0, reset_seconds: WINDOW_SECONDS }
    }

    pub(super) fn announce(self, response: TwinResponse) -> TwinResponse {
        response
            .with_header("x-ratelimit-limit", &self.limit.to_string())
            .with_header("x-ratelimit-remaining", &self.remaining.to_string())
            .with_header("x-ratelimit-reset", &self.reset_seconds.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn the_window_refuses_the_call_above_the_limit_and_starts_again() {
        let mut window = Window::default();
        assert!(!window.count(0, Some(2), 100).exceeded);
        let last = window.count(10_000_000, Some(2), 100);
        assert_eq!((last.exceeded, last.remaining, last.reset_seconds), (false, 0, 50));
        assert!(window.count(59_999_999, Some(2), 100).exceeded);
        let fresh = window.count(60_000_000, Some(2), 100);
        assert_eq!((fresh.exceeded, fresh.remaining, fresh.reset_seconds), (false, 1, 60));
        assert!(!window.count(1_000_000, Some(2), 100).exceeded, "a clock set back opens a new window");
    }

    #[test]
    fn without_a_limit_nothing_is_refused() {
        let mut window = Window::default();
        for _ in 0..500 {
            let allowance = window.count(0, None, 100);
            assert!(!allowance.exceeded && allowance.remaining >= 1);
        }
    }
}
