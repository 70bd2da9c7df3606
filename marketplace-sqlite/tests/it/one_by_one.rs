//! Sets that go together come to the same as one by one in their order: the same outcomes, the same rows.

use crate::support::Place;
use futures_util::future::join_all;
use marketplace_core::commit::{ChangeSet, Commit, CommitError, Committed};
use marketplace_sqlite::{
    SqliteStore,
    sqlx::{AssertSqlSafe, Row, SqliteConnection, query},
};
use marketplace_testing::build::World;
use proptest::{
    collection::vec,
    sample::select,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    task::{Context, Waker},
};

/// An outcome, comparable.
fn word(answer: &Result<Committed, CommitError>) -> String {
    match answer {
        Ok(committed) => format!("{committed:?}"),
        Err(CommitError::Refused(refusal)) => format!("{refusal:?}"),
        Err(CommitError::Unavailable(_)) => "Unavailable".to_owned(),
        Err(CommitError::Unknown(_)) => "Unknown".to_owned(),
        Err(CommitError::Defect(_)) => "Defect".to_owned(),
    }
}

/// Every row of every table, as text.
async fn dump(connection: &mut SqliteConnection) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    let names = query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'mkt%'");
    for name in names.fetch_all(&mut *connection).await.unwrap() {
        let name: String = name.get(0);
        let columns = query("SELECT name FROM pragma_table_info(?1)").bind(name.as_str());
        let columns = columns.fetch_all(&mut *connection).await.unwrap();
        let columns: Vec<String> =
            columns.iter().map(|column| format!("quote({})", column.get::<String, _>(0))).collect();
        let text = format!("SELECT {} FROM {name} ORDER BY 1", columns.join(" || ' ' || "));
        let rows = query(AssertSqlSafe(text)).fetch_all(&mut *connection).await.unwrap();
        tables.insert(name, rows.iter().map(|row| row.get(0)).collect());
    }
    assert!(tables.len() > 20, "all tables are there");
    tables
}

/// A copy of a database that was closed.
async fn copy(of: &Place) -> (Place, SqliteStore) {
    let place = Place::new();
    fs::copy(of.path(), place.path()).unwrap();
    let store = SqliteStore::connect_with(place.options()).await.unwrap();
    (place, store)
}

async fn together(of: &Place, sets: &[ChangeSet]) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let (place, store) = copy(of).await;
    let tx = store.begin().await.unwrap();
    let mut commits: Vec<_> = sets.iter().map(|set| store.commit(set.clone())).collect();
    for commit in &mut commits {
        // A commit stands in the queue from its first poll on.
        assert!(commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    tx.rollback().await.unwrap();
    let answers = join_all(commits).await;
    store.close().await;
    (answers.iter().map(word).collect(), dump(&mut place.outside().await).await)
}

async fn one_by_one(of: &Place, sets: &[ChangeSet]) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let (place, store) = copy(of).await;
    let mut words = Vec::new();
    for set in sets {
        words.push(word(&store.commit(set.clone()).await));
    }
    store.close().await;
    (words, dump(&mut place.outside().await).await)
}

#[test]
fn together_is_one_by_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = World::new(70);
    let begun = runtime.block_on(async {
        let place = Place::new();
        let store = place.store().await;
        world.begin(&store).await;
        store.close().await;
        place
    });
    // Which outcomes there were, and how often.
    let seen = RefCell::new(BTreeMap::<String, usize>::new());
    let changes = [&*world.changes, &*world.defective].concat();
    let picks = vec((0..40_u8, 0..8_u8, vec(select(changes), 0..4)), 2..=50);
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&picks, |picks| {
        let sets: Vec<_> =
            picks.into_iter().map(|(key, input, changes)| world.set(key, input, changes)).collect();
        let (grouped, alone) =
            runtime.block_on(async { (together(&begun, &sets).await, one_by_one(&begun, &sets).await) });
        proptest::prop_assert_eq!(&grouped.0, &alone.0, "outcomes");
        proptest::prop_assert_eq!(grouped.1, alone.1, "rows");
        for word in grouped.0 {
            *seen.borrow_mut().entry(word).or_default() += 1;
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    for outcome in
        ["Applied", "Replayed", "Stale", "BelowFloor", "LimitReached", "Taken", "KeyReused", "Defect"]
    {
        assert!(seen.get(outcome).is_some_and(|count| *count >= 10), "too few are {outcome}: {seen:?}");
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}
