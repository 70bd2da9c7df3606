//! Money that pays nothing is given back: once, whatever the gateway answers, and the books say so.

use super::{at_once, journal, operator};
use marketplace_core::{
    Actor,
    event::EventKind,
    id::{OrderId, Reference},
    ledger::{AccountKind, EntryKind},
    order::OrderState,
    page::Page,
    payment::{
        Claimed, GatewayErrorKind, PaymentState, Payments, RefundState, Resolve, ResolveError,
        ReviewDecision, ReviewReason,
    },
    refund::{Refund, RefundStatus},
};
use marketplace_testing::{
    contract::gateway::{GatewayWorld as _, Operation},
    fake::GatewayFault,
    market::TestMarketplace,
};
use std::{sync::Arc, time::Duration};

/// A shop where a payment of so much, for an order of 2,500.00 naira, is in review. The gateway kept 37.50 of it.
pub(super) async fn in_review(taken: i64) -> (TestMarketplace, OrderId, Reference) {
    let (shop, _, order, reference) = super::in_review(taken).await;
    (shop, order, reference)
}

pub(super) async fn decide(
    shop: &TestMarketplace,
    reference: &Reference,
    decision: ReviewDecision,
) -> Result<(), ResolveError> {
    decide_by(shop.market().payments(), shop, reference, decision).await
}

async fn decide_by(
    payments: &Payments,
    shop: &TestMarketplace,
    reference: &Reference,
    decision: ReviewDecision,
) -> Result<(), ResolveError> {
    let reviews = shop.store().reviews_of(reference.as_str()).await.expect("reviews are read");
    let open = reviews.iter().filter(|review| review.closing.is_none()).map(|review| review.id);
    let mut seen: Vec<_> = open.collect();
    if seen.is_empty() {
        seen = reviews.into_iter().map(|review| review.id).collect();
    }
    let why = "it pays nothing";
    let command = Resolve { reference: reference.as_str(), seen: &seen, decision, why, operator: operator() };
    payments.resolve(command).await.map(|_| ())
}

pub(super) async fn refund_of(shop: &TestMarketplace, reference: &Reference) -> Refund {
    let mut refunds = shop.store().refunds_of(reference).await.expect("refunds are read");
    refunds.pop().expect("there is a refund")
}

pub(super) async fn waiting(shop: &TestMarketplace) -> Vec<ReviewReason> {
    let open = shop.store().reviews(Page::first(100)).await.expect("reviews are read");
    open.into_iter().map(|review| review.reason).collect()
}

/// What the books say of an account of the marketplace, in minor units.
pub(super) async fn booked(shop: &TestMarketplace, kind: AccountKind) -> i64 {
    let entries = journal(shop).await;
    let lines = entries.iter().flat_map(|entry| entry.lines());
    lines.filter(|line| line.account.kind() == kind).map(|line| line.amount.minor()).sum()
}

/// Moves the refund at the gateway, and lets the job find out.
async fn becomes(shop: &TestMarketplace, reference: &Reference, state: RefundState) {
    let id = refund_of(shop, reference).await.gateway_id.expect("the gateway knows it");
    shop.gateway().move_refund(&id, state).await;
    shop.pass(Duration::from_hours(6)).await;
}

