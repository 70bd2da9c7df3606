//! What operators decide about payments that do not match: each is decided once, and the books add up either way.

use super::{at_once, in_review, journal, operator};
use marketplace_core::{
    actor::Actor,
    error::{ErrorKind, Failure as _},
    id::{OrderId, Reference, ReviewId, UserId},
    ledger::AccountKind,
    order::OrderState,
    page::Page,
    payment::{
        AttemptState, Claimed, GatewayErrorKind, PaymentState, Resolve, ResolveError, ReviewDecision,
        ReviewReason,
    },
};
use marketplace_testing::{contract::gateway::Operation, fake::GatewayFault, market::TestMarketplace};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

const WHY: &str = "the buyer sent the rest in cash";

/// Decides about all that was ever in review.
async fn resolve(
    shop: &TestMarketplace,
    reference: &str,
    decision: ReviewDecision,
) -> Result<(), ResolveError> {
    let seen = reviews_of(shop, reference).await;
    let command = Resolve { reference, seen: &seen, decision, why: WHY, operator: operator() };
    let resolved = shop.market().payments().resolve(command).await?;
    assert_eq!(resolved.len(), seen.len());
    for review in resolved {
        let closing = review.closing.expect("it is closed");
        assert_eq!((closing.decision, closing.by, closing.why.as_str()), (decision, operator(), WHY));
    }
    Ok(())
}

