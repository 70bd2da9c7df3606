//! Bad input on every route: each class of refusal against the whole table.

mod access;
mod bodies;
mod frameworks;
mod idempotency;
mod limits;
mod money;
pub(crate) mod routes;
mod transport;
