//! Opening, migrating, closing, reopening.

use crate::support::{Place, accept, chain, order, run};
use marketplace_core::{
    Health,
    commit::{Change, Commit, CommitError, Committed},
    error::StoreError,
    identity::Users,
    order::Orders,
};
use marketplace_sqlite::{
    ConnectError, SqliteOptions, SqliteStore,
    sqlx::{Row, query},
};
use marketplace_testing::build::Fixture;
use std::time::Duration;

#[tokio::test]
async fn a_missing_file_is_made_with_its_folder() {
    let place = Place::new();
    let path = place.path().with_file_name("new").join("deep").join("market.db");
    let store = SqliteStore::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    assert!(path.is_file());
    store.migrate().await.unwrap();
    store.check().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    let refused = SqliteStore::connect("sqlite::memory:").await.unwrap_err();
    assert!(matches!(refused, ConnectError::InMemory), "{refused:?}");
    let refused = SqliteStore::connect_with(SqliteOptions::new(":memory:")).await.unwrap_err();
    assert!(refused.to_string().contains("name a file"), "{refused}");
}

#[tokio::test]
async fn waiting_for_ever_is_an_option() {
    let place = Place::new();
    let options = place.options().with_busy_timeout(Duration::MAX);
    let store = place.store_with(options).await;
    store.check().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let place = Place::new();
    std::fs::write(place.path(), b"a letter to a friend, and certainly no database at all").unwrap();
    let refused = SqliteStore::connect_with(place.options()).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Open(_)), "{refused:?}");
    assert!(chain(&refused).contains("not a database"), "{}", chain(&refused));
    assert!(std::fs::read(place.path()).unwrap().starts_with(b"a letter"));
}

#[tokio::test]
async fn a_commit_is_durable_and_references_are_enforced() {
    let place = Place::new();
    let store = place.store().await;
    let mut tx = store.begin().await.unwrap();
    for (pragma, wanted) in
        [("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", "2"), ("PRAGMA foreign_keys", "1")]
    {
        let row = query(pragma).fetch_one(&mut *tx).await.unwrap();
        let value = row
            .try_get::<String, _>(0)
            .or_else(|_| row.try_get::<i64, _>(0).map(|number| number.to_string()));
        assert_eq!(value.unwrap(), wanted, "{pragma}");
    }
    tx.rollback().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let place = Place::new();
    let store = place.store().await;
    let fixture = Fixture::new(1);
    let (creator, _) = order(&store, &fixture).await;
    store.migrate().await.unwrap();
    assert!(store.is_migrated().await.unwrap());
    assert_eq!(store.user(creator.id).await.unwrap(), Some(creator));
    store.close().await;
}

#[tokio::test]
async fn migrations_count_beside_a_hosts_own() {
    let place = Place::new();
    let mut host = place.outside().await;
    run(
        &mut host,
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, \
         execution_time BIGINT NOT NULL); \
         INSERT INTO _sqlx_migrations VALUES (1, 'the host''s', '2026-01-01', TRUE, x'00', 1); \
         CREATE TABLE users (id INTEGER PRIMARY KEY)",
    )
    .await
    .unwrap();
    let store = place.store().await;
    store.migrate().await.unwrap();
    let hosts: i64 =
        query("SELECT count(*) FROM _sqlx_migrations").fetch_one(&mut host).await.unwrap().get(0);
    assert_eq!(hosts, 1);
    let names = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'mkt~_%' ESCAPE '~' \
                 AND name NOT LIKE 'sqlite~_%' ESCAPE '~'";
    let others: i64 = query(names).fetch_one(&mut host).await.unwrap().get(0);
    assert_eq!(others, 2, "every table of the store begins with mkt_");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_may_open_and_migrate_at_once() {
    let place = Place::new();
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let options = place.options();
            tokio::spawn(async move {
                let store = SqliteStore::connect_with(options).await.unwrap();
                store.migrate().await.unwrap();
                store
            })
        })
        .collect();
    for opener in openers {
        let store = opener.await.unwrap();
        store.check().await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn without_migrations_health_is_a_defect() {
    let place = Place::new();
    let store = SqliteStore::connect_with(place.options()).await.unwrap();
    assert!(matches!(store.check().await, Err(StoreError::Defect(_))));
    assert!(!store.is_migrated().await.unwrap());
    store.close().await;
}

#[tokio::test]
async fn reopening_finds_everything_and_replays() {
    let place = Place::new();
    let fixture = Fixture::new(2);
    let store = place.store().await;
    let (creator, placed) = order(&store, &fixture).await;
    let set = fixture.set(vec![Change::InsertUser(fixture.user())]);
    accept(&store, set.clone()).await;
    store.close().await;
    assert!(!place.path().with_extension("db-wal").exists(), "closing moves the log into the file");

    let store = place.store().await;
    assert_eq!(store.user(creator.id).await.unwrap(), Some(creator));
    assert_eq!(store.order(placed.id).await.unwrap(), Some(placed));
    assert_eq!(store.commit(set).await.unwrap(), Committed::Replayed);
    store.close().await;
}

#[tokio::test]
async fn after_closing_every_call_is_unavailable() {
    let place = Place::new();
    let fixture = Fixture::new(3);
    let store = place.store().await;
    let clone = store.clone();
    store.close().await;
    assert!(matches!(clone.check().await, Err(StoreError::Unavailable(_))));
    let refused = clone.commit(fixture.set(vec![Change::InsertUser(fixture.user())])).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    clone.close().await;
}
