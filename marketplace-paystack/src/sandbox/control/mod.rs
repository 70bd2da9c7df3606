//! What a test can make the twin do that no client can.
//!
//! Guarantees that payments, refusals and departures made here take the same path as those of the payment
//! page, journal and webhook included, and refunds, transfers and disputes the same as those of the API and of
//! time. Held-back webhooks, ordered losses, faults and behaviours are not in the journal: they end with the
//! process. Callers: test suites in the same process, and others through [`Control::handle`]; a host never
//! mounts this under the twin's paths.

mod command;
mod disputes;
mod handle;
mod hooks;
mod orders;
mod payments;
mod payouts;
mod refunds;

pub use disputes::DisputeOptions;
pub use handle::Control;
pub(super) use orders::Controls;
pub use orders::Damage;
pub use payments::PayOptions;
