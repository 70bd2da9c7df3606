//! What operators decide about payments that do not match: each is decided once, and the books add up either way.

use super::{at_once, journal};
use marketplace_core::{
    actor::Actor,
    error::{ErrorKind, Failure as _},
    id::{OrderId, Reference, UserId},
    ledger::AccountKind,
    money::Money,
    order::OrderState,
    page::Page,
    payment::{AttemptState, GatewayErrorKind, PaymentState, ResolveError, ReviewDecision, ReviewReason},
};
use marketplace_testing::{contract::gateway::Operation, fake::GatewayFault, market::TestMarketplace};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

const WHY: &str = "the buyer sent the rest in cash";

fn operator() -> Actor {
    Actor::Operator(UserId::from_uuid(Uuid::from_u128(7)))
}

/// A shop where a payment of so much, for an order of 2,500.00 naira, is in review.
async fn in_review(taken: i64) -> (TestMarketplace, UserId, OrderId, Reference) {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    let taken = shop.fixture().naira(taken);
    assert!(shop.gateway().change(&reference, |payment| {
        payment.state = PaymentState::Paid;
        payment.charged = taken;
        payment.requested = Some(taken);
        payment.fee = Some(Money::new(3_750, taken.currency()));
    }));
    shop.notify(&reference).await;
    shop.run_jobs().await;
    let stored = shop.market().payments().stored(&reference).await.expect("is read");
    assert_eq!(stored.attempt.state, AttemptState::NeedsReview);
    (shop, creator.id, placed.order.id, reference)
}

async fn resolve(
    shop: &TestMarketplace,
    reference: &str,
    decision: ReviewDecision,
) -> Result<(), ResolveError> {
    let resolved = shop.market().payments().resolve(reference, decision, WHY, operator()).await?;
    for review in resolved {
        let closing = review.closing.expect("it is closed");
        assert_eq!((closing.decision, closing.by, closing.why.as_str()), (decision, operator(), WHY));
    }
    Ok(())
}

async fn waiting(shop: &TestMarketplace) -> usize {
    shop.store().reviews(Page::first(10)).await.expect("reviews are read").len()
}

#[tokio::test]
async fn what_is_accepted_is_delivered_and_the_marketplace_bears_the_difference() {
    for taken in [100_000, 249_999, 250_001, 300_000] {
        let (shop, creator, order, reference) = in_review(taken).await;
        resolve(&shop, reference.as_str(), ReviewDecision::Accept).await.expect("it is accepted");
        shop.run_jobs().await;
        assert_eq!(waiting(&shop).await, 0);
        assert_eq!(shop.order(order).await.state, OrderState::Paid);
        let entries = journal(&shop).await;
        assert_eq!(entries.len(), 1);
        let on = |kind| {
            let lines = entries[0].lines().iter().filter(|line| line.account.kind() == kind);
            lines.map(|line| line.amount.minor()).sum::<i64>()
        };
        assert_eq!(
            on(AccountKind::GatewayClearing),
            -(taken - 3_750),
            "what came in, less the gateway's fee"
        );
        assert_eq!(on(AccountKind::PlatformRevenue), 25_000 + taken - 250_000);
        let balances = shop.market().wallet().balances(creator).await.expect("balances are read");
        assert_eq!(balances[0].pending.minor(), 225_000, "the creator gets what was agreed");
        assert_eq!(shop.mailed_links(&shop.order(order).await.buyer.email).len(), 1);
        shop.expect_healthy_ledger().await;

        resolve(&shop, reference.as_str(), ReviewDecision::Accept).await.expect("the same again is the same");
        let other = resolve(&shop, reference.as_str(), ReviewDecision::Dismiss).await;
        assert!(matches!(other, Err(ResolveError::Decided)), "{other:?}");
        assert_eq!(journal(&shop).await.len(), 1);
    }
}

