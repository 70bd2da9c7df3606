//! Notices of refunds and disputes: a person hears of each payment once, whatever comes how often and in which order.

use marketplace_core::{
    actor::Actor,
    id::Reference,
    order::OrderState,
    page::Page,
    payment::{Claimed, NoticeOutcome, PaymentState, Resolve, ReviewDecision, ReviewReason},
};
use marketplace_testing::market::TestMarketplace;
use std::time::Duration;

async fn tell(shop: &TestMarketplace, claimed: Claimed, key: &str, reference: &Reference) {
    let amount = Some(shop.fixture().naira(250_000));
    let notice = shop.gateway().notice_of(claimed, key, reference, amount);
    shop.market().inbox().receive(notice.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
}

async fn waiting(shop: &TestMarketplace) -> Vec<ReviewReason> {
    let open = shop.store().reviews(Page::first(100)).await.expect("reviews are read");
    open.into_iter().map(|review| review.reason).collect()
}

#[tokio::test]
async fn a_refund_and_a_dispute_of_a_sale_go_to_an_operator_once() {
    for (claimed, reason) in
        [(Claimed::Refund, ReviewReason::RefundedAtGateway), (Claimed::Dispute, ReviewReason::Disputed)]
    {
        let shop = TestMarketplace::new();
        let sold = shop.paid_order().await;
        for key in ["first", "first", "second"] {
            tell(&shop, claimed, key, &sold.attempt.reference).await;
        }
        assert_eq!(waiting(&shop).await, [reason]);
        for key in ["first", "second"] {
            let notice = shop.store().notice(key).await.expect("notices are read").expect("it is kept");
            assert_eq!(notice.outcome, Some(NoticeOutcome::Review));
        }
        assert_eq!(shop.order(sold.order.id).await.state, OrderState::Paid, "a person decides");
        shop.expect_healthy_ledger().await;
    }
}

#[tokio::test]
async fn each_dispute_of_a_sale_is_told() {
    let shop = TestMarketplace::new();
    let sold = shop.paid_order().await;
    let reference = &sold.attempt.reference;
    for key in ["a dispute", "another dispute"] {
        tell(&shop, Claimed::Dispute, key, reference).await;
        assert_eq!(waiting(&shop).await, [ReviewReason::Disputed], "{key}");
        let reviews = shop.store().reviews_of(reference.as_str()).await.expect("reviews are read");
        let open: Vec<_> =
            reviews.into_iter().filter(|review| review.closing.is_none()).map(|review| review.id).collect();
        let operator = Actor::Operator(sold.creator.id);
        let (reference, decision) = (reference.as_str(), ReviewDecision::Dismiss);
        let command = Resolve { reference, seen: &open, decision, why: "answered there", operator };
        shop.market().payments().resolve(command).await.expect("it is dismissed");
        assert_eq!(waiting(&shop).await, []);
    }
    assert_eq!(shop.order(sold.order.id).await.state, OrderState::Paid);
}

#[tokio::test]
async fn what_is_none_of_ours_is_nobodys_business() {
    let shop = TestMarketplace::new();
    for claimed in [Claimed::Refund, Claimed::Dispute] {
        let key = claimed.as_str();
        tell(&shop, claimed, key, &shop.fixture().reference()).await;
        let notice = shop.store().notice(key).await.expect("notices are read").expect("it is kept");
        assert_eq!(notice.outcome, Some(NoticeOutcome::Ignored));
    }
    assert_eq!(waiting(&shop).await, []);
}

/// A dispute that is told of before the gateway confirms the payment waits for that, and is not forgotten if it never does.
#[tokio::test]
async fn a_dispute_is_not_forgotten_for_being_early() {
    for is_paid in [true, false] {
        let shop = TestMarketplace::new();
        let (_, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("an attempt").reference;
        tell(&shop, Claimed::Dispute, "early", &reference).await;
        assert_eq!(waiting(&shop).await, [], "it is tried again");
        if is_paid {
            assert!(shop.gateway().pay(&reference, None));
        }
        for _ in 0..6 {
            shop.pass(Duration::from_mins(10)).await;
        }
        assert_eq!(waiting(&shop).await, [ReviewReason::Disputed], "paid: {is_paid}");
        let paid = shop.order(placed.order.id).await.state == OrderState::Paid;
        assert_eq!(paid, is_paid);
    }
}

/// The same notices in every order, each twice, ten days late or at once, come to the same: one sale, one review of
/// the refund, one of the dispute.
#[tokio::test]
async fn any_order_of_notices_comes_to_the_same() {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for late in [Duration::ZERO, Duration::from_hours(240)] {
        for order in ORDERS {
            let shop = TestMarketplace::new();
            let (creator, product) = shop.creator_with_product().await;
            let placed = shop.place(&[&product]).await;
            let reference = placed.attempt.expect("an attempt").reference;
            assert!(shop.gateway().pay(&reference, None));
            let kinds = [Claimed::Paid, Claimed::Refund, Claimed::Dispute];
            shop.pass(late).await;
            for number in order.into_iter().chain(order) {
                tell(&shop, kinds[number], &format!("event-{number}"), &reference).await;
            }
            let mut reasons = waiting(&shop).await;
            reasons.sort_by_key(|reason| reason.as_str());
            assert_eq!(
                reasons,
                [ReviewReason::Disputed, ReviewReason::RefundedAtGateway],
                "{order:?} {late:?}"
            );
            assert_eq!(shop.order(placed.order.id).await.state, OrderState::Paid);
            let balances = shop.market().wallet().balances(creator.id).await.expect("balances are read");
            assert_eq!(balances[0].lifetime.minor(), 225_000);
            assert_eq!(shop.gateway().snapshot(&reference).expect("it is there").state, PaymentState::Paid);
            shop.expect_healthy_ledger().await;
        }
    }
}
