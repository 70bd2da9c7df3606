//! Who works on the queue.

use super::{
    Writer,
    group::{self, Ended},
    queue::Units,
};
use crate::error::{Fault, QueueTimedOut, TaskLost, TransactionLost};
use crate::transaction;
use sqlx::{Sqlite, pool::PoolConnection};
use std::{collections::VecDeque, sync::Arc};

/// The most writes of one transaction. More would make the first of them wait without saving much: the sync of the
/// disk is shared by fifty already.
const LARGEST_GROUP: usize = 50;

/// Work on the queue until nothing waits.
pub(super) struct Shift {
    writer: Arc<Writer>,
    is_over: bool,
}

impl Shift {
    pub(super) fn of(writer: &Arc<Writer>) -> Self {
        Self { writer: Arc::clone(writer), is_over: false }
    }

    pub(super) async fn work(mut self) {
        loop {
            self.is_over = self.writer.is_done();
            if self.is_over {
                return;
            }
            let writer = Arc::clone(&self.writer);
            // In a task of its own: if it dies, its callers hear that their outcome is unknown, and this goes on.
            if transaction::start(async move { writer.run_next().await }).await.is_err() {
                tracing::error!("a transaction of writes died");
            }
        }
    }
}

/// A shift that its runtime took with it leaves nobody waiting, and the queue to the next one.
impl Drop for Shift {
    fn drop(&mut self) {
        if !self.is_over {
            tell_all(self.writer.abandon(), || Fault::Unavailable(TaskLost.into()));
        }
    }
}

impl Writer {
    /// Runs whatever waits when the connection is there.
    async fn run_next(&self) {
        let acquired = self.pool.acquire().await;
        // Who waited for too long behind others hears of it, also when the connection is there at last.
        tell_all(self.take(usize::MAX, |waiting| waiting.patience() >= self.patience), || {
            Fault::Unavailable(QueueTimedOut.into())
        });
        match acquired {
            Ok(connection) => {
                let group = self.take(LARGEST_GROUP, |_| true);
                if !group.is_empty() {
                    self.serve(connection, group).await;
                }
            }
            // Those who came later may wait on.
            Err(sqlx::Error::PoolTimedOut) => {}
            Err(error) => tell_all_of(self.take(usize::MAX, |_| true), error.into()),
        }
    }

    async fn serve(&self, mut connection: PoolConnection<Sqlite>, mut units: Units) {
        match group::run(&mut connection, &mut units).await {
            Ended::Well => tell_all_well(units),
            Ended::By(number) => {
                close(connection).await;
                let culprit = units.remove(number);
                culprit.tell(Ok(()));
                self.one_by_one(units).await;
            }
            Ended::Badly { fault, is_open } => {
                if is_open {
                    close(connection).await;
                }
                // A check that fails at the end, of a host's own tables, is the defect of one of them.
                if matches!(fault, Fault::Defect(_)) && units.len() > 1 {
                    self.one_by_one(units).await;
                } else {
                    tell_all_of(units, fault);
                }
            }
        }
    }

    /// Runs writes again, each in a transaction of its own.
    async fn one_by_one(&self, units: Units) {
        let mut units = VecDeque::from(units);
        while let Some(unit) = units.pop_front() {
            if !unit.is_repeatable() {
                unit.tell(Err(Fault::Unavailable(TransactionLost.into())));
                continue;
            }
            let mut alone = vec![unit];
            let mut connection = match self.pool.acquire().await {
                Ok(connection) => connection,
                Err(error) => {
                    units.extend(alone);
                    return tell_all_of(units.into(), error.into());
                }
            };
            match group::run(&mut connection, &mut alone).await {
                Ended::Well => tell_all_well(alone),
                Ended::By(_) => {
                    close(connection).await;
                    tell_all_well(alone);
                }
                Ended::Badly { fault, is_open } => {
                    if is_open {
                        close(connection).await;
                    }
                    tell_all_of(alone, fault);
                }
            }
        }
    }
}

fn tell_all_well(units: Units) {
    for unit in units {
        unit.tell(Ok(()));
    }
}

fn tell_all(units: Units, fault: impl Fn() -> Fault) {
    for unit in units {
        unit.tell(Err(fault()));
    }
}

/// Tells many of one fault.
fn tell_all_of(units: Units, fault: Fault) {
    let faults = fault.copies(units.len());
    for (unit, fault) in units.into_iter().zip(faults) {
        unit.tell(Err(fault));
    }
}

/// A new connection knows for certain where it stands.
async fn close(connection: PoolConnection<Sqlite>) {
    if let Err(error) = connection.close().await {
        tracing::debug!(error = %error, "a broken connection did not close cleanly");
    }
}
