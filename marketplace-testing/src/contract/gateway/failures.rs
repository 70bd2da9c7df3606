//! A call that failed is told as what that means: what was carried out is never told as if it was not.

use super::{GatewayHarness, Operation, Trouble, stage::Stage};
use marketplace_core::{
    payment::{GatewayErrorKind, PaymentState, Window},
    time::Timestamp,
};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(17);

/// Whether a payment was begun when the answer was lost is not known; it is found under the reference that was asked
/// for, and under no other one.
pub async fn a_lost_answer_of_a_start(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let payment = stage.payment(stage.price());
    let reference = payment.reference.clone();
    stage.world().trouble(Operation::Start, Trouble::AnswerLost).await;
    let lost = stage.gateway().start(payment).await.expect_err("the answer is lost");
    assert_eq!(lost.kind, GatewayErrorKind::UnknownOutcome);
    assert_eq!(stage.world().payments().await, [(reference.to_string(), stage.price())]);
    assert_ne!(stage.fetched(&reference.into()).await.state, PaymentState::Paid);
}

/// A gateway that says it is broken may have carried a command out; a question may be asked again.
pub async fn a_broken_gateway(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    stage.world().trouble(Operation::Start, Trouble::Down).await;
    let broken = stage.gateway().start(stage.payment(stage.price())).await.expect_err("it is broken");
    assert_eq!(broken.kind, GatewayErrorKind::UnknownOutcome);
    let (payment, _) = stage.begun().await;
    stage.world().trouble(Operation::Fetch, Trouble::Down).await;
    let broken = stage.gateway().fetch(&payment).await.expect_err("it is broken");
    assert_eq!(broken.kind, GatewayErrorKind::Transient);
    assert!(stage.gateway().fetch(&payment).await.is_ok(), "and then it is not");
}

/// What cannot be read is no refusal, and no answer.
pub async fn an_unreadable_gateway(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    stage.world().trouble(Operation::Start, Trouble::Garbage).await;
    let unread = stage.gateway().start(stage.payment(stage.price())).await.expect_err("nobody can read it");
    assert_eq!(unread.kind, GatewayErrorKind::UnknownOutcome);
    let (payment, _) = stage.begun().await;
    stage.world().trouble(Operation::Fetch, Trouble::Garbage).await;
    let unread = stage.gateway().fetch(&payment).await.expect_err("nobody can read it");
    assert!(matches!(unread.kind, GatewayErrorKind::Malformed | GatewayErrorKind::Transient), "{unread:?}");
}

/// A gateway that has had too many calls carried nothing out, and its wait is passed on.
pub async fn too_many_calls(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    stage.world().trouble(Operation::Start, Trouble::Limited(WAIT)).await;
    let limited = stage.gateway().start(stage.payment(stage.price())).await.expect_err("it is too much");
    assert_eq!(limited.kind, GatewayErrorKind::RateLimited { after: Some(WAIT) });
    assert_eq!(stage.world().payments().await, []);
    let (payment, _) = stage.begun().await;
    stage.world().trouble(Operation::Fetch, Trouble::Limited(WAIT)).await;
    let limited = stage.gateway().fetch(&payment).await.expect_err("it is too much");
    assert_eq!(limited.kind, GatewayErrorKind::RateLimited { after: Some(WAIT) });
}

/// What each other call says in each trouble: nothing of a refund or a payout is taken for refused, failed or done.
pub async fn every_other_call(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let can = stage.descriptor().capabilities;
    let others = [
        (Operation::List, can.lists_payments),
        (Operation::CreateRefund, can.refunds),
        (Operation::FetchRefund, can.refunds),
        (Operation::Send, can.payouts),
        (Operation::FetchPayout, can.payouts),
        (Operation::FetchDispute, can.disputes),
    ];
    for operation in others.into_iter().filter_map(|(operation, can)| can.then_some(operation)) {
        for trouble in [Trouble::Down, Trouble::Garbage, Trouble::Limited(WAIT)] {
            let kind = troubled(&stage, operation, trouble).await;
            let is_right = match trouble {
                Trouble::Limited(_) => kind == GatewayErrorKind::RateLimited { after: Some(WAIT) },
                _ if operation.writes() => kind == GatewayErrorKind::UnknownOutcome,
                _ => matches!(kind, GatewayErrorKind::Transient | GatewayErrorKind::Malformed),
            };
            assert!(is_right, "{operation:?} in {trouble:?}: {kind:?}");
        }
    }
}