#[tokio::test]
async fn what_pays_nothing_goes_back_whole_and_the_buyer_may_pay_anew() {
    let (shop, order, reference) = in_review(100_000).await;
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is refunded");
    let refund = refund_of(&shop, &reference).await;
    assert_eq!((refund.amount.minor(), refund.status), (100_000, RefundStatus::Requested));
    assert_eq!((refund.requested_by, refund.reason.as_str()), (operator(), "it pays nothing"));
    assert_eq!(shop.gateway().refunds().await, [], "decided, and not asked for yet");
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 100_000, "owed");
    assert_eq!(booked(&shop, AccountKind::GatewayClearing).await, -96_250, "there");
    assert_eq!(booked(&shop, AccountKind::GatewayFees).await, -3_750, "lost");

    shop.run_jobs().await;
    assert_eq!(shop.gateway().refunds().await, [(reference.to_string(), refund.amount)]);
    for (state, status) in [
        (RefundState::Requested, RefundStatus::Requested),
        (RefundState::Processing, RefundStatus::Processing),
        (RefundState::Unrecognised, RefundStatus::Processing),
        (RefundState::Done, RefundStatus::Done),
    ] {
        becomes(&shop, &reference, state).await;
        assert_eq!(refund_of(&shop, &reference).await.status, status);
    }
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 0);
    assert_eq!(booked(&shop, AccountKind::GatewayClearing).await, 3_750, "the fee was advanced");
    shop.expect_healthy_ledger().await;
    assert_eq!(waiting(&shop).await, []);

    let events = shop.market().events().events(0, 100).await.expect("events are read");
    let of_order = events.iter().filter(|event| event.subject.as_str() == order.to_string());
    let kinds: Vec<_> = of_order.flat_map(|event| event.kinds.clone()).collect();
    assert_eq!(
        kinds,
        [
            EventKind::OrderPlaced,
            EventKind::ReviewOpened,
            EventKind::ReviewClosed,
            EventKind::RefundRequested,
            EventKind::RefundDone
        ]
    );

    let serial = shop.market().ids().uuid(shop.now());
    let anew = shop.market().payments().retry(order, serial, Actor::Guest).await.expect("a new attempt");
    assert!(shop.gateway().pay(&anew.reference, None));
    shop.notify(&anew.reference).await;
    shop.run_jobs().await;
    assert_eq!(shop.order(order).await.state, OrderState::Paid);
    assert_eq!(shop.gateway().refunds().await.len(), 1);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn the_second_payment_of_a_paid_order_goes_back_and_the_order_stays_paid() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let first = placed.attempt.expect("an attempt").reference;
    assert!(shop.gateway().decline(&first));
    shop.pass(Duration::from_mins(1)).await;
    let serial = shop.market().ids().uuid(shop.now());
    let second = shop.market().payments().retry(placed.order.id, serial, Actor::Guest).await.expect("again");
    for reference in [&first, &second.reference] {
        assert!(shop.gateway().pay(reference, None));
        shop.notify(reference).await;
        shop.run_jobs().await;
    }
    assert_eq!(waiting(&shop).await, [ReviewReason::AlreadyPaid]);
    let paid = shop.market().wallet().balances(creator.id).await.expect("balances are read");
    decide(&shop, &second.reference, ReviewDecision::Refund).await.expect("it is refunded");
    shop.run_jobs().await;
    becomes(&shop, &second.reference, RefundState::Done).await;
    assert_eq!(refund_of(&shop, &second.reference).await.status, RefundStatus::Done);
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Paid);
    assert_eq!(shop.market().wallet().balances(creator.id).await.expect("balances are read"), paid);
    shop.expect_healthy_ledger().await;

    let settled = decide(&shop, &first, ReviewDecision::Refund).await;
    assert!(settled.is_err(), "what paid the order is no refund of this kind: {settled:?}");
}

#[tokio::test]
async fn only_what_is_left_goes_back() {
    let (shop, _, reference) = in_review(100_000).await;
    shop.gateway().refund_by_hand(&reference, shop.fixture().naira(30_000)).await;
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is refunded");
    shop.run_jobs().await;
    assert_eq!(refund_of(&shop, &reference).await.amount.minor(), 70_000);
    becomes(&shop, &reference, RefundState::Done).await;
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 0);
    shop.expect_healthy_ledger().await;

    let (shop, _, reference) = in_review(100_000).await;
    shop.gateway().refund_by_hand(&reference, shop.fixture().naira(100_000)).await;
    let refused = decide(&shop, &reference, ReviewDecision::Refund).await;
    assert!(matches!(refused, Err(ResolveError::NotRefundable)), "nothing is left: {refused:?}");
}

