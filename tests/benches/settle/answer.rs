//! How long a webhook waits for its answer, while everything else goes on: two hundred come each second, whether or not
//! the ones before are answered, the worker processes what came, and every second core has something else to do.
//!
//! From the request's bytes to the answer, through the HTTP contract; without a network.

use super::{
    postgres,
    run::Scale,
    shop::{Shop, Webhook},
    table,
};
use marketplace_http::{Api, HttpOptions, Method, Request};
use marketplace_sqlite::{SqliteOptions, SqliteStore};
use marketplace_testing::postgres::TestCluster;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, task::JoinSet};

/// Between two webhooks: two hundred a second.
const EVERY: Duration = Duration::from_millis(5);

/// What is asked for.
const MOST: Duration = Duration::from_millis(100);

/// Both stores, one after the other.
pub async fn run(scale: &Scale, cluster: &TestCluster) {
    let (database, watcher, store) = postgres::open(cluster).await;
    drop(watcher);
    let shop = Shop::open(Arc::new(store.clone()), scale.sellers).await;
    cell("PostgreSQL, webhooks at 200/s, busy machine", scale, &shop).await;
    store.close().await;
    drop(database);

    let folder = tempfile::tempdir().expect("there is room for a folder");
    let store = SqliteStore::connect_with(SqliteOptions::new(folder.path().join("shop.db")))
        .await
        .expect("the store opens");
    store.migrate().await.expect("the schema is made");
    let shop = Shop::open(Arc::new(store.clone()), scale.sellers).await;
    cell("SQLite, webhooks at 200/s, busy machine", scale, &shop).await;
    store.close().await;
}

async fn cell(name: &str, scale: &Scale, shop: &Shop) {
    let webhooks = shop.webhooks(scale.units * 5, false).await;
    let count = webhooks.len();
    let market = shop.market();
    let api = Arc::new(Api::new(Arc::clone(market), HttpOptions::default()));
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = market.worker().clone();
    let working = tokio::spawn(async move { worker.run_until(async { drop(stopped.await) }).await });
    let busy = Busy::begin();
    let mut times = send(&api, webhooks).await;
    drop(busy);
    times.sort();
    shop.settled(count).await;
    drop(stop);
    working.await.expect("the worker ends");
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    table::latency(name, at(50), at(99), at(100));
    // A few units say nothing of the slowest hundredth.
    assert!(count < 1_000 || at(99) <= MOST, "the slowest hundredth of webhooks waits for {:?}", at(99));
}

/// Sends them at their times; gives how long each waited.
async fn send(api: &Arc<Api>, webhooks: Vec<Webhook>) -> Vec<Duration> {
    let mut answers = JoinSet::new();
    let mut ticks = tokio::time::interval(EVERY);
    for webhook in webhooks {
        ticks.tick().await;
        let (api, due) = (Arc::clone(api), Instant::now());
        answers.spawn(async move {
            let mut request = Request::new(Method::Post, "/api/v1/webhooks/paystack").with_body(webhook.body);
            for (name, value) in &webhook.headers {
                request = request.with_header(name, value.clone());
            }
            assert_eq!(api.handle(request).await.status, 200, "a webhook is taken in");
            due.elapsed()
        });
    }
    answers.join_all().await
}

/// Something else to do for every second core, for as long as this lives.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn begin() -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        for _ in 0..thread::available_parallelism().map_or(1, |cores| usize::from(cores).div_ceil(2)) {
            let goes_on = Arc::clone(&goes_on);
            thread::spawn(move || while goes_on.load(Ordering::Relaxed) {});
        }
        Self(goes_on)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
