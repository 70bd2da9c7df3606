//! Tasks that outlive their callers, and the transactions that stand alone: a host's, and that of migrations. Those of
//! all other writes are in [`crate::writer`].
//!
//! Guarantees: a caller that goes away (a dropped future, a client that hung up) leaves a transaction that is
//! committed or rolled back, never a half one; a connection on which ending a transaction failed is closed, so
//! that no later caller lands in what is left of it.
//!
//! Called by: `writer`, migrations, and hosts through the store.

use crate::error::Fault;
use sqlx::{Connection, Sqlite, SqliteConnection, SqlitePool, Transaction, pool::PoolConnection};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

/// The body of a transaction.
pub(crate) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'c>>;

/// IMMEDIATE takes the write lock at once and waits for it; a deferred transaction that turns to writing later
/// cannot wait and fails as busy.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Runs a future to its end, whether or not the caller stays.
async fn run_to_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    start(work.in_current_span()).await
}

/// The one place where this crate spawns.
#[expect(
    clippy::disallowed_methods,
    reason = "a transaction must end even if the caller's future is dropped"
)]
pub(crate) fn start<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(work)
}

/// Runs `work` in a write transaction: committed if it succeeds, rolled back if not.
pub(crate) async fn write<T, F>(writer: &SqlitePool, work: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
{
    let ended = run_to_end(transact(writer.clone(), work)).await;
    // The task died: it panicked, or its runtime is shutting down. Where it was then is not known.
    ended.unwrap_or_else(|lost| Err(Fault::Unknown(lost.into())))
}

async fn transact<T, F>(writer: SqlitePool, work: F) -> Result<T, Fault>
where
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send,
{
    let mut connection = writer.acquire().await?;
    match run(&mut connection, work).await {
        Ended::Cleanly(outcome) => outcome,
        Ended::Badly(fault) => {
            // Some errors end SQLite's transaction by themselves, others leave it open; the driver's own count is
            // wrong in one of the two cases. A new connection knows for certain where it stands.
            close(connection).await;
            Err(fault)
        }
    }
}

/// How a transaction ended, and whether its connection can be used again.
enum Ended<T> {
    Cleanly(Result<T, Fault>),
    Badly(Fault),
}

async fn run<T, F>(connection: &mut SqliteConnection, work: F) -> Ended<T>
where
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send,
{
    let mut tx = match connection.begin_with(BEGIN).await {
        Ok(tx) => tx,
        Err(error) => return Ended::Badly(error.into()),
    };
    match work(&mut tx).await {
        Ok(value) => match tx.commit().await {
            Ok(()) => Ended::Cleanly(Ok(value)),
            Err(error) => Ended::Badly(Fault::at_commit(error)),
        },
        // What failed first is what the caller hears of.
        Err(fault) => match tx.rollback().await {
            Ok(()) => Ended::Cleanly(Err(fault)),
            Err(_) => Ended::Badly(fault),
        },
    }
}

async fn close(connection: PoolConnection<Sqlite>) {
    if let Err(error) = connection.close().await {
        tracing::debug!(error = %error, "a broken connection did not close cleanly");
    }
}

/// Begins a write transaction for a host, and notes that the connection is lent.
pub(crate) async fn begin(
    writer: &SqlitePool,
    lent: &Arc<AtomicBool>,
) -> Result<Transaction<'static, Sqlite>, Fault> {
    let (writer, lent) = (writer.clone(), Arc::clone(lent));
    // If the caller is gone when it has begun, the task's result is dropped, which rolls it back.
    let begun = run_to_end(async move {
        let tx = writer.begin_with(BEGIN).await?;
        lent.store(true, Ordering::SeqCst);
        Ok::<_, sqlx::Error>(tx)
    })
    .await;
    match begun {
        Ok(begun) => Ok(begun?),
        Err(lost) => Err(Fault::Unavailable(lost.into())),
    }
}

/// Whether a connection that comes back to the pool is outside of any transaction. One is not when SQLite had
/// ended a host's transaction by itself, which the driver does not see: it goes on counting, and would refuse
/// the next transaction. The store's own transactions end well or with their connection, so it is not asked after
/// each of them.
pub(crate) async fn is_idle(
    connection: &mut SqliteConnection,
    lent: &AtomicBool,
) -> Result<bool, sqlx::Error> {
    if !lent.swap(false, Ordering::SeqCst) {
        return Ok(true);
    }
    // A rollback that a drop has queued runs before the answer to this; only then the count is true.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}
