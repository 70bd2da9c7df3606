//! One transaction of one or more writes.

use super::unit::{Effect, Unit};
use crate::error::{Fault, is_busy};
use sqlx::{Connection as _, Executor as _, SqliteConnection};

/// IMMEDIATE takes the write lock at once and waits for it; a deferred transaction that turns to writing later
/// cannot wait and fails as busy. The savepoint is there for the first write to release, so that all writes begin in
/// the same way, with the same text.
const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT mkt_write";

/// The end of the write before, and the place to which this one is taken back. Each write sends these before its own
/// statements, in the same text.
pub(crate) const OPENING: &[&str] = &["RELEASE mkt_write", "SAVEPOINT mkt_write"];

const TAKE_BACK: &str = "ROLLBACK TO mkt_write";

/// How a transaction ended.
pub(super) enum Ended {
    /// Well: the outcomes of all are as they say. Nothing is open on the connection.
    Well,
    /// One of the writes ended it by its failure. What the others did is gone; the connection is to be closed.
    By(usize),
    /// At its begin or its end: no outcome counts.
    Badly { fault: Fault, is_open: bool },
}

/// Runs writes one after the other in one transaction.
pub(super) async fn run(connection: &mut SqliteConnection, units: &mut [Box<dyn Unit>]) -> Ended {
    let mut tx = match connection.begin_with(BEGIN).await {
        Ok(tx) => tx,
        // The lock is another process's; nothing has begun.
        Err(error) if is_busy(&error) => return Ended::Badly { fault: error.into(), is_open: false },
        Err(error) => return Ended::Badly { fault: error.into(), is_open: true },
    };
    let mut has_written = false;
    for (number, unit) in units.iter_mut().enumerate() {
        match unit.run(&mut tx).await {
            Effect::Written => has_written = true,
            // To take it back would take back the one before.
            Effect::Unopened => return Ended::By(number),
            Effect::None => {
                // Some errors end SQLite's transaction by themselves. Then there is no savepoint either, and the
                // driver, which does not see it, goes on counting a transaction.
                if tx.execute(TAKE_BACK).await.is_err() {
                    return Ended::By(number);
                }
            }
        }
    }
    // Taking back leaves changed pages behind, which a COMMIT would write out and sync.
    let ended = if has_written { tx.commit().await } else { tx.rollback().await };
    match ended {
        Ok(()) => Ended::Well,
        Err(error) if has_written => Ended::Badly { fault: Fault::at_commit(error), is_open: true },
        Err(error) => Ended::Badly { fault: error.into(), is_open: true },
    }
}
