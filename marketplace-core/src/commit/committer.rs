//! The loop around the port: what to do on `Stale` and on `Unknown`, in one place.
//!
//! Guarantees: on `Stale` (and on `Taken`, which is a lost race just as often) the decision is made again
//! from fresh rows, three times at most; on `Unknown` the same set is sent once more, then the caller learns
//! that it is unknown. Jobs that are due now wake the worker of this process.

use super::{ChangeSet, Commit, CommitError, Committed, Refusal};
use crate::{
    commit::Change,
    error::{ErrorKind, Failure, Source},
    job::Wake,
};
use std::{future::Future, sync::Arc};

/// What one round of deciding came to.
#[derive(Debug)]
pub enum Step<T> {
    /// Commit this; the value is the answer then.
    Commit(ChangeSet, T),
    /// There is nothing to commit; this is the answer.
    Done(T),
}

/// A commit that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommitFailure {
    /// A guard said no, still after deciding again where that can help.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Nothing was written.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// It may have been written; the same command under the same key is safe to repeat.
    #[error("the outcome of a commit is unknown")]
    Unknown(#[source] Source),
    /// A defect.
    #[error("defect in the store")]
    Defect(#[source] Source),
}

impl From<CommitError> for CommitFailure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Refused(refusal) => Self::Refused(refusal),
            CommitError::Unavailable(source) => Self::Unavailable(source),
            CommitError::Unknown(source) => Self::Unknown(source),
            CommitError::Defect(source) => Self::Defect(source),
        }
    }
}

impl Failure for CommitFailure {
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
            Self::Refused(Refusal::KeyReused) => "idempotency_key_reused",
            Self::Refused(Refusal::BelowFloor) => "insufficient_funds",
            Self::Refused(Refusal::LimitReached) => "limit_reached",
            Self::Refused(_) => "conflict",
            Self::Unavailable(_) => "unavailable",
            Self::Unknown(_) => "outcome_unknown",
            Self::Defect(_) => "internal",
        }
    }
}

/// How often a decision is made before a lost race is reported.
const ROUNDS: u32 = 4;

/// Sends change sets, by the rules above.
#[derive(Debug, Clone)]
pub struct Committer {
    port: Arc<dyn Commit>,
    wake: Wake,
}

impl Committer {
    /// A committer on `port` that wakes the worker of `wake`.
    pub fn new(port: Arc<dyn Commit>, wake: Wake) -> Self {
        Self { port, wake }
    }

    /// Decides and commits until it is settled.
    ///
    /// `decide` loads and decides afresh each time it is called. Cancellation: dropping the future may leave
    /// the last set applied; its key makes repeating the command safe.
    pub async fn run<T, E, F, R>(&self, mut decide: F) -> Result<(T, Committed), E>
    where
        F: FnMut() -> R + Send,
        R: Future<Output = Result<Step<T>, E>> + Send,
        E: From<CommitFailure> + Send,
        T: Send,
    {
        let mut round = 1_u32;
        loop {
            let (set, value) = match decide().await? {
                Step::Done(value) => return Ok((value, Committed::Replayed)),
                Step::Commit(set, value) => (set, value),
            };
            match self.send(&set).await {
                Ok(committed) => return Ok((value, committed)),
                Err(CommitFailure::Refused(Refusal::Stale | Refusal::Taken)) if round < ROUNDS => {
                    round = round.saturating_add(1);
                    tracing::debug!(decision.name = set.decision().name, round, "a commit lost a race");
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Sends one set, resending once when the outcome is unknown.
    pub async fn send(&self, set: &ChangeSet) -> Result<Committed, CommitFailure> {
        let first = self.port.commit(set.clone()).await;
        let outcome = match first {
            Err(CommitError::Unknown(source)) => {
                tracing::warn!(decision.key = %set.decision().key, error = %source, "commit outcome unknown, sending again");
                self.port.commit(set.clone()).await
            }
            other => other,
        };
        if outcome.is_ok() {
            let at = set.decision().at;
            if set.changes().iter().any(|change| matches!(change, Change::Enqueue(job) if job.run_at <= at)) {
                self.wake.notify();
            }
        }
        Ok(outcome?)
    }
}
