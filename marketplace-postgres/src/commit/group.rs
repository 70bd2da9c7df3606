//! Group commit without a timer: whoever finds a lane idle starts it; what comes while all lanes work waits, and goes
//! into the next call together.
//!
//! Guarantees: a set that was queued is sent, whether or not its caller stays; a call never waits for a row that
//! somebody else holds (its set is sent again, in the end alone, beside the lanes), so a stuck row delays one set; a set that
//! makes a whole call fail does not fail its neighbours.
//!
//! In the store's own mode a lane keeps its connection between calls. Nothing but `mkt_commit` ever runs on it, so it
//! cannot stand in a transaction, and a commit is exactly one round trip: a pool would add one to test the connection
//! when it comes back.
//!
//! Called by: the commit port.

use super::{call, set::Prepared};
use crate::{
    error::{Fault, Outcome, QueueFull, TaskLost},
    options::{RESTED, farewell, probe},
    store::PoolMode,
    transaction::{self, Done},
};
use marketplace_core::commit::{ChangeSet, Committed};
use sqlx::{PgConnection, PgPool};
use std::{
    collections::VecDeque,
    iter,
    num::NonZeroU32,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

/// PostgreSQL keeps 64 subtransactions of a transaction in shared memory; beyond that every reader slows down.
const LARGEST_GROUP: usize = 50;

type Answer = Result<Committed, Fault>;

struct Waiting {
    set: Prepared,
    answer: oneshot::Sender<Answer>,
    /// Whether a call found its rows in use before.
    was_busy: bool,
}

/// A connection that a lane left when it had nothing more to do.
struct Parked {
    connection: PgConnection,
    since: Instant,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// How many lanes work.
    working: usize,
    parked: Vec<Parked>,
    closed: bool,
}

/// Sends sets, by the rules above.
pub(crate) struct Committer {
    pool: PgPool,
    mode: PoolMode,
    lanes: usize,
    longest: usize,
    queue: Mutex<Queue>,
    /// Rings when the last lane stops.
    idle: Notify,
}

impl Committer {
    pub(crate) fn new(pool: PgPool, mode: PoolMode, lanes: NonZeroU32, longest: usize) -> Self {
        let lanes = usize::try_from(lanes.get()).unwrap_or(usize::MAX);
        Self { pool, mode, lanes, longest, queue: Mutex::new(Queue::default()), idle: Notify::new() }
    }

    /// Nothing panics while it holds the queue, so a poisoned lock is still good.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many sets wait for a lane.
    pub(crate) fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    pub(crate) async fn commit(self: Arc<Self>, set: &ChangeSet) -> Answer {
        let set = Prepared::of(set)?;
        let (answer, outcome) = oneshot::channel();
        if self.enqueue(Waiting { set, answer, was_busy: false })? {
            // Not awaited here: the lane goes on with the sets of others when this caller has its answer.
            drop(transaction::start(Arc::clone(&self).lane()));
        }
        outcome.await.unwrap_or_else(|_| Err(Fault::Unknown(TaskLost.into())))
    }

    /// Returns whether a lane must be started for it.
    fn enqueue(&self, waiting: Waiting) -> Result<bool, Fault> {
        let mut queue = self.queue();
        if queue.closed {
            return Err(Fault::uncommitted(sqlx::Error::PoolClosed));
        }
        if queue.waiting.len() >= self.longest {
            return Err(Fault::Unavailable(QueueFull.into()));
        }
        queue.waiting.push_back(waiting);
        let idle = queue.working < self.lanes;
        if idle {
            queue.working = queue.working.saturating_add(1);
        }
        Ok(idle)
    }

    /// The next group, in the order of the keys; `None` ends the lane.
    fn next_group(&self) -> Option<(Vec<Waiting>, Option<Parked>)> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(LARGEST_GROUP);
        if count == 0 {
            queue.working = queue.working.saturating_sub(1);
            if queue.working == 0 {
                self.idle.notify_waiters();
            }
            return None;
        }
        let mut group: Vec<_> = queue.waiting.drain(..count).collect();
        let parked = queue.parked.pop();
        drop(queue);
        group.sort_by(|one, other| one.set.key.cmp(&other.set.key));
        Some((group, parked))
    }

    async fn lane(self: Arc<Self>) {
        while let Some((group, parked)) = self.next_group() {
            let this = Arc::clone(&self);
            // In a task of its own: if it dies, its callers hear that their outcome is unknown, and the lane goes on.
            if transaction::start(async move { this.serve(group, parked).await }).await.is_err() {
                tracing::error!("a call with commits died");
            }
        }
    }

    async fn serve(self: Arc<Self>, group: Vec<Waiting>, parked: Option<Parked>) {
        let called = match self.mode {
            PoolMode::Own => self.call_on_lane(&group, parked).await,
            PoolMode::Shared => {
                let bound = call::call(group.iter().map(|waiting| &waiting.set), false);
                transaction::write_here(self.pool.clone(), self.mode, bound).await
            }
        };
        match called.and_then(|done| call::outcomes(&done, group.len())) {
            Ok(outcomes) => {
                for (waiting, outcome) in group.into_iter().zip(outcomes) {
                    match outcome {
                        Outcome::Settled(answer) => waiting.tell(answer),
                        Outcome::Busy => self.try_again(waiting),
                    }
                }
            }
            // Nothing was written, and one of them may be to blame.
            Err(fault) if group.len() > 1 && fault.may_be_of_one() => {
                for waiting in group {
                    self.send_alone(waiting);
                }
            }
            Err(fault) => {
                let faults = fault.copies(group.len());
                group.into_iter().zip(faults).for_each(|(waiting, fault)| waiting.tell(Err(fault)));
            }
        }
    }

    async fn call_on_lane(&self, group: &[Waiting], parked: Option<Parked>) -> Result<Done, Fault> {
        let mut connection = self.connection(parked).await?;
        let bound = call::call(group.iter().map(|waiting| &waiting.set), false);
        match transaction::run_alone(&mut connection, bound).await {
            Ok(done) => {
                self.park(connection);
                Ok(done)
            }
            Err(stopped) => {
                if stopped.leaves_usable() {
                    self.park(connection);
                }
                Err(stopped.autocommitted())
            }
        }
    }

    /// The lane's own connection, or a new one with the settings and the patience of the pool.
    async fn connection(&self, parked: Option<Parked>) -> Result<PgConnection, Fault> {
        if let Some(Parked { mut connection, since }) = parked {
            let rested = since.elapsed() > RESTED;
            if !rested || matches!(tokio::time::timeout(RESTED, probe(&mut connection)).await, Ok(Ok(()))) {
                return Ok(connection);
            }
        }
        Ok(self.pool.acquire().await.map_err(Fault::uncommitted)?.detach())
    }

    fn park(&self, connection: PgConnection) {
        self.queue().parked.push(Parked { connection, since: Instant::now() });
    }

    /// The rows are most often those of another lane's call, which ends before this lane's next one begins. If not, a
    /// stranger has them.
    fn try_again(&self, waiting: Waiting) {
        if waiting.was_busy {
            self.send_alone(waiting);
        } else {
            self.queue().waiting.push_front(Waiting { was_busy: true, ..waiting });
        }
    }

    /// Sends a set in a call of its own, which waits for its rows.
    fn send_alone(&self, waiting: Waiting) {
        let (pool, mode) = (self.pool.clone(), self.mode);
        drop(transaction::start(async move {
            let bound = call::call(iter::once(&waiting.set), true);
            let done = transaction::write_here(pool, mode, bound).await;
            waiting.tell(done.and_then(|done| call::only_outcome(&done)));
        }));
    }

    /// Waits until no set waits and no lane works.
    pub(crate) async fn drain(&self) {
        let mut idle = pin!(self.idle.notified());
        loop {
            // Listens before it looks, so no ring is missed.
            idle.as_mut().enable();
            if self.queue().working == 0 {
                return;
            }
            idle.as_mut().await;
            idle.set(self.idle.notified());
        }
    }

    /// Takes no more sets, and closes the connections of the lanes when those that were taken are done.
    pub(crate) async fn close(&self) {
        self.queue().closed = true;
        self.drain().await;
        let parked = std::mem::take(&mut self.queue().parked);
        for Parked { connection, .. } in parked {
            farewell(connection).await;
        }
    }
}

impl Waiting {
    fn tell(self, answer: Answer) {
        // The caller may be gone; the outcome stands in the database.
        let _ = self.answer.send(answer);
    }
}
