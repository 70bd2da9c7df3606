//! Time as values and as ports.
//!
//! Guarantees: one representation, UTC microseconds, that every store keeps exactly; nothing in this crate
//! reads the wall clock except [`SystemClock`]. Leases and expiry follow the injected [`Clock`].
//!
//! Called by: services read the clock once per decision and hand the [`Timestamp`] down.

mod clock;
mod timer;
mod timestamp;
mod zone;

#[cfg(any(test, feature = "mock"))]
pub use clock::MockClock;
pub use clock::{Clock, ManualClock, OffsetClock, SystemClock};
#[cfg(any(test, feature = "mock"))]
pub use timer::MockTimer;
pub use timer::Timer;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use zone::{UnknownZone, Zone};
