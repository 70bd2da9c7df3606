//! A webhook that comes again: how fast it is answered beside a settlement, and that it writes nothing.

use super::{
    postgres,
    run::{Scale, in_turns, round},
    shop::{Shop, Webhook, units},
    table,
};
use marketplace_postgres::PostgresStore;
use marketplace_testing::postgres::TestCluster;
use sqlx::query_scalar;
use std::sync::Arc;

const TASKS: usize = 8;

/// All rows that were ever written or changed in the marketplace's tables, as the server counts them.
const WRITTEN: &str = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::BIGINT FROM pg_stat_user_tables";

pub async fn run(scale: &Scale, cluster: &TestCluster) {
    let (database, mut watcher, store) = postgres::open(cluster).await;
    let postmaster = postgres::postmaster(&mut watcher).await;
    let shop = Arc::new(Shop::open(Arc::new(store.clone()), scale.sellers).await);
    let count = scale.units_of(TASKS);
    let mut batches: Vec<Vec<Webhook>> = Vec::new();
    let [settled] = in_turns(scale, async || {
        let batch = shop.webhooks(count, false).await;
        batches.push(batch.clone());
        [units(&shop, batch, TASKS, postmaster).await]
    })
    .await;
    store.close().await;
    postgres::alone(&mut watcher).await;
    let before: i64 = query_scalar(WRITTEN).fetch_one(&mut watcher).await.expect("the server counts");

    let store = PostgresStore::connect(&database.url()).await.expect("the store opens");
    let shop = Arc::new(shop.reopen(Arc::new(store.clone())));
    let mut batches = batches.into_iter();
    let [replayed] = in_turns(scale, async || {
        let (batch, shop) = (batches.next().expect("there is one for each turn"), Arc::clone(&shop));
        let received = round(batch, TASKS, postmaster, move |_, items, number| {
            let shop = Arc::clone(&shop);
            async move { shop.receive(&items[number]).await }
        });
        [received.await]
    })
    .await;
    store.close().await;
    postgres::alone(&mut watcher).await;
    let after: i64 = query_scalar(WRITTEN).fetch_one(&mut watcher).await.expect("the server counts");
    assert_eq!(after, before, "a webhook that comes again writes nothing");
    table::line("PostgreSQL, 8 tasks, replayed beside settled", &settled, &replayed);
}
