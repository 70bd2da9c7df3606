//! A set in a transaction of the host.

use crate::support::{Place, abandon, accept, run};
use marketplace_core::{
    commit::{Change, Commit, CommitError, Committed, Refusal},
    identity::Users,
};
use marketplace_sqlite::{
    SqliteStore,
    sqlx::{Row, SqliteConnection, query},
};
use marketplace_testing::build::Fixture;

async fn with_host_table(place: &Place) -> SqliteStore {
    let store = place.store().await;
    run(&mut place.outside().await, "CREATE TABLE coupons (code TEXT PRIMARY KEY)").await.unwrap();
    store
}

async fn coupons(connection: &mut SqliteConnection) -> i64 {
    query("SELECT count(*) FROM coupons").fetch_one(connection).await.unwrap().get(0)
}

#[tokio::test]
async fn the_hosts_row_and_the_set_are_committed_together() {
    let place = Place::new();
    let fixture = Fixture::new(50);
    let store = with_host_table(&place).await;
    let user = fixture.user();
    let set = fixture.set(vec![Change::InsertUser(user.clone())]);

    let mut tx = store.begin().await.unwrap();
    query("INSERT INTO coupons VALUES ('A')").execute(&mut *tx).await.unwrap();
    assert_eq!(store.commit_in(&mut tx, &set).await.unwrap(), Committed::Applied);
    assert_eq!(store.user(user.id).await.unwrap(), None, "nobody sees it before the host commits");
    tx.commit().await.unwrap();

    assert_eq!(store.user(user.id).await.unwrap(), Some(user));
    assert_eq!(coupons(&mut place.outside().await).await, 1);
    assert_eq!(store.commit(set).await.unwrap(), Committed::Replayed);
    store.close().await;
}

#[tokio::test]
async fn the_hosts_rollback_takes_the_set_back() {
    let place = Place::new();
    let fixture = Fixture::new(51);
    let store = with_host_table(&place).await;
    let user = fixture.user();
    let set = fixture.set(vec![Change::InsertUser(user.clone())]);
    for by_dropping in [false, true] {
        let mut tx = store.begin().await.unwrap();
        query("INSERT INTO coupons VALUES ('A')").execute(&mut *tx).await.unwrap();
        assert_eq!(store.commit_in(&mut tx, &set).await.unwrap(), Committed::Applied);
        if by_dropping {
            drop(tx);
        } else {
            tx.rollback().await.unwrap();
        }
        // A write through the store waits until the writer is free again.
        accept(&store, fixture.set(vec![Change::InsertUser(fixture.user())])).await;
        assert_eq!(store.user(user.id).await.unwrap(), None);
        assert_eq!(coupons(&mut place.outside().await).await, 0);
    }
    assert_eq!(store.commit(set).await.unwrap(), Committed::Applied);
    store.close().await;
}

#[tokio::test]
async fn a_refused_set_leaves_the_hosts_transaction_usable() {
    let place = Place::new();
    let fixture = Fixture::new(52);
    let store = with_host_table(&place).await;
    let (known, fresh, later) = (fixture.user(), fixture.user(), fixture.user());
    accept(&store, fixture.set(vec![Change::InsertUser(known.clone())])).await;

    let mut tx = store.begin().await.unwrap();
    query("INSERT INTO coupons VALUES ('A')").execute(&mut *tx).await.unwrap();
    let refused = fixture.set(vec![Change::InsertUser(fresh.clone()), Change::InsertUser(known.clone())]);
    let error = store.commit_in(&mut tx, &refused).await.unwrap_err();
    assert!(matches!(error, CommitError::Refused(Refusal::Taken)), "{error:?}");
    let orphan = fixture.product(&fixture.creator());
    let broken = fixture.set(vec![Change::InsertUser(fresh.clone()), Change::InsertProduct(orphan)]);
    let error = store.commit_in(&mut tx, &broken).await.unwrap_err();
    assert!(matches!(error, CommitError::Defect(_)), "{error:?}");
    let legal = fixture.set(vec![Change::InsertUser(later.clone())]);
    assert_eq!(store.commit_in(&mut tx, &legal).await.unwrap(), Committed::Applied);
    assert_eq!(store.commit_in(&mut tx, &legal).await.unwrap(), Committed::Replayed);
    tx.commit().await.unwrap();

    assert_eq!(store.user(fresh.id).await.unwrap(), None);
    assert_eq!(store.user(later.id).await.unwrap(), Some(later));
    assert_eq!(coupons(&mut place.outside().await).await, 1);
    let again = fixture.with_other_input(refused.decision(), vec![Change::InsertUser(fresh)]);
    assert_eq!(store.commit(again).await.unwrap(), Committed::Applied, "a refused set leaves its key free");
    store.close().await;
}

#[tokio::test]
async fn an_abandoned_set_is_taken_back() {
    let place = Place::new();
    let fixture = Fixture::new(53);
    let store = with_host_table(&place).await;
    for polls in 0..12 {
        let users = [fixture.user(), fixture.user(), fixture.user()];
        let set = fixture.set(users.iter().cloned().map(Change::InsertUser).collect());
        let mut tx = store.begin().await.unwrap();
        let ended = abandon(store.commit_in(&mut tx, &set), polls).await.is_some();
        tx.commit().await.unwrap();
        let mut there = 0;
        for user in &users {
            there += usize::from(store.user(user.id).await.unwrap().is_some());
        }
        assert!(there == 0 || there == users.len(), "{there} of a set are there");
        assert!(!ended || there == users.len());
        let again = store.commit(set).await.unwrap();
        assert_eq!(again, if there == 0 { Committed::Applied } else { Committed::Replayed });
    }
    store.close().await;
}

#[tokio::test]
async fn a_transaction_of_the_hosts_own_connection_works_as_well() {
    use marketplace_sqlite::sqlx::Connection;
    let place = Place::new();
    let fixture = Fixture::new(54);
    let store = with_host_table(&place).await;
    let user = fixture.user();
    let mut host = place.outside().await;
    let mut tx = host.begin_with("BEGIN IMMEDIATE").await.unwrap();
    query("INSERT INTO coupons VALUES ('A')").execute(&mut *tx).await.unwrap();
    let set = fixture.set(vec![Change::InsertUser(user.clone())]);
    assert_eq!(store.commit_in(&mut tx, &set).await.unwrap(), Committed::Applied);
    tx.commit().await.unwrap();
    assert_eq!(store.user(user.id).await.unwrap(), Some(user));
    store.close().await;
}

#[tokio::test]
async fn a_transaction_that_ended_behind_the_drivers_back_is_nobody_elses_trouble() {
    let place = Place::new();
    let fixture = Fixture::new(55);
    let store = with_host_table(&place).await;
    let mut tx = store.begin().await.unwrap();
    query("INSERT INTO coupons VALUES ('A')").execute(&mut *tx).await.unwrap();
    // What SQLite does by itself on a full disk.
    run(&mut tx, "ROLLBACK").await.unwrap();
    drop(tx);
    accept(&store, fixture.set(vec![Change::InsertUser(fixture.user())])).await;
    let tx = store.begin().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(coupons(&mut place.outside().await).await, 0);
    store.close().await;
}
