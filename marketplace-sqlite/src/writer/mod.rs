//! The one writing connection, and the queue in front of it.
//!
//! Whoever finds the writer idle starts it; what comes while it works waits, and goes into the next transaction
//! together, at most fifty writes at a time. There is no timer: a write that is alone waits for nobody. Change sets
//! and the single-row writes of the other ports stand in the same queue, in the order in which they came.
//!
//! Guarantees: each write of a transaction has a savepoint and an outcome of its own, and one that is refused or
//! broken leaves nothing and touches no neighbour; nobody is answered before the transaction has ended; a write that
//! was queued runs, whether or not its caller stays; a queue that is full turns away as unavailable.
//!
//! Where one write fails so badly that SQLite takes back the whole transaction (no room, a broken disk, no memory),
//! the others are tried again, each in a transaction of its own. Only a write that cannot be run twice is unavailable
//! then.
//!
//! Called by: every write of the store.

mod group;
mod queue;
mod shift;
mod unit;

pub(crate) use group::OPENING;
pub(crate) use queue::{Outcome, Writer};
pub(crate) use unit::{Body, Effect, Once, Ran, Single};
