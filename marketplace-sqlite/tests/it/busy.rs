//! Queues, and a file that is full. Locks of another process have a file of their own.

use crate::support::{Place, order};
use marketplace_core::{
    commit::{Change, Commit, CommitError, Committed},
    error::StoreError,
    identity::Users,
};
use marketplace_sqlite::sqlx::raw_sql;
use marketplace_testing::build::Fixture;
use std::time::Duration;

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
