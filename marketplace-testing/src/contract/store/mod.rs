//! The contract of a store.
//!
//! Guarantees: a store that passes every case keeps what the ports of `marketplace-core` promise: each kind of
//! change whole or not at all, replay by key, the guards, races, callers that go away, answers that get lost,
//! extreme values. The suite is tested itself: planted bugs are each caught by a named case.
//!
//! Does not: measure speed, or kill processes.
//!
//! Called by: adapters' tests, through [`store_contract!`](crate::store_contract).

pub mod answers;
pub mod batches;
mod census;
mod change;
pub mod earnings;
mod effect;
pub mod events;
pub mod extremes;
pub mod groups;
pub mod guards;
mod harness;
pub mod jobs;
pub mod leases;
pub mod ledger;
pub mod limits;
mod list;
pub mod pages;
pub mod payments;
pub mod races;
pub mod reads;
pub mod refunds;
pub mod sales;
pub mod seals;
pub mod serial;
pub mod sessions;
pub mod sets;
mod stage;
pub mod uploads;
mod variant;
pub mod visits;
pub mod wallet;

pub use change::{
    advance_attempt, advance_order, advance_refund, advance_upload, claim_link, close_notice, close_review,
    enqueue, grant, insert_attempt, insert_file, insert_hold, insert_notice, insert_order, insert_product,
    insert_refund, insert_user, issue_link, open_review, post, release_hold, remove_file, revoke, take,
    update_product, update_user,
};
pub use harness::{CaseFn, FreshStore, StoreHarness};
pub use list::CASES;
