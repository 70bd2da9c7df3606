//! Commits that go together.

use crate::{
    harness::{database, options, own_store, sending, stranger, until, word},
    wire::Wire,
};
use marketplace_postgres::{
    PoolMode, PostgresStore,
    marketplace_core::{
        Version,
        commit::{Change, ChangeSet, Commit as _, CommitError},
        order::{Order, OrderState},
        payment::Notice,
    },
    sqlx::{Connection as _, Executor as _, PgConnection},
};
use marketplace_testing::build::Fixture;
use std::num::NonZeroU32;
use tokio::task::JoinSet;

fn notice(fixture: &Fixture) -> ChangeSet {
    fixture.set(vec![Change::InsertNotice(fixture.notice())])
}

/// Writes an order with all that it needs.
async fn order(store: &PostgresStore, fixture: &Fixture) -> Order {
    let creator = fixture.creator();
    let product = fixture.product(&creator);
    let order = fixture.order(None, &[&product]);
    let changes =
        vec![Change::InsertUser(creator), Change::InsertProduct(product), Change::InsertOrder(order.clone())];
    assert_eq!(word(store, &fixture.set(changes)).await, "applied");
    order
}

fn pay(fixture: &Fixture, order: &Order) -> ChangeSet {
    let (id, seen, at) = (order.id, Version::FIRST, fixture.tick());
    fixture.set(vec![Change::AdvanceOrder { id, seen, to: OrderState::Paid, at }])
}

#[tokio::test]
async fn a_commit_is_one_round_trip() {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    let store = own_store(wire.url()).await;
    assert_eq!(store.mode(), PoolMode::Own);
    let fixture = Fixture::new(1);
    let orders =
        [order(&store, &fixture).await, order(&store, &fixture).await, order(&store, &fixture).await];
    // Plain sets have a statement for the tables that they write, which is prepared when the first of them comes.
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    assert_eq!(word(&store, &pay(&fixture, &orders[0])).await, "applied");
    wire.reset();
    for _ in 0..20 {
        assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    }
    for order in &orders[1..] {
        assert_eq!(word(&store, &pay(&fixture, order)).await, "applied");
    }
    // A connection that rested for a second, on a machine that stood still, is tried first.
    let tried = wire.asked("ROLLBACK");
    assert_eq!(wire.turns() - tried, 22);
    assert_eq!(wire.asked("/* mkt_commit */"), 22);
}

#[tokio::test]
async fn on_a_hosts_pool_a_commit_is_begin_call_commit() {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    let store = crate::harness::store(PoolMode::Shared, wire.url()).await;
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    wire.reset();
    for _ in 0..10 {
        assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    }
    let asked = ["BEGIN ISOLATION LEVEL READ COMMITTED", "/* mkt_commit */", "COMMIT"];
    assert_eq!(asked.map(|beginning| wire.asked(beginning)), [10, 10, 10]);
}

const A_CALL_WAITS: &str = "SELECT count(*) = 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mkt_commit%'";
const TWO_CALLS_WAIT: &str = "SELECT count(*) = 2 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mkt_commit%'";

