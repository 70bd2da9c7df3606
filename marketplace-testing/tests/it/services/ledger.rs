//! Holds come to their date, entries come into the chain, and everything adds up.

use super::{at_once, journal};
use marketplace_core::{
    identity::Role,
    ledger::EntryKind,
    market::{FeeRule, GatewayFeeBearer, HoldRule, Rules},
    money::Rate,
};
use marketplace_testing::market::TestMarketplace;
use std::{sync::Arc, time::Duration};

const WEEK: Duration = Duration::from_hours(7 * 24);

async fn balances(shop: &TestMarketplace, creator: marketplace_core::id::UserId) -> [i64; 3] {
    let rows = shop.market().wallet().balances(creator).await.expect("balances are read");
    assert_eq!(rows.len(), 1, "{rows:?}");
    [rows[0].pending.minor(), rows[0].available.minor(), rows[0].lifetime.minor()]
}

#[tokio::test]
async fn earnings_become_available_at_their_date_and_not_before() {
    let shop = TestMarketplace::new();
    let sale = shop.paid_order().await;
    assert_eq!(balances(&shop, sale.creator.id).await, [225_000, 0, 225_000]);
    shop.pass(WEEK - Duration::from_micros(1)).await;
    assert_eq!(balances(&shop, sale.creator.id).await, [225_000, 0, 225_000], "a microsecond is missing");
    shop.expect_healthy_ledger().await;
    shop.pass(Duration::from_micros(1)).await;
    assert_eq!(balances(&shop, sale.creator.id).await, [0, 225_000, 225_000]);
    shop.pass(WEEK).await;
    assert_eq!(balances(&shop, sale.creator.id).await, [0, 225_000, 225_000], "and once only");
    let kinds: Vec<_> = journal(&shop).await.iter().map(|entry| entry.kind()).collect();
    assert_eq!(kinds, [EntryKind::Sale, EntryKind::Release]);
    shop.expect_healthy_ledger().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_several_workers_release_is_released_once() {
    let shop = Arc::new(TestMarketplace::new());
    let sale = shop.paid_order().await;
    let lines =
        shop.market().wallet().entries(sale.creator.id, None, marketplace_core::page::Page::first(10));
    assert_eq!(
        lines.await.expect("lines are read").items[0].releases_at,
        Some(shop.now().saturating_add(WEEK))
    );
    shop.clock().advance(WEEK);
    let workers = (0..8).map(|_| {
        let shop = Arc::clone(&shop);
        async move { shop.run_jobs().await }
    });
    at_once(workers.collect()).await;
    assert_eq!(balances(&shop, sale.creator.id).await, [0, 225_000, 225_000]);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn without_a_hold_earnings_are_available_at_once() {
    let rules = Rules::default().with_hold(HoldRule { period: Duration::ZERO });
    let shop = TestMarketplace::with(|builder| builder.rules(rules));
    let sale = shop.paid_order().await;
    assert_eq!(balances(&shop, sale.creator.id).await, [0, 225_000, 225_000]);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn an_order_of_several_creators_is_shared_by_their_lines() {
    let rules = Rules::default()
        .with_fee(FeeRule { rate: Rate::from_basis_points(333).expect("a rate") })
        .with_gateway_fee(GatewayFeeBearer::Creators);
    let shop = TestMarketplace::with(|builder| builder.rules(rules));
    let (one, two) = (shop.register(Role::Creator).await, shop.register(Role::Creator).await);
    let prices = [10_001, 33_333, 1].map(|kobo| shop.fixture().naira(kobo));
    let first = shop.product(&one, prices[0]).await;
    let second = shop.product(&two, prices[1]).await;
    let third = shop.product(&one, prices[2]).await;
    let placed = shop.place(&[&first, &second, &third]).await;
    let reference = placed.attempt.expect("it has a price").reference;
    assert!(shop.gateway().pay(&reference, Some(shop.fixture().naira(1_000))));
    shop.notify(&reference).await;
    shop.run_jobs().await;

    let fees: i64 = placed.order.lines.iter().map(|line| line.fee.minor()).sum();
    assert_eq!(fees, 333 + 1_110, "each line's fee is rounded on its own, and that of a kobo is nothing");
    let earned = balances(&shop, one.id).await[2] + balances(&shop, two.id).await[2];
    assert_eq!(earned, 10_001 + 33_333 + 1 - fees - 1_000, "every kobo is somebody's");
    for creator in [&one, &two] {
        assert_eq!(shop.mailer().accepted_for(&creator.email).len(), 1, "one mail to each creator");
    }
    shop.expect_healthy_ledger().await;
    shop.pass(WEEK).await;
    assert_eq!(balances(&shop, one.id).await[0] + balances(&shop, two.id).await[0], 0, "all is released");
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn the_sealing_job_brings_every_entry_into_the_chain() {
    let shop = TestMarketplace::new();
    let before = shop.market().wallet().verify().await.expect("the ledger is read");
    assert_eq!((before.sealed, before.unsealed), (0, 0));
    for sales in 1..=3 {
        shop.paid_order().await;
        let report = shop.market().wallet().verify().await.expect("the ledger is read");
        assert_eq!((report.sealed, report.unsealed), (sales - 1, 1), "the tail is named: {report:?}");
        shop.pass(Duration::from_mins(1)).await;
        let report = shop.market().wallet().verify().await.expect("the ledger is read");
        assert_eq!((report.sealed, report.unsealed), (sales, 0));
        assert!(report.is_healthy(), "{report:?}");
    }
    shop.expect_healthy_ledger().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealers_that_meet_make_one_chain() {
    let shop = Arc::new(TestMarketplace::new());
    for _ in 0..10 {
        shop.paid_order().await;
    }
    let sealers = (0..8).map(|_| {
        let shop = Arc::clone(&shop);
        async move {
            let mut sealed = 0;
            while shop.market().wallet().verify().await.expect("the ledger is read").unsealed > 0 {
                sealed += shop.market().wallet().seal(3).await.expect("entries are sealed");
            }
            sealed
        }
    });
    let sealed: usize = at_once(sealers.collect()).await.into_iter().sum();
    let report = shop.market().wallet().verify().await.expect("the ledger is read");
    assert_eq!((report.sealed, report.unsealed), (10, 0));
    // The first sale of the loop was sealed by the worker's own job, begun with the second one.
    assert!(sealed <= 10, "no entry was sealed twice: {sealed}");
    shop.expect_healthy_ledger().await;
}
