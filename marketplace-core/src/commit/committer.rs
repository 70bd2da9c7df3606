//! The loop around the port: what to do on `Stale` and on `Unknown`, in one place.
//!
//! Guarantees: on `Stale` (and on `Taken`, which is a lost race just as often) the decision is made again
//! from fresh rows, three times at most; on `Unknown` the same set is sent once more, then the caller learns
//! that it is unknown. Jobs that are due now wake the worker of this process; those of a host's reactions go with the set
//! that brings their event about.

use super::{ChangeSet, Commit, CommitError, Committed, Decision, Refusal};
use crate::{
    commit::Change,
    error::{ErrorKind, Failure, Source},
    event::Reactions,
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
    reactions: Arc<Reactions>,
}

impl Committer {
    /// A committer on `port` that wakes the worker of `wake`.
    pub fn new(port: Arc<dyn Commit>, wake: Wake) -> Self {
        Self { port, wake, reactions: Arc::default() }
    }

    /// The same, with jobs of the host for what happens.
    #[must_use]
    pub fn with_reactions(self, reactions: Reactions) -> Self {
        Self { reactions: Arc::new(reactions), ..self }
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
        let set = &self.reactions.added_to(set);
        let first = self.port.commit(set.clone()).await;
        let outcome = match first {
            Err(CommitError::Unknown(source)) => {
                tracing::warn!(decision.key = %set.decision().key, error = %source, "commit outcome unknown, sending again");
                self.port.commit(set.clone()).await
            }
            other => other,
        };
        if outcome.is_ok() {
            let Decision { name, subject, actor, at, .. } = set.decision();
            tracing::info!(decision.name = name, decision.subject = subject.as_str(), decision.actor = %actor, "committed");
            if set.changes().iter().any(|change| matches!(change, Change::Enqueue(job) if job.run_at <= *at))
            {
                self.wake.notify();
            }
        }
        Ok(outcome?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        actor::Actor,
        commit::{DecisionKey, InputHash, MockCommit, Subject},
        id::JobId,
        job::NewJob,
        time::Timestamp,
    };
    use futures_util::FutureExt as _;
    use std::{
        collections::VecDeque,
        sync::{
            Mutex,
            atomic::{AtomicU32, Ordering},
        },
        time::Duration,
    };

    fn set(number: u32, changes: Vec<Change>) -> ChangeSet {
        let decision = Decision {
            key: DecisionKey::new("test", number),
            name: "test",
            input: InputHash::of(&number),
            subject: Subject::of(number),
            actor: Actor::System,
            at: Timestamp::EPOCH,
        };
        ChangeSet::new(decision, changes)
    }

    fn job(run_at: Timestamp) -> Change {
        Change::Enqueue(NewJob {
            id: JobId::from_uuid(uuid::Uuid::nil()),
            kind: "test".to_owned(),
            payload: serde_json::Value::Null,
            subject: Subject::of("test"),
            unique: None,
            run_at,
            created_at: Timestamp::EPOCH,
        })
    }

    fn unknown() -> CommitError {
        CommitError::Unknown("the line broke".into())
    }

    /// A committer whose port answers these one after the other, and what it was sent.
    fn answering(
        answers: impl IntoIterator<Item = Result<Committed, CommitError>>,
    ) -> (Committer, Arc<Mutex<Vec<ChangeSet>>>, Wake) {
        let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
        let sent = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sent);
        let mut port = MockCommit::new();
        port.expect_commit().returning(move |set| {
            seen.lock().unwrap().push(set);
            answers.lock().unwrap().pop_front().expect("no more commits were expected")
        });
        let wake = Wake::default();
        (Committer::new(Arc::new(port), wake.clone()), sent, wake)
    }

    /// Runs a command that decides something new in each round; gives the result and the number of rounds.
    async fn run(committer: &Committer) -> (Result<(u32, Committed), CommitFailure>, u32) {
        let rounds = AtomicU32::new(0);
        let result = committer
            .run(|| async {
                let round = rounds.fetch_add(1, Ordering::SeqCst);
                Ok::<_, CommitFailure>(Step::Commit(set(round, vec![]), round))
            })
            .await;
        (result, rounds.into_inner())
    }

    const STALE: Result<Committed, CommitError> = Err(CommitError::Refused(Refusal::Stale));

    #[tokio::test]
    async fn a_lost_race_is_decided_again_from_fresh_rows() {
        let (committer, sent, _) =
            answering([STALE, Err(CommitError::Refused(Refusal::Taken)), Ok(Committed::Applied)]);
        let (result, rounds) = run(&committer).await;
        assert_eq!(result.unwrap(), (2, Committed::Applied));
        assert_eq!(rounds, 3);
        let keys: Vec<_> = sent.lock().unwrap().iter().map(|set| set.decision().key.clone()).collect();
        assert_eq!(keys, [0, 1, 2].map(|number| DecisionKey::new("test", number)));
    }

    #[tokio::test]
    async fn races_lost_again_and_again_are_reported() {
        let (committer, _, _) = answering([STALE, STALE, STALE, STALE]);
        let (result, rounds) = run(&committer).await;
        assert!(matches!(result, Err(CommitFailure::Refused(Refusal::Stale))));
        assert_eq!(rounds, 4, "the first decision and three more");
    }

    #[tokio::test]
    async fn other_refusals_and_failures_are_not_tried_again() {
        for answer in [
            Err(CommitError::Refused(Refusal::BelowFloor)),
            Err(CommitError::Refused(Refusal::LimitReached)),
            Err(CommitError::Refused(Refusal::KeyReused)),
            Err(CommitError::Unavailable("down".into())),
            Err(CommitError::Defect("broken".into())),
        ] {
            let (committer, sent, _) = answering([answer]);
            assert!(run(&committer).await.0.is_err());
            assert_eq!(sent.lock().unwrap().len(), 1);
        }
    }

    #[tokio::test]
    async fn an_unknown_outcome_sends_the_same_set_once_more() {
        let (committer, sent, _) = answering([Err(unknown()), Ok(Committed::Replayed)]);
        let (result, rounds) = run(&committer).await;
        assert_eq!(result.unwrap(), (0, Committed::Replayed));
        assert_eq!(rounds, 1, "an unknown outcome is no reason to decide again");
        let sent = sent.lock().unwrap().clone();
        assert_eq!(sent[0], sent[1]);

        let (committer, _, _) = answering([Err(unknown()), Err(unknown())]);
        assert!(matches!(run(&committer).await.0, Err(CommitFailure::Unknown(_))));
    }

    #[tokio::test]
    async fn work_that_is_due_wakes_the_worker_and_later_work_does_not() {
        let later = Timestamp::EPOCH.saturating_add(Duration::from_secs(1));
        for (run_at, answer, rings) in [
            (Timestamp::EPOCH, Ok(Committed::Applied), true),
            (Timestamp::EPOCH, Ok(Committed::Replayed), true),
            (later, Ok(Committed::Applied), false),
            (Timestamp::EPOCH, STALE, false),
        ] {
            let (committer, _, wake) = answering([answer]);
            let ring = wake.listen();
            let _ = committer.send(&set(0, vec![job(run_at)])).await;
            assert_eq!(ring.now_or_never().is_some(), rings);
        }
    }
}