/// Stops every commit of a database until it is dropped.
async fn stop(url: &str) -> PgConnection {
    let mut stranger = stranger(url).await;
    stranger.execute("BEGIN; LOCK TABLE mkt_decisions IN EXCLUSIVE MODE").await.unwrap();
    stranger
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_meanwhile_goes_together() {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    let options = options(wire.url()).with_lanes(NonZeroU32::MIN);
    let store = PostgresStore::connect_with(options).await.unwrap();
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    wire.reset();
    let stop = stop(&database.url()).await;
    let first = sending(&store, &notice(&fixture));
    until(&mut stranger(&database.url()).await, A_CALL_WAITS).await;
    let mut commits: Vec<_> = (0..100).map(|_| sending(&store, &notice(&fixture))).collect();
    commits.push(first);
    queued(&store, 100).await;
    stop.close().await.unwrap();
    for commit in commits {
        assert_eq!(commit.await.unwrap(), "applied");
    }
    assert_eq!(wire.asked("/* mkt_commit */"), 3, "one alone, and a hundred in fifties");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_wait_get_a_lane_of_their_own() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    let stop = stop(&database.url()).await;
    let first = sending(&store, &notice(&fixture));
    let mut looker = stranger(&database.url()).await;
    until(&mut looker, A_CALL_WAITS).await;
    let mut commits: Vec<_> = (0..30).map(|_| sending(&store, &notice(&fixture))).collect();
    commits.push(first);
    until(&mut looker, TWO_CALLS_WAIT).await;
    stop.close().await.unwrap();
    for commit in commits {
        assert_eq!(commit.await.unwrap(), "applied");
    }
}

/// Waits until so many commits wait for a lane.
async fn queued(store: &PostgresStore, count: usize) {
    while store.waiting_commits() < count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_holds_stops_its_own_commits_only() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    let (stuck, free) = (order(&store, &fixture).await, order(&store, &fixture).await);
    let mut holder = stranger(&database.url()).await;
    holder.execute("BEGIN").await.unwrap();
    holder.execute("SELECT FROM mkt_orders ORDER BY id LIMIT 1 FOR UPDATE").await.unwrap();
    let waiting = sending(&store, &pay(&fixture, &stuck));
    until(&mut stranger(&database.url()).await, A_CALL_WAITS).await;
    assert_eq!(word(&store, &pay(&fixture, &free)).await, "applied");
    for _ in 0..50 {
        assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    }
    assert!(!waiting.is_finished(), "the others did not wait for it");
    assert_eq!(waiting.await.unwrap(), "unavailable", "after lock_timeout");
    holder.execute("ROLLBACK").await.unwrap();
    assert_eq!(word(&store, &pay(&fixture, &stuck)).await, "applied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_breaks_the_call_does_not_break_its_neighbours() {
    let database = database().await;
    let mut breaker = stranger(&database.url()).await;
    // The one error of a statement that a handler for all others does not catch.
    breaker
        .execute(
            "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE 'P0004'; END $$;
            CREATE TRIGGER break BEFORE INSERT ON mkt_notices FOR EACH ROW WHEN (NEW.gateway = 'broken')
            EXECUTE FUNCTION break()",
        )
        .await
        .unwrap();
    let store =
        PostgresStore::connect_with(options(&database.url()).with_lanes(NonZeroU32::MIN)).await.unwrap();
    let fixture = Fixture::new(1);
    let stop = stop(&database.url()).await;
    let mut good = JoinSet::new();
    let mut bad = JoinSet::new();
    good.spawn({
        let (store, set) = (store.clone(), notice(&fixture));
        async move { word(&store, &set).await }
    });
    until(&mut breaker, A_CALL_WAITS).await;
    for number in 0..19 {
        let of_broken = Notice { gateway: "broken".to_owned(), ..fixture.notice() };
        let broken = fixture.set(vec![Change::InsertNotice(of_broken)]);
        let (store, set) = (store.clone(), if number == 7 { broken.clone() } else { notice(&fixture) });
        let commits = if number == 7 { &mut bad } else { &mut good };
        commits.spawn(async move { word(&store, &set).await });
    }
    queued(&store, 19).await;
    stop.close().await.unwrap();
    assert_eq!(bad.join_all().await, ["defect"]);
    let words = good.join_all().await;
    assert!(words.iter().all(|word| *word == "applied"), "{words:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_the_database_cannot_keep_is_a_defect_of_its_set() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    let mut notice = fixture.notice();
    notice.gateway = "a\0b".to_owned();
    assert_eq!(word(&store, &fixture.set(vec![Change::InsertNotice(notice)])).await, "defect");
    // The same six characters as plain text are no NUL, nor is one in a payload, which is text of its own.
    let mut notice = fixture.notice();
    notice.gateway = "a\\u0000b".to_owned();
    let mut job = fixture.job();
    job.payload = serde_json::json!({ "text": "a\0b" });
    let changes = vec![Change::InsertNotice(notice), Change::Enqueue(job)];
    assert_eq!(word(&store, &fixture.set(changes)).await, "applied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_turns_away() {
    let database = database().await;
    let options = options(&database.url()).with_lanes(NonZeroU32::MIN).with_longest_queue(5);
    let store = PostgresStore::connect_with(options).await.unwrap();
    let fixture = Fixture::new(1);
    let stop = stop(&database.url()).await;
    let mut commits = JoinSet::new();
    let first = sending(&store, &notice(&fixture));
    until(&mut stranger(&database.url()).await, A_CALL_WAITS).await;
    for _ in 0..5 {
        let (store, set) = (store.clone(), notice(&fixture));
        commits.spawn(async move { word(&store, &set).await });
    }
    queued(&store, 5).await;
    let turned_away = store.commit(notice(&fixture)).await;
    assert!(matches!(turned_away, Err(CommitError::Unavailable(_))), "{turned_away:?}");
    stop.close().await.unwrap();
    assert_eq!(first.await.unwrap(), "applied");
    let words = commits.join_all().await;
    assert!(words.iter().all(|word| *word == "applied"), "{words:?}");
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    store.close().await;
    assert_eq!(word(&store, &notice(&fixture)).await, "unavailable");
    let left = "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()";
    until(&mut stranger(&database.url()).await, left).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_waits_for_what_was_taken() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    let stop = stop(&database.url()).await;
    let first = sending(&store, &notice(&fixture));
    let mut looker = stranger(&database.url()).await;
    until(&mut looker, A_CALL_WAITS).await;
    let mut taken: Vec<_> = (0..30).map(|_| sending(&store, &notice(&fixture))).collect();
    taken.push(first);
    until(&mut looker, TWO_CALLS_WAIT).await;
    let closing = async {
        store.close().await;
        assert_eq!(word(&store, &notice(&fixture)).await, "unavailable");
    };
    let going_on = async { stop.close().await.unwrap() };
    tokio::join!(closing, going_on);
    for commit in taken {
        assert_eq!(commit.await.unwrap(), "applied");
    }
}
