//! How many orders per second are placed and settled: `cargo run --release -p marketplace-postgres --example commits`.
//!
//! On the server that `TEST_DATABASE_URL` names, or a throw-away one without `fsync`. What counts are ratios: between
//! lanes, between numbers of clients, and between the store's own connections and a host's pool.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a program for developers"
)]

use marketplace_core::{
    Version,
    commit::{Change, ChangeSet, Commit as _},
    id::EntitlementId,
    ledger::AccountKind,
    order::OrderState,
    payment::AttemptState,
};
use marketplace_postgres::{PostgresOptions, PostgresStore, marketplace_core, sqlx::postgres::PgPoolOptions};
use marketplace_testing::{build::Fixture, postgres::TestDatabase};
use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::task::JoinSet;

const ORDERS: usize = 4_000;
const SELLERS: usize = 50;

/// The sets that place orders, and those that settle them.
async fn orders(
    store: &PostgresStore,
    fixture: &Fixture,
    sellers: usize,
) -> (Vec<ChangeSet>, Vec<ChangeSet>) {
    let mut products = Vec::new();
    for _ in 0..sellers {
        let creator = fixture.creator();
        let product = fixture.product(&creator);
        let changes = vec![Change::InsertUser(creator), Change::InsertProduct(product.clone())];
        store.commit(fixture.set(changes)).await.unwrap();
        products.push(product);
    }
    let (mut place, mut settle) = (Vec::new(), Vec::new());
    for number in 0..ORDERS {
        let product = &products[number % sellers];
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
            Change::Post(fixture.entry(marketplace_core::ledger::EntryKind::Sale, Some(order.id), &lines)),
            Change::InsertHold(fixture.hold(&order, product.creator, earned)),
            Change::Grant(right),
            Change::Enqueue(fixture.job()),
            Change::Enqueue(fixture.job()),
            Change::Enqueue(fixture.job()),
        ]));
    }
    (place, settle)
}

/// Sends all sets from so many clients; gives sets per second.
#[expect(clippy::float_arithmetic, reason = "a rate, for people to read")]
async fn send(store: &PostgresStore, sets: Vec<ChangeSet>, clients: usize) -> f64 {
    let count = sets.len();
    let sets = Arc::new(Mutex::new(VecDeque::from(sets)));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (store, sets) = (store.clone(), Arc::clone(&sets));
        tasks.spawn(async move {
            loop {
                let next = sets.lock().unwrap().pop_front();
                let Some(set) = next else { return };
                store.commit(set).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    f64::from(u32::try_from(count).unwrap()) / start.elapsed().as_secs_f64()
}

async fn measure(name: &str, lanes: Option<u32>, clients: usize, sellers: usize) {
    let database = TestDatabase::empty().await;
    let store = match lanes {
        Some(lanes) => {
            let options = PostgresOptions::from_url(&database.url()).unwrap();
            PostgresStore::connect_with(options.with_lanes(NonZeroU32::new(lanes).unwrap())).await.unwrap()
        }
        None => PostgresStore::from_pool(PgPoolOptions::new().connect(&database.url()).await.unwrap()),
    };
    store.migrate().await.unwrap();
    let (place, settle) = orders(&store, &Fixture::new(1), sellers).await;
    let placed = send(&store, place, clients).await;
    let settled = send(&store, settle, clients).await;
    println!(
        "{name:<22} {clients:>4} clients {sellers:>3} sellers: {placed:>7.0} placed/s {settled:>7.0} settled/s"
    );
    store.close().await;
}

#[tokio::main]
async fn main() {
    // `commits LANES CLIENTS` measures one case alone.
    let given: Vec<u32> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if let [lanes, clients] = given[..] {
        return measure("own", Some(lanes), clients as usize, SELLERS).await;
    }
    for clients in [1, 8, 64, 256] {
        for lanes in [1, 2, 4] {
            measure(&format!("own, {lanes} lanes"), Some(lanes), clients, SELLERS).await;
        }
        measure("a host's pool", None, clients, SELLERS).await;
    }
    measure("own, 2 lanes", Some(2), 64, 1).await;
}
