//! Folding: what the cached balances are made of.

use crate::support::{Place, accept, order};
use marketplace_core::{
    commit::{Change, Commit, CommitError, Committed, Refusal},
    ledger::{AccountKind, Audit, Ledger},
    page::Page,
};
use marketplace_sqlite::sqlx::{Row, SqliteConnection, query};
use marketplace_testing::build::Fixture;

/// How many rows are not folded, and what is folded.
async fn parts(connection: &mut SqliteConnection) -> (i64, Option<i64>) {
    let row = query("SELECT (SELECT count(*) FROM mkt_unfolded), (SELECT sum(minor) FROM mkt_balances)")
        .fetch_one(connection)
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn credits_append_and_a_debit_folds() {
    let place = Place::new();
    let fixture = Fixture::new(60);
    let store = place.store().await;
    let mut shell = place.outside().await;
    let (creator, _) = order(&store, &fixture).await;
    let kind = AccountKind::CreatorAvailable;
    for amount in [100, 200, 300] {
        let credit = fixture.credit(kind, creator.id, fixture.naira(amount));
        accept(&store, fixture.set(vec![Change::Post(credit)])).await;
    }
    assert_eq!(parts(&mut shell).await, (3, None));

    let too_much = fixture.set(vec![Change::Post(fixture.debit(kind, creator.id, fixture.naira(601)))]);
    let refused = store.commit(too_much).await;
    assert!(matches!(refused, Err(CommitError::Refused(Refusal::BelowFloor))), "{refused:?}");
    assert_eq!(parts(&mut shell).await, (3, None), "a refused debit folds nothing");

    accept(&store, fixture.set(vec![Change::Post(fixture.debit(kind, creator.id, fixture.naira(250)))]))
        .await;
    assert_eq!(parts(&mut shell).await, (0, Some(350)));
    accept(&store, fixture.set(vec![Change::Post(fixture.credit(kind, creator.id, fixture.naira(50)))]))
        .await;
    assert_eq!(parts(&mut shell).await, (1, Some(350)));

    assert_eq!(store.balances_of(creator.id).await.unwrap()[0].amount, fixture.naira(400));
    let lines = store.wallet_lines(creator.id, None, Page::first(10)).await.unwrap();
    let after: Vec<i64> = lines.iter().map(|line| line.balance_after.minor()).collect();
    assert_eq!(after, [400, 350, 600, 300, 100], "newest first, each with the balance that it left");
    assert!(store.imbalances(10).await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test]
async fn a_debt_may_grow_and_is_never_folded() {
    let place = Place::new();
    let fixture = Fixture::new(61);
    let store = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    for _ in 0..2 {
        let debt = fixture.debit(AccountKind::CreatorDebt, creator.id, fixture.naira(70));
        accept(&store, fixture.set(vec![Change::Post(debt)])).await;
    }
    assert_eq!(store.balances_of(creator.id).await.unwrap()[0].amount, fixture.naira(-140));
    assert_eq!(parts(&mut place.outside().await).await, (2, None));
    assert!(store.imbalances(10).await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_withdrawals_of_everything_one_succeeds() {
    let place = Place::new();
    let fixture = Fixture::new(62);
    let store = place.store().await;
    let second = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    let kind = AccountKind::CreatorAvailable;
    let mut paid = 0;
    for _ in 0..5 {
        accept(
            &store,
            fixture.set(vec![Change::Post(fixture.credit(kind, creator.id, fixture.naira(1_000)))]),
        )
        .await;
        let withdrawals: Vec<_> = (0..16)
            .map(|number| {
                let store = if number % 2 == 0 { store.clone() } else { second.clone() };
                let set =
                    fixture.set(vec![Change::Post(fixture.debit(kind, creator.id, fixture.naira(1_000)))]);
                tokio::spawn(async move { store.commit(set).await })
            })
            .collect();
        for withdrawal in withdrawals {
            match withdrawal.await.unwrap() {
                Ok(Committed::Applied) => paid += 1,
                Err(CommitError::Refused(Refusal::BelowFloor)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(paid, 5);
    assert_eq!(store.balances_of(creator.id).await.unwrap()[0].amount, fixture.naira(0));
    assert!(store.imbalances(10).await.unwrap().is_empty());
    store.close().await;
    second.close().await;
}
