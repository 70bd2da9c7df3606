//! A rate limiter in the memory of one process.
//!
//! Guarantees: GCRA per class and key, on the injected clock; memory is bounded, because keys whose budget is
//! whole again are forgotten.
//!
//! Does not: count across processes. Behind several nodes each counts for itself.

use crate::{
    limiter::{Allowance, RateClass, RateLimiter},
    time::Clock,
};
use async_trait::async_trait;
use governor::{Quota, clock, middleware::NoOpMiddleware, nanos::Nanos, state::keyed::HashMapStateStore};
use std::{
    collections::HashMap,
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

/// Our clock, as governor wants it.
#[derive(Debug, Clone)]
struct Ticks(Arc<dyn Clock>);

impl clock::Clock for Ticks {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        let micros = u64::try_from(self.0.now().as_micros()).unwrap_or(0);
        Nanos::new(micros.saturating_mul(1000))
    }
}

type Keyed = governor::RateLimiter<String, HashMapStateStore<String>, Ticks, NoOpMiddleware<Nanos>>;

/// Counts in memory.
pub struct LocalLimiter {
    clock: Ticks,
    classes: Mutex<HashMap<RateClass, Arc<Keyed>>>,
}

/// How many keys of a class are kept before whole ones are forgotten.
const MANY: usize = 10_000;

impl LocalLimiter {
    /// An empty limiter.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Ticks(clock), classes: Mutex::default() }
    }

    fn class(&self, class: &RateClass) -> Option<Arc<Keyed>> {
        let mut classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = classes.get(class) {
            return Some(Arc::clone(known));
        }
        let burst = NonZeroU32::new(class.burst)?;
        let quota = Quota::with_period(class.per.checked_div(class.burst)?)?.allow_burst(burst);
        let keyed = Arc::new(Keyed::new(quota, HashMapStateStore::default(), self.clock.clone()));
        classes.insert(*class, Arc::clone(&keyed));
        Some(keyed)
    }
}

impl fmt::Debug for LocalLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalLimiter")
    }
}

#[async_trait]
impl RateLimiter for LocalLimiter {
    async fn take(&self, class: &RateClass, key: &str) -> Allowance {
        // A class that allows nothing, or in no time, is no limit that governor can count.
        let Some(keyed) = self.class(class) else { return Allowance::Denied(class.per) };
        if keyed.len() > MANY {
            keyed.retain_recent();
        }
        match keyed.check_key(&key.to_owned()) {
            Ok(()) => Allowance::Granted,
            Err(until) => Allowance::Denied(until.wait_time_from(clock::Clock::now(&self.clock))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{ManualClock, Timestamp};
    use std::time::Duration;

    #[tokio::test]
    async fn a_burst_then_a_steady_rate_by_our_clock() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_000_000)));
        let limiter = LocalLimiter::new(clock.clone());
        let class = RateClass { name: "test", burst: 3, per: Duration::from_mins(1) };
        for _ in 0..3 {
            assert_eq!(limiter.take(&class, "a").await, Allowance::Granted);
        }
        assert_eq!(limiter.take(&class, "a").await, Allowance::Denied(Duration::from_secs(20)));
        assert_eq!(limiter.take(&class, "b").await, Allowance::Granted, "keys do not share");
        clock.advance(Duration::from_secs(20));
        assert_eq!(limiter.take(&class, "a").await, Allowance::Granted);
        assert_ne!(limiter.take(&class, "a").await, Allowance::Granted);
    }

    #[tokio::test]
    async fn forgets_keys_that_are_whole_again() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_000_000)));
        let limiter = LocalLimiter::new(clock.clone());
        let class = RateClass { name: "test", burst: 1, per: Duration::from_secs(1) };
        for key in 0..=MANY {
            limiter.take(&class, &key.to_string()).await;
        }
        clock.advance(Duration::from_mins(1));
        limiter.take(&class, "last").await;
        limiter.take(&class, "one more").await;
        assert!(limiter.class(&class).unwrap().len() <= 2);
    }
}
