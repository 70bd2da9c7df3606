//! How many orders per second are placed and settled: `cargo run --release -p marketplace-sqlite --example commits`.
//!
//! On a file below `target/tmp` (or the folder of temporary files), with `synchronous=FULL` as always. What counts are
//! ratios: the store against a bare loop of the driver that runs the same statements one by one on one connection,
//! one set per transaction; and many tasks against one.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a program for developers"
)]

mod bare;

use bare::Bare;
use marketplace_core::{
    Version,
    commit::{Change, ChangeSet, Commit as _},
    id::EntitlementId,
    ledger::{AccountKind, EntryKind},
    order::OrderState,
    payment::AttemptState,
};
use marketplace_sqlite::{SqliteOptions, SqliteStore, marketplace_core};
use marketplace_testing::build::Fixture;
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::task::JoinSet;

const ORDERS: usize = 3_000;
const SELLERS: usize = 50;

/// The sets that place orders, and those that settle them. A settle is eight changes.
async fn orders(store: &SqliteStore, fixture: &Fixture) -> (Vec<ChangeSet>, Vec<ChangeSet>) {
    let mut products = Vec::new();
    for _ in 0..SELLERS {
        let creator = fixture.creator();
        let product = fixture.product(&creator);
        let changes = vec![Change::InsertUser(creator), Change::InsertProduct(product.clone())];
        store.commit(fixture.set(changes)).await.unwrap();
        products.push(product);
    }
    let (mut place, mut settle) = (Vec::new(), Vec::new());
    for product in products.iter().cycle().take(ORDERS) {
        let order = fixture.order(None, &[product]);
        let attempt = fixture.attempt(&order);
        let at = fixture.tick();
        place.push(fixture.set(vec![
            Change::InsertOrder(order.clone()),
            Change::InsertAttempt(attempt.clone()),
            Change::Enqueue(fixture.job()),
        ]));
        let mut paid = attempt.clone();
        paid.state = AttemptState::Succeeded;
        paid.paid_at = Some(at);
        let earned = fixture.naira(225_000);
        let lines = [
            (fixture.platform(AccountKind::GatewayClearing), fixture.naira(-250_000)),
            (fixture.account(AccountKind::CreatorPending, product.creator), earned),
            (fixture.platform(AccountKind::PlatformRevenue), fixture.naira(25_000)),
        ];
        let mut right = fixture.entitlement(&order, &order.lines[0]);
        right.id = EntitlementId::from_uuid(fixture.uuid());
        settle.push(fixture.set(vec![
            Change::AdvanceAttempt { seen: Version::FIRST, to: paid },
            Change::AdvanceOrder { id: order.id, seen: Version::FIRST, to: OrderState::Paid, at },
            Change::Post(fixture.entry(EntryKind::Sale, Some(order.id), &lines)),
            Change::InsertHold(fixture.hold(&order, product.creator, earned)),
            Change::Grant(right),
            Change::Enqueue(fixture.job()),
            Change::Enqueue(fixture.job()),
            Change::Enqueue(fixture.job()),
        ]));
    }
    (place, settle)
}

#[expect(clippy::float_arithmetic, reason = "a rate, for people to read")]
fn rate(count: usize, since: Instant) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / since.elapsed().as_secs_f64()
}

/// Sends all sets from so many tasks; gives sets per second.
async fn send(store: &SqliteStore, sets: Vec<ChangeSet>, tasks: usize) -> f64 {
    let count = sets.len();
    let sets = Arc::new(Mutex::new(VecDeque::from(sets)));
    let start = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let (store, sets) = (store.clone(), Arc::clone(&sets));
        running.spawn(async move {
            loop {
                let next = sets.lock().unwrap().pop_front();
                let Some(set) = next else { return };
                store.commit(set).await.unwrap();
            }
        });
    }
    running.join_all().await;
    rate(count, start)
}

fn print(name: &str, [placed, settled]: [f64; 2]) {
    println!("{name:<28} {placed:>7.0} placed/s {settled:>7.0} settled/s");
}

/// A new database, with the sets to send to it.
async fn fresh(folder: &Path) -> (SqliteStore, Vec<ChangeSet>, Vec<ChangeSet>) {
    let store = SqliteStore::connect_with(SqliteOptions::new(folder.join("market.db"))).await.unwrap();
    store.migrate().await.unwrap();
    let (place, settle) = orders(&store, &Fixture::new(1)).await;
    (store, place, settle)
}

async fn measure_store(folder: &Path, tasks: usize) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let (store, place, settle) = fresh(folder.path()).await;
    let rates = [send(&store, place, tasks).await, send(&store, settle, tasks).await];
    print(&format!("the store, {tasks} tasks"), rates);
    store.close().await;
}

async fn measure_bare(folder: &Path) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let (store, place, settle) = fresh(folder.path()).await;
    store.close().await;
    let mut bare = Bare::open(&folder.path().join("market.db")).await;
    let mut rates = [0.0; 2];
    for (rate_of, sets) in rates.iter_mut().zip([place, settle]) {
        let start = Instant::now();
        for set in &sets {
            bare.commit(set).await;
        }
        *rate_of = rate(sets.len(), start);
    }
    print("a bare loop", rates);
}

#[tokio::main]
async fn main() {
    let beside_the_build = PathBuf::from("target/tmp");
    let folder = if beside_the_build.is_dir() { beside_the_build } else { std::env::temp_dir() };
    // `commits TASKS` measures one case alone; 0 is the bare loop.
    let given: Option<usize> = std::env::args().nth(1).and_then(|argument| argument.parse().ok());
    for tasks in given.map_or_else(|| vec![0, 1, 8, 64, 0], |tasks| vec![tasks]) {
        match tasks {
            0 => measure_bare(&folder).await,
            _ => measure_store(&folder, tasks).await,
        }
    }
}
