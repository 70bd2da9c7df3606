//! One settlement, whoever tells of the payment, in any order, and all at once.

use super::{at_once, expect_one_sale, journal, mails_to};
use futures_util::{FutureExt, future::BoxFuture};
use marketplace_core::{
    Actor,
    id::Reference,
    identity::Role,
    money::{Currency, Money},
    order::OrderState,
    page::Page,
    payment::{AttemptState, Mode, NoticeOutcome, PaymentSnapshot, PaymentState, Received, ReviewReason},
};
use marketplace_testing::market::TestMarketplace;
use std::{sync::Arc, time::Duration};

/// Who tells that a payment was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Teller {
    /// The gateway's notice.
    Notice,
    /// The buyer's return page.
    ReturnPage,
    /// Nobody: the sweep asks.
    Sweep,
}
use Teller::{Notice, ReturnPage, Sweep};

async fn tell(shop: &TestMarketplace, teller: Teller, reference: &Reference) {
    match teller {
        Notice => {
            shop.notify(reference).await;
            shop.run_jobs().await;
        }
        ReturnPage => {
            let patience = Duration::from_secs(5);
            let verified = shop
                .market()
                .payments()
                .verify(reference, patience, Actor::Guest)
                .await
                .expect("is verified");
            assert_eq!(verified.order.state, OrderState::Paid, "the return page shows it at once");
            shop.run_jobs().await;
        }
        Sweep => {
            shop.pass(Duration::from_mins(1)).await;
        }
    }
}

#[tokio::test]
async fn a_notice_settles_and_its_copies_do_nothing() {
    let shop = TestMarketplace::new();
    let sale = shop.paid_order().await;
    expect_one_sale(&shop, sale.creator.id, sale.order.id).await;
    let reference = &sale.attempt.reference;
    for _ in 0..3 {
        assert_eq!(shop.notify(reference).await, Received::Duplicate);
        shop.run_jobs().await;
    }
    let notice = shop.store().notice(&format!("paid:{reference}")).await.expect("notices are read");
    assert_eq!(notice.and_then(|notice| notice.outcome), Some(NoticeOutcome::Settled));
    assert_eq!(sale.attempt.gateway_fee, Some(shop.fixture().naira(3_750)));
    expect_one_sale(&shop, sale.creator.id, sale.order.id).await;
}

