//! Valid rows with few words: what the cases are made of, and tests of adapters and hosts, too.
//!
//! Guarantees: every row is new (ids, tokens, addresses, slugs, references, keys differ), the same for the
//! same seed, and valid by the rules of the core; times rise and have odd microseconds, so a store that
//! keeps less shows it.
//!
//! Does not: write anything, or know a store; but for [`World`], which writes its own beginning. Rows refer to each
//! other, so insert them in this order: users, products, uploads, files, orders, attempts and entitlements and holds
//! and entries, links, downloads.
//!
//! Called by: the contract suites, this crate's tests, and authors of adapters.

mod catalog;
mod decision;
mod delivery;
mod fixture;
mod identity;
mod job;
mod ledger;
mod order;
mod payment;
mod world;

pub use fixture::Fixture;
pub use world::World;
