//! The store itself: two pools on one file.

use crate::{
    error::{Fault, is_busy},
    migrations::{self, MigrationError},
    options::{ConnectError, SqliteOptions},
    sql,
    transaction::{self, Work},
    writer::{Once, Outcome, Single, Writer},
};
use async_trait::async_trait;
use marketplace_core::{Health, error::StoreError};
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool, Transaction,
    query::Query,
    sqlite::{SqliteArguments, SqlitePoolOptions, SqliteRow},
};
use std::{
    fmt,
    future::Future,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

/// A query with its values.
pub(crate) type Bound = Query<'static, Sqlite, SqliteArguments>;

/// A marketplace's rows in one SQLite file. Cheap to clone; all clones share the connections.
///
/// One connection writes, several read. Other processes may use the same file at the same time: writers wait
/// for each other, and what one has committed the others read.
#[derive(Clone)]
pub struct SqliteStore(Arc<Pools>);

struct Pools {
    writer: Arc<Writer>,
    readers: SqlitePool,
    /// Whether a host has the writing connection, or had it last.
    lent: Arc<AtomicBool>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("readers", &self.0.readers.size()).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens `sqlite:PATH`. A missing file is created, and so is its folder. Does not migrate.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        Self::connect_with(SqliteOptions::from_url(url)?).await
    }

    /// Opens a database by options, likewise.
    pub async fn connect_with(options: SqliteOptions) -> Result<Self, ConnectError> {
        options.check()?;
        if let Some(folder) = options.folder() {
            tokio::fs::create_dir_all(folder).await.map_err(ConnectError::Folder)?;
        }
        let open = |error: sqlx::Error| ConnectError::Open(error.into());
        // Connections stay open: a new one would read the schema again, and nothing on the way cuts idle ones.
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(options.queue_timeout)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        // The writer first: it makes the file, and turns it to WAL, which a reader cannot.
        let lent = Arc::new(AtomicBool::new(false));
        let writer = while_busy(&options, || {
            let lent = Arc::clone(&lent);
            pool()
                .max_connections(1)
                .after_release(move |connection, _| {
                    let lent = Arc::clone(&lent);
                    Box::pin(async move { transaction::is_idle(connection, &lent).await })
                })
                .connect_with(options.writing())
        })
        .await
        .map_err(open)?;
        let readers = pool().max_connections(options.readers.get()).connect_with(options.reading()).await;
        match readers {
            Ok(readers) => {
                let writer = Arc::new(Writer::new(writer, options.longest_queue, options.queue_timeout));
                Ok(Self(Arc::new(Pools { writer, readers, lent })))
            }
            Err(error) => {
                writer.close().await;
                Err(open(error))
            }
        }
    }

    /// Whether there are tables of ours, of this release or another. Changes nothing.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        let table = self.read_one(sqlx::query(sql::commit::IS_MIGRATED), |_| Ok(()));
        Ok(table.await?.is_some())
    }

    /// Brings the schema up to date. Safe to call at every start, and from several processes at once.
    pub async fn migrate(&self) -> Result<(), MigrationError> {
        // Not in a transaction with others, which would have to wait for it.
        let migrated = transaction::write(self.0.writer.pool(), |connection| {
            Box::pin(async move { migrations::apply(connection).await.map_err(Fault::defect) })
        });
        migrated.await.map_err(|fault| match fault {
            Fault::Refused(refusal) => MigrationError(refusal.into()),
            Fault::Unavailable(source) | Fault::Unknown(source) | Fault::Defect(source) => {
                MigrationError(source)
            }
        })
    }

    /// Begins a write transaction for the host's own tables in the same file; see [`Self::commit_in`].
    ///
    /// It runs on the store's one writing connection: until it is committed, rolled back or dropped, every write
    /// of the store waits. Do nothing slow inside, and no write through the store itself.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(transaction::begin(self.0.writer.pool(), &self.0.lent).await?)
    }

    /// Takes no more calls (they are `Unavailable`), waits for those under way and for the writes that wait, moves the
    /// log into the database file, and closes every connection.
    pub async fn close(&self) {
        self.0.writer.close().await;
        self.0.readers.close().await;
        let writer = self.0.writer.pool();
        // The last connection to close a database does this anyway; another process may still have it open.
        if let Err(error) = sqlx::query(CHECKPOINT).execute(writer).await {
            tracing::debug!(error = %error, "the log stays beside the database");
        }
        writer.close().await;
    }

    /// How many writes wait for the writing connection at this moment, for a host's metrics.
    pub fn waiting_writes(&self) -> usize {
        self.0.writer.waiting()
    }

    pub(crate) fn writer(&self) -> &Arc<Writer> {
        &self.0.writer
    }

    /// Runs `work` in a write transaction that ends even if the caller goes away. If it fails, or whoever shares the
    /// transaction makes it fail as a whole, nothing of it stays.
    pub(crate) fn write<T, F>(&self, work: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    {
        self.0.writer.run(Once::new(work))
    }

    /// Runs one writing statement; returns how many rows it changed.
    pub(crate) async fn write_one(&self, query: Bound) -> Result<u64, Fault> {
        self.0.writer.run(Single::of(query)?).await
    }

    /// Reads at most one row.
    pub(crate) async fn read_one<T>(
        &self,
        query: Bound,
        decode: impl FnOnce(&SqliteRow) -> Result<T, Fault> + Send,
    ) -> Result<Option<T>, StoreError> {
        let row = query.fetch_optional(&self.0.readers).await.map_err(Fault::from)?;
        Ok(row.as_ref().map(decode).transpose()?)
    }

    /// Reads rows.
    pub(crate) async fn read_rows(&self, query: Bound) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(query.fetch_all(&self.0.readers).await.map_err(Fault::from)?)
    }

    /// Reads a list, one item per row.
    pub(crate) async fn read_list<T>(
        &self,
        query: Bound,
        decode: impl Fn(&SqliteRow) -> Result<T, Fault> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.read_rows(query).await?;
        Ok(rows.iter().map(decode).collect::<Result<_, _>>()?)
    }
}

/// Opens again while another process turns the same new file to WAL: SQLite answers that it is busy at once then,
/// whatever its timeout, because two that wait for each other there would wait for ever.
async fn while_busy<F>(
    options: &SqliteOptions,
    open: impl Fn() -> F + Send + Sync,
) -> Result<SqlitePool, sqlx::Error>
where
    F: Future<Output = Result<SqlitePool, sqlx::Error>> + Send,
{
    const PAUSE: Duration = Duration::from_millis(10);
    let mut last = None;
    let opening = async {
        loop {
            match open().await {
                Err(error) if is_busy(&error) => last = Some(error),
                opened => return opened,
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(options.queue_timeout, opening).await {
        Ok(opened) => opened,
        Err(_) => Err(last.unwrap_or(sqlx::Error::PoolTimedOut)),
    }
}

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

#[async_trait]
impl Health for SqliteStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.read_one(sqlx::query(sql::commit::HEALTH), |_| Ok(())).await.map(|_| ())
    }
}
