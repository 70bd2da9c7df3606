//! Claims of jobs take exactly what they say, whatever the planner does.

use crate::harness::{database, options, stranger};
use marketplace_postgres::{
    PostgresStore,
    marketplace_core::{job::Jobs as _, time::Timestamp},
    sqlx::{Executor as _, query},
};
use marketplace_testing::{build::Fixture, postgres::TestDatabase};
use std::{collections::BTreeSet, time::Duration};
use tokio::task::JoinSet;

const JOBS: usize = 200;

/// With these off, a join is a nested loop that runs its inner side once per row.
const NESTED_LOOPS: [(&str, &str); 8] = [
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_hashagg", "off"),
    ("enable_material", "off"),
    ("enable_sort", "off"),
    ("enable_indexscan", "off"),
    ("enable_indexonlyscan", "off"),
    ("enable_bitmapscan", "off"),
];

async fn stage() -> (TestDatabase, PostgresStore, Timestamp) {
    let database = database().await;
    let mut options = options(&database.url());
    options.address = options.address.options(NESTED_LOOPS);
    let store = PostgresStore::connect_with(options).await.unwrap();
    let fixture = Fixture::new(1);
    for _ in 0..JOBS {
        assert!(store.enqueue(fixture.job()).await.unwrap());
    }
    (database, store, fixture.later(Duration::ZERO))
}

#[tokio::test]
async fn one_is_one() {
    let (_database, store, now) = stage().await;
    let lease = now.saturating_add(Duration::from_mins(1));
    for _ in 0..5 {
        assert_eq!(store.claim(now, lease, 1).await.unwrap().len(), 1);
    }
    assert_eq!(store.claim(now, lease, 7).await.unwrap().len(), 7);
}

/// Why the statement is written as it is: the obvious one claims all under the same planner.
#[tokio::test]
async fn the_obvious_statement_takes_too_many() {
    let (database, _store, _) = stage().await;
    let mut worker = stranger(&database.url()).await;
    for (name, value) in NESTED_LOOPS {
        query("SELECT set_config($1, $2, false)").bind(name).bind(value).execute(&mut worker).await.unwrap();
    }
    let update = worker
        .execute(
            "UPDATE mkt_jobs SET state = 'running', leased_until = 0 WHERE id IN
                (SELECT id FROM mkt_jobs WHERE state = 'ready' LIMIT 1 FOR UPDATE SKIP LOCKED)",
        )
        .await
        .unwrap();
    assert_eq!(update.rows_affected(), 200, "with LIMIT 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_share_without_overlap() {
    let (_database, store, now) = stage().await;
    let lease = now.saturating_add(Duration::from_mins(1));
    let mut workers = JoinSet::new();
    for size in [1, 3, 7, 10] {
        let store = store.clone();
        workers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = store.claim(now, lease, size).await.unwrap();
                assert!(claimed.len() <= size as usize);
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed.into_iter().map(|claimed| claimed.fence.job));
            }
        });
    }
    let mut all = workers.join_all().await.concat();
    // A worker may have found everything locked by others that took less in the end.
    all.extend(store.claim(now, lease, 1_000).await.unwrap().into_iter().map(|claimed| claimed.fence.job));
    assert_eq!(all.len(), JOBS);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
}
