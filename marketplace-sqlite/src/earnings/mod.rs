//! What creators sold.
//!
//! Guarantees: an entry is added to the sums in the transaction that chains it, so a reader sees it either among what
//! is not chained or in the sums; a series costs one step in an index per bound, and a page of sales what stands on it.
//!
//! Called by: `ledger` (chaining, audit) and the port of `marketplace_core::earnings`.

pub(crate) mod audit;
pub(crate) mod fold;
mod model;
mod port;
