//! Refunds: one under way per payment.

use super::{
    StoreHarness,
    stage::{Outcome, Stage, count},
};
use marketplace_core::{
    Version,
    commit::{Change, Refusal},
    refund::{Refund, RefundStatus},
};

/// The refund after its first change.
fn ended(refund: &Refund, status: RefundStatus) -> Refund {
    Refund { status, ended_at: Some(refund.requested_at), version: Version::FIRST.next(), ..refund.clone() }
}

/// Those of a payment are found, oldest first, and no others.
pub async fn of_a_payment(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (first, stranger) = (stage.refund().await, stage.refund().await);
    let mut expected = Vec::new();
    for _ in 0..3 {
        let id = stage.fixture.refund(&stage.fixture.attempt(&stage.ordered().await.order)).id;
        let refund = Refund { id, ..first.clone() };
        let done = ended(&refund, RefundStatus::Failed);
        stage.apply(vec![Change::InsertRefund(refund)]).await;
        stage.apply(vec![Change::AdvanceRefund { seen: Version::FIRST, to: done.clone() }]).await;
        expected.push(done);
    }
    stage.apply(vec![Change::InsertRefund(stranger.clone())]).await;
    let found = stage.store.refunds_of(&first.reference).await.expect("refunds are read");
    assert_eq!(found, expected);
    let found = stage.store.refunds_of(&stranger.reference).await.expect("refunds are read");
    assert_eq!(found, [stranger]);
    let unknown = stage.store.refunds_of(&stage.fixture.reference()).await.expect("refunds are read");
    assert_eq!(unknown, []);
}

/// While one is open, in whatever state, a second one of its payment is taken; once it has ended, there may be another,
/// and the first does not open again beside it.
pub async fn one_at_a_time(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    for status in [RefundStatus::Requested, RefundStatus::Processing, RefundStatus::NeedsDetails] {
        for end in [RefundStatus::Done, RefundStatus::Failed] {
            let first = stage.refund().await;
            let second = Refund { id: stage.refund().await.id, ..first.clone() };
            stage.apply(vec![Change::InsertRefund(first.clone())]).await;
            let moved = Refund { status, version: Version::FIRST.next(), ..first.clone() };
            stage.apply(vec![Change::AdvanceRefund { seen: Version::FIRST, to: moved.clone() }]).await;
            stage.refuse(vec![Change::InsertRefund(second.clone())], Refusal::Taken).await;
            stage.expect_nothing(&Change::InsertRefund(second.clone()), "beside an open one").await;

            let over = Refund { version: moved.version.next(), ..ended(&first, end) };
            let set = vec![
                Change::AdvanceRefund { seen: moved.version, to: over.clone() },
                Change::InsertRefund(second.clone()),
            ];
            stage.apply(set).await;
            stage.expect_whole(&Change::InsertRefund(second), "after the first has ended").await;
            let again = Refund { status, ended_at: None, version: over.version.next(), ..over.clone() };
            let again = Change::AdvanceRefund { seen: over.version, to: again };
            stage.refuse(vec![again], Refusal::Taken).await;
        }
    }
    let taken = stage.refund().await;
    stage.apply(vec![Change::InsertRefund(taken.clone())]).await;
    let same_id = Refund { id: taken.id, ..stage.refund().await };
    stage.refuse(vec![Change::InsertRefund(same_id)], Refusal::Taken).await;
}

/// Of many that want to give one payment back at the same moment, one does.
pub async fn raced(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = stage.refund().await;
    let mut sets = Vec::new();
    for _ in 0..32 {
        let id = stage.fixture.refund(&stage.fixture.attempt(&stage.ordered().await.order)).id;
        sets.push(stage.fixture.set(vec![Change::InsertRefund(Refund { id, ..first.clone() })]));
    }
    let outcomes = stage.race(sets).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, &Outcome::Refused(Refusal::Taken)), 31, "{outcomes:?}");
    let found = stage.store.refunds_of(&first.reference).await.expect("refunds are read");
    assert_eq!(found.len(), 1, "{found:?}");
}

/// A version that was seen before somebody else moved the refund moves it no more.
pub async fn stale(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let refund = stage.refund().await;
    stage.apply(vec![Change::InsertRefund(refund.clone())]).await;
    let done = Change::AdvanceRefund { seen: Version::FIRST, to: ended(&refund, RefundStatus::Done) };
    stage.apply(vec![done.clone()]).await;
    let failed = Change::AdvanceRefund { seen: Version::FIRST, to: ended(&refund, RefundStatus::Failed) };
    stage.refuse(vec![failed], Refusal::Stale).await;
    stage.expect_whole(&done, "after somebody came too late").await;
    let unknown = ended(&stage.refund().await, RefundStatus::Done);
    stage.refuse(vec![Change::AdvanceRefund { seen: Version::FIRST, to: unknown }], Refusal::Stale).await;
}
