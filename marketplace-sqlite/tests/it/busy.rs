//! Locks, queues, and a file that is full.

use crate::support::{Place, accept, order, run};
use marketplace_core::{
    Health,
    commit::{Change, Commit, CommitError, Committed},
    error::StoreError,
    identity::{Sessions, Users},
};
use marketplace_sqlite::sqlx::raw_sql;
use marketplace_testing::build::Fixture;
use std::time::Duration;

#[tokio::test]
async fn another_processs_lock_makes_writes_unavailable_and_leaves_reads_alone() {
    let place = Place::new();
    let fixture = Fixture::new(20);
    let store = place.store_with(place.options().with_busy_timeout(Duration::from_millis(20))).await;
    let (creator, _) = order(&store, &fixture).await;
    let mut other = place.outside().await;
    run(&mut other, "BEGIN IMMEDIATE").await.unwrap();

    let set = fixture.set(vec![Change::InsertUser(fixture.user())]);
    let refused = store.commit(set.clone()).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    let session = fixture.session(&creator);
    let refused = store.start_session(session.clone()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(store.user(creator.id).await.unwrap(), Some(creator));
    store.check().await.unwrap();

    run(&mut other, "ROLLBACK").await.unwrap();
    assert_eq!(store.commit(set).await.unwrap(), Committed::Applied, "nothing had been written");
    store.start_session(session).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_write_wait_for_each_other() {
    let place = Place::new();
    let (first, second) = (place.store().await, place.store().await);
    let writers: Vec<_> = (0..20)
        .map(|seed| {
            let store = if seed % 2 == 0 { first.clone() } else { second.clone() };
            tokio::spawn(async move {
                let fixture = Fixture::new(1_000 + seed);
                let user = fixture.user();
                accept(&store, fixture.set(vec![Change::InsertUser(user.clone())])).await;
                user
            })
        })
        .collect();
    for writer in writers {
        let user = writer.await.unwrap();
        assert_eq!(first.user(user.id).await.unwrap(), Some(user.clone()));
        assert_eq!(second.user(user.id).await.unwrap(), Some(user));
    }
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn a_host_that_keeps_the_writer_makes_writes_unavailable() {
    let place = Place::new();
    let fixture = Fixture::new(21);
    let store = place.store_with(place.options().with_queue_timeout(Duration::from_secs(2))).await;
    let tx = store.begin().await.unwrap();
    let set = fixture.set(vec![Change::InsertUser(fixture.user())]);
    let (refused, begun) = tokio::join!(store.commit(set.clone()), store.begin());
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    assert!(matches!(begun, Err(StoreError::Unavailable(_))), "{begun:?}");
    tx.rollback().await.unwrap();
    assert_eq!(store.commit(set).await.unwrap(), Committed::Applied);
    store.close().await;
}

#[tokio::test]
async fn a_full_file_makes_writes_unavailable_and_heals() {
    let place = Place::new();
    let fixture = Fixture::new(22);
    let store = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    let fill = |fixture: &Fixture| {
        let mut user = fixture.user();
        user.display_name = "x".repeat(100_000);
        fixture.set(vec![
            Change::InsertUser(fixture.user()),
            Change::InsertUser(user),
            Change::InsertUser(fixture.user()),
        ])
    };
    // The writer's connection refuses to grow the file, as a full disk would.
    let mut tx = store.begin().await.unwrap();
    raw_sql("PRAGMA max_page_count = 1").execute(&mut *tx).await.unwrap();
    tx.rollback().await.unwrap();
    let set = fill(&fixture);
    let refused = store.commit(set.clone()).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    for change in set.changes() {
        if let Change::InsertUser(user) = change {
            assert_eq!(store.user(user.id).await.unwrap(), None, "a refused set leaves nothing");
        }
    }
    assert_eq!(store.user(creator.id).await.unwrap(), Some(creator));

    let mut tx = store.begin().await.unwrap();
    raw_sql("PRAGMA max_page_count = 1000000").execute(&mut *tx).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(store.commit(set).await.unwrap(), Committed::Applied);
    store.close().await;
}
