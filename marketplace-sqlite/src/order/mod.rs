//! Orders and their lines.
//!
//! Called by: `commit` and the port of `marketplace_core::order`.

pub(crate) mod model;
mod port;

pub(crate) use model::decode;
