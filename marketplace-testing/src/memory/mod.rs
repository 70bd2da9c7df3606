//! A store in memory: for tests of hosts and services, and as the model that real stores are compared with.
//!
//! Guarantees: what `marketplace-core` asks of a store. It conflicts and refuses like a real one: guards,
//! unique values, references between rows (a row that names a missing one is a defect), replay by key. Every
//! call waits before and after its work, so races and dropped futures do happen; the work itself is one
//! critical section that is applied whole or not at all.
//!
//! Does not: keep anything beyond its own life, or lose answers by itself; [`crate::fault::FaultyStore`]
//! around it does. It is not fast: some reads look at every row.
//!
//! Called by: tests and simulators.

mod answer;
mod apply;
mod catalog;
mod commit;
mod defect;
mod delivery;
mod earnings;
mod event;
mod group;
mod harness;
mod identity;
mod job;
mod ledger;
mod order;
mod payment;
mod refund;
mod state;
mod store;
mod table;

pub use defect::Defect;
pub use harness::MemoryHarness;
pub use store::MemoryStore;
