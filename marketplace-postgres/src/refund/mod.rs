//! Refunds.
//!
//! Called by: the crate's root, for its ports, and commits.

pub(crate) mod model;
mod port;
