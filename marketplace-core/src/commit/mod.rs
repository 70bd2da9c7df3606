//! The one write port: decide, then commit.
//!
//! A service loads rows through the small read ports, a pure function decides, and the decision is handed
//! to [`Commit::commit`] as one [`ChangeSet`].
//!
//! Guarantees (by every store, checked by the contract suite in `marketplace-testing`):
//! - all changes of a set are applied, or none;
//! - the decision's key is unique: the same key with the same input again is [`Committed::Replayed`] and
//!   has no effect; the same key with other input is refused. Sending a set again is therefore always safe;
//! - a set whose caller went away (dropped future, lost connection) is applied wholly or not at all.
//!
//! Does not: hand out transactions. No network call can happen inside one.
//!
//! Called by: the services of this crate, through [`Committer`], which holds the retry rules in one place.

mod change;
mod committer;
mod decision;
mod derived;
mod port;

pub use change::{Change, LimitKey};
pub use committer::{CommitFailure, Committer, Step};
pub use decision::{ChangeSet, Decision, DecisionKey, InputHash, Subject};
pub(crate) use derived::DerivedIds;
#[cfg(any(test, feature = "mock"))]
pub use port::MockCommit;
pub use port::{Commit, CommitError, Committed, Refusal};
