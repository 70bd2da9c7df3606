//! Group commit without a timer: whoever finds no call under way starts a lane; what comes meanwhile waits, and goes
//! into the next call together. A further lane starts where half a group waits, or where a call takes unusually long:
//! small groups cost the server more than they gain by running beside each other.
//!
//! Guarantees: a set that was queued is sent, whether or not its caller stays; a call never waits for a row that
//! somebody else holds (its set is sent again, in the end alone, beside the lanes), so a stuck row delays one set; a set
//! that makes a whole call fail does not fail its neighbours.
//!
//! Plain sets go in bulk first. A bulk that meets a refusal, a taken key or a locked row is put off as a whole, and its
//! sets go one by one.
//!
//! In the store's own mode a lane keeps its connection between calls. Nothing but commits ever runs on it, so it
//! cannot stand in a transaction, and a commit is exactly one round trip: a pool would add one to test the connection
//! when it comes back.
//!
//! Called by: the commit port.

use super::{bulk, call, set::Written};
use crate::{
    error::{Fault, Outcome, QueueFull, TaskLost},
    options::{RESTED, farewell, probe},
    store::{Bound, PoolMode},
    transaction::{self, Done},
};
use futures_util::FutureExt as _;
use marketplace_core::commit::{ChangeSet, Committed};
use sqlx::{PgConnection, PgPool};
use std::{
    collections::{HashSet, VecDeque},
    iter,
    num::NonZeroU32,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

/// PostgreSQL keeps 64 subtransactions of a transaction in shared memory; beyond that every reader slows down.
const LARGEST_GROUP: usize = 50;

/// So many that wait are worth a call beside the one that is under way.
const ENOUGH: usize = LARGEST_GROUP / 2;

/// A call that has been under way for longer may be stuck.
const SLOW: Duration = Duration::from_millis(20);

type Answer = Result<Committed, Fault>;

struct Waiting {
    set: ChangeSet,
    /// How it goes. A set that is put off is written by the lane.
    way: Way,
    answer: oneshot::Sender<Answer>,
    /// Whether a call found its rows in use before.
    was_busy: bool,
}

/// How a set goes to the server.
enum Way {
    Bulk,
    OneByOne(Written),
}

impl Way {
    const fn is_bulk(&self) -> bool {
        matches!(self, Self::Bulk)
    }
}

impl Waiting {
    fn key(&self) -> &str {
        self.set.decision().key.as_str()
    }
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
    /// How many sets are under way in calls of their own.
    alone: usize,
    /// When the last call began.
    called: Option<Instant>,
    parked: Vec<Parked>,
    closed: bool,
}

impl Queue {
    fn is_idle(&self) -> bool {
        self.working == 0 && self.alone == 0
    }

    fn wants_a_lane(&self) -> bool {
        self.working == 0
            || self.waiting.len() >= ENOUGH
            || self.called.is_some_and(|called| called.elapsed() > SLOW)
    }
}

/// Sends sets, by the rules above.
pub(crate) struct Committer {
    pool: PgPool,
    mode: PoolMode,
    lanes: usize,
    longest: usize,
    queue: Mutex<Queue>,
    statements: bulk::Statements,
    /// Rings when nothing is under way any more.
    idle: Notify,
}

impl Committer {
    pub(crate) fn new(pool: PgPool, mode: PoolMode, lanes: NonZeroU32, longest: usize) -> Self {
        let lanes = usize::try_from(lanes.get()).unwrap_or(usize::MAX);
        Self {
            pool,
            mode,
            lanes,
            longest,
            queue: Mutex::default(),
            statements: bulk::Statements::default(),
            idle: Notify::new(),
        }
    }

    /// Nothing panics while it holds the queue, so a poisoned lock is still good.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many sets wait for a lane.
    pub(crate) fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    pub(crate) async fn commit(self: Arc<Self>, set: ChangeSet) -> Answer {
        let way = if bulk::is_plain(&set) { Way::Bulk } else { Way::OneByOne(Written::of(&set)?) };
        let (answer, outcome) = oneshot::channel();
        if self.enqueue(Waiting { set, way, answer, was_busy: false })? {
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
        let starts = queue.working < self.lanes && queue.wants_a_lane();
        if starts {
            queue.working = queue.working.saturating_add(1);
        }
        Ok(starts)
    }

    /// The next group, in the order of the keys, all of one way; `None` ends the lane.
    fn next_group(&self) -> Option<(Vec<Waiting>, Option<Parked>)> {
        let mut queue = self.queue();
        let Some(first) = queue.waiting.front() else {
            queue.working = queue.working.saturating_sub(1);
            if queue.is_idle() {
                self.idle.notify_waiters();
            }
            return None;
        };
        let in_bulk = first.way.is_bulk();
        let mut group = Vec::new();
        let mut keys = HashSet::new();
        let mut passed = VecDeque::new();
        while group.len() < LARGEST_GROUP
            && passed.len() < LARGEST_GROUP
            && let Some(waiting) = queue.waiting.pop_front()
        {
            // Of copies of one set a bulk takes the first; the others find it applied.
            if waiting.way.is_bulk() == in_bulk && (!in_bulk || keys.insert(waiting.key().to_owned())) {
                group.push(waiting);
            } else {
                passed.push_back(waiting);
            }
        }
        while let Some(waiting) = passed.pop_back() {
            queue.waiting.push_front(waiting);
        }
        let parked = queue.parked.pop();
        queue.called = Some(Instant::now());
        drop(queue);
        group.sort_by(|one, other| one.key().cmp(other.key()));
        Some((group, parked))
    }

    async fn lane(self: Arc<Self>) {
        loop {
            // Whoever can run now may have a set, too: those that were answered together come back together.
            tokio::task::yield_now().await;
            let Some((group, parked)) = self.next_group() else { return };
            // If it dies, its callers hear that their outcome is unknown, and the lane goes on.
            if AssertUnwindSafe(self.serve(group, parked)).catch_unwind().await.is_err() {
                tracing::error!("a call with commits died");
            }
        }
    }

    async fn serve(self: &Arc<Self>, group: Vec<Waiting>, parked: Option<Parked>) {
        let in_bulk = group.first().is_some_and(|first| first.way.is_bulk());
        let called = match self.bound(&group, in_bulk) {
            Ok(bound) => self.call(bound, parked).await,
            Err(fault) => Err(fault),
        };
        match called.and_then(|done| call::outcomes(&done, group.len())) {
            Ok(outcomes) => {
                for (waiting, outcome) in group.into_iter().zip(outcomes) {
                    match outcome {
                        Outcome::Settled(answer) => waiting.tell(answer),
                        Outcome::Busy => self.try_again(waiting),
                        Outcome::Again => self.queue().waiting.push_front(waiting),
                    }
                }
            }
            // Nothing was written, and one of them may be to blame.
            Err(fault) if in_bulk && fault.may_be_of_one() => {
                group.into_iter().rev().for_each(|waiting| self.put_off(waiting));
            }
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

    /// The call for a group.
    fn bound(&self, group: &[Waiting], in_bulk: bool) -> Result<Bound, Fault> {
        if in_bulk {
            let sets = group.iter().map(|waiting| &waiting.set);
            return self.statements.call(sets).map_err(Fault::Defect);
        }
        let written = group.iter().filter_map(|waiting| match &waiting.way {
            Way::OneByOne(written) => Some(written),
            Way::Bulk => None,
        });
        Ok(call::one_by_one(written, false))
    }

    async fn call(&self, bound: Bound, parked: Option<Parked>) -> Result<Done, Fault> {
        if self.mode == PoolMode::Shared {
            return transaction::write_here(self.pool.clone(), self.mode, bound).await;
        }
        let mut connection = self.connection(parked).await?;
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
    fn try_again(self: &Arc<Self>, waiting: Waiting) {
        if waiting.was_busy {
            self.send_alone(waiting);
        } else {
            self.queue().waiting.push_front(Waiting { was_busy: true, ..waiting });
        }
    }

    /// Sends a set one by one instead of in bulk.
    fn put_off(&self, waiting: Waiting) {
        match Written::of(&waiting.set) {
            Ok(written) => {
                self.queue().waiting.push_front(Waiting { way: Way::OneByOne(written), ..waiting });
            }
            Err(fault) => waiting.tell(Err(fault)),
        }
    }

    /// Sends a set in a call of its own, which waits for its rows.
    fn send_alone(self: &Arc<Self>, waiting: Waiting) {
        let Way::OneByOne(written) = &waiting.way else { return };
        let bound = call::one_by_one(iter::once(written), true);
        let alone = Alone::begin(self);
        drop(transaction::start(async move {
            let done = transaction::write_here(alone.0.pool.clone(), alone.0.mode, bound).await;
            waiting.tell(done.and_then(|done| call::only_outcome(&done)));
        }));
    }

    /// Waits until no set waits or is under way.
    pub(crate) async fn drain(&self) {
        let mut idle = pin!(self.idle.notified());
        loop {
            // Listens before it looks, so no ring is missed.
            idle.as_mut().enable();
            if self.queue().is_idle() {
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

/// A set that is under way in a call of its own, for as long as this lives.
struct Alone(Arc<Committer>);

impl Alone {
    fn begin(committer: &Arc<Committer>) -> Self {
        let mut queue = committer.queue();
        queue.alone = queue.alone.saturating_add(1);
        Self(Arc::clone(committer))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.alone = queue.alone.saturating_sub(1);
        if queue.is_idle() {
            self.0.idle.notify_waiters();
        }
    }
}

impl Waiting {
    fn tell(self, answer: Answer) {
        // The caller may be gone; the outcome stands in the database.
        let _ = self.answer.send(answer);
    }
}
