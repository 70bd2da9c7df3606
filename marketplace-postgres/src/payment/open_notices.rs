//! Open notices, read for many callers with one statement.
//!
//! Guarantees: a read that finds no other under way begins at once; what is asked for meanwhile goes together into the
//! next statement, without a timer. A caller that goes away takes nobody's answer along: a shared read runs to its end
//! in a task of its own.
//!
//! Does not: share an answer. Each caller's rows are read after it asked.
//!
//! Called by: the read port of payments, for the jobs that process notices.

use super::{notice, verified};
use crate::{
    columns::Fields,
    error::{Fault, QueueFull, TaskLost},
    options::LONGEST_QUEUE,
    sql::payment as sql,
    transaction,
};
use futures_util::FutureExt as _;
use marketplace_core::payment::OpenNotice;
use sqlx::{PgPool, postgres::PgRow, query};
use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// How many are read at once.
const LARGEST_GROUP: usize = 50;

type Answer = Result<Option<OpenNotice>, Fault>;

struct Waiting {
    key: String,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    reading: bool,
}

/// Reads them, by the rules above.
pub(crate) struct OpenNotices {
    pool: PgPool,
    queue: Mutex<Queue>,
}

impl OpenNotices {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, queue: Mutex::default() }
    }

    /// Nothing panics while it holds the queue, so a poisoned lock is still good.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn get(self: Arc<Self>, key: &str) -> Answer {
        let (answer, found) = oneshot::channel();
        if self.enqueue(Waiting { key: key.to_owned(), answer })? {
            // Not awaited here: it goes on with the reads of others when this caller has its answer.
            drop(transaction::start(Arc::clone(&self).read_all()));
        }
        found.await.unwrap_or_else(|_| Err(Fault::Unavailable(TaskLost.into())))
    }

    /// Returns whether nobody reads yet.
    fn enqueue(&self, waiting: Waiting) -> Result<bool, Fault> {
        let mut queue = self.queue();
        if queue.waiting.len() >= LONGEST_QUEUE {
            return Err(Fault::Unavailable(QueueFull.into()));
        }
        queue.waiting.push_back(waiting);
        Ok(!std::mem::replace(&mut queue.reading, true))
    }

    fn next_group(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(LARGEST_GROUP);
        queue.reading = count > 0;
        (count > 0).then(|| queue.waiting.drain(..count).collect())
    }

    async fn read_all(self: Arc<Self>) {
        while let Some(group) = self.next_group() {
            // If it dies, its callers hear of it, and the rest goes on.
            if AssertUnwindSafe(self.read(group)).catch_unwind().await.is_err() {
                tracing::error!("a read of notices died");
            }
        }
    }

    async fn read(&self, group: Vec<Waiting>) {
        let keys: Vec<&str> = group.iter().map(|waiting| waiting.key.as_str()).collect();
        let rows = match transaction::read(&self.pool, query(sql::OPEN_NOTICES).bind(keys)).await {
            Ok(rows) => rows,
            Err(fault) => {
                let faults = fault.copies(group.len());
                group.into_iter().zip(faults).for_each(|(waiting, fault)| waiting.tell(Err(fault)));
                return;
            }
        };
        let mut found: HashMap<&str, &[PgRow]> = HashMap::new();
        for rows in rows.chunk_by(|one, other| key(one).is_some_and(|one| Some(one) == key(other))) {
            if let Some(key) = rows.first().and_then(key) {
                found.insert(key, rows);
            }
        }
        for waiting in group {
            let rows = found.get(waiting.key.as_str());
            let answer = rows.map(|rows| decode(rows)).transpose();
            waiting.tell(answer);
        }
    }
}

impl Waiting {
    fn tell(self, answer: Answer) {
        // The caller may be gone, and lost nothing.
        let _ = self.answer.send(answer);
    }
}

fn key(row: &PgRow) -> Option<&str> {
    Fields::new(row, "mkt_notices", "notice_key").get("notice_key").ok()
}

fn decode(rows: &[PgRow]) -> Result<OpenNotice, Fault> {
    let first = rows.first().ok_or_else(|| Fault::defect("a notice without a row"))?;
    let claim = notice::claim(&Fields::new(first, "mkt_notices", "notice_key"))?;
    Ok(OpenNotice { claim, payment: verified::decode(rows)? })
}
