//! The assembled marketplace.
//!
//! Guarantees: [`Marketplace::builder`] lists every missing part at once; nothing runs until the host awaits
//! it; all services share one clock, one source of ids, one store.
//!
//! Called by: hosts and the example servers.

mod assembly;
mod builder;
mod health;
mod rules;
mod upkeep;

pub use assembly::Marketplace;
pub use builder::{BuildError, Builder, Part};
pub use health::HealthReport;
pub use rules::{FeeRule, GatewayFeeBearer, HoldRule, Rules};
