//! Disputes are heard of and answered.

use super::{GatewayHarness, Operation, stage::Stage};
use marketplace_core::{
    payment::{DisputeState, Disputes, Evidence, GatewayErrorKind, PaymentLocator, Window},
    time::Timestamp,
};
use std::sync::Arc;

/// The stage with a dispute, if the gateway has any.
async fn disputed(
    harness: &dyn GatewayHarness,
) -> Option<(Stage, Arc<dyn Disputes>, PaymentLocator, String)> {
    let stage = Stage::new(harness).await;
    let disputes = stage.fresh.disputes.clone()?;
    let payment = stage.paid().await;
    let id = stage.world().dispute(&payment.reference).await;
    Some((stage, disputes, payment, id))
}

/// A new dispute waits for us, by a time.
pub async fn listed(harness: &dyn GatewayHarness) {
    let Some((stage, disputes, payment, id)) = disputed(harness).await else { return };
    let window = Window { from: Timestamp::EPOCH, until: Timestamp::MAX };
    let listing = disputes.list(window, None).await.expect("disputes are listed");
    let [dispute] = &listing.items[..] else { panic!("one: {listing:?}") };
    assert_eq!(dispute.gateway_id, id);
    assert_eq!(dispute.reference.as_deref(), Some(payment.reference.as_str()));
    assert_eq!((dispute.state, dispute.mode), (DisputeState::AwaitsUs, stage.descriptor().mode));
    assert!(dispute.amount.is_none_or(|amount| amount == stage.price()), "{dispute:?}");
    assert_eq!(disputes.fetch(&id).await.expect("it is known"), *dispute);
    let unknown = disputes.fetch("999999999").await.expect_err("nobody opened it");
    assert_eq!(unknown.kind, GatewayErrorKind::NotFound);
}

/// Our side is told, and may be told again.
pub async fn answered(harness: &dyn GatewayHarness) {
    let Some((stage, disputes, _, id)) = disputed(harness).await else { return };
    let evidence = Evidence {
        email: stage.fixture.email(),
        name: "Bob Eze".to_owned(),
        phone: stage.fixture.phone(),
        service: "an e-book, downloaded on 23 November 2026".to_owned(),
    };
    for told in 1..=2 {
        disputes.submit_evidence(&id, evidence.clone()).await.expect("it is heard");
        let heard = stage.world().evidence(&id).await;
        assert_eq!(heard.len(), told);
        assert!(heard.iter().all(|heard| heard.contains(&evidence.service)), "as it was told: {heard:?}");
    }
    let unknown = disputes.submit_evidence("999999999", evidence).await.expect_err("nobody opened it");
    assert_eq!(unknown.kind, GatewayErrorKind::NotFound);
}

/// A dispute that is accepted is lost, and over.
pub async fn accepted(harness: &dyn GatewayHarness) {
    let Some((stage, disputes, _, id)) = disputed(harness).await else { return };
    let accepted = disputes.accept(&id, stage.price(), "the buyer is right").await.expect("it is accepted");
    assert_eq!(accepted.state, DisputeState::Lost);
    assert_eq!(stage.world().lost(&id).await, stage.price(), "what is given back");
    assert_eq!(disputes.fetch(&id).await.expect("it is known").state, DisputeState::Lost);
    let again = disputes.accept(&id, stage.price(), "again").await.expect_err("it is over");
    assert!(!again.kind.may_have_been_executed(), "{again:?}");
}

/// The mode is the gateway's word.
pub async fn another_mode(harness: &dyn GatewayHarness) {
    let Some((stage, disputes, _, id)) = disputed(harness).await else { return };
    stage.world().answer_in_other_mode(Operation::FetchDispute).await;
    assert_eq!(disputes.fetch(&id).await.expect("it is known").mode, stage.other_mode());
}
