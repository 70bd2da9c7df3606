//! Migrations: again, at once, and beside a host's own.

use crate::harness::{host_pool, own_store, stranger};
use marketplace_postgres::{
    PostgresStore,
    marketplace_core::Health as _,
    sqlx::{
        SqlSafeStr as _,
        migrate::{Migration, MigrationType, Migrator},
        query_scalar,
    },
};
use marketplace_testing::postgres::TestDatabase;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_second_time_changes_nothing() {
    let database = TestDatabase::empty().await;
    let store = own_store(&database.url()).await;
    assert!(store.check().await.is_err(), "there are no tables yet");
    assert!(!store.is_migrated().await.unwrap() && store.may_migrate().await.unwrap());
    store.migrate().await.unwrap();
    assert!(store.is_migrated().await.unwrap());
    store.migrate().await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn four_at_once_all_succeed() {
    let database = TestDatabase::empty().await;
    let mut migrations = JoinSet::new();
    for _ in 0..4 {
        let url = database.url();
        migrations.spawn(async move { own_store(&url).await.migrate().await });
    }
    for migrated in migrations.join_all().await {
        migrated.unwrap();
    }
    let mut looker = stranger(&database.url()).await;
    let applied: i64 = query_scalar("SELECT count(*) FROM mkt_migrations WHERE success")
        .fetch_one(&mut looker)
        .await
        .unwrap();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count();
    assert_eq!(usize::try_from(applied).unwrap(), files, "each file once, and no file is forgotten");
}

#[tokio::test]
async fn a_hosts_own_migrations_are_not_touched() {
    let database = TestDatabase::empty().await;
    let pool = host_pool(&database.url()).await;
    let text = "CREATE TABLE own (id BIGINT PRIMARY KEY)".into_sql_str();
    // The number 1, as ours has it.
    let own = Migration::new(1, "own".into(), MigrationType::Simple, text, false);
    let host = Migrator::with_migrations(vec![own]);
    let store = PostgresStore::from_pool(pool.clone());
    host.run(&pool).await.unwrap();
    store.migrate().await.unwrap();
    host.run(&pool).await.unwrap();
    store.migrate().await.unwrap();
    let own: i64 = query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&pool).await.unwrap();
    assert_eq!(own, 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_lock() {
    let database = TestDatabase::empty().await;
    let store = own_store(&database.url()).await;
    for polls in 0..20 {
        crate::cancelled::poll_and_drop(store.migrate(), polls).await;
    }
    // Waits for its turn, and gets it.
    own_store(&database.url()).await.migrate().await.unwrap();
    store.check().await.unwrap();
}
