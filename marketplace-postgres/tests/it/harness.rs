//! Databases and stores for the tests.

use async_trait::async_trait;
use marketplace_postgres::{
    PoolMode, PostgresOptions, PostgresStore,
    sqlx::{PgPool, postgres::PgPoolOptions},
};
use marketplace_testing::{
    contract::store::{FreshStore, StoreHarness},
    postgres::TestDatabase,
};
use std::{num::NonZeroU32, sync::Arc};

/// What the template of the test databases is made of.
const SCHEMA: [&str; 2] =
    [include_str!("../../migrations/0001_init.sql"), include_str!("../../migrations/0002_commit.sql")];

/// A migrated, empty database.
pub(crate) async fn database() -> TestDatabase {
    TestDatabase::migrated(&SCHEMA, |url| async move {
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
