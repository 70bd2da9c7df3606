//! The store itself.

use crate::{
    columns::Fields,
    commit::Committer,
    delivery::Redemptions,
    error::Fault,
    lookup::Lookup,
    migrations::{self, MigrationError},
    options::{ConnectError, LANES, LONGEST_QUEUE, PostgresOptions},
    payment::OpenNotices,
    sql,
    transaction::{self, Done},
};
use async_trait::async_trait;
use marketplace_core::{Health, error::StoreError};
use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use std::{fmt, sync::Arc};

/// A query with its values.
pub(crate) type Bound = Query<'static, Postgres, PgArguments>;

/// Whose connections a store works on, which decides how it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// The store's own: nobody else can leave a transaction open on one, so a write is one round trip that commits
    /// by itself.
    Own,
    /// A host's: a write is BEGIN, statement, COMMIT, which stays right on a connection that the host's code left in
    /// a transaction.
    Shared,
}

/// A marketplace's rows in a PostgreSQL database. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    mode: PoolMode,
    committer: Arc<Committer>,
    open_notices: Arc<Lookup<OpenNotices>>,
    redemptions: Arc<Lookup<Redemptions>>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// A store on a host's pool. The pool stays the host's: its size, its limits, its hooks.
    ///
    /// Two connections at most are busy with commits at a time, each for one call of up to fifty of them, and besides
    /// one for each commit that waits for a row which somebody else holds.
    pub fn from_pool(pool: PgPool) -> Self {
        let committer = Committer::new(pool.clone(), PoolMode::Shared, LANES, LONGEST_QUEUE);
        Self::new(pool, PoolMode::Shared, committer)
    }

    /// Connects to `postgres://USER@HOST/DATABASE` with the default [`PostgresOptions`]. Does not migrate.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        Self::connect_with(PostgresOptions::from_url(url)?).await
    }

    /// Connects by options, likewise.
    pub async fn connect_with(options: PostgresOptions) -> Result<Self, ConnectError> {
        let pool = options.open().await?;
        let committer = Committer::new(pool.clone(), PoolMode::Own, options.lanes, options.longest_queue);
        Ok(Self::new(pool, PoolMode::Own, committer))
    }

    fn new(pool: PgPool, mode: PoolMode, committer: Committer) -> Self {
        let open_notices = Arc::new(Lookup::new(pool.clone()));
        let redemptions = Arc::new(Lookup::new(pool.clone()));
        Self { pool, mode, committer: Arc::new(committer), open_notices, redemptions }
    }

    /// Whose connections this store works on.
    pub const fn mode(&self) -> PoolMode {
        self.mode
    }

    /// How many commits wait for a lane at this moment, for a host's metrics.
    pub fn waiting_commits(&self) -> usize {
        self.committer.waiting()
    }

    /// Brings the schema up to date. Safe to call at every start, and from several processes at once.
    pub async fn migrate(&self) -> Result<(), MigrationError> {
        migrations::apply(self.pool.clone()).await
    }

    /// Whether there are tables of ours, of this release or another, which this user may use or not. Changes nothing.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        self.asked(sql::commit::IS_MIGRATED, "is").await
    }

    /// Whether this user may make tables where [`Self::migrate`] would, which from PostgreSQL 15 on only the owner of a database
    /// may unless it was granted. Changes nothing.
    pub async fn may_migrate(&self) -> Result<bool, StoreError> {
        self.asked(sql::commit::MAY_MIGRATE, "may").await
    }

    async fn asked(&self, question: &'static str, name: &'static str) -> Result<bool, StoreError> {
        let told = self.read_one(sqlx::query(question), |row| {
            Fields::new(row, "mkt_migrations", name).get::<bool>(name)
        });
        Ok(told.await? == Some(true))
    }

    /// Begins a transaction for the host's own tables in the same database; see [`Self::commit_in`].
    ///
    /// It is safe to drop this future at any moment, which is not true of the driver's `begin`. A transaction that
    /// does nothing for ten seconds is ended by the server (on our own connections).
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(transaction::begin(&self.pool).await?)
    }

    /// On connections of the store's own: takes no more calls (they are `Unavailable`), waits for those under way, and
    /// closes every connection. On a host's pool: waits for commits under way; the pool stays open.
    pub async fn close(&self) {
        match self.mode {
            PoolMode::Own => {
                self.committer.close().await;
                self.pool.close().await;
            }
            PoolMode::Shared => self.committer.drain().await,
        }
    }

    pub(crate) fn open_notices(&self) -> &Arc<Lookup<OpenNotices>> {
        &self.open_notices
    }

    pub(crate) fn redemptions(&self) -> &Arc<Lookup<Redemptions>> {
        &self.redemptions
    }

    pub(crate) fn committer(&self) -> &Arc<Committer> {
        &self.committer
    }

    /// Writes with one statement, to its end, whether or not the caller stays.
    pub(crate) async fn write(&self, bound: Bound) -> Result<Done, Fault> {
        transaction::write(&self.pool, self.mode, bound).await
    }

    /// Runs one writing statement; returns how many rows it changed.
    pub(crate) async fn write_one(&self, bound: Bound) -> Result<u64, Fault> {
        Ok(self.write(bound).await?.affected)
    }

    /// Reads at most one row.
    pub(crate) async fn read_one<T>(
        &self,
        bound: Bound,
        decode: impl FnOnce(&PgRow) -> Result<T, Fault> + Send,
    ) -> Result<Option<T>, StoreError> {
        let rows = self.read_rows(bound).await?;
        Ok(rows.first().map(decode).transpose()?)
    }

    /// Reads rows.
    pub(crate) async fn read_rows(&self, bound: Bound) -> Result<Vec<PgRow>, StoreError> {
        Ok(transaction::read(&self.pool, bound).await?)
    }

    /// Reads a list out of whole tables, however long that takes: for audits.
    pub(crate) async fn read_unhurried<T>(
        &self,
        bound: Bound,
        decode: impl Fn(&PgRow) -> Result<T, Fault> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let rows = transaction::read_unhurried(&self.pool, bound).await?;
        Ok(rows.iter().map(decode).collect::<Result<_, _>>()?)
    }

    /// Reads a list, one item per row.
    pub(crate) async fn read_list<T>(
        &self,
        bound: Bound,
        decode: impl Fn(&PgRow) -> Result<T, Fault> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.read_rows(bound).await?;
        Ok(rows.iter().map(decode).collect::<Result<_, _>>()?)
    }
}

#[async_trait]
impl Health for PostgresStore {
    async fn check(&self) -> Result<(), StoreError> {
        let alive = self.read_one(sqlx::query(sql::commit::HEALTH), |row| {
            Fields::new(row, "mkt_decisions", "any").get::<bool>("any")
        });
        alive.await.map(|_| ())
    }
}
