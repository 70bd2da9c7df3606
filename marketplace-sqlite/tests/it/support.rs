//! A database of one's own, and a way past the store into it.

use marketplace_core::{
    commit::{Change, ChangeSet, Commit, Committed},
    error::StoreError,
    identity::User,
    order::Order,
};
use marketplace_sqlite::{
    SqliteOptions, SqliteStore,
    sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, raw_sql, sqlite::SqliteConnectOptions},
};
use marketplace_testing::build::Fixture;
use std::{error::Error, future::Future, path::PathBuf, pin::pin, task::Poll};
use tempfile::TempDir;

/// A folder with a database file, deleted when dropped.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("market.db")
    }

    pub(crate) fn options(&self) -> SqliteOptions {
        SqliteOptions::new(self.path())
    }

    /// A migrated store.
    pub(crate) async fn store(&self) -> SqliteStore {
        self.store_with(self.options()).await
    }

    pub(crate) async fn store_with(&self, options: SqliteOptions) -> SqliteStore {
        let store = SqliteStore::connect_with(options).await.expect("the store opens");
        store.migrate().await.expect("the store migrates");
        store
    }

    /// A connection past the store, as another process would have.
    pub(crate) async fn outside(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path()).create_if_missing(true);
        options.connect().await.expect("the file opens")
    }
}

/// Polls `future` at most `polls` times, then drops it.
pub(crate) async fn abandon<F: Future>(future: F, polls: u32) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Waits until so many writes wait for the writer.
pub(crate) async fn queued(store: &SqliteStore, count: usize) {
    while store.waiting_writes() < count {
        tokio::task::yield_now().await;
    }
}

/// Runs statements, past the store.
pub(crate) async fn run(
    connection: &mut SqliteConnection,
    text: &str,
) -> Result<(), marketplace_sqlite::sqlx::Error> {
    raw_sql(AssertSqlSafe(text.to_owned())).execute(connection).await.map(drop)
}

/// Commits what must be accepted.
pub(crate) async fn accept(store: &SqliteStore, set: ChangeSet) {
    assert_eq!(store.commit(set).await.expect("the set is legal"), Committed::Applied);
}

/// A creator with a product and a pending guest order of it, stored.
pub(crate) async fn order(store: &SqliteStore, fixture: &Fixture) -> (User, Order) {
    let creator = fixture.creator();
    let product = fixture.product(&creator);
    let order = fixture.order(None, &[&product]);
    let changes = vec![
        Change::InsertUser(creator.clone()),
        Change::InsertProduct(product),
        Change::InsertOrder(order.clone()),
    ];
    accept(store, fixture.set(changes)).await;
    (creator, order)
}

/// An error with all its causes, as an operator reads it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The chain of a defect. Panics for other errors.
pub(crate) fn defect(error: &StoreError) -> String {
    assert!(matches!(error, StoreError::Defect(_)), "{error:?}");
    chain(error)
}
