//! The queue of background jobs.
//!
//! Called by: `commit` (enqueue) and the port of `marketplace_core::job`.

pub(crate) mod model;
mod port;
