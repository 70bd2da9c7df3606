//! When an order was paid.

use crate::contract::store::{StoreHarness, stage::Stage};
use marketplace_core::{Version, commit::Change, id::OrderId, order::OrderState, time::Timestamp};

async fn advance(stage: &Stage, id: OrderId, seen: Version, to: OrderState) -> Timestamp {
    let at = stage.fixture.tick();
    stage.apply(vec![Change::AdvanceOrder { id, seen, to, at }]).await;
    at
}

async fn expect(stage: &Stage, id: OrderId, state: OrderState, paid_at: Option<Timestamp>, version: Version) {
    let order = stage.store.order(id).await.expect("orders are read").expect("the order is there");
    assert_eq!((order.state, order.paid_at, order.version), (state, paid_at, version), "of {order:?}");
}

/// Only the state `Paid` sets `paid_at`; the rest of the order stays as it was.
pub async fn sets_paid_at_for_payment_only(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    for state in OrderState::ALL {
        let order = stage.ordered().await.order;
        let at = advance(&stage, order.id, order.version, *state).await;
        let paid_at = (*state == OrderState::Paid).then_some(at);
        let version = order.version.next();
        let moved = marketplace_core::order::Order { state: *state, paid_at, version, ..order.clone() };
        let found = stage.store.order(order.id).await.expect("orders are read");
        assert_eq!(found, Some(moved), "moved to {state}");
    }
}

/// An order that is paid again, as after a dispute that was won, keeps the time when it was first paid.
pub async fn keeps_the_time_of_the_first_payment(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let order = stage.ordered().await.order;
    let mut version = order.version;
    let mut paid_at = None;
    for state in [OrderState::Expired, OrderState::Paid, OrderState::Disputed, OrderState::Paid] {
        let at = advance(&stage, order.id, version, state).await;
        version = version.next();
        paid_at = paid_at.or((state == OrderState::Paid).then_some(at));
        expect(&stage, order.id, state, paid_at, version).await;
    }
}
