//! The clock port and its three implementations.

use super::Timestamp;
use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Tells the time. Never blocks, never fails.
///
/// Services read it once per decision, so that everything a decision writes carries one time. Two processes
/// may disagree: leases carry fence tokens, so a skewed clock costs work but never correctness.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present, truncated to microseconds.
    fn now(&self) -> Timestamp;
}

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one adapter to the machine's clock")]
    fn now(&self) -> Timestamp {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, i64::saturating_neg),
        };
        Timestamp::from_micros(micros)
    }
}

/// The machine's clock, set forward by hand: for development servers, where a week passes at a keystroke.
#[derive(Debug, Default)]
pub struct OffsetClock(AtomicI64);

impl OffsetClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        // Saturating: an absurd step ends at the last representable moment instead of in the past.
        let _ =
            self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |old| Some(old.saturating_add(micros)));
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        let offset = self.0.load(Ordering::SeqCst);
        Timestamp::from_micros(SystemClock.now().as_micros().saturating_add(offset))
    }
}

/// A clock that moves only when told to: for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.as_micros()))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().saturating_add(by));
    }

    /// Sets the clock.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
