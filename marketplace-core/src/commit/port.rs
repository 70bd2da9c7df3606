//! The port itself.

use super::ChangeSet;
use crate::error::{ErrorKind, Failure, Source};
use async_trait::async_trait;
use std::fmt;

/// A set is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// Applied now.
    Applied,
    /// The same decision was applied before; nothing happened now.
    Replayed,
}

/// A guard said no. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// A row has changed since the decision saw it.
    #[error("a row changed meanwhile")]
    Stale,
    /// An account would fall below its floor.
    #[error("an account would fall below its floor")]
    BelowFloor,
    /// A counter is at its cap.
    #[error("a limit is reached")]
    LimitReached,
    /// A unique value is taken.
    #[error("a unique value is taken")]
    Taken,
    /// The decision's key was used with other input.
    #[error("the decision key was used with other input")]
    KeyReused,
}

/// Why a set was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A guard said no; nothing was written.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The store is down or overloaded; certainly nothing was written.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// The set may have been applied. Sending the same set again tells.
    #[error("the outcome of a commit is unknown")]
    Unknown(#[source] Source),
    /// The store or the set is broken; nothing was written.
    #[error("defect in the store")]
    Defect(#[source] Source),
}

impl Failure for CommitError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(_) => ErrorKind::Conflict,
            Self::Unavailable(_) => ErrorKind::Unavailable,
            Self::Unknown(_) => ErrorKind::Unknown,
            Self::Defect(_) => ErrorKind::Internal,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "conflict",
            Self::Unavailable(_) => "unavailable",
            Self::Unknown(_) => "outcome_unknown",
            Self::Defect(_) => "internal",
        }
    }
}

/// Applies decisions.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Commit: fmt::Debug + Send + Sync + 'static {
    /// Applies every change of the set, or none.
    ///
    /// Order: the decision's key is looked up first (replay or `KeyReused`), then the changes apply in their
    /// order; the first refusal wins. Idempotent under the decision's key, for ever. Cancellation: dropping the
    /// future leaves the set wholly applied or not at all; both happen. A commit waits for no other network
    /// service.
    async fn commit(&self, set: ChangeSet) -> Result<Committed, CommitError>;
}
