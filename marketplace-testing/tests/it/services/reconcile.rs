//! The gateway's list against ours: what was missed is found, and each finding is told once.

use super::{expect_one_sale, journal};
use marketplace_core::{
    actor::Actor,
    id::{Reference, UserId},
    money::{Currency, Money},
    order::OrderState,
    page::Page,
    payment::{
        GatewayErrorKind, Mode, PaymentSnapshot, PaymentState, Reconciled, Resolve, ReviewDecision,
        ReviewReason, Window,
    },
    time::Timestamp,
};
use marketplace_testing::{contract::gateway::Operation, fake::GatewayFault, market::TestMarketplace};
use std::time::Duration;
use uuid::Uuid;

const EVER: Window = Window { from: Timestamp::EPOCH, until: Timestamp::MAX };
const DAY: Duration = Duration::from_hours(24);

async fn reconcile(shop: &TestMarketplace) -> (u64, u64, u64) {
    let Reconciled { listed, settled, reviewed, .. } =
        shop.market().payments().reconcile(EVER).await.expect("payments are compared");
    (listed, settled, reviewed)
}

async fn waiting(shop: &TestMarketplace) -> Vec<(String, ReviewReason)> {
    let open = shop.store().reviews(Page::first(100)).await.expect("reviews are read");
    open.into_iter().map(|review| (review.reference, review.reason)).collect()
}

async fn dismiss(shop: &TestMarketplace, reference: &str) {
    let operator = Actor::Operator(UserId::from_uuid(Uuid::from_u128(7)));
    let reviews = shop.store().reviews_of(reference).await.expect("reviews are read");
    let seen: Vec<_> = reviews.into_iter().map(|review| review.id).collect();
    let decision = ReviewDecision::Dismiss;
    let command = Resolve { reference, seen: &seen, decision, why: "known", operator };
    shop.market().payments().resolve(command).await.expect("it is dismissed");
}

/// A payment of fifty naira that we never began.
fn stranger(reference: &str, state: PaymentState) -> PaymentSnapshot {
    PaymentSnapshot {
        reference: reference.to_owned(),
        gateway_id: None,
        mode: Mode::Test,
        state,
        requested: None,
        charged: Money::new(5_000, Currency::NGN),
        fee: None,
    }
}

#[tokio::test]
async fn nothing_is_found_where_all_is_right() {
    let shop = TestMarketplace::new();
    let sold = shop.paid_order().await;
    let product = &sold.product;
    let declined = shop.place(&[product]).await.attempt.expect("an attempt").reference;
    assert!(shop.gateway().decline(&declined));
    shop.place(&[product]).await;
    assert_eq!(reconcile(&shop).await, (3, 0, 0));
    assert_eq!(waiting(&shop).await, []);
    assert_eq!(journal(&shop).await.len(), 1);
}

#[tokio::test]
async fn a_payment_that_nobody_told_of_is_settled() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    // The sweep has given up long ago.
    for _ in 0..9 {
        shop.pass(DAY).await;
    }
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Expired);
    assert!(shop.gateway().pay(&reference, None));
    assert_eq!(reconcile(&shop).await, (1, 1, 0));
    shop.run_jobs().await;
    expect_one_sale(&shop, creator.id, placed.order.id).await;
    assert_eq!(reconcile(&shop).await, (1, 0, 0), "once");
}

#[tokio::test]
async fn payments_that_only_the_sweep_finds_are_counted() {
    let shop = TestMarketplace::new();
    shop.paid_order().await;
    let silence = &shop.market().payments().silence;
    assert_eq!(silence.untold(), 0, "a notice told of it");
    let (_, product) = shop.creator_with_product().await;
    for untold in 1..=2 {
        let reference = shop.place(&[&product]).await.attempt.expect("an attempt").reference;
        assert!(shop.gateway().pay(&reference, None));
        shop.pass(Duration::from_mins(1)).await;
        assert_eq!(silence.untold(), untold);
    }
}

#[tokio::test]
async fn what_does_not_match_goes_to_an_operator() {
    let shop = TestMarketplace::new();
    let (_, product) = shop.creator_with_product().await;
    let reference = shop.place(&[&product]).await.attempt.expect("an attempt").reference;
    assert!(shop.gateway().change(&reference, |payment| {
        payment.state = PaymentState::Paid;
        payment.charged = shop.fixture().naira(1);
        payment.requested = Some(payment.charged);
    }));
    assert_eq!(reconcile(&shop).await, (1, 0, 1));
    assert_eq!(waiting(&shop).await, [(reference.to_string(), ReviewReason::AmountMismatch)]);
    assert_eq!(reconcile(&shop).await, (1, 0, 0), "once");
}

