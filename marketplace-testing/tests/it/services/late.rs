//! What comes late, between, or against the odds: no money that was taken stays without its effect, or without
//! somebody who is told.

use super::expect_one_sale;
use marketplace_core::{
    order::OrderState,
    page::Page,
    payment::{AttemptState, GatewayErrorKind, PaymentState, ReviewReason},
};
use marketplace_testing::{contract::gateway::Operation, fake::GatewayFault, market::TestMarketplace};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_file_that_was_on_sale_at_checkout_is_delivered_though_it_was_removed_before_the_payment() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let catalog = shop.market().catalog();
    let shown = catalog.get_own(&creator, product.id).await.expect("the product is there");
    shop.pass(MINUTE).await;
    catalog.unpublish(&creator, product.id).await.expect("it is taken off sale");
    catalog.remove_file(&creator, product.id, shown.files[0].file.id).await.expect("the file is removed");

    let reference = placed.attempt.expect("an attempt").reference;
    shop.pass(MINUTE).await;
    assert!(shop.gateway().pay(&reference, None));
    shop.notify(&reference).await;
    shop.run_jobs().await;
    expect_one_sale(&shop, creator.id, placed.order.id).await;
    let links = shop.mailed_links(&placed.order.buyer.email);
    assert_eq!(links.len(), 1, "the buyer gets what was on sale at checkout");
    let opened = shop.market().delivery().claim(&links[0]).await.expect("the link is good");
    let plan = shop.market().delivery().download(&opened.session).await.expect("the download is open");
    assert_eq!(plan.file.file.id, shown.files[0].file.id);
}

#[tokio::test]
async fn a_declined_payment_that_is_taken_after_all_is_found_by_the_sweep() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    assert!(shop.gateway().decline(&reference));
    shop.pass(MINUTE).await;
    let declined = shop.market().payments().stored(&reference).await.expect("is read");
    assert_eq!(declined.attempt.state, AttemptState::Failed);
    assert!(shop.gateway().pay(&reference, Some(shop.fixture().naira(3_750))));
    shop.pass(4 * MINUTE).await;
    expect_one_sale(&shop, creator.id, placed.order.id).await;
}

#[tokio::test]
async fn an_order_that_nobody_pays_expires_whatever_became_of_its_attempt() {
    for declined in [false, true] {
        let shop = TestMarketplace::new();
        let (_, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("an attempt").reference;
        if declined {
            assert!(shop.gateway().decline(&reference));
        }
        for _ in 0..7 {
            shop.pass(DAY).await;
        }
        assert_eq!(shop.order(placed.order.id).await.state, OrderState::Expired, "declined: {declined}");
        assert_eq!(
            shop.pass(30 * DAY).await,
            shop.pass(Duration::ZERO).await + PERIODIC,
            "nothing goes on asking"
        );
    }
}

/// Sealing, comparing, sweeping and purging go on for ever.
const PERIODIC: usize = 5;

#[tokio::test]
async fn the_sweep_outlives_a_gateway_that_is_away_for_days() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    for _ in 0..9 * 24 {
        shop.gateway().fail(Operation::Fetch, GatewayFault::Refused(GatewayErrorKind::Authentication));
        shop.pass(HOUR).await;
    }
    // The faults that no look has met are still in line.
    shop.gateway().pay(&reference, Some(shop.fixture().naira(3_750)));
    for _ in 0..9 * 24 {
        if shop.order(placed.order.id).await.state == OrderState::Paid {
            break;
        }
        shop.pass(HOUR).await;
    }
    expect_one_sale(&shop, creator.id, placed.order.id).await;
}

#[tokio::test]
async fn a_notice_that_is_never_confirmed_ends_before_a_person_once_the_sweep_is_over() {
    let shop = TestMarketplace::new();
    let (_, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    for _ in 0..8 {
        shop.pass(DAY).await;
    }
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Expired);
    shop.notify(&reference).await;
    for _ in 0..10 {
        shop.pass(HOUR).await;
    }
    let reviews = shop.store().reviews(Page::first(10)).await.expect("reviews are read");
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    assert_eq!(
        (reviews[0].reason, reviews[0].reference.as_str()),
        (ReviewReason::Unconfirmed, reference.as_str())
    );
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Expired, "nothing is granted");
    assert_eq!(shop.gateway().snapshot(&reference).map(|payment| payment.state), Some(PaymentState::Open));
}

/// A gateway that has had too many calls is left alone for as long as it says, by the sweep and by notices.
#[tokio::test]
async fn a_gateway_that_wants_to_be_left_alone_is() {
    const WAIT: Duration = Duration::from_mins(10);
    for told in [false, true] {
        let shop = TestMarketplace::new();
        let (creator, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("an attempt").reference;
        assert!(shop.gateway().pay(&reference, None));
        let limited = GatewayErrorKind::RateLimited { after: Some(WAIT) };
        shop.gateway().fail(Operation::Fetch, GatewayFault::Refused(limited));
        if told {
            shop.notify(&reference).await;
            shop.run_jobs().await;
        } else {
            shop.pass(MINUTE).await;
        }
        let asked = shop.gateway().calls().len();
        if told {
            // The sweep's first look comes while the gateway wants to be left alone, and is none of the notice's.
            shop.gateway().fail(Operation::Fetch, GatewayFault::Refused(limited));
            shop.pass(MINUTE).await;
        }
        let swept = usize::from(told);
        shop.pass(WAIT - 2 * MINUTE).await;
        assert_eq!(shop.gateway().calls().len(), asked + swept, "told: {told}");
        shop.pass(2 * MINUTE).await;
        expect_one_sale(&shop, creator.id, placed.order.id).await;
    }
}
