//! Entitlements, one-time links, download sessions, visits.
//!
//! Called by: `commit` and the ports of `marketplace_core::delivery`.

pub(crate) mod link;
pub(crate) mod model;
mod port;
mod visit;