async fn reviews_of(shop: &TestMarketplace, reference: &str) -> Vec<ReviewId> {
    let reviews = shop.store().reviews_of(reference).await.expect("reviews are read");
    reviews.into_iter().map(|review| review.id).collect()
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
async fn a_payment_that_comes_after_its_dismissal_is_seen() {
    // Unpaid when it was dismissed, the buyer paid anew; then the first page, still open, is paid as well.
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let first = placed.attempt.expect("an attempt").reference;
    let wrong = Some(shop.fixture().naira(1));
    let notice = shop.gateway().notice_of(Claimed::Paid, "contradicts", &first, wrong);
    shop.market().inbox().receive(notice.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
    resolve(&shop, first.as_str(), ReviewDecision::Dismiss).await.expect("it is dismissed");
    let serial = shop.market().ids().uuid(shop.now());
    let second = shop.market().payments().retry(placed.order.id, serial, Actor::Guest).await.expect("again");
    for reference in [&second.reference, &first] {
        assert!(shop.gateway().pay(reference, None));
        shop.notify(reference).await;
        shop.run_jobs().await;
    }
    let open = shop.store().reviews(Page::first(10)).await.expect("reviews are read");
    let open: Vec<_> = open.iter().map(|review| (review.reason, review.reference.as_str())).collect();
    assert_eq!(open, [(ReviewReason::AlreadyPaid, first.as_str())]);
    let balances = shop.market().wallet().balances(creator.id).await.expect("balances are read");
    assert_eq!(balances[0].lifetime.minor(), 225_000);
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
    let seen = reviews_of(&shop, reference.as_str()).await;
    let command = |why, seen| {
        let decision = ReviewDecision::Dismiss;
        Resolve { reference: reference.as_str(), seen, decision, why, operator: operator() }
    };
    for why in ["", "  \n", "a\0b", long.as_str()] {
        let refused = shop.market().payments().resolve(command(why, &seen)).await;
        assert_eq!(refused.expect_err("no reason").fields()[0].field, "reason");
    }
    let refused = shop.market().payments().resolve(command(WHY, &[])).await;
    assert_eq!(refused.expect_err("nothing was seen").fields()[0].field, "reviews");
    let elsewhere = [seen[0], ReviewId::from_uuid(Uuid::from_u128(1))];
    let refused = shop.market().payments().resolve(command(WHY, &elsewhere)).await;
    assert!(matches!(refused, Err(ResolveError::NotFound)), "{refused:?}");
    for unknown in ["", "nothing", "mkt-0123456789abcdef", "../x"] {
        let decision = ReviewDecision::Dismiss;
        let command = Resolve { reference: unknown, seen: &seen, decision, why: WHY, operator: operator() };
        let refused = shop.market().payments().resolve(command).await;
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

#[tokio::test]
async fn what_is_right_by_now_is_settled_as_any_other() {
    let (shop, creator, order, reference) = in_review(100_000).await;
    assert!(shop.gateway().change(&reference, |payment| {
        payment.charged = payment.charged.checked_add(shop.fixture().naira(150_000)).expect("it fits");
        payment.requested = Some(payment.charged);
    }));
    resolve(&shop, reference.as_str(), ReviewDecision::Accept).await.expect("it is right");
    shop.run_jobs().await;
    super::expect_one_sale(&shop, creator, order).await;
}

#[tokio::test]
async fn only_what_was_shown_is_accepted() {
    let (shop, _, order, reference) = in_review(200_000).await;
    assert!(shop.gateway().change(&reference, |payment| {
        payment.charged = shop.fixture().naira(100);
        payment.requested = Some(payment.charged);
    }));
    let refused = resolve(&shop, reference.as_str(), ReviewDecision::Accept).await;
    assert!(matches!(refused, Err(ResolveError::NotAcceptable)), "{refused:?}");
    assert_eq!(shop.order(order).await.state, OrderState::Pending);
}

#[tokio::test]
async fn what_was_not_seen_is_not_decided() {
    let (shop, _, order, reference) = in_review(100_000).await;
    let seen = reviews_of(&shop, reference.as_str()).await;
    let notice = shop.gateway().notice_of(Claimed::Dispute, "dispute", &reference, None);
    shop.market().inbox().receive(notice.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
    assert_eq!(waiting(&shop).await, 2);
    let command = |decision| Resolve {
        reference: reference.as_str(),
        seen: &seen,
        decision,
        why: WHY,
        operator: operator(),
    };
    let refused = shop.market().payments().resolve(command(ReviewDecision::Accept)).await;
    assert!(matches!(refused, Err(ResolveError::NotAcceptable)), "it is disputed: {refused:?}");
    shop.market().payments().resolve(command(ReviewDecision::Dismiss)).await.expect("that one is dismissed");
    assert_eq!(waiting(&shop).await, 1, "the dispute waits");
    let stored = shop.market().payments().stored(&reference).await.expect("is read");
    assert_eq!(stored.attempt.state, AttemptState::NeedsReview, "and so does its payment");
    resolve(&shop, reference.as_str(), ReviewDecision::Dismiss).await.expect("now all are");
    assert_eq!(waiting(&shop).await, 0);
    assert_eq!(shop.order(order).await.state, OrderState::Pending);
}

/// A payment that nobody made when it was dismissed is honoured if it is made after all.
#[tokio::test]
async fn what_was_dismissed_unpaid_may_still_be_paid() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    // Somebody's notice contradicts; the payer has not paid yet.
    let wrong = shop.gateway().notice("event", &reference, Some(shop.fixture().naira(7)));
    shop.market().inbox().receive(wrong.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
    assert_eq!(waiting(&shop).await, 1);
    resolve(&shop, reference.as_str(), ReviewDecision::Dismiss).await.expect("it is dismissed");
    assert!(shop.gateway().pay(&reference, None));
    shop.pass(Duration::from_hours(1)).await;
    super::expect_one_sale(&shop, creator.id, placed.order.id).await;
}

#[tokio::test]
async fn the_order_of_a_dismissed_payment_expires_in_the_end() {
    let (shop, _, order, reference) = in_review(100_000).await;
    resolve(&shop, reference.as_str(), ReviewDecision::Dismiss).await.expect("it is dismissed");
    for _ in 0..9 {
        shop.pass(Duration::from_hours(24)).await;
    }
    assert_eq!(shop.order(order).await.state, OrderState::Expired);
    let stored = shop.market().payments().stored(&reference).await.expect("is read");
    assert_eq!(stored.attempt.state, AttemptState::Dismissed);
    assert_eq!(waiting(&shop).await, 0);
}

/// A payment that the gateway confirmed only after every notice was given up, in review for that.
async fn unconfirmed() -> (TestMarketplace, UserId, OrderId, Reference) {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    for _ in 0..9 {
        shop.pass(Duration::from_hours(24)).await;
    }
    shop.notify(&reference).await;
    for _ in 0..6 {
        shop.pass(Duration::from_mins(10)).await;
    }
    assert_eq!(waiting(&shop).await, 1);
    assert!(shop.gateway().pay(&reference, None));
    (shop, creator.id, placed.order.id, reference)
}

#[tokio::test]
async fn a_late_confirmation_can_be_accepted_also_after_somebody_else_settled_by_it() {
    for settled_before in [false, true] {
        let (shop, creator, order, reference) = unconfirmed().await;
        if settled_before {
            let asked =
                shop.market().payments().verify(&reference, Duration::from_secs(3), Actor::Guest).await;
            assert_eq!(asked.expect("is read").attempt.state, AttemptState::Succeeded);
        }
        resolve(&shop, reference.as_str(), ReviewDecision::Accept).await.expect("it is right");
        shop.run_jobs().await;
        super::expect_one_sale(&shop, creator, order).await;
    }
}

/// Whoever settles first, an acceptance that was answered stands.
#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_beside_a_settlement_stands() {
    for _ in 0..30 {
        let (shop, creator, order, reference) = unconfirmed().await;
        let shop = Arc::new(shop);
        let calls = [true, false].map(|accepts| {
            let (shop, reference) = (Arc::clone(&shop), reference.clone());
            async move {
                if accepts {
                    resolve(&shop, reference.as_str(), ReviewDecision::Accept).await.expect("it is right");
                } else {
                    let payments = shop.market().payments();
                    payments.verify(&reference, Duration::from_secs(3), Actor::Guest).await.expect("is read");
                }
            }
        });
        at_once(calls.into()).await;
        shop.run_jobs().await;
        super::expect_one_sale(&shop, creator, order).await;
    }
}
