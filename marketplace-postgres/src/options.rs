//! How the store's own connections are made.
//!
//! Guarantees: every connection runs at READ COMMITTED, gives up a statement and a lock in bounded time, and is ended
//! by the server if a transaction on it is left idle, whatever the database's defaults are.
//!
//! Called by: hosts.

use marketplace_core::error::Source;
use sqlx::{
    Connection, Executor, PgConnection, PgPool,
    pool::PoolConnectionMetadata,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{num::NonZeroU32, thread, time::Duration};

/// How to connect.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// Where the server is, and who we are there.
    pub address: PgConnectOptions,
    /// How many connections read and write single rows.
    pub connections: NonZeroU32,
    /// How many calls with commits may be under way at once. Each has a connection of its own besides the others.
    pub lanes: NonZeroU32,
    /// How long a call waits for a connection.
    pub queue_timeout: Duration,
    /// After how long the server gives up a statement. At most five seconds make sense: after ten, the store itself
    /// gives up waiting for the answer.
    pub statement_timeout: Duration,
    /// How many commits may wait for a lane; more are turned away as unavailable.
    pub longest_queue: usize,
}

/// The server cannot be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not `postgres://…`.
    #[error("the database address is not postgres://USER@HOST/DATABASE")]
    Address(#[source] Source),
    /// No connection could be made.
    #[error("the database could not be reached")]
    Open(#[source] Source),
}

/// How long a lock is waited for. The same stands in `mkt_commit`, for connections of a host.
const LOCK_TIMEOUT: &str = "2s";

/// How long a transaction of a host on our connections may do nothing. A leaked one would keep its locks for ever.
const IDLE_TIMEOUT: &str = "10s";

/// A connection that has rested longer is tried before it is used.
pub(crate) const RESTED: Duration = Duration::from_secs(1);

/// More commits than this waiting means that the database has been standing still for seconds.
pub(crate) const LONGEST_QUEUE: usize = 10_000;

/// Two, so that a call which hangs does not hold up all.
pub(crate) const LANES: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

/// All statements of this crate fit, so none is prepared twice on a connection.
const STATEMENTS: usize = 200;

/// Nearly every statement of this crate is a walk along an index, whatever its values are, and planned once per
/// connection. Left alone, the server would plan those with an array anew at each call, which takes longer than
/// running them; and a plan that was made while a table was small would go on to read it whole.
const SETTINGS: &str =
    "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
    set_config('idle_in_transaction_session_timeout', $3, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false),
    set_config('jit', 'off', false)";

impl PostgresOptions {
    /// The defaults for an address: four connections per core, two lanes, 5 s to wait for a connection, 5 s for a
    /// statement, 10,000 commits waiting.
    pub fn new(address: PgConnectOptions) -> Self {
        let cores =
            thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        Self {
            address,
            connections: NonZeroU32::new(cores.saturating_mul(4)).unwrap_or(NonZeroU32::MIN),
            lanes: LANES,
            queue_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            longest_queue: LONGEST_QUEUE,
        }
    }

    /// From an address: `postgres://USER@HOST/DATABASE`. Name the user: without one the driver connects as
    /// `anonymous`.
    pub fn from_url(url: &str) -> Result<Self, ConnectError> {
        let address = url.parse().map_err(|error: sqlx::Error| ConnectError::Address(error.into()))?;
        Ok(Self::new(address))
    }

    /// Sets how many connections read and write single rows.
    #[must_use]
    pub fn with_connections(self, connections: NonZeroU32) -> Self {
        Self { connections, ..self }
    }

    /// Sets how many calls with commits may be under way at once.
    #[must_use]
    pub fn with_lanes(self, lanes: NonZeroU32) -> Self {
        Self { lanes, ..self }
    }

    /// Sets how long a call waits for a connection.
    #[must_use]
    pub fn with_queue_timeout(self, queue_timeout: Duration) -> Self {
        Self { queue_timeout, ..self }
    }

    /// Sets after how long the server gives up a statement.
    #[must_use]
    pub fn with_statement_timeout(self, statement_timeout: Duration) -> Self {
        Self { statement_timeout, ..self }
    }

    /// Sets how many commits may wait for a lane.
    #[must_use]
    pub fn with_longest_queue(self, longest_queue: usize) -> Self {
        Self { longest_queue, ..self }
    }

    /// Opens the pool. One connection is made at once, so that a wrong address shows here.
    pub(crate) async fn open(&self) -> Result<PgPool, ConnectError> {
        let statement_timeout = format!("{}ms", self.statement_timeout.as_millis());
        let pool = PgPoolOptions::new()
            .max_connections(self.connections.get())
            .acquire_timeout(self.queue_timeout)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let statement_timeout = statement_timeout.clone();
                Box::pin(async move { settle_in(connection, statement_timeout).await })
            })
            .before_acquire(|connection, rest| Box::pin(async move { revive(connection, rest).await }));
        let address = self.address.clone().statement_cache_capacity(STATEMENTS);
        pool.connect_with(address).await.map_err(|error| ConnectError::Open(error.into()))
    }
}

async fn settle_in(connection: &mut PgConnection, statement_timeout: String) -> Result<(), sqlx::Error> {
    let settings =
        sqlx::query(SETTINGS).bind(statement_timeout).bind(LOCK_TIMEOUT).bind(IDLE_TIMEOUT).persistent(false);
    connection.execute(settings).await?;
    Ok(())
}

/// One round trip that finds out whether a connection is alive, and ends whatever transaction could have been left
/// open on it. Not for one that was in use a moment ago: that would double the work of a busy store.
async fn revive(connection: &mut PgConnection, rest: PoolConnectionMetadata) -> Result<bool, sqlx::Error> {
    if rest.idle_for > RESTED {
        probe(connection).await?;
    }
    Ok(true)
}

/// ROLLBACK outside a transaction does nothing but answer.
pub(crate) async fn probe(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(sqlx::raw_sql("ROLLBACK")).await?;
    Ok(())
}

/// Ends a connection politely, without waiting for long.
pub(crate) async fn farewell(connection: PgConnection) {
    if let Ok(Err(error)) = tokio::time::timeout(RESTED, connection.close()).await {
        tracing::debug!(error = %error, "a connection did not close cleanly");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let options = PostgresOptions::from_url("postgres://market@db.example.com:5433/shop").unwrap();
        assert_eq!(options.address.get_host(), "db.example.com");
        assert_eq!(options.address.get_port(), 5433);
        assert_eq!(options.address.get_database(), Some("shop"));
        assert!(matches!(PostgresOptions::from_url("market.db"), Err(ConnectError::Address(_))));
    }

    #[test]
    fn a_pool_has_four_connections_per_core() {
        let options = PostgresOptions::new(PgConnectOptions::new());
        assert_eq!(options.connections.get() % 4, 0);
    }
}
