//! A hot seller: many want the same money at once.

use crate::harness::{database, store, word};
use marketplace_postgres::{
    PoolMode, PostgresStore,
    marketplace_core::{
        commit::Change,
        id::UserId,
        ledger::{AccountKind, Audit as _, Ledger as _},
    },
};
use marketplace_testing::build::Fixture;
use std::sync::Arc;
use tokio::{sync::Barrier, task::JoinSet};

const CROWD: usize = 64;

/// 64 withdrawals of the whole balance from two nodes: one gets it.
async fn one_gets_it(mode: PoolMode) {
    let database = database().await;
    let nodes = [store(mode, &database.url()).await, store(mode, &database.url()).await];
    let fixture = Fixture::new(1);
    let kind = AccountKind::CreatorAvailable;
    let creator = fixture.creator();
    assert_eq!(word(&nodes[0], &fixture.set(vec![Change::InsertUser(creator.clone())])).await, "applied");
    for _ in 0..10 {
        let credit = fixture.set(vec![Change::Post(fixture.credit(kind, creator.id, fixture.naira(100)))]);
        assert_eq!(word(&nodes[0], &credit).await, "applied");
    }
    for _ in 0..5 {
        let start = Arc::new(Barrier::new(CROWD));
        let mut crowd = JoinSet::new();
        for number in 0..CROWD {
            let all = fixture.debit(kind, creator.id, fixture.naira(1_000));
            let (store, set) = (nodes[number % 2].clone(), fixture.set(vec![Change::Post(all)]));
            let start = Arc::clone(&start);
            crowd.spawn(async move {
                start.wait().await;
                word(&store, &set).await
            });
        }
        let words = crowd.join_all().await;
        let count = |wanted| words.iter().filter(|word| **word == wanted).count();
        assert_eq!((count("applied"), count("below floor")), (1, CROWD - 1), "{words:?}");
        let credit = fixture.set(vec![Change::Post(fixture.credit(kind, creator.id, fixture.naira(1_000)))]);
        assert_eq!(word(&nodes[1], &credit).await, "applied");
    }
    assert_eq!(balance(&nodes[0], creator.id).await, 1_000);
    assert_eq!(nodes[0].imbalances(10).await.unwrap(), []);
}

async fn balance(store: &PostgresStore, creator: UserId) -> i64 {
    store.balances_of(creator).await.unwrap().first().unwrap().amount.minor()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gets_it_on_own_connections() {
    one_gets_it(PoolMode::Own).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gets_it_on_a_hosts_pool() {
    one_gets_it(PoolMode::Shared).await;
}
