//! Statements and transactions: run to their end in tasks of their own, and never on a connection that is in doubt.
//!
//! Why tasks: sqlx 0.9.0 counts a transaction only after its BEGIN was answered. A future that is dropped in between
//! leaves the transaction open on a connection that goes back to the pool; the next borrower's statement lands in it,
//! is acknowledged, and dies with a later ROLLBACK. So nothing here that begins, writes or commits can be dropped
//! half-way by a caller, and there are two ways to write:
//!
//! - *On our own connections* ([`PoolMode::Own`]) nobody can leave a transaction open: every BEGIN is ours and runs to
//!   its end. So a write is one statement that commits by itself, in one round trip.
//! - *On a host's pool* ([`PoolMode::Shared`]) the host's code can have left one open. A bare statement would land in
//!   it. So a write is BEGIN, statement, COMMIT: a BEGIN inside a forgotten transaction is only a warning, and our
//!   COMMIT makes the write durable together with whatever was forgotten. A forgotten transaction that is aborted
//!   refuses our BEGIN (25P02); that connection is closed and another one taken, once.
//!
//! Does not: wait for ever. A call that is not answered in ten seconds is given up with its connection; whether it
//! was written is then unknown. That is the only use of a time limit around a unit of work, and it never leaves a
//! connection behind.
//!
//! Called by: every read and write of the store.

use crate::{
    error::{Fault, NoAnswer, found_aborted, leaves_usable},
    options::farewell,
    store::{Bound, PoolMode},
};
use futures_util::TryStreamExt;
use sqlx::{
    Connection, Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr, Transaction,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
};
use std::{future::Future, time::Duration};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

/// READ COMMITTED whatever the host's default is: conditional updates and "lock, then look" rely on it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '2s'; \
                     SET LOCAL statement_timeout = '5s'";

/// The same for a transaction of our own on a host's pool, with the settings that our own connections have for good.
const BEGIN_OURS: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '2s'; \
                          SET LOCAL statement_timeout = '5s'; SET LOCAL plan_cache_mode = force_generic_plan; \
                          SET LOCAL enable_seqscan = off; SET LOCAL jit = off";

/// How long an answer is waited for: the server's own limits, and as much again for the network.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a statement gave.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) rows: Vec<PgRow>,
    pub(crate) affected: u64,
}

/// Runs a future to its end, whether or not the caller stays.
pub(crate) async fn run_to_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    start(work.in_current_span()).await
}

/// The one place where this crate spawns.
#[expect(clippy::disallowed_methods, reason = "a write must end even if the caller's future is dropped")]
pub(crate) fn start<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(work)
}

/// Waits for an answer, but not for ever.
async fn patiently<T>(call: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Stopped> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(answer) => answer.map_err(Stopped::By),
        Err(_) => Err(Stopped::Waiting),
    }
}

/// Why a call did not succeed.
pub(crate) enum Stopped {
    By(sqlx::Error),
    /// In the middle of an exchange: the connection is of no use any more.
    Waiting,
}

impl Stopped {
    pub(crate) fn leaves_usable(&self) -> bool {
        matches!(self, Self::By(error) if leaves_usable(error))
    }

    fn found_aborted(&self) -> bool {
        matches!(self, Self::By(error) if found_aborted(error))
    }

    fn uncommitted(self) -> Fault {
        match self {
            Self::By(error) => Fault::uncommitted(error),
            Self::Waiting => Fault::Unavailable(NoAnswer.into()),
        }
    }

    pub(crate) fn autocommitted(self) -> Fault {
        match self {
            Self::By(error) => Fault::autocommitted(error),
            Self::Waiting => Fault::Unknown(NoAnswer.into()),
        }
    }

    fn at_commit(self) -> Fault {
        match self {
            Self::By(error) => Fault::at_commit(error),
            Self::Waiting => Fault::Unknown(NoAnswer.into()),
        }
    }
}

/// Runs a statement up to the server's "ready": only then has a statement that commits by itself been committed.
pub(crate) async fn run(connection: &mut PgConnection, bound: Bound) -> Result<Done, sqlx::Error> {
    let mut done = Done::default();
    let mut answers = connection.fetch_many(bound);
    while let Some(answer) = answers.try_next().await? {
        match answer {
            Either::Left(result) => done.affected = done.affected.saturating_add(result.rows_affected()),
            Either::Right(row) => done.rows.push(row),
        }
    }
    Ok(done)
}

/// Runs a statement that commits by itself. Only on a connection that certainly stands in no transaction.
pub(crate) async fn run_alone(connection: &mut PgConnection, bound: Bound) -> Result<Done, Stopped> {
    patiently(run(connection, bound)).await
}

/// Writes with one statement, to its end.
pub(crate) async fn write(pool: &PgPool, mode: PoolMode, bound: Bound) -> Result<Done, Fault> {
    let pool = pool.clone();
    match run_to_end(write_here(pool, mode, bound)).await {
        Ok(ended) => ended,
        // Where the task was when it died is not known.
        Err(lost) => Err(Fault::Unknown(lost.into())),
    }
}

