//! The write port: one change set, one transaction.
//!
//! Guarantees: all changes of a set or none, under a decision key that is unique for ever; sets that wait for the
//! writer at the same time share a transaction and a sync of the disk, each with an outcome of its own (see
//! `writer`); a commit ends even if its caller goes away; a set can join a transaction of the host, where a refusal
//! takes back the set alone.
//!
//! Called by: the services of `marketplace-core`, and hosts (`commit_in`).

mod change;
mod join;
mod port;
mod set;
