//! Bad input on every route: each class of refusal against the whole table.

mod access;
mod bodies;
mod frameworks;
mod idempotency;
mod limits;
mod money;
mod routes;
mod transport;