/// The same, in a task that runs to its end already.
pub(crate) async fn write_here(pool: PgPool, mode: PoolMode, bound: Bound) -> Result<Done, Fault> {
    match mode {
        PoolMode::Own => {
            let mut connection = pool.acquire().await.map_err(Fault::uncommitted)?;
            match run_alone(&mut connection, bound).await {
                Ok(done) => Ok(done),
                Err(stopped) => {
                    give_up_unless(stopped.leaves_usable(), connection);
                    Err(stopped.autocommitted())
                }
            }
        }
        PoolMode::Shared => in_transaction(&pool, bound).await,
    }
}

/// A statement that can be run again.
struct Again {
    sql: SqlStr,
    arguments: PgArguments,
}

impl Again {
    fn of(mut bound: Bound) -> Result<Self, Fault> {
        let arguments = bound.take_arguments().map_err(Fault::Defect)?.unwrap_or_default();
        Ok(Self { sql: bound.sql(), arguments })
    }

    fn query(&self) -> Bound {
        sqlx::query_with(self.sql.clone(), self.arguments.clone())
    }
}

/// Where a transaction stopped.
enum Failed {
    Beginning(Stopped),
    Running(Stopped),
    Committing(Stopped),
}

impl Failed {
    fn found_aborted(&self) -> bool {
        matches!(self, Self::Beginning(stopped) if stopped.found_aborted())
    }

    /// A statement that failed is rolled back; whatever fails at the ends of a transaction leaves its connection in
    /// doubt.
    fn leaves_usable(&self) -> bool {
        matches!(self, Self::Running(stopped) if stopped.leaves_usable())
    }

    fn judge(self) -> Fault {
        match self {
            Self::Beginning(stopped) | Self::Running(stopped) => stopped.uncommitted(),
            Self::Committing(stopped) => stopped.at_commit(),
        }
    }
}

async fn in_transaction(pool: &PgPool, bound: Bound) -> Result<Done, Fault> {
    let again = Again::of(bound)?;
    let mut retried = false;
    loop {
        let mut connection = pool.acquire().await.map_err(Fault::uncommitted)?;
        match begin_run_commit(&mut connection, again.query()).await {
            Ok(done) => return Ok(done),
            Err(failed) if failed.found_aborted() && !retried => {
                retried = true;
                farewell(connection.detach()).await;
            }
            Err(failed) => {
                give_up_unless(failed.leaves_usable(), connection);
                return Err(failed.judge());
            }
        }
    }
}

async fn begin_run_commit(connection: &mut PgConnection, bound: Bound) -> Result<Done, Failed> {
    let mut tx = patiently(connection.begin_with(BEGIN_OURS)).await.map_err(Failed::Beginning)?;
    let done = patiently(run(&mut tx, bound)).await.map_err(Failed::Running)?;
    patiently(tx.commit()).await.map_err(Failed::Committing)?;
    Ok(done)
}

/// Reads. Not in a task: a read that is dropped loses nothing.
pub(crate) async fn read(pool: &PgPool, bound: Bound) -> Result<Vec<PgRow>, Fault> {
    let again = Again::of(bound)?;
    let mut retried = false;
    loop {
        let mut connection = pool.acquire().await.map_err(Fault::uncommitted)?;
        match run_alone(&mut connection, again.query()).await {
            Ok(done) => return Ok(done.rows),
            Err(stopped) if stopped.found_aborted() && !retried => {
                retried = true;
                farewell(connection.detach()).await;
            }
            Err(stopped) => {
                give_up_unless(stopped.leaves_usable(), connection);
                return Err(stopped.uncommitted());
            }
        }
    }
}

/// What is right for statements that walk along indexes is wrong for those that read whole tables.
const UNHURRIED: &str = "SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on; \
                         SET LOCAL plan_cache_mode = auto";

/// Reads without a limit of time. A read that is dropped ends with its transaction.
pub(crate) async fn read_unhurried(pool: &PgPool, bound: Bound) -> Result<Vec<PgRow>, Fault> {
    let mut tx = begin(pool).await?;
    tx.execute(sqlx::raw_sql(UNHURRIED)).await.map_err(Fault::uncommitted)?;
    let done = run(&mut tx, bound).await.map_err(Fault::uncommitted)?;
    tx.rollback().await.map_err(Fault::uncommitted)?;
    Ok(done.rows)
}

/// Begins a transaction for a host.
pub(crate) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, Fault> {
    let pool = pool.clone();
    // If the caller is gone when it has begun, the task's result is dropped, which rolls it back.
    match run_to_end(async move { pool.begin_with(BEGIN).await }).await {
        Ok(begun) => begun.map_err(Fault::uncommitted),
        Err(lost) => Err(Fault::Unavailable(lost.into())),
    }
}

/// Closes a connection that is in doubt; a usable one goes back to its pool. At once and without a word: the other
/// end may not be there any more.
fn give_up_unless(usable: bool, connection: PoolConnection<Postgres>) {
    if !usable {
        drop(connection.detach());
    }
}
