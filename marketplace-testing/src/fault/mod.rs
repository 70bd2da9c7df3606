//! Wrappers that make a store fail as real ones do.
//!
//! Guarantees: a fault strikes once, in the order in which faults were given; a call without one goes through
//! unchanged. A fault says exactly what became of the call: not done, done with its answer lost.
//!
//! Does not: draw faults at random; a simulator does that and gives them one by one.
//!
//! Called by: the contract suite (what a lost answer leaves behind), tests of services, simulators.

mod commit;
mod script;
mod store;

pub use commit::FaultyCommit;
pub use script::{Fault, Script};
pub use store::FaultyStore;