#[tokio::test]
async fn what_is_dismissed_grants_nothing_and_lets_the_buyer_pay_anew() {
    let (shop, _, order, reference) = in_review(100_000).await;
    resolve(&shop, reference.as_str(), ReviewDecision::Dismiss).await.expect("it is dismissed");
    assert_eq!(waiting(&shop).await, 0);
    assert_eq!(journal(&shop).await, []);
    // Whatever the gateway goes on to say of it, it stays dismissed.
    let asked = shop.market().payments().verify(&reference, Duration::from_secs(3), Actor::Guest).await;
    assert_eq!(asked.expect("is read").attempt.state, AttemptState::Dismissed);
    shop.pass(Duration::from_hours(72)).await;
    assert_eq!(waiting(&shop).await, 0);

    let serial = shop.market().ids().uuid(shop.now());
    let anew = shop.market().payments().retry(order, serial, Actor::Guest).await.expect("a new attempt");
    assert!(shop.gateway().pay(&anew.reference, None));
    shop.notify(&anew.reference).await;
    shop.run_jobs().await;
    assert_eq!(shop.order(order).await.state, OrderState::Paid);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn what_cannot_be_right_cannot_be_accepted() {
    // The gateway says something else by now.
    for state in
        [PaymentState::Open, PaymentState::Declined, PaymentState::Reversed, PaymentState::Unrecognised]
    {
        let (shop, _, order, reference) = in_review(100_000).await;
        assert!(shop.gateway().change(&reference, |payment| payment.state = state));
        let refused = resolve(&shop, reference.as_str(), ReviewDecision::Accept).await;
        assert!(matches!(refused, Err(ResolveError::NotAcceptable)), "{state}: {refused:?}");
        assert_eq!((shop.order(order).await.state, waiting(&shop).await), (OrderState::Pending, 1));
    }
    // Nor while it says nothing.
    let (shop, _, _, reference) = in_review(100_000).await;
    let down = GatewayFault::Refused(GatewayErrorKind::Transient);
    shop.gateway().fail(Operation::Fetch, down);
    let refused = resolve(&shop, reference.as_str(), ReviewDecision::Accept).await.expect_err("it is down");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    resolve(&shop, reference.as_str(), ReviewDecision::Accept).await.expect("and then it is not");
}

#[tokio::test]
async fn money_for_nothing_can_only_be_dismissed() {
    let shop = TestMarketplace::new();
    let stranger = shop.fixture().reference();
    shop.notify(&stranger).await;
    shop.run_jobs().await;
    let open = shop.store().reviews(Page::first(10)).await.expect("reviews are read");
    assert_eq!(open.iter().map(|review| review.reason).collect::<Vec<_>>(), [ReviewReason::UnknownReference]);
    let refused = resolve(&shop, stranger.as_str(), ReviewDecision::Accept).await;
    assert!(matches!(refused, Err(ResolveError::NotAcceptable)), "{refused:?}");
    resolve(&shop, stranger.as_str(), ReviewDecision::Dismiss).await.expect("it is dismissed");
    assert_eq!(waiting(&shop).await, 0);
}

#[tokio::test]
async fn a_decision_needs_a_reason_and_something_to_decide() {
    let (shop, _, _, reference) = in_review(100_000).await;
    let long = "x".repeat(1_001);
    for why in ["", "  \n", "a\0b", long.as_str()] {
        let payments = shop.market().payments();
        let refused = payments.resolve(reference.as_str(), ReviewDecision::Dismiss, why, operator()).await;
        assert_eq!(refused.expect_err("no reason").fields()[0].field, "reason");
    }
    for unknown in ["", "nothing", "mkt-0123456789abcdef", "../x"] {
        let refused = resolve(&shop, unknown, ReviewDecision::Dismiss).await;
        assert!(matches!(refused, Err(ResolveError::NotFound)), "{unknown}: {refused:?}");
    }
    assert_eq!(waiting(&shop).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_decisions_at_once_one_counts() {
    for _ in 0..20 {
        let (shop, _, order, reference) = in_review(100_000).await;
        let shop = Arc::new(shop);
        let decisions = [ReviewDecision::Accept, ReviewDecision::Dismiss].into_iter().cycle().take(8);
        let calls = decisions.map(|decision| {
            let (shop, reference) = (Arc::clone(&shop), reference.clone());
            async move { (decision, resolve(&shop, reference.as_str(), decision).await.is_ok()) }
        });
        let outcomes = at_once(calls.collect()).await;
        let accepted = shop.order(order).await.state == OrderState::Paid;
        for (decision, was_right) in outcomes {
            assert!(
                !was_right || accepted == (decision == ReviewDecision::Accept),
                "{decision} of {accepted}"
            );
        }
        assert_eq!(journal(&shop).await.len(), usize::from(accepted));
        assert_eq!(waiting(&shop).await, 0);
        shop.expect_healthy_ledger().await;
    }
}