#[tokio::test]
async fn what_may_go_back_otherwise_or_was_never_taken_is_not_refunded() {
    for state in
        [PaymentState::Open, PaymentState::Declined, PaymentState::Reversed, PaymentState::Unrecognised]
    {
        let (shop, _, reference) = in_review(100_000).await;
        assert!(shop.gateway().change(&reference, |payment| payment.state = state));
        let refused = decide(&shop, &reference, ReviewDecision::Refund).await;
        assert!(matches!(refused, Err(ResolveError::NotRefundable)), "{state}: {refused:?}");
    }
    let (shop, _, reference) = in_review(100_000).await;
    let amount = Some(shop.fixture().naira(100_000));
    let dispute = shop.gateway().notice_of(Claimed::Dispute, "a dispute", &reference, amount);
    shop.market().inbox().receive(dispute.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
    let refused = decide(&shop, &reference, ReviewDecision::Refund).await;
    assert!(matches!(refused, Err(ResolveError::NotRefundable)), "disputed: {refused:?}");

    let (shop, _, reference) = in_review(100_000).await;
    let stranger = shop.fixture().reference();
    shop.notify(&stranger).await;
    shop.run_jobs().await;
    let refused = decide(&shop, &stranger, ReviewDecision::Refund).await;
    assert!(matches!(refused, Err(ResolveError::NotRefundable)), "none of ours: {refused:?}");
    let by_hand = Payments { refunds: None, ..shop.market().payments().clone() };
    let refused = decide_by(&by_hand, &shop, &reference, ReviewDecision::Refund).await;
    assert!(matches!(refused, Err(ResolveError::RefundsUnsupported)), "{refused:?}");
    assert_eq!(journal(&shop).await, []);
}

#[tokio::test]
async fn a_refund_that_is_refused_goes_to_an_operator_who_may_try_again() {
    let (shop, _, reference) = in_review(100_000).await;
    shop.gateway().fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::Declined));
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    assert_eq!(refund_of(&shop, &reference).await.status, RefundStatus::Failed);
    assert_eq!(waiting(&shop).await, [ReviewReason::RefundFailed]);
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 100_000, "still owed");

    decide(&shop, &reference, ReviewDecision::Refund).await.expect("once more");
    shop.run_jobs().await;
    becomes(&shop, &reference, RefundState::Failed).await;
    assert_eq!(waiting(&shop).await, [ReviewReason::RefundFailed], "this time it failed later");
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("and once more");
    shop.run_jobs().await;
    becomes(&shop, &reference, RefundState::Done).await;
    assert_eq!(waiting(&shop).await, []);
    let kinds: Vec<_> = journal(&shop).await.iter().map(|entry| entry.kind()).collect();
    assert_eq!(kinds, [EntryKind::Unsettled, EntryKind::Refund], "booked once");
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 0);
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_is_no_refusal() {
    let (shop, _, reference) = in_review(100_000).await;
    shop.gateway().fail(Operation::CreateRefund, GatewayFault::AnswerLost);
    shop.gateway().fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::WrongState));
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    let refund = refund_of(&shop, &reference).await;
    assert_eq!((refund.status, refund.gateway_id), (RefundStatus::Requested, None), "nobody knows");
    shop.pass(Duration::from_mins(10)).await;
    let refund = refund_of(&shop, &reference).await;
    assert!(refund.gateway_id.is_some(), "found again: {refund:?}");
    becomes(&shop, &reference, RefundState::Done).await;
    assert_eq!(shop.gateway().refunds().await.len(), 1);
    assert_eq!(refund_of(&shop, &reference).await.status, RefundStatus::Done);
}

