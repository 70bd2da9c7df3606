//! Money is given back once, exactly, and every refund is found again.

use super::{GatewayHarness, Operation, Trouble, stage::Stage};
use marketplace_core::{
    money::Money,
    payment::{GatewayErrorKind, RefundState, Refunds},
};
use std::sync::Arc;

/// The stage, if the gateway gives back parts of a payment.
async fn in_part(harness: &dyn GatewayHarness) -> Option<(Stage, Arc<dyn Refunds>)> {
    let (stage, refunds) = refunding(harness).await?;
    stage.descriptor().capabilities.partial_refunds.then_some((stage, refunds))
}

/// The stage, if the gateway gives money back.
async fn refunding(harness: &dyn GatewayHarness) -> Option<(Stage, Arc<dyn Refunds>)> {
    let stage = Stage::new(harness).await;
    let refunds = stage.fresh.refunds.clone()?;
    Some((stage, refunds))
}

const UNDER_WAY: [RefundState; 3] = [RefundState::Requested, RefundState::Processing, RefundState::Done];

/// All of a payment.
pub async fn whole(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = refunding(harness).await else { return };
    let payment = stage.paid().await;
    let refund = stage.refund(&payment, stage.price());
    let snapshot = refunds.create(refund.clone()).await.expect("it is given back");
    assert_eq!((snapshot.amount, snapshot.mode), (stage.price(), stage.descriptor().mode));
    assert_eq!(snapshot.id, Some(refund.id), "it carries our id");
    assert!(UNDER_WAY.contains(&snapshot.state), "{snapshot:?}");
    assert_eq!(stage.world().refunds().await, [(payment.reference.to_string(), stage.price())]);
    let fetched = refunds.fetch(&snapshot.gateway_id).await.expect("it is known");
    assert_eq!((fetched.amount, fetched.id), (snapshot.amount, snapshot.id));
}

/// Parts of a payment, to the last.
pub async fn in_parts(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = in_part(harness).await else { return };
    let payment = stage.paid().await;
    let part = stage.part(3);
    let rest = Money::new(stage.price().minor() - part.minor(), part.currency());
    for amount in [part, rest] {
        let snapshot = refunds.create(stage.refund(&payment, amount)).await.expect("a part is given back");
        assert_eq!(snapshot.amount, amount);
        stage.world().move_refund(&snapshot.gateway_id, RefundState::Done).await;
    }
    let given: Vec<Money> = stage.world().refunds().await.into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(given, [part, rest]);
}

/// More than was paid is refused, and that is certain.
pub async fn too_much(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = refunding(harness).await else { return };
    let payment = stage.paid().await;
    let more = Money::new(stage.price().minor() + 1, stage.price().currency());
    let refused = refunds.create(stage.refund(&payment, more)).await.expect_err("it is too much");
    assert!(!refused.kind.may_have_been_executed(), "{refused:?}");
    refunds.create(stage.refund(&payment, stage.price())).await.expect("all of it");
    let refused = refunds.create(stage.refund(&payment, stage.price())).await.expect_err("all is given back");
    assert!(!refused.kind.may_have_been_executed(), "{refused:?}");
    assert_eq!(stage.world().refunds().await.len(), 1);
}

/// A refund whose answer was lost is found when it is asked for again, and is not begun a second time.
pub async fn adopted(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = refunding(harness).await else { return };
    let payment = stage.paid().await;
    let refund = stage.refund(&payment, stage.price());
    stage.world().trouble(Operation::CreateRefund, Trouble::AnswerLost).await;
    let lost = refunds.create(refund.clone()).await.expect_err("the answer is lost");
    assert_eq!(lost.kind, GatewayErrorKind::UnknownOutcome);
    for _ in 0..2 {
        let snapshot = refunds.create(refund.clone()).await.expect("it is found");
        assert_eq!((snapshot.id, snapshot.amount), (Some(refund.id), refund.amount));
    }
    assert_eq!(stage.world().refunds().await.len(), 1, "money goes back once");
}

/// All refunds of a payment, and no others.
pub async fn found_again(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = in_part(harness).await else { return };
    let (payment, other) = (stage.paid().await, stage.paid().await);
    assert_eq!(refunds.find(&payment).await.expect("there is none"), []);
    let mut begun = Vec::new();
    for _ in 0..3 {
        let refund = stage.refund(&payment, stage.part(4));
        begun.push(Some(refund.id));
        refunds.create(refund).await.expect("a part is given back");
    }
    refunds.create(stage.refund(&other, stage.part(4))).await.expect("a part is given back");
    let found = refunds.find(&payment).await.expect("refunds are found");
    assert_eq!(found.iter().map(|refund| refund.id).collect::<Vec<_>>(), begun, "oldest first");
}

/// A refund is told as it stands: done is not the same as failed, nor as stuck.
pub async fn states(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = refunding(harness).await else { return };
    for state in [RefundState::Processing, RefundState::Done, RefundState::Failed, RefundState::NeedsDetails]
    {
        let payment = stage.paid().await;
        let begun = refunds.create(stage.refund(&payment, stage.price())).await.expect("it is given back");
        stage.world().move_refund(&begun.gateway_id, state).await;
        assert_eq!(refunds.fetch(&begun.gateway_id).await.expect("it is known").state, state);
    }
    let unknown = refunds.fetch("999999999").await.expect_err("nobody began it");
    assert_eq!(unknown.kind, GatewayErrorKind::NotFound);
}

/// A refund that somebody began on the gateway's own pages is found, and is not taken for ours.
pub async fn by_hand(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = in_part(harness).await else { return };
    let payment = stage.paid().await;
    stage.world().refund_by_hand(&payment.reference, stage.part(2)).await;
    let ours = stage.refund(&payment, stage.part(4));
    refunds.create(ours.clone()).await.expect("a part is given back");
    let found = refunds.find(&payment).await.expect("refunds are found");
    let told: Vec<_> = found.iter().map(|refund| (refund.id, refund.amount)).collect();
    assert_eq!(told, [(None, stage.part(2)), (Some(ours.id), stage.part(4))]);
}

/// The mode is the gateway's word.
pub async fn another_mode(harness: &dyn GatewayHarness) {
    let Some((stage, refunds)) = refunding(harness).await else { return };
    let payment = stage.paid().await;
    let begun = refunds.create(stage.refund(&payment, stage.price())).await.expect("it is given back");
    stage.world().answer_in_other_mode(Operation::FetchRefund).await;
    assert_eq!(refunds.fetch(&begun.gateway_id).await.expect("it is known").mode, stage.other_mode());
}
