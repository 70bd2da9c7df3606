//! The write port: one change set, one call, one transaction.
//!
//! Guarantees: all changes of a set or none, under a decision key that is unique for ever; a commit ends even if its
//! caller goes away; commits that come while a call is under way go together in the next one, each with an outcome of
//! its own, and none waits for a row that somebody else holds; a set can join a transaction of the host, where a
//! refusal takes back the set alone.
//!
//! Called by: the services of `marketplace-core`, and hosts (`commit_in`).

mod bulk;
mod call;
mod change;
mod group;
mod join;
mod lock;
mod port;
mod set;

#[cfg(test)]
pub(crate) use bulk::PARTS;
#[cfg(feature = "measure")]
pub use bulk::statement_of;
pub(crate) use group::Committer;
