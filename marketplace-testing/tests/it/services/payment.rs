//! The gateway fails, and the buyer tries again.

use super::{expect_one_sale, journal, mails_to};
use marketplace_core::{
    Actor,
    error::{ErrorKind, Failure},
    order::{CheckoutError, OrderState},
    page::Page,
    payment::{AttemptState, GatewayErrorKind, PaymentError, ReviewReason},
};
use marketplace_testing::{contract::gateway::Operation, fake::GatewayFault, market::TestMarketplace};
use std::time::Duration;

#[tokio::test]
async fn a_start_without_an_answer_is_tried_again_under_a_new_reference() {
    for fault in [
        GatewayFault::AnswerLost,
        GatewayFault::Refused(GatewayErrorKind::Transient),
        GatewayFault::Refused(GatewayErrorKind::RateLimited { after: None }),
        GatewayFault::Refused(GatewayErrorKind::Malformed),
    ] {
        let shop = TestMarketplace::new();
        let (creator, product) = shop.creator_with_product().await;
        let command = shop.checkout_of(&[&product]);
        shop.gateway().fail(Operation::Start, fault);
        let failed = shop.market().checkout().place(command.clone()).await.expect_err("the gateway failed");
        assert!(matches!(failed, CheckoutError::Payment(PaymentError::Gateway(_))), "{failed:?}");
        assert_eq!(failed.kind(), ErrorKind::Unavailable);

        let placed = shop.market().checkout().place(command.clone()).await.expect("the same command goes on");
        let second = placed.attempt.expect("it has a price");
        let attempts = shop.store().attempts_of(placed.order.id).await.expect("attempts are read");
        assert_eq!(attempts.len(), 2, "{attempts:?}");
        let first = attempts.iter().find(|attempt| attempt.reference != second.reference).expect("the first");
        assert_eq!((first.state, second.state), (AttemptState::Abandoned, AttemptState::Pending));
        let again = shop.market().checkout().place(command).await.expect("the same command once more");
        assert_eq!(again.attempt, Some(second.clone()), "goes on with what is open");
        assert_eq!(shop.gateway().started().len(), 2, "and begins nothing");

        assert!(shop.gateway().pay(&second.reference, None));
        shop.notify(&second.reference).await;
        shop.run_jobs().await;
        shop.pass(Duration::from_hours(24)).await;
        expect_one_sale(&shop, creator.id, placed.order.id).await;
    }
}

#[tokio::test]
async fn a_payment_that_was_given_up_and_yet_paid_pays_the_order() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    shop.gateway().fail(Operation::Start, GatewayFault::AnswerLost);
    let command = shop.checkout_of(&[&product]);
    shop.market().checkout().place(command.clone()).await.expect_err("the answer was lost");
    let placed = shop.market().checkout().place(command).await.expect("the same command goes on");
    let second = placed.attempt.expect("it has a price").reference;
    let first = shop.gateway().started()[0].reference.clone();
    assert!(shop.gateway().pay(&first, None), "the first one did arrive");
    shop.pass(Duration::from_mins(1)).await;
    expect_one_sale(&shop, creator.id, placed.order.id).await;

    // And then the buyer pays the second one, too: an operator gives it back.
    assert!(shop.gateway().pay(&second, None));
    shop.notify(&second).await;
    shop.run_jobs().await;
    let reviews = shop.store().reviews(Page::first(10)).await.expect("reviews are read");
    assert_eq!(reviews.iter().map(|review| review.reason).collect::<Vec<_>>(), [ReviewReason::AlreadyPaid]);
    assert_eq!(journal(&shop).await.len(), 1, "one posting");
    assert_eq!(mails_to(&shop, &placed.order.buyer.email).len(), 1, "one mail to the buyer");
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn a_declined_payment_is_tried_again_and_only_then() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let first = placed.attempt.expect("it has a price").reference;
    let payments = shop.market().payments();
    let (one, two) = (shop.fixture().uuid(), shop.fixture().uuid());
    let open = payments.retry(placed.order.id, one, Actor::Guest).await;
    assert!(matches!(open, Err(PaymentError::StillOpen)), "the payer may still pay: {open:?}");

    assert!(shop.gateway().decline(&first));
    let declined = payments.verify(&first, Duration::from_secs(5), Actor::Guest).await.expect("is verified");
    assert_eq!((declined.attempt.state, declined.order.state), (AttemptState::Failed, OrderState::Pending));
    let second = payments.retry(placed.order.id, one, Actor::Guest).await.expect("a new attempt");
    let same = payments.retry(placed.order.id, one, Actor::Guest).await.expect("the same command");
    assert_eq!(same, second);
    assert!(matches!(payments.retry(placed.order.id, two, Actor::Guest).await, Err(PaymentError::StillOpen)));

    assert!(shop.gateway().pay(&second.reference, None));
    shop.notify(&second.reference).await;
    shop.run_jobs().await;
    let paid = payments.retry(placed.order.id, two, Actor::Guest).await;
    assert!(matches!(paid, Err(PaymentError::AlreadyPaid)), "{paid:?}");
    expect_one_sale(&shop, creator.id, placed.order.id).await;
}

#[tokio::test]
async fn a_notice_waits_while_the_gateway_cannot_be_asked() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("it has a price").reference;
    assert!(shop.gateway().pay(&reference, None));
    for _ in 0..3 {
        shop.gateway().fail(Operation::Fetch, GatewayFault::Refused(GatewayErrorKind::Transient));
    }
    shop.notify(&reference).await;
    shop.run_jobs().await;
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Pending);
    for _ in 0..6 {
        shop.pass(Duration::from_mins(1)).await;
    }
    expect_one_sale(&shop, creator.id, placed.order.id).await;
}
