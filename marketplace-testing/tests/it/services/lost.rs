//! Every commit of a sale loses its answer, or never arrives: the callers send again what they sent, and there is one
//! effect.

use super::expect_one_sale;
use marketplace_core::{
    catalog::Product,
    delivery::DeliveryError,
    error::{ErrorKind, Failure},
    id::{OrderId, Token},
    order::{OrderState, Placed},
    payment::RawNotice,
};
use marketplace_testing::{fault::Fault, market::TestMarketplace};
use std::time::Duration;

/// Panics unless the caller is told that the same again is safe.
fn expect_repeatable(error: &dyn Failure, step: &str) {
    assert!(
        matches!(error.kind(), ErrorKind::Unknown | ErrorKind::Unavailable),
        "{step} failed in another way: {error:?}"
    );
}

/// A buyer's client: sends the same command until it is answered.
async fn place(shop: &TestMarketplace, product: &Product) -> Placed {
    let command = shop.checkout_of(&[product]);
    for _ in 0..3 {
        match shop.market().checkout().place(command.clone()).await {
            Ok(placed) => return placed,
            Err(error) => expect_repeatable(&error, "checkout"),
        }
    }
    panic!("a checkout does not succeed");
}

/// The gateway: sends its notice until it is acknowledged.
async fn notify(shop: &TestMarketplace, notice: RawNotice<'_>) {
    for _ in 0..3 {
        match shop.market().inbox().receive(notice).await {
            Ok(_) => return,
            Err(error) => expect_repeatable(&error, "a notice"),
        }
    }
    panic!("a notice is not taken in");
}

/// The worker, over a day: failed jobs run again.
async fn work(shop: &TestMarketplace) {
    shop.run_jobs().await;
    for _ in 0..24 {
        shop.pass(Duration::from_hours(1)).await;
    }
}

/// The newest link that was mailed for an order.
async fn newest_link(shop: &TestMarketplace, order: OrderId) -> Token {
    let order = shop.order(order).await;
    shop.mailed_links(&order.buyer.email).pop().expect("a link was mailed")
}

/// The buyer's one click for a fresh link, again if it fails, and the worker's minutes until it is mailed.
async fn ask_for_fresh(shop: &TestMarketplace, link: &Token) {
    for _ in 0..3 {
        match shop.market().delivery().mail_fresh(link).await {
            Ok(()) => break,
            Err(error) => expect_repeatable(&error, "asking for a fresh link"),
        }
    }
    for _ in 0..3 {
        shop.pass(Duration::from_mins(1)).await;
    }
}

/// The buyer: opens the newest link, and asks for a fresh one if it is over. A claim whose answer is lost for
/// good uses the link up, which is why asking costs one click only.
async fn claim(shop: &TestMarketplace, order: OrderId) {
    for _ in 0..4 {
        let link = newest_link(shop, order).await;
        match shop.market().delivery().claim(&link).await {
            Ok(download) => {
                assert!(
                    shop.market().delivery().download(&download.session).await.is_ok(),
                    "what was claimed opens"
                );
                let again = shop.market().delivery().claim(&link).await;
                assert!(matches!(again, Err(DeliveryError::Gone)), "a link works once: {again:?}");
                return;
            }
            Err(DeliveryError::Gone) => ask_for_fresh(shop, &link).await,
            Err(error) => expect_repeatable(&error, "a claim"),
        }
    }
    panic!("a link cannot be claimed");
}

/// Sells one product, from the checkout to the download. The faults strike from the first commit of the step
/// on that is named, the `position`-th one. Returns whether they all struck.
async fn sell(faults: &[Fault], position: usize, step: &str) -> bool {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let arm = |at: &str| {
        if at == step {
            (0..position).for_each(|_| shop.faults().on_commit(None));
            faults.iter().for_each(|fault| shop.faults().on_commit(*fault));
        }
    };
    arm("checkout");
    let placed = place(&shop, &product).await;
    let reference = placed.attempt.expect("it has a price").reference;
    assert!(shop.gateway().pay(&reference, None), "the attempt that the buyer is told of was begun");
    let notice = shop.gateway().notice("event", &reference, Some(placed.order.total));
    arm("settle");
    notify(&shop, notice.raw()).await;
    work(&shop).await;
    assert_eq!(shop.order(placed.order.id).await.state, OrderState::Paid);
    expect_one_sale(&shop, creator.id, placed.order.id).await;
    arm("claim");
    claim(&shop, placed.order.id).await;
    shop.expect_healthy_ledger().await;
    shop.faults().is_played()
}

/// Sells again and again, with the faults at each commit of a step in turn. Returns how many there were.
async fn at_each_commit(faults: &[Fault], step: &str) -> usize {
    let mut position = 0;
    while sell(faults, position, step).await {
        position += 1;
        assert!(position < 100, "a sale has fewer commits");
    }
    position
}

const PATTERNS: [&[Fault]; 5] = [
    &[Fault::UnknownAfter],
    &[Fault::UnknownBefore],
    &[Fault::UnavailableBefore],
    &[Fault::UnknownAfter, Fault::UnknownAfter],
    &[Fault::UnknownBefore, Fault::UnknownBefore],
];

#[tokio::test]
async fn the_answers_of_a_checkout_are_lost() {
    for faults in PATTERNS {
        // The order, and the gateway's answer.
        assert!(at_each_commit(faults, "checkout").await >= 2, "{faults:?}");
    }
}

#[tokio::test]
async fn the_answers_of_a_settlement_are_lost() {
    for faults in PATTERNS {
        // The notice, the settlement, the links of the mail.
        assert!(at_each_commit(faults, "settle").await >= 3, "{faults:?}");
    }
}

#[tokio::test]
async fn the_answers_of_a_claim_are_lost() {
    for faults in PATTERNS {
        // The mailed link is past its hour: asking for a fresh one, the link of that mail, the claim.
        assert!(at_each_commit(faults, "claim").await >= 3, "{faults:?}");
    }
}

#[tokio::test]
async fn a_single_lost_answer_is_not_even_noticed() {
    for position in 0..5 {
        let shop = TestMarketplace::new();
        let (creator, product) = shop.creator_with_product().await;
        (0..position).for_each(|_| shop.faults().on_commit(None));
        shop.faults().on_commit(Fault::UnknownAfter);
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("it has a price").reference;
        assert!(shop.gateway().pay(&reference, None));
        shop.notify(&reference).await;
        shop.run_jobs().await;
        assert!(shop.faults().is_played(), "commit {position} lost its answer");
        assert_eq!(shop.gateway().started().len(), 1, "one payment was begun");
        expect_one_sale(&shop, creator.id, placed.order.id).await;
    }
}
