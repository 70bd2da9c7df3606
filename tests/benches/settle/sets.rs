//! Change sets as a sale makes them, for what is measured below the services.

use futures_util::future;
use marketplace_core::{
    Store, Version,
    catalog::Product,
    commit::{Change, ChangeSet},
    ledger::{AccountKind, EntryKind},
    order::OrderState,
    payment::AttemptState,
};
use marketplace_testing::build::Fixture;

/// Places so many orders with sellers of their own, and gives the sets that settle them: eight changes each.
pub async fn settlements(store: &dyn Store, fixture: &Fixture, count: usize) -> Vec<ChangeSet> {
    let sellers = future::join_all((0..50).map(|_| seller(store, fixture))).await;
    let mut sets = Vec::with_capacity(count);
    while sets.len() < count {
        let batch = (sets.len()..count.min(sets.len() + 100)).map(|number| {
            let product = &sellers[number % sellers.len()];
            settlement(store, fixture, product)
        });
        sets.extend(future::join_all(batch).await);
    }
    sets
}

async fn seller(store: &dyn Store, fixture: &Fixture) -> Product {
    let creator = fixture.creator();
    let product = fixture.product(&creator);
    let changes = vec![Change::InsertUser(creator), Change::InsertProduct(product.clone())];
    store.commit(fixture.set(changes)).await.expect("a seller opens");
    product
}

async fn settlement(store: &dyn Store, fixture: &Fixture, product: &Product) -> ChangeSet {
    let order = fixture.order(None, &[product]);
    let attempt = fixture.attempt(&order);
    let placed = vec![Change::InsertOrder(order.clone()), Change::InsertAttempt(attempt.clone())];
    store.commit(fixture.set(placed)).await.expect("an order is placed");
    let at = fixture.tick();
    let mut paid = attempt;
    paid.state = AttemptState::Succeeded;
    paid.paid_at = Some(at);
    paid.version = Version::FIRST.next();
    let earned = fixture.naira(225_000);
    let lines = [
        (fixture.platform(AccountKind::GatewayClearing), fixture.naira(-250_000)),
        (fixture.account(AccountKind::CreatorPending, product.creator), earned),
        (fixture.platform(AccountKind::PlatformRevenue), fixture.naira(25_000)),
    ];
    fixture.set(vec![
        Change::AdvanceAttempt { seen: Version::FIRST, to: paid },
        Change::AdvanceOrder { id: order.id, seen: Version::FIRST, to: OrderState::Paid, at },
        Change::Post(fixture.entry(EntryKind::Sale, Some(order.id), &lines)),
        Change::InsertHold(fixture.hold(&order, product.creator, earned)),
        Change::Grant(fixture.entitlement(&order, &order.lines[0])),
        Change::Enqueue(fixture.job()),
        Change::Enqueue(fixture.job()),
        Change::Enqueue(fixture.job()),
    ])
}
