//! Folding: what the cached balances are made of.

use crate::support::{Place, accept, order};
use marketplace_core::{
    commit::{Change, Commit, CommitError, Committed, Refusal},
    error::StoreError,
    ledger::{AccountKind, Audit, Ledger, chain},
    page::Page,
};
use marketplace_sqlite::{
    SqliteStore,
    sqlx::{Row, SqliteConnection, query},
};
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

/// Chains so many entries of the tail; `false` if another sealer did.
async fn seal(store: &SqliteStore, most: u32) -> Result<bool, StoreError> {
    let mut last = store.last_seal().await?;
    let mut seals = Vec::new();
    for entry in store.unsealed(None, most).await? {
        last = Some(chain(last.as_ref(), &entry));
        seals.extend(last.clone());
    }
    store.append_seals(seals).await
}

#[tokio::test]
async fn sealing_folds_credits() {
    let place = Place::new();
    let fixture = Fixture::new(63);
    let store = place.store().await;
    let mut shell = place.outside().await;
    let (creator, _) = order(&store, &fixture).await;
    let kind = AccountKind::CreatorAvailable;
    let post = |entry| accept(&store, fixture.set(vec![Change::Post(entry)]));
    let (one, two) = (fixture.credit(kind, creator.id, fixture.naira(100)), fixture.naira(200));
    post(one).await;
    post(fixture.credit(AccountKind::CreatorReserved, creator.id, two)).await;
    post(fixture.debit(AccountKind::CreatorDebt, creator.id, fixture.naira(7))).await;
    assert!(seal(&store, 3).await.unwrap());
    assert_eq!(parts(&mut shell).await, (1, Some(300)), "a debt has no floor, and is not folded");
    post(fixture.credit(kind, creator.id, fixture.naira(1))).await;
    assert!(
        !store.append_seals(vec![chain(None, &store.unsealed(None, 1).await.unwrap()[0])]).await.unwrap()
    );
    assert_eq!(parts(&mut shell).await, (2, Some(300)), "links that are refused fold nothing");
    post(fixture.debit(kind, creator.id, fixture.naira(101))).await;
    assert!(seal(&store, 10).await.unwrap());
    assert_eq!(parts(&mut shell).await, (1, Some(200)), "what a debit has folded is not there any more");
    assert!(store.imbalances(10).await.unwrap().is_empty());

    // What does not fit a balance stays where it is, and does not stop the chain.
    for kobo in [i64::MAX, 5] {
        post(fixture.credit(kind, creator.id, fixture.naira(kobo))).await;
        assert!(seal(&store, 10).await.unwrap());
    }
    assert_eq!(parts(&mut shell).await, (3, Some(200)));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_beside_credits_and_debits_loses_nothing() {
    let place = Place::new();
    let fixture = Fixture::new(64);
    let (store, second) = (place.store().await, place.store().await);
    let (creator, _) = order(&store, &fixture).await;
    let kind = AccountKind::CreatorAvailable;
    let mut left = 0;
    for _ in 0..5 {
        let mut tasks = Vec::new();
        for number in 0..16 {
            let store = if number % 2 == 0 { store.clone() } else { second.clone() };
            let (kobo, entry) = if number % 4 == 3 {
                (-70, fixture.debit(kind, creator.id, fixture.naira(70)))
            } else {
                (50, fixture.credit(kind, creator.id, fixture.naira(50)))
            };
            let set = fixture.set(vec![Change::Post(entry)]);
            tasks.push(tokio::spawn(async move {
                match store.commit(set).await {
                    Ok(Committed::Applied) => {}
                    Err(CommitError::Refused(Refusal::BelowFloor)) if kobo < 0 => return 0,
                    other => panic!("{other:?}"),
                }
                seal(&store, 5).await.unwrap();
                kobo
            }));
        }
        for task in tasks {
            left += task.await.unwrap();
        }
        assert_eq!(store.balances_of(creator.id).await.unwrap()[0].amount, fixture.naira(left));
    }
    while !store.unsealed(None, 1).await.unwrap().is_empty() {
        assert!(seal(&store, 500).await.unwrap());
    }
    assert_eq!(parts(&mut place.outside().await).await, (0, Some(left)));
    assert!(store.imbalances(10).await.unwrap().is_empty());
    store.close().await;
    second.close().await;
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