#[tokio::test]
async fn what_went_back_after_all_is_noted_and_nothing_goes_back_again() {
    let (shop, _, reference) = in_review(100_000).await;
    // The gateway takes it in, the answer is lost, the list shows nothing for a day, and every repeated call is refused.
    shop.gateway().fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::UnknownOutcome));
    for _ in 0..60 {
        shop.gateway().fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::WrongState));
    }
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    for hour in 0..40 {
        let open = refund_of(&shop, &reference).await.status.is_open();
        assert_eq!(open, hour < 24, "after {hour} hours");
        shop.pass(Duration::from_hours(1)).await;
    }
    assert_eq!(waiting(&shop).await, [ReviewReason::RefundFailed]);
    let failed = refund_of(&shop, &reference).await;
    shop.gateway().appears(&reference, &failed);
    let amount = Some(shop.fixture().naira(100_000));
    let notice = shop.gateway().notice_of(Claimed::Refund, "processed", &reference, amount);
    shop.market().inbox().receive(notice.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
    assert_eq!(refund_of(&shop, &reference).await.status, RefundStatus::Done);
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 0);
    let again = decide(&shop, &reference, ReviewDecision::Refund).await;
    assert!(matches!(again, Err(ResolveError::NotRefundable)), "{again:?}");
    decide(&shop, &reference, ReviewDecision::Accept).await.expect("it is noted");
    assert_eq!((waiting(&shop).await, booked(&shop, AccountKind::Refunds).await), (vec![], 0));
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn what_was_given_back_otherwise_is_accepted_as_such() {
    // The gateway refuses, or wants what nobody can tell it.
    for stuck in [false, true] {
        let (shop, _, reference) = in_review(100_000).await;
        if !stuck {
            shop.gateway().fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::Declined));
        }
        decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
        shop.run_jobs().await;
        if stuck {
            becomes(&shop, &reference, RefundState::NeedsDetails).await;
        }
        assert_eq!(waiting(&shop).await.len(), 1);
        decide(&shop, &reference, ReviewDecision::Accept).await.expect("it was given back in cash");
        assert_eq!(refund_of(&shop, &reference).await.status, RefundStatus::Done);
        assert_eq!(booked(&shop, AccountKind::Refunds).await, 0);
        assert_eq!(waiting(&shop).await, []);
        let again = decide(&shop, &reference, ReviewDecision::Refund).await;
        assert!(again.is_err(), "nothing is left to give back: {again:?}");
        for _ in 0..3 {
            shop.pass(Duration::from_hours(24)).await;
        }
        assert_eq!(shop.gateway().refunds().await.len(), usize::from(stuck), "and nothing more goes back");
        shop.expect_healthy_ledger().await;
    }
    // What is under way may still come.
    let (shop, _, reference) = in_review(100_000).await;
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    for _ in 0..15 {
        shop.pass(Duration::from_hours(24)).await;
    }
    assert_eq!(waiting(&shop).await, [ReviewReason::RefundStuck]);
    let early = decide(&shop, &reference, ReviewDecision::Accept).await;
    assert!(matches!(early, Err(ResolveError::NotAcceptable)), "{early:?}");
}

#[tokio::test]
async fn what_went_back_between_two_refunds_is_booked() {
    let (shop, _, reference) = in_review(100_000).await;
    shop.gateway().fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::Declined));
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    shop.gateway().refund_by_hand(&reference, shop.fixture().naira(40_000)).await;
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("the rest");
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 60_000);
    shop.run_jobs().await;
    becomes(&shop, &reference, RefundState::Done).await;
    assert_eq!(booked(&shop, AccountKind::Refunds).await, 0);
    assert_eq!(booked(&shop, AccountKind::GatewayClearing).await, 3_750);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn a_dispute_holds_a_refund_that_is_not_made_yet() {
    let (shop, _, reference) = in_review(100_000).await;
    shop.gateway().fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::InsufficientFunds));
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    let amount = Some(shop.fixture().naira(100_000));
    let dispute = shop.gateway().notice_of(Claimed::Dispute, "a dispute", &reference, amount);
    shop.market().inbox().receive(dispute.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
    for _ in 0..30 {
        shop.pass(Duration::from_hours(1)).await;
    }
    assert_eq!(shop.gateway().refunds().await, []);
    let mut reasons = waiting(&shop).await;
    reasons.sort_by_key(ToString::to_string);
    assert_eq!(reasons, [ReviewReason::Disputed, ReviewReason::RefundStuck]);
}

