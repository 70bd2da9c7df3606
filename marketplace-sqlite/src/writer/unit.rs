//! One write in the queue.

use crate::{
    error::{Fault, TaskLost, TransactionLost},
    script::{self, Sendable, Stop},
    store::Bound,
    transaction::Work,
    writer::OPENING,
};
use async_trait::async_trait;
use sqlx::{Executor as _, SqliteConnection};
use tokio::sync::oneshot;

/// What a write left in the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// What it was to write.
    Written,
    /// Nothing that may stay: it is to be taken back to its savepoint.
    None,
    /// It failed before it had a savepoint.
    Unopened,
}

/// How a write ran.
pub(crate) struct Ran<T> {
    pub(crate) outcome: Result<T, Fault>,
    pub(crate) effect: Effect,
}

impl<T> Ran<T> {
    /// A write that stopped at a fault.
    pub(crate) fn stopped(fault: Fault) -> Self {
        Self { outcome: Err(fault), effect: Effect::None }
    }

    /// A write that did not come to its first statement.
    pub(crate) fn unopened(fault: Fault) -> Self {
        Self { outcome: Err(fault), effect: Effect::Unopened }
    }
}

/// What a write does in a transaction.
#[async_trait]
pub(crate) trait Body: Send + 'static {
    /// What its caller gets.
    type Output: Send + 'static;

    /// Whether it can run again when what it did was taken back.
    const REPEATABLE: bool;

    /// Runs it. The first statements that it sends are [`OPENING`].
    async fn run(&mut self, connection: &mut SqliteConnection) -> Ran<Self::Output>;
}

/// A write whatever its kind.
#[async_trait]
pub(super) trait Unit: Send {
    /// Runs it, and keeps its outcome.
    async fn run(&mut self, connection: &mut SqliteConnection) -> Effect;

    fn is_repeatable(&self) -> bool;

    /// Answers the caller: with the outcome if the transaction ended well, else with the fault.
    fn tell(self: Box<Self>, ended: Result<(), Fault>);
}

/// A write with its caller, who may be gone.
pub(super) struct Queued<B: Body> {
    body: B,
    outcome: Option<Result<B::Output, Fault>>,
    caller: oneshot::Sender<Result<B::Output, Fault>>,
}

impl<B: Body> Queued<B> {
    pub(super) fn new(body: B) -> (Self, oneshot::Receiver<Result<B::Output, Fault>>) {
        let (caller, outcome) = oneshot::channel();
        (Self { body, outcome: None, caller }, outcome)
    }
}

#[async_trait]
impl<B: Body> Unit for Queued<B> {
    async fn run(&mut self, connection: &mut SqliteConnection) -> Effect {
        let ran = self.body.run(connection).await;
        self.outcome = Some(ran.outcome);
        ran.effect
    }

    fn is_repeatable(&self) -> bool {
        B::REPEATABLE
    }

    fn tell(self: Box<Self>, ended: Result<(), Fault>) {
        let outcome = match ended {
            Ok(()) => self.outcome.unwrap_or_else(|| Err(Fault::Unknown(TaskLost.into()))),
            Err(fault) => Err(fault),
        };
        // The caller may be gone; the outcome stands in the database.
        let _ = self.caller.send(outcome);
    }
}

/// One statement; gives how many rows it changed.
pub(crate) struct Single(Sendable);

impl Single {
    pub(crate) fn of(bound: Bound) -> Result<Self, Fault> {
        Ok(Self(Sendable::of_one(OPENING, bound)?))
    }
}

#[async_trait]
impl Body for Single {
    type Output = u64;
    const REPEATABLE: bool = true;

    async fn run(&mut self, connection: &mut SqliteConnection) -> Ran<u64> {
        match script::run(connection, &self.0).await {
            Ok(0) => Ran { outcome: Ok(0), effect: Effect::None },
            Ok(changed) => Ran { outcome: Ok(changed), effect: Effect::Written },
            Err(Stop::By(fault)) => Ran::stopped(fault),
            Err(Stop::Unopened(fault)) => Ran::unopened(fault),
            Err(Stop::Known) => Ran::stopped(Fault::defect("a statement is no decision")),
        }
    }
}

/// Work that looks at what its statements give, and cannot be run twice.
pub(crate) struct Once<F>(Option<F>);

impl<F> Once<F> {
    pub(crate) const fn new(work: F) -> Self {
        Self(Some(work))
    }
}

#[async_trait]
impl<T, F> Body for Once<F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
{
    type Output = T;
    const REPEATABLE: bool = false;

    async fn run(&mut self, connection: &mut SqliteConnection) -> Ran<T> {
        let Some(work) = self.0.take() else {
            return Ran::unopened(Fault::Unavailable(TransactionLost.into()));
        };
        for statement in OPENING {
            if let Err(error) = connection.execute(*statement).await {
                return Ran::unopened(error.into());
            }
        }
        match work(connection).await {
            Ok(output) => Ran { outcome: Ok(output), effect: Effect::Written },
            Err(fault) => Ran::stopped(fault),
        }
    }
}
