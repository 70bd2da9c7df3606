//! The write port: one change set, one transaction.
//!
//! Guarantees: all changes of a set or none, under a decision key that is unique for ever; a commit ends even if
//! its caller goes away; a set can join a transaction of the host, where a refusal takes back the set alone.
//!
//! Called by: the services of `marketplace-core`, and hosts (`commit_in`).

mod change;
mod join;
mod port;
mod set;
