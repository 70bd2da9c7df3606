//! The contract of a file store.
//!
//! Guarantees: a store that passes every case keeps what `marketplace_core::file::FileStore` promises: an object is there
//! whole or not at all, whatever happens to its body, its caller or the store meanwhile; sizes, digests and ranges are
//! exact; what fails is told as what it means; and an address opens one object, for a short time, as an attachment under
//! its name, to those who got it from us. One that takes objects in parts keeps `DirectUpload`, too: nothing is there before
//! the join, then exactly the parts that were named, once and again; and what is not joined can be taken away. The suite is tested itself: planted bugs are each caught by a named case.
//!
//! Does not: ask for addresses of a store that gives out none, or for parts of one that takes none, measure memory or speed, or kill processes.
//!
//! Called by: adapters' tests, through [`files_contract!`](crate::files_contract), with the adapter in front of a place
//! that the tests have in their hands: a folder, a server in the same process.

pub mod aborts;
pub mod addresses;
pub mod broken;
mod disposition;
pub mod dropped;
mod harness;
pub mod joins;
pub mod limits;
mod list;
pub mod missing;
pub mod parallel;
pub mod part_addresses;
mod part_stage;
pub mod part_troubles;
pub mod parts;
pub mod put;
pub mod ranges;
pub mod sizes;
mod stage;
pub mod troubles;

pub use harness::{
    AddressWorld, CaseFn, FilesHarness, FilesWorld, FreshFiles, FreshParts, PartAddressWorld, Trouble, Visit,
};
pub use list::CASES;
