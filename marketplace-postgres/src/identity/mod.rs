//! Users and sign-in sessions.
//!
//! Called by: `commit` (users) and the ports of `marketplace_core::identity`.

mod port;
mod session;
pub(crate) mod user;
