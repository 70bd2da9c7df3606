//! What the library adds to its own statements: the store beside a bare loop of the driver.
//!
//! PostgreSQL: one task commits, set by set; the loop sends the very statements that the store would send, built before,
//! on one connection with the store's settings. SQLite: the loop runs the same inserts and updates by hand, one transaction per
//! set, on one connection; and the store with 64 tasks, whose sets go in groups, beside itself with one.

use super::{
    bare::Bare,
    postgres,
    run::{Round, Scale, in_turns, round},
    sets, table,
};
use marketplace_core::commit::{ChangeSet, Commit, Committed};
use marketplace_sqlite::{SqliteOptions, SqliteStore};
use marketplace_testing::{build::Fixture, postgres::TestCluster};
use std::{mem, path::Path, sync::Arc};
use tokio::sync::Mutex;

async fn commits(
    store: Arc<dyn Commit>,
    sets: Vec<ChangeSet>,
    tasks: usize,
    postmaster: Option<u32>,
) -> Round {
    round(sets, tasks, postmaster, move |_, sets, number| {
        let store = Arc::clone(&store);
        async move {
            let done = store.commit(sets[number].clone()).await.expect("a set is committed");
            assert_eq!(done, Committed::Applied);
        }
    })
    .await
}

/// As the store's own connections are.
const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off";

pub async fn of_postgres(scale: &Scale, cluster: &TestCluster) {
    let (_database, mut connection, store) = postgres::open(cluster).await;
    let count = scale.units_of(4);
    let mut sets = sets::settlements(&store, &Fixture::new(3), 2 * (scale.rounds + 1) * count).await;
    sqlx::raw_sql(SETTINGS).execute(&mut connection).await.expect("settings are made");
    let postmaster = postgres::postmaster(&mut connection).await;
    let connection = Arc::new(Mutex::new(connection));
    let [bare, ours] = in_turns(scale, async || {
        let statements = sets.drain(..count).map(|set| {
            let statement = marketplace_postgres::statement_of(&set).expect("a statement is built");
            std::sync::Mutex::new(Some(statement))
        });
        let connection = Arc::clone(&connection);
        let loops = round(statements.collect(), 1, postmaster, move |_, statements, number| {
            let connection = Arc::clone(&connection);
            async move {
                let statement = mem::take(&mut *statements[number].lock().expect("nobody panicked"));
                let statement = statement.expect("each is sent once");
                statement.execute(&mut *connection.lock().await).await.expect("a set is committed");
            }
        });
        let loops = loops.await;
        let committed = commits(Arc::new(store.clone()), sets.drain(..count).collect(), 1, postmaster).await;
        [loops, committed]
    })
    .await;
    table::line("PostgreSQL, 1 task, bare loop of statements", &bare, &ours);
    store.close().await;
}

async fn fresh(path: &Path, count: usize) -> (SqliteStore, Vec<ChangeSet>) {
    let store = SqliteStore::connect_with(SqliteOptions::new(path)).await.expect("the store opens");
    store.migrate().await.expect("the schema is made");
    let sets = sets::settlements(&store, &Fixture::new(3), count).await;
    (store, sets)
}

pub async fn of_sqlite(scale: &Scale) {
    let folder = tempfile::tempdir().expect("there is a disk");
    let count = scale.units_of(4);
    let all = (scale.rounds + 1) * count;
    let (store, mut by_hand) = fresh(&folder.path().join("bare.db"), all).await;
    store.close().await;
    let bare = Arc::new(Mutex::new(Bare::open(&folder.path().join("bare.db")).await));
    let (alone, mut by_one) = fresh(&folder.path().join("alone.db"), all).await;
    let (grouped, mut by_many) = fresh(&folder.path().join("grouped.db"), all).await;
    let [bare, ours, together] = in_turns(scale, async || {
        let bare = Arc::clone(&bare);
        let loops =
            round(by_hand.drain(..count).collect(), 1, None, move |_, sets: Arc<Vec<ChangeSet>>, number| {
                let bare = Arc::clone(&bare);
                async move { bare.lock().await.commit(&sets[number]).await }
            });
        [
            loops.await,
            commits(Arc::new(alone.clone()), by_one.drain(..count).collect(), 1, None).await,
            commits(Arc::new(grouped.clone()), by_many.drain(..count).collect(), 64, None).await,
        ]
    })
    .await;
    table::line("SQLite, 1 task, bare loop of statements", &bare, &ours);
    table::line("SQLite, 64 tasks, one set per transaction", &ours, &together);
    alone.close().await;
    grouped.close().await;
}
