//! Entitlements, one-time links, download sessions.
//!
//! Called by: `commit` and the ports of `marketplace_core::delivery`.

pub(crate) mod link;
pub(crate) mod model;
mod port;
mod redemption;

pub(crate) use redemption::Redemptions;