#[tokio::test]
async fn a_notice_hurries_a_refund_up_and_is_no_news() {
    let (shop, _, reference) = in_review(100_000).await;
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    let id = refund_of(&shop, &reference).await.gateway_id.expect("the gateway knows it");
    shop.gateway().move_refund(&id, RefundState::Done).await;
    let amount = Some(shop.fixture().naira(100_000));
    for key in ["processed", "processed", "again"] {
        let notice = shop.gateway().notice_of(Claimed::Refund, key, &reference, amount);
        shop.market().inbox().receive(notice.raw()).await.expect("a notice is taken in");
        shop.run_jobs().await;
        assert_eq!(refund_of(&shop, &reference).await.status, RefundStatus::Done);
    }
    assert_eq!(waiting(&shop).await, []);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn what_stands_still_goes_to_an_operator_once_and_on_by_itself() {
    // The gateway wants an account of the payer.
    let (shop, _, reference) = in_review(100_000).await;
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    becomes(&shop, &reference, RefundState::NeedsDetails).await;
    assert_eq!(waiting(&shop).await, [ReviewReason::RefundStuck]);
    becomes(&shop, &reference, RefundState::Done).await;
    assert_eq!(refund_of(&shop, &reference).await.status, RefundStatus::Done);

    // It never ends.
    let (shop, _, reference) = in_review(100_000).await;
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    for day in 1..=20 {
        shop.pass(Duration::from_hours(24)).await;
        assert_eq!(waiting(&shop).await.len(), usize::from(day >= 14), "after {day} days");
    }
    decide(&shop, &reference, ReviewDecision::Dismiss).await.expect("it is noted");
    assert_eq!(waiting(&shop).await, []);
    for _ in 0..3 {
        shop.pass(Duration::from_hours(24)).await;
    }
    assert_eq!(waiting(&shop).await.len(), 1, "and again a week later");
    becomes(&shop, &reference, RefundState::Done).await;
    assert_eq!(refund_of(&shop, &reference).await.status, RefundStatus::Done);

    // The gateway takes nothing in, for want of money of ours.
    let (shop, _, reference) = in_review(100_000).await;
    for _ in 0..30 {
        shop.gateway()
            .fail(Operation::CreateRefund, GatewayFault::Refused(GatewayErrorKind::InsufficientFunds));
    }
    decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
    shop.run_jobs().await;
    let mut hours = 0;
    while waiting(&shop).await.is_empty() {
        shop.pass(Duration::from_hours(1)).await;
        hours += 1;
        assert!(hours < 40, "nobody is told");
    }
    assert_eq!((waiting(&shop).await, hours), (vec![ReviewReason::RefundStuck], 24));
    assert_eq!(shop.gateway().refunds().await, []);
    for _ in 0..20 {
        shop.pass(Duration::from_hours(6)).await;
    }
    assert_eq!(shop.gateway().refunds().await.len(), 1, "it went on by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_decisions_at_once_one_counts() {
    for _ in 0..12 {
        let (shop, order, reference) = in_review(100_000).await;
        let shop = Arc::new(shop);
        let decisions = [ReviewDecision::Accept, ReviewDecision::Refund, ReviewDecision::Dismiss];
        let calls = decisions.into_iter().cycle().take(9).map(|decision| {
            let (shop, reference) = (Arc::clone(&shop), reference.clone());
            async move { (decision, decide(&shop, &reference, decision).await.is_ok()) }
        });
        let outcomes = at_once(calls.collect()).await;
        shop.run_jobs().await;
        let won: Vec<_> =
            decisions.into_iter().filter(|decision| outcomes.contains(&(*decision, true))).collect();
        let reviews = shop.store().reviews_of(reference.as_str()).await.expect("reviews are read");
        let closed = reviews[0].closing.as_ref().expect("it is decided").decision;
        assert_eq!(won, [closed], "{outcomes:?}");
        let paid = shop.order(order).await.state == OrderState::Paid;
        assert_eq!(paid, closed == ReviewDecision::Accept);
        let back = shop.gateway().refunds().await.len();
        assert_eq!(back, usize::from(closed == ReviewDecision::Refund));
        shop.expect_healthy_ledger().await;
    }
}
