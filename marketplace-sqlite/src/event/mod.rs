//! What happened.
//!
//! Called by: the crate's root, for its ports.

mod model;
mod port;
