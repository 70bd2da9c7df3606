//! The flows of a marketplace, through its real services, on a store and a gateway that fail on demand.

mod edits;
mod events;
mod late;
mod ledger;
mod lost;
mod payment;
mod push;
mod reconcile;
mod refund;
mod refund_story;
mod review;
mod settle;
mod timeline;
mod told;
mod uploads;
mod worker;

use marketplace_core::{
    actor::Actor,
    id::{OrderId, Reference, UserId},
    identity::Email,
    ledger::{EntryKind, JournalEntry},
    money::Money,
    order::OrderState,
    payment::{AttemptState, PaymentState},
};
use marketplace_testing::market::TestMarketplace;
use std::sync::Arc;
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

/// Who decides.
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

/// The journal, chained or not.
async fn journal(shop: &TestMarketplace) -> Vec<JournalEntry> {
    let sealed = shop.store().sealed(0, 10_000).await.expect("the chain is read");
    let mut entries: Vec<_> = sealed.into_iter().map(|(_, entry)| entry.expect("no entry is gone")).collect();
    entries.extend(shop.store().unsealed(None, 10_000).await.expect("the tail is read"));
    entries
}

/// The Message-IDs of the mails to an address.
fn mails_to(shop: &TestMarketplace, to: &Email) -> Vec<String> {
    shop.mailer().accepted_for(to).into_iter().map(|mail| mail.message_id).collect()
}

/// Panics unless an order of one product for 2,500.00 naira was sold exactly once: paid, posted, granted, and
/// mailed to the buyer and to the creator; and the creator sold nothing else.
async fn expect_one_sale(shop: &TestMarketplace, creator: UserId, order: OrderId) {
    let order = shop.order(order).await;
    assert_eq!(order.state, OrderState::Paid, "{order:?}");
    let sales: Vec<_> =
        journal(shop).await.into_iter().filter(|entry| entry.kind() == EntryKind::Sale).collect();
    assert_eq!(sales.len(), 1, "one posting: {sales:?}");
    assert_eq!(sales[0].order(), Some(order.id));
    let rights = shop.store().entitlements_of_order(order.id).await.expect("entitlements are read");
    assert_eq!(rights.len(), 1, "one right: {rights:?}");
    assert_eq!(
        mails_to(shop, &order.buyer.email),
        [format!("purchase.{}", order.id)],
        "one mail to the buyer"
    );
    let user = shop.store().user(creator).await.expect("users are read").expect("the creator is there");
    assert_eq!(mails_to(shop, &user.email), [format!("sold.{}.{creator}", order.id)], "one to the creator");
    let balances = shop.market().wallet().balances(creator).await.expect("balances are read");
    assert_eq!(balances.len(), 1, "{balances:?}");
    assert_eq!((balances[0].lifetime.minor(), balances[0].pending.minor()), (225_000, 225_000));
    let reviews =
        shop.store().reviews(marketplace_core::page::Page::first(10)).await.expect("reviews are read");
    assert_eq!(reviews, [], "nothing waits for an operator");
    shop.expect_healthy_ledger().await;
}

/// Runs calls in tasks of their own that begin at the same moment.
async fn at_once<F>(calls: Vec<F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let start = Arc::new(Barrier::new(calls.len()));
    let mut tasks = JoinSet::new();
    for call in calls {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            call.await
        });
    }
    tasks.join_all().await
}