#[tokio::test]
async fn payments_that_we_never_heard_of_are_told_once() {
    let shop = TestMarketplace::new();
    shop.gateway().answer(stranger("Some_Body.Elses=1", PaymentState::Paid));
    shop.gateway().answer(stranger("mkt-00000000000000000000000000000000", PaymentState::Paid));
    shop.gateway().answer(stranger("nobody-paid-this-one", PaymentState::Open));
    assert_eq!(reconcile(&shop).await, (3, 0, 2));
    let open = waiting(&shop).await;
    assert_eq!(open.len(), 2);
    assert!(open.iter().all(|(_, reason)| *reason == ReviewReason::UnknownReference));
    for (reference, _) in open {
        dismiss(&shop, &reference).await;
    }
    shop.pass(DAY).await;
    assert_eq!(reconcile(&shop).await, (3, 0, 0), "what was decided is not asked again");
    assert_eq!(waiting(&shop).await, []);
}

#[tokio::test]
async fn money_that_was_given_back_elsewhere_is_told_once() {
    for state in [PaymentState::Reversed, PaymentState::RefundInProgress] {
        let shop = TestMarketplace::new();
        let sold = shop.paid_order().await;
        let reference: &Reference = &sold.attempt.reference;
        assert!(shop.gateway().change(reference, |payment| payment.state = state));
        assert_eq!(reconcile(&shop).await, (1, 0, 1));
        assert_eq!(waiting(&shop).await, [(reference.to_string(), ReviewReason::RefundedAtGateway)]);
        dismiss(&shop, reference.as_str()).await;
        assert_eq!(reconcile(&shop).await, (1, 0, 0));
        assert_eq!(shop.order(sold.order.id).await.state, OrderState::Paid, "a person decides, not the list");
        shop.expect_healthy_ledger().await;
    }
}

#[tokio::test]
async fn it_runs_every_day_and_outlives_the_gateway() {
    let shop = TestMarketplace::new();
    shop.run_jobs().await;
    shop.gateway().answer(stranger("somebody-elses", PaymentState::Paid));
    shop.gateway().fail(Operation::List, GatewayFault::Refused(GatewayErrorKind::Transient));
    shop.pass(DAY).await;
    assert_eq!(waiting(&shop).await, [], "the gateway was away");
    shop.pass(Duration::from_hours(1)).await;
    assert_eq!(waiting(&shop).await.len(), 1);
}

/// A payment that cannot be asked about is counted, and those behind it are compared.
#[tokio::test]
async fn one_that_cannot_be_asked_about_hides_no_other() {
    let shop = TestMarketplace::new();
    let (_, product) = shop.creator_with_product().await;
    let mut placed = Vec::new();
    for _ in 0..3 {
        let reference = shop.place(&[&product]).await.attempt.expect("an attempt").reference;
        assert!(shop.gateway().pay(&reference, None));
        placed.push(reference);
    }
    shop.gateway().fail(Operation::Fetch, GatewayFault::Refused(GatewayErrorKind::Malformed));
    let reconciled = shop.market().payments().reconcile(EVER).await.expect("the others are compared");
    assert_eq!((reconciled.listed, reconciled.settled, reconciled.unasked), (3, 2, 1));
    shop.gateway().fail(Operation::Fetch, GatewayFault::Refused(GatewayErrorKind::Authentication));
    shop.market().payments().reconcile(EVER).await.expect_err("no other call would fare better");
    assert_eq!(reconcile(&shop).await, (3, 1, 0));
}

/// A payment of a stranger's is told once, whether a notice or the list tells of it first.
#[tokio::test]
async fn a_notice_and_the_list_tell_of_it_once() {
    let shop = TestMarketplace::new();
    let reference = shop.fixture().reference();
    shop.gateway().answer(stranger(reference.as_str(), PaymentState::Paid));
    shop.notify(&reference).await;
    shop.run_jobs().await;
    assert_eq!(waiting(&shop).await.len(), 1);
    dismiss(&shop, reference.as_str()).await;
    assert_eq!(reconcile(&shop).await, (1, 0, 0));
    assert_eq!(waiting(&shop).await, []);
}
