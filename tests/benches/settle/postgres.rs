//! Settlements on PostgreSQL: ours and the ceiling in turns, on one server.

use super::{
    ceiling::Ceiling,
    cost,
    run::{Scale, in_turns},
    shop::{Shop, Webhook, units},
    table::{self, Figures},
};
use marketplace_postgres::PostgresStore;
use marketplace_testing::postgres::{TestCluster, TestDatabase};
use sqlx::{Connection as _, PgConnection, query_scalar};
use std::sync::Arc;

/// The settlements of PostgreSQL.
pub async fn run(scale: &Scale, cluster: &TestCluster) {
    let mut at_eight = None;
    let cells = [(1, false), (8, false), (8, true), (32, false), (32, true), (64, false)];
    for (tasks, hot) in scale.cells(&cells) {
        let (ceiling, ours) = cell(scale, cluster, tasks, hot).await;
        table::line(&table::cell("PostgreSQL", tasks, hot), &ceiling, &ours);
        if tasks == 8 && !hot {
            at_eight = Some(ceiling);
        } else if tasks == 64
            && let Some(at_eight) = &at_eight
        {
            table::line("PostgreSQL, 64 tasks, ceiling of 8", at_eight, &ours);
        }
    }
}

async fn cell(scale: &Scale, cluster: &TestCluster, tasks: usize, hot: bool) -> (Figures, Figures) {
    let (database, mut watcher, store) = open(cluster).await;
    let postmaster = postmaster(&mut watcher).await;
    let shop = Shop::open(Arc::new(store.clone()), scale.sellers).await;
    let count = scale.units_of(tasks);
    let mut batches: Vec<Vec<Webhook>> = Vec::new();
    for _ in 0..=scale.rounds {
        batches.push(shop.webhooks(count, hot).await);
    }
    store.close().await;
    alone(&mut watcher).await;
    let before = transactions(&mut watcher).await;

    let store = PostgresStore::connect(&database.url()).await.expect("the store opens");
    let shop = Arc::new(shop.reopen(Arc::new(store.clone())));
    let ceiling = Ceiling::open(&database.url(), tasks, (scale.rounds + 1) * count).await;
    let mut batches = batches.into_iter();
    let [theirs, ours] = in_turns(scale, async || {
        let batch = batches.next().expect("there is one for each turn");
        [ceiling.round(count, hot, postmaster).await, units(&shop, batch, tasks, postmaster).await]
    })
    .await;
    let units = (scale.rounds + 1) * count;
    store.close().await;
    ceiling.close().await;
    alone(&mut watcher).await;
    let made = transactions(&mut watcher).await - before;
    // Of each unit the ceiling makes two, and one before it is measured.
    let trips = made as f64 / units as f64 - 3.0;

    let store = PostgresStore::connect(&database.url()).await.expect("the store opens");
    shop.reopen(Arc::new(store.clone())).expect_sales(units as u64).await;
    store.close().await;
    watcher.close().await.expect("the server is there");
    (theirs, Figures { trips: Some(trips), ..ours })
}

/// A database with an empty marketplace, and a connection to look at it from outside.
pub async fn open(cluster: &TestCluster) -> (TestDatabase, PgConnection, PostgresStore) {
    let database = TestDatabase::empty_on(cluster).await;
    let watcher = PgConnection::connect(&database.url()).await.expect("the server is there");
    let store = PostgresStore::connect(&database.url()).await.expect("the store opens");
    store.migrate().await.expect("the schema is made");
    (database, watcher, store)
}

/// The server's first process, if it is on this machine.
pub async fn postmaster(watcher: &mut PgConnection) -> Option<u32> {
    let own: i32 =
        query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *watcher).await.expect("the server answers");
    cost::parent(u32::try_from(own).ok()?)
}

/// Waits until nobody else is connected: processes report what they did when they end.
pub async fn alone(watcher: &mut PgConnection) {
    const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while query_scalar::<_, i64>(OTHERS).fetch_one(&mut *watcher).await.expect("the server answers") > 0 {
        tokio::task::yield_now().await;
    }
}

/// Every round trip of these clients is one transaction.
async fn transactions(watcher: &mut PgConnection) -> i64 {
    const COMMITTED: &str = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    query_scalar(COMMITTED).fetch_one(&mut *watcher).await.expect("the server answers")
}
