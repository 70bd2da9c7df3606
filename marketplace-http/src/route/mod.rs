//! The routes: one table, and how a request finds its row.
//!
//! Guarantees: whatever the contract says of a route (who may call it, what it reads, how it is limited) is a
//! column of the table and is enforced by the dispatch, so a handler cannot forget it; a path matches exactly
//! (a trailing slash does not), and a known path with another method is told which methods it has.
//!
//! Called by: [`crate::Api`]; tests and documents read the table.

mod matching;
mod table;

pub(crate) use matching::{Found, Params, find};
pub use table::{BodyRule, Handler, Idempotency, LimitClass, ROUTES, Route, Who};
