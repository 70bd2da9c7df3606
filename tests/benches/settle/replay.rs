//! A webhook that comes again: how fast it is answered beside a settlement, and that it writes nothing.

use super::{
    run::{Scale, figures, round},
    shop::{Shop, Webhook},
    table,
};
use marketplace_postgres::PostgresStore;
use marketplace_testing::postgres::{TestCluster, TestDatabase};
use sqlx::{Connection as _, PgConnection, query_scalar};
use std::sync::Arc;

const TASKS: usize = 8;

/// All rows that were ever written or changed in the marketplace's tables, as the server counts them.
const WRITTEN: &str = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::BIGINT FROM pg_stat_user_tables";

pub async fn postgres(scale: &Scale, cluster: &TestCluster) {
    let database = TestDatabase::empty_on(cluster).await;
    let mut watcher = PgConnection::connect(&database.url()).await.expect("the server is there");
    let postmaster = super::postgres::postmaster(&mut watcher).await;
    let store = PostgresStore::connect(&database.url()).await.expect("the store opens");
    store.migrate().await.expect("the schema is made");
    let shop = Shop::open(Arc::new(store.clone()), scale.sellers).await;
    let count = scale.units_of(TASKS);
    let mut settled = Vec::new();
    let mut batches: Vec<Vec<Webhook>> = Vec::new();
    let shop = Arc::new(shop);
    for number in 0..=scale.rounds {
        let batch = shop.webhooks(count, false).await;
        batches.push(batch.clone());
        let shop = Arc::clone(&shop);
        let round = round(batch, TASKS, postmaster, move |_, items, number| {
            let shop = Arc::clone(&shop);
            async move { shop.unit(&items[number]).await }
        });
        let round = round.await;
        if number > 0 {
            settled.push(round);
        }
    }
    store.close().await;
    super::postgres::alone(&mut watcher).await;
    let before: i64 = query_scalar(WRITTEN).fetch_one(&mut watcher).await.expect("the server counts");

    let store = PostgresStore::connect(&database.url()).await.expect("the store opens");
    let shop = Arc::new(shop.reopen(Arc::new(store.clone())));
    let mut replayed = Vec::new();
    for (number, batch) in batches.into_iter().enumerate() {
        let shop = Arc::clone(&shop);
        let round = round(batch, TASKS, postmaster, move |_, items, number| {
            let shop = Arc::clone(&shop);
            async move { shop.receive(&items[number]).await }
        });
        let round = round.await;
        if number > 0 {
            replayed.push(round);
        }
    }
    store.close().await;
    super::postgres::alone(&mut watcher).await;
    let after: i64 = query_scalar(WRITTEN).fetch_one(&mut watcher).await.expect("the server counts");
    assert_eq!(after, before, "a webhook that comes again writes nothing");
    table::line("PostgreSQL, 8 tasks, replayed beside settled", &figures(&settled), &figures(&replayed));
}
