//! What a settled order costs on disk: bytes of the write-ahead log, and of tables with their indexes.

use super::{
    ceiling::Ceiling,
    postgres,
    run::Scale,
    shop::{Shop, units},
    table,
};
use marketplace_testing::postgres::{TestCluster, TestDatabase};
use sqlx::{Connection as _, Executor as _, PgConnection, query_as};
use std::sync::Arc;

const TASKS: usize = 8;

const BYTES: &str = "SELECT (pg_current_wal_lsn() - '0/0')::BIGINT,
    (SELECT sum(pg_total_relation_size(oid))::BIGINT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)";

/// Written so far: to the log, and to the tables of this database.
async fn written(watcher: &mut PgConnection) -> (i64, i64) {
    query_as(BYTES).fetch_one(watcher).await.expect("the server tells")
}

pub async fn run(scale: &Scale, cluster: &TestCluster) {
    let count = scale.units_of(TASKS);
    let per_order = |before: (i64, i64), after: (i64, i64)| {
        let count = i64::try_from(count).expect("not that many");
        [(after.0 - before.0) / count, (after.1 - before.1) / count]
    };

    let (_database, mut watcher, store) = postgres::open(cluster).await;
    let shop = Arc::new(Shop::open(Arc::new(store.clone()), scale.sellers).await);
    let webhooks = shop.webhooks(count, false).await;
    // A page that is first changed after a checkpoint is logged whole; both begin with one.
    watcher.execute("CHECKPOINT").await.expect("the server does it");
    let before = written(&mut watcher).await;
    units(&shop, webhooks, TASKS, None).await;
    let ours = per_order(before, written(&mut watcher).await);
    store.close().await;

    let database = TestDatabase::empty_on(cluster).await;
    let mut watcher = PgConnection::connect(&database.url()).await.expect("the server is there");
    let ceiling = Ceiling::open(&database.url(), TASKS, count).await;
    watcher.execute("CHECKPOINT").await.expect("the server does it");
    let before = written(&mut watcher).await;
    ceiling.round(count, false, None).await;
    let theirs = per_order(before, written(&mut watcher).await);
    ceiling.close().await;
    table::bytes("PostgreSQL, log of a settled order", theirs[0], ours[0]);
    table::bytes("PostgreSQL, tables of a settled order", theirs[1], ours[1]);
}
