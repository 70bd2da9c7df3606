//! Reads for many callers with one statement.
//!
//! Guarantees: a read that finds no other under way begins at once; what is asked for meanwhile goes together into the
//! next statement, without a timer. A caller that goes away takes nobody's answer along: a shared read runs to its end
//! in a task of its own.
//!
//! Does not: share an answer. Each caller's rows are read after it asked.
//!
//! Called by: the read ports, for what stands before a commit on the way of money and of downloads.

use crate::{
    error::{Fault, QueueFull, TaskLost},
    options::LONGEST_QUEUE,
    store::Bound,
    transaction,
};
use futures_util::FutureExt as _;
use sqlx::{PgPool, postgres::PgRow};
use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// How many are read at once.
const LARGEST_GROUP: usize = 50;

/// What is looked up by a key.
pub(crate) trait Look: Send + Sync + 'static {
    /// By what.
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// What.
    type Found: Send + 'static;
    /// Reads all of these; the rows of one key stand together.
    fn query(keys: Vec<Self::Key>) -> Bound;
    /// Whose row this is.
    fn key(row: &PgRow) -> Option<Self::Key>;
    /// What the rows of one key, at least one, come to.
    fn decode(rows: &[PgRow]) -> Result<Self::Found, Fault>;
}

type Answer<L> = Result<Option<<L as Look>::Found>, Fault>;

struct Waiting<L: Look> {
    key: L::Key,
    answer: oneshot::Sender<Answer<L>>,
}

struct Queue<L: Look> {
    waiting: VecDeque<Waiting<L>>,
    reading: bool,
}

/// Reads them, by the rules above.
pub(crate) struct Lookup<L: Look> {
    pool: PgPool,
    queue: Mutex<Queue<L>>,
}

impl<L: Look> Lookup<L> {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, queue: Mutex::new(Queue { waiting: VecDeque::new(), reading: false }) }
    }

    /// Nothing panics while it holds the queue, so a poisoned lock is still good.
    fn queue(&self) -> MutexGuard<'_, Queue<L>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn get(self: Arc<Self>, key: L::Key) -> Answer<L> {
        let (answer, found) = oneshot::channel();
        if self.enqueue(Waiting { key, answer })? {
            // Not awaited here: it goes on with the reads of others when this caller has its answer.
            drop(transaction::start(Arc::clone(&self).read_all()));
        }
        found.await.unwrap_or_else(|_| Err(Fault::Unavailable(TaskLost.into())))
    }

    /// Returns whether nobody reads yet.
    fn enqueue(&self, waiting: Waiting<L>) -> Result<bool, Fault> {
        let mut queue = self.queue();
        if queue.waiting.len() >= LONGEST_QUEUE {
            return Err(Fault::Unavailable(QueueFull.into()));
        }
        queue.waiting.push_back(waiting);
        Ok(!std::mem::replace(&mut queue.reading, true))
    }

    fn next_group(&self) -> Option<Vec<Waiting<L>>> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(LARGEST_GROUP);
        queue.reading = count > 0;
        (count > 0).then(|| queue.waiting.drain(..count).collect())
    }

    async fn read_all(self: Arc<Self>) {
        loop {
            // Whoever can run now may look for something, too: those that were answered together come back together.
            tokio::task::yield_now().await;
            let Some(group) = self.next_group() else { return };
            // If it dies, its callers hear of it, and the rest goes on.
            if AssertUnwindSafe(self.read(group)).catch_unwind().await.is_err() {
                tracing::error!("a read for many died");
            }
        }
    }

    async fn read(&self, group: Vec<Waiting<L>>) {
        let keys = group.iter().map(|waiting| waiting.key.clone()).collect();
        let rows = match transaction::read(&self.pool, L::query(keys)).await {
            Ok(rows) => rows,
            Err(fault) => {
                let faults = fault.copies(group.len());
                group.into_iter().zip(faults).for_each(|(waiting, fault)| waiting.tell(Err(fault)));
                return;
            }
        };
        let mut found: HashMap<L::Key, &[PgRow]> = HashMap::new();
        for rows in rows.chunk_by(|one, other| L::key(one).is_some_and(|one| Some(one) == L::key(other))) {
            if let Some(key) = rows.first().and_then(L::key) {
                found.insert(key, rows);
            }
        }
        for waiting in group {
            let rows = found.get(&waiting.key);
            let answer = rows.map(|rows| L::decode(rows)).transpose();
            waiting.tell(answer);
        }
    }
}

impl<L: Look> Waiting<L> {
    fn tell(self, answer: Answer<L>) {
        // The caller may be gone, and lost nothing.
        let _ = self.answer.send(answer);
    }
}
