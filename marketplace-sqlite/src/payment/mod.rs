//! Payment attempts, the inbox of notices, and reviews.
//!
//! Called by: `commit` and the port of `marketplace_core::payment`.

pub(crate) mod attempt;
pub(crate) mod notice;
mod port;
pub(crate) mod review;
mod verified;
