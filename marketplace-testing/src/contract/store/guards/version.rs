//! The version guard: a decision on a row that has changed, or never was, is stale.

use crate::contract::store::{StoreHarness, effect::SECOND, stage::Stage, variant::Variant};
use marketplace_core::{
    Version,
    catalog::Product,
    commit::{Change, Refusal},
    id::{EntitlementId, OrderId, ProductId, UserId},
    identity::User,
    payment::Attempt,
};

/// The stored version passes, and then no more; every other one is stale, and so is a row that is not there.
async fn guarded(harness: &dyn StoreHarness, variant: Variant) {
    let stage = Stage::new(harness).await;
    let change = variant.prepare(&stage).await;
    for seen in [i64::MIN, -1, 0, 2, 3, i64::MAX] {
        let other = having_seen(&change, Version::from_i64(seen));
        stage.refuse(vec![other], Refusal::Stale).await;
        stage.expect_nothing(&change, "after a stale decision").await;
    }
    stage.refuse(vec![of_unknown_row(&stage, &change)], Refusal::Stale).await;
    stage.apply(vec![change.clone()]).await;
    stage.refuse(vec![change.clone()], Refusal::Stale).await;
    stage.expect_whole(&change, "after the same decision on the old row").await;

    let next = having_seen(&change, SECOND);
    stage.apply(vec![next.clone()]).await;
    stage.expect_whole(&next, "on the changed row").await;
    for seen in [Version::FIRST, SECOND] {
        stage.refuse(vec![having_seen(&change, seen)], Refusal::Stale).await;
    }
    stage.expect_whole(&next, "after decisions on older rows").await;
}

/// The same change, decided on another version.
fn having_seen(change: &Change, seen: Version) -> Change {
    let version = seen.next();
    match change.clone() {
        Change::UpdateUser { to, .. } => Change::UpdateUser { seen, to: User { version, ..to } },
        Change::UpdateProduct { to, .. } => Change::UpdateProduct { seen, to: Product { version, ..to } },
        Change::AdvanceOrder { id, to, at, .. } => Change::AdvanceOrder { id, seen, to, at },
        Change::AdvanceAttempt { to, .. } => Change::AdvanceAttempt { seen, to: Attempt { version, ..to } },
        Change::Revoke { id, reason, at, .. } => Change::Revoke { id, seen, reason, at },
        other => panic!("no guard of a version: {other:?}"),
    }
}

/// The same change of a row that is not there.
fn of_unknown_row(stage: &Stage, change: &Change) -> Change {
    let fixture = &stage.fixture;
    let uuid = fixture.uuid();
    match change.clone() {
        Change::UpdateUser { seen, to } => {
            let to = User { id: UserId::from_uuid(uuid), email: fixture.email(), ..to };
            Change::UpdateUser { seen, to }
        }
        Change::UpdateProduct { seen, to } => {
            let to = Product { id: ProductId::from_uuid(uuid), slug: fixture.word("unknown"), ..to };
            Change::UpdateProduct { seen, to }
        }
        Change::AdvanceOrder { seen, to, at, .. } => {
            Change::AdvanceOrder { id: OrderId::from_uuid(uuid), seen, to, at }
        }
        Change::AdvanceAttempt { seen, to } => {
            Change::AdvanceAttempt { seen, to: Attempt { reference: fixture.reference(), ..to } }
        }
        Change::Revoke { seen, reason, at, .. } => {
            Change::Revoke { id: EntitlementId::from_uuid(uuid), seen, reason, at }
        }
        other => panic!("no guard of a version: {other:?}"),
    }
}

/// `UpdateUser` replaces the version that was seen, and no other.
pub async fn user_version(harness: &dyn StoreHarness) {
    guarded(harness, Variant::UpdateUser).await;
}

/// `UpdateProduct` replaces the version that was seen, and no other.
pub async fn product_version(harness: &dyn StoreHarness) {
    guarded(harness, Variant::UpdateProduct).await;
}

/// `AdvanceOrder` moves the version that was seen, and no other.
pub async fn order_version(harness: &dyn StoreHarness) {
    guarded(harness, Variant::AdvanceOrder).await;
}

/// `AdvanceAttempt` replaces the version that was seen, and no other.
pub async fn attempt_version(harness: &dyn StoreHarness) {
    guarded(harness, Variant::AdvanceAttempt).await;
}

/// `Revoke` changes the version that was seen, and no other.
pub async fn entitlement_version(harness: &dyn StoreHarness) {
    guarded(harness, Variant::Revoke).await;
}
