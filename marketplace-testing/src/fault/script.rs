//! Which call fails, and how.

use marketplace_core::{
    commit::{CommitError, Refusal},
    error::{Source, StoreError},
};
use std::{
    collections::VecDeque,
    future::Future,
    sync::{Mutex, PoisonError},
};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The store is down. Nothing was done, and the caller knows it.
    UnavailableBefore,
    /// The connection broke before the call arrived. Nothing was done, but the caller cannot know.
    UnknownBefore,
    /// The connection broke before the answer arrived. It was done, but the caller cannot know.
    UnknownAfter,
    /// A guard says no, as if somebody had been quicker. Nothing was done. For calls other than `commit`, as
    /// [`Fault::UnavailableBefore`].
    Refused(Refusal),
}

fn cause() -> Source {
    "a fault of the test".into()
}

impl Fault {
    fn commit_error(self) -> CommitError {
        match self {
            Self::UnavailableBefore => CommitError::Unavailable(cause()),
            Self::UnknownBefore | Self::UnknownAfter => CommitError::Unknown(cause()),
            Self::Refused(refusal) => CommitError::Refused(refusal),
        }
    }

    fn store_error(self) -> StoreError {
        match self {
            Self::UnavailableBefore | Self::Refused(_) => StoreError::Unavailable(cause()),
            Self::UnknownBefore | Self::UnknownAfter => StoreError::Unknown(cause()),
        }
    }
}

/// The faults that are still to strike.
#[derive(Debug, Default)]
pub struct Script {
    commits: Mutex<VecDeque<Option<Fault>>>,
    calls: Mutex<VecDeque<Option<Fault>>>,
}

fn push(queue: &Mutex<VecDeque<Option<Fault>>>, fault: Option<Fault>) {
    queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
}

fn pop(queue: &Mutex<VecDeque<Option<Fault>>>) -> Option<Fault> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front().flatten()
}

impl Script {
    /// What happens to the next `commit` about which nothing was said yet; `None` lets it through.
    pub fn on_commit(&self, fault: impl Into<Option<Fault>>) {
        push(&self.commits, fault.into());
    }

    /// What happens to the next call other than `commit` about which nothing was said yet; `None` lets it
    /// through.
    pub fn on_call(&self, fault: impl Into<Option<Fault>>) {
        push(&self.calls, fault.into());
    }

    /// Whether every fault has struck.
    pub fn is_played(&self) -> bool {
        let empty =
            |queue: &Mutex<VecDeque<_>>| queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        empty(&self.commits) && empty(&self.calls)
    }

    pub(super) async fn commit<T, F>(&self, call: F) -> Result<T, CommitError>
    where
        F: Future<Output = Result<T, CommitError>> + Send,
    {
        match pop(&self.commits) {
            None => call.await,
            Some(fault) => {
                if fault == Fault::UnknownAfter {
                    call.await?;
                }
                Err(fault.commit_error())
            }
        }
    }

    pub(super) async fn call<T, F>(&self, call: F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        match pop(&self.calls) {
            None => call.await,
            Some(fault) => {
                if fault == Fault::UnknownAfter {
                    call.await?;
                }
                Err(fault.store_error())
            }
        }
    }
}
