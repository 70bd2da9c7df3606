//! Databases and stores for the tests.

use async_trait::async_trait;
use marketplace_postgres::{
    PoolMode, PostgresOptions, PostgresStore,
    marketplace_core::commit::{ChangeSet, Commit as _, CommitError, Committed, Refusal},
    sqlx::{Connection as _, PgConnection, PgPool, postgres::PgPoolOptions, query_scalar},
};
use marketplace_testing::{
    contract::store::{FreshStore, StoreHarness},
    postgres::TestDatabase,
};
use std::{num::NonZeroU32, sync::Arc};
use tokio::task::JoinHandle;

/// What the template of the test databases is made of.
const SCHEMA: &[&str] = &[
    include_str!("../../migrations/0001_init.sql"),
    include_str!("../../migrations/0002_commit.sql"),
    include_str!("../../migrations/0003_earnings.sql"),
];

/// A migrated, empty database.
pub(crate) async fn database() -> TestDatabase {
    TestDatabase::migrated(SCHEMA, |url| async move {
        let store = PostgresStore::connect(&url).await.map_err(|error| format!("{error:?}"))?;
        store.migrate().await.map_err(|error| format!("{error:?}"))?;
        store.close().await;
        Ok::<(), String>(())
    })
    .await
}

/// Few connections: the tests share a server.
pub(crate) fn options(url: &str) -> PostgresOptions {
    PostgresOptions::from_url(url).unwrap().with_connections(NonZeroU32::new(8).unwrap())
}

/// A store on its own connections.
pub(crate) async fn own_store(url: &str) -> PostgresStore {
    PostgresStore::connect_with(options(url)).await.unwrap()
}

/// A pool as a host makes one.
pub(crate) async fn host_pool(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(8).connect(url).await.unwrap()
}

/// A store in that mode, on a database.
pub(crate) async fn store(mode: PoolMode, url: &str) -> PostgresStore {
    match mode {
        PoolMode::Own => own_store(url).await,
        PoolMode::Shared => PostgresStore::from_pool(host_pool(url).await),
    }
}

/// Stores for the contract suite.
pub(crate) struct Harness(pub(crate) PoolMode);

#[async_trait]
impl StoreHarness for Harness {
    async fn fresh(&self) -> FreshStore {
        let database = database().await;
        let store = store(self.0, &database.url()).await;
        FreshStore::with_guard(Arc::new(store), database)
    }
}

/// A connection that is nobody's: for looking at the database and for getting in the way.
pub(crate) async fn stranger(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// Waits until a look at the database says so. Each look is a round trip, so this is not a busy loop.
pub(crate) async fn until(connection: &mut PgConnection, what: &'static str) {
    for _ in 0..100_000 {
        if query_scalar::<_, bool>(what).fetch_one(&mut *connection).await.unwrap() {
            return;
        }
    }
    panic!("it never came to this: {what}");
}

/// Sends a set once, and tells what became of it in a word.
pub(crate) async fn word(store: &PostgresStore, set: &ChangeSet) -> &'static str {
    match store.commit(set.clone()).await {
        Ok(Committed::Applied) => "applied",
        Ok(Committed::Replayed) => "replayed",
        Err(CommitError::Refused(Refusal::BelowFloor)) => "below floor",
        Err(CommitError::Refused(_)) => "refused",
        Err(CommitError::Unavailable(_)) => "unavailable",
        Err(CommitError::Unknown(_)) => "unknown",
        Err(CommitError::Defect(_)) => "defect",
    }
}

/// Sends a set from a task of its own.
#[expect(clippy::disallowed_methods, reason = "a test owns its runtime")]
pub(crate) fn sending(store: &PostgresStore, set: &ChangeSet) -> JoinHandle<&'static str> {
    let (store, set) = (store.clone(), set.clone());
    tokio::spawn(async move { word(&store, &set).await })
}