/// What a call fails with that meets a trouble.
async fn troubled(stage: &Stage, operation: Operation, trouble: Trouble) -> GatewayErrorKind {
    const UNMET: &str = "there is trouble";
    let fresh = &stage.fresh;
    match operation {
        Operation::List => {
            let window = Window { from: Timestamp::EPOCH, until: Timestamp::MAX };
            stage.world().trouble(operation, trouble).await;
            stage.gateway().list(window, None).await.expect_err(UNMET).kind
        }
        Operation::CreateRefund => {
            let payment = stage.paid().await;
            let refunds = fresh.refunds.as_ref().expect("it gives money back");
            stage.world().trouble(operation, trouble).await;
            refunds.create(stage.refund(&payment, stage.price())).await.expect_err(UNMET).kind
        }
        Operation::FetchRefund => {
            let payment = stage.paid().await;
            let refunds = fresh.refunds.as_ref().expect("it gives money back");
            let begun =
                refunds.create(stage.refund(&payment, stage.price())).await.expect("it is given back");
            stage.world().trouble(operation, trouble).await;
            refunds.fetch(&begun.gateway_id).await.expect_err(UNMET).kind
        }
        Operation::Send => {
            let payout = stage.payout().await;
            let payouts = fresh.payouts.as_ref().expect("it pays out");
            stage.world().trouble(operation, trouble).await;
            payouts.send(payout).await.expect_err(UNMET).kind
        }
        Operation::FetchPayout => {
            let payout = stage.payout().await;
            let payouts = fresh.payouts.as_ref().expect("it pays out");
            payouts.send(payout.clone()).await.expect("it is sent");
            stage.world().trouble(operation, trouble).await;
            payouts.fetch(&payout.reference).await.expect_err(UNMET).kind
        }
        Operation::FetchDispute => {
            let payment = stage.paid().await;
            let disputes = fresh.disputes.as_ref().expect("it answers disputes");
            let id = stage.world().dispute(&payment.reference).await;
            stage.world().trouble(operation, trouble).await;
            disputes.fetch(&id).await.expect_err(UNMET).kind
        }
        Operation::Start | Operation::Fetch => unreachable!("they have cases of their own"),
    }
}

/// A wrong key is a matter for a person, not for another try.
pub async fn a_wrong_key(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let (payment, _) = stage.begun().await;
    let stranger = stage.world().stranger();
    let refused = stranger.start(stage.payment(stage.price())).await.expect_err("nobody knows it");
    assert_eq!(refused.kind, GatewayErrorKind::Authentication);
    let refused = stranger.fetch(&payment).await.expect_err("nobody knows it");
    assert_eq!(refused.kind, GatewayErrorKind::Authentication);
    assert_eq!(stage.world().payments().await.len(), 1);
}

/// No key and no payer's address is shown by the adapter or by its errors.
pub async fn nothing_secret_is_shown(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let payment = stage.payment(stage.price());
    let mut secrets = stage.world().secrets();
    secrets.push(payment.email.as_str().to_owned());
    let mut shown = vec![format!("{:?}", stage.gateway())];
    for trouble in [Trouble::AnswerLost, Trouble::Down, Trouble::Garbage, Trouble::Limited(WAIT)] {
        stage.world().trouble(Operation::Start, trouble).await;
        let mut payment = payment.clone();
        payment.reference = stage.fixture.reference();
        let error = stage.gateway().start(payment).await.expect_err("there is trouble");
        shown.push(format!("{error} {error:?} {} {:?}", error.source, error.source));
    }
    for text in shown {
        assert!(!secrets.iter().any(|secret| text.contains(secret.as_str())), "{text}");
    }
}
