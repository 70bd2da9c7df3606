//! Who waits for the writer.

use super::{
    Body,
    shift::Shift,
    unit::{Queued, Unit},
};
use crate::{
    error::{Fault, QueueFull, TaskLost},
    transaction,
};
use sqlx::SqlitePool;
use std::{
    collections::VecDeque,
    mem,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// What a caller waits for.
pub(crate) type Outcome<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;

pub(super) type Units = Vec<Box<dyn Unit>>;

pub(super) struct Waiting {
    unit: Box<dyn Unit>,
    since: Instant,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    is_working: bool,
    is_closed: bool,
}

/// Runs writes, by the rules of the [module](super).
pub(crate) struct Writer {
    /// Of one connection. Hosts take it from there, too, in turn with the groups.
    pub(super) pool: SqlitePool,
    longest: usize,
    pub(super) patience: Duration,
    queue: Mutex<Queue>,
    /// Rings when nothing waits and nobody works.
    idle: Notify,
}

impl Waiting {
    /// For how long it has waited.
    pub(super) fn patience(&self) -> Duration {
        self.since.elapsed()
    }
}

impl Writer {
    /// At most `longest` writes wait, each for `patience` at most until it begins.
    pub(crate) fn new(pool: SqlitePool, longest: usize, patience: Duration) -> Self {
        Self { pool, longest, patience, queue: Mutex::default(), idle: Notify::new() }
    }

    pub(crate) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Nothing panics while it holds the queue, so a poisoned lock is still good.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many writes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    /// Queues a write, at once; the future waits for its outcome. Needs a runtime around it.
    pub(crate) fn run<B: Body>(self: &Arc<Self>, body: B) -> Outcome<B::Output> {
        let (queued, outcome) = Queued::new(body);
        let queued = self.enqueue(Box::new(queued));
        if let Ok(true) = queued {
            // Not awaited: it goes on with the writes of others when this caller has its answer.
            drop(transaction::start(Shift::of(self).work()));
        }
        Box::pin(async move {
            queued?;
            outcome.await.unwrap_or_else(|_| Err(Fault::Unknown(TaskLost.into())))
        })
    }

    /// Returns whether nobody works, so that the caller must start.
    fn enqueue(&self, unit: Box<dyn Unit>) -> Result<bool, Fault> {
        let mut queue = self.queue();
        if queue.is_closed {
            return Err(sqlx::Error::PoolClosed.into());
        }
        if queue.waiting.len() >= self.longest {
            return Err(Fault::Unavailable(QueueFull.into()));
        }
        queue.waiting.push_back(Waiting { unit, since: Instant::now() });
        Ok(!mem::replace(&mut queue.is_working, true))
    }

    /// The writes that came first, as long as they are `wanted`.
    pub(super) fn take(&self, most: usize, wanted: impl Fn(&Waiting) -> bool) -> Units {
        let mut queue = self.queue();
        let count = queue.waiting.iter().take(most).take_while(|waiting| wanted(waiting)).count();
        queue.waiting.drain(..count).map(|waiting| waiting.unit).collect()
    }

    /// Ends a shift if nothing waits.
    pub(super) fn is_done(&self) -> bool {
        let mut queue = self.queue();
        let is_done = queue.waiting.is_empty();
        if is_done {
            queue.is_working = false;
            self.idle.notify_waiters();
        }
        is_done
    }

    /// Ends a shift before its end; gives who is left.
    pub(super) fn abandon(&self) -> Units {
        let mut queue = self.queue();
        queue.is_working = false;
        self.idle.notify_waiters();
        queue.waiting.drain(..).map(|waiting| waiting.unit).collect()
    }

    /// Takes no more writes, and waits until those that wait are done.
    pub(crate) async fn close(&self) {
        self.queue().is_closed = true;
        let mut idle = pin!(self.idle.notified());
        loop {
            // Listens before it looks, so no ring is missed.
            idle.as_mut().enable();
            if !self.queue().is_working {
                return;
            }
            idle.as_mut().await;
            idle.set(self.idle.notified());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{SqliteStore, error::Fault};

    #[tokio::test]
    async fn a_write_that_panics_is_unknown_and_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("market.db").display());
        let store = SqliteStore::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        let take = |key: &'static str| sqlx::query(crate::sql::commit::TAKE).bind(key).bind(1).bind(1);
        let before = store.write_one(take("before"));
        let panics = store.write(|_| Box::pin(async { panic!("on purpose") }));
        let (before, panics): (_, Result<(), _>) = tokio::join!(before, panics);
        assert!(matches!(before, Err(Fault::Unknown(_))), "they shared a transaction: {before:?}");
        assert!(matches!(panics, Err(Fault::Unknown(_))), "{panics:?}");
        assert_eq!(store.write_one(take("before")).await.unwrap(), 1, "nothing was written");
        assert_eq!(store.write_one(take("after")).await.unwrap(), 1);
        store.close().await;
    }
}