#[tokio::test]
async fn whoever_tells_first_settles_and_the_others_find_it_done() {
    for order_of_tellers in [
        [Notice, ReturnPage, Sweep],
        [Notice, Sweep, ReturnPage],
        [ReturnPage, Notice, Sweep],
        [ReturnPage, Sweep, Notice],
        [Sweep, Notice, ReturnPage],
        [Sweep, ReturnPage, Notice],
    ] {
        let shop = TestMarketplace::new();
        let (creator, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("it has a price").reference;
        assert!(shop.gateway().pay(&reference, None));
        for teller in order_of_tellers {
            tell(&shop, teller, &reference).await;
            expect_one_sale(&shop, creator.id, placed.order.id).await;
        }
    }
}

#[tokio::test]
async fn a_payment_is_found_by_the_sweep_alone_whenever_it_is_made() {
    for (paid_after, found_within) in [
        (Duration::ZERO, Duration::from_mins(1)),
        (Duration::from_mins(20), Duration::from_mins(10)),
        (Duration::from_hours(50), Duration::from_hours(1)),
        (Duration::from_hours(6 * 24), Duration::from_hours(24)),
    ] {
        let shop = TestMarketplace::new();
        let (creator, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("it has a price").reference;
        shop.pass(paid_after).await;
        assert_eq!(shop.order(placed.order.id).await.state, OrderState::Pending);
        assert!(shop.gateway().pay(&reference, None));
        shop.pass(found_within).await;
        expect_one_sale(&shop, creator.id, placed.order.id).await;
    }
}

#[tokio::test]
async fn nobody_pays_for_a_week_and_a_late_success_is_still_honoured() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("it has a price").reference;
    for _ in 0..8 {
        shop.pass(Duration::from_hours(24)).await;
    }
    let stored = shop.market().payments().stored(&reference).await.expect("is read");
    assert_eq!((stored.order.state, stored.attempt.state), (OrderState::Expired, AttemptState::Abandoned));
    assert_eq!(journal(&shop).await, [], "nothing is posted");
    assert!(shop.gateway().pay(&reference, None));
    tell(&shop, Notice, &reference).await;
    expect_one_sale(&shop, creator.id, placed.order.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tell_at_once_and_there_is_one_settlement() {
    for _ in 0..25 {
        let shop = Arc::new(TestMarketplace::new());
        let (creator, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("it has a price").reference;
        assert!(shop.gateway().pay(&reference, None));
        shop.clock().advance(Duration::from_mins(1));
        shop.notify(&reference).await;
        let mut calls: Vec<BoxFuture<'static, ()>> = Vec::new();
        for _ in 0..3 {
            // Two workers find the notice and the sweep's look; the return page is open in several tabs.
            let (one, two, reference) = (Arc::clone(&shop), Arc::clone(&shop), reference.clone());
            calls.push(async move { assert!(one.run_jobs().await < 100) }.boxed());
            let call = async move {
                let verified =
                    two.market().payments().verify(&reference, Duration::from_secs(5), Actor::Guest).await;
                assert_eq!(verified.expect("is verified").attempt.state, AttemptState::Succeeded);
            };
            calls.push(call.boxed());
        }
        at_once(calls).await;
        shop.pass(Duration::from_hours(1)).await;
        expect_one_sale(&shop, creator.id, placed.order.id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_attempts_are_paid_at_once_and_one_of_them_goes_to_an_operator() {
    for _ in 0..25 {
        let shop = Arc::new(TestMarketplace::new());
        let (creator, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let first = placed.attempt.expect("it has a price").reference;
        // The buyer's card is declined, they begin anew; then the gateway takes the first payment after all.
        assert!(shop.gateway().decline(&first));
        let patience = Duration::from_secs(5);
        shop.market().payments().verify(&first, patience, Actor::Guest).await.expect("is verified");
        let serial = shop.fixture().uuid();
        let again = shop.market().payments().retry(placed.order.id, serial, Actor::Guest);
        let second = again.await.expect("a new attempt").reference;
        assert!(shop.gateway().pay(&first, None) && shop.gateway().pay(&second, None));
        let calls = [&first, &second, &first, &second].map(|reference| {
            let (shop, reference) = (Arc::clone(&shop), reference.clone());
            async move {
                shop.market()
                    .payments()
                    .verify(&reference, patience, Actor::Guest)
                    .await
                    .expect("is verified")
            }
        });
        at_once(calls.into()).await;
        shop.pass(Duration::from_hours(1)).await;

        let reviews = shop.store().reviews(Page::first(10)).await.expect("reviews are read");
        assert_eq!(reviews.len(), 1, "{reviews:?}");
        assert_eq!(reviews[0].reason, ReviewReason::AlreadyPaid);
        assert_eq!(journal(&shop).await.len(), 1, "one posting");
        let attempts = shop.store().attempts_of(placed.order.id).await.expect("attempts are read");
        let states: Vec<_> = attempts.iter().map(|attempt| attempt.state).collect();
        assert!(
            states.contains(&AttemptState::Succeeded) && states.contains(&AttemptState::NeedsReview),
            "{states:?}"
        );
        assert_eq!(mails_to(&shop, &placed.order.buyer.email).len(), 1, "one mail to the buyer");
        let balances = shop.market().wallet().balances(creator.id).await.expect("balances are read");
        assert_eq!(balances[0].lifetime.minor(), 225_000);
        shop.expect_healthy_ledger().await;
    }
}

#[tokio::test]
async fn what_does_not_match_is_granted_to_nobody() {
    type Wrong = fn(&mut PaymentSnapshot);
    let wrongs: [(ReviewReason, Wrong); 4] = [
        (ReviewReason::AmountMismatch, |payment| {
            payment.charged = Money::new(1, payment.charged.currency());
        }),
        (ReviewReason::CurrencyMismatch, |payment| {
            let usd = Currency::USD;
            payment.charged = Money::new(payment.charged.minor(), usd);
        }),
        (ReviewReason::ModeMismatch, |payment| payment.mode = Mode::Live),
        (ReviewReason::Reversed, |payment| payment.state = PaymentState::Reversed),
    ];
    for (reason, wrong) in wrongs {
        let shop = TestMarketplace::new();
        let (_, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("it has a price").reference;
        assert!(shop.gateway().pay(&reference, None) && shop.gateway().change(&reference, wrong));
        shop.notify(&reference).await;
        shop.run_jobs().await;
        shop.pass(Duration::from_hours(2)).await;
        let reviews = shop.store().reviews(Page::first(10)).await.expect("reviews are read");
        assert_eq!(reviews.iter().map(|review| review.reason).collect::<Vec<_>>(), [reason]);
        assert_eq!(shop.order(placed.order.id).await.state, OrderState::Pending, "{reason}");
        assert_eq!(journal(&shop).await, [], "{reason}");
        assert_eq!(shop.mailer().accepted(), [], "{reason}");
        shop.expect_healthy_ledger().await;
    }
}

#[tokio::test]
async fn a_free_order_is_delivered_without_the_gateway() {
    let shop = TestMarketplace::new();
    let creator = shop.register(Role::Creator).await;
    let product = shop.product(&creator, shop.fixture().naira(0)).await;
    let placed = shop.place(&[&product]).await;
    assert_eq!((placed.order.state, placed.attempt), (OrderState::Paid, None));
    shop.run_jobs().await;
    let link = shop.mailed_links(&placed.order.buyer.email).remove(0);
    shop.market().delivery().claim(&link).await.expect("the link opens the file");
    assert_eq!((shop.gateway().calls(), journal(&shop).await), (vec![], vec![]));
    shop.expect_healthy_ledger().await;
}
