//! What goes wrong on the way and at the server, and what the caller is told: nothing written, or unknown.

use crate::{
    harness::{database, options, own_store, sending, store, stranger, until, word},
    wire::{
        Act::{self, Answer, Hang, LoseAfter, LoseBefore},
        At::{self, Query, Statement},
        Wire,
    },
};
use marketplace_postgres::{
    PoolMode, PostgresStore,
    marketplace_core::{
        commit::{Change, ChangeSet},
        error::StoreError,
        job::Jobs as _,
        payment::PaymentRows as _,
    },
    sqlx::{AssertSqlSafe, Executor as _},
};
use marketplace_testing::build::Fixture;
use std::time::Duration;

fn notice(fixture: &Fixture) -> ChangeSet {
    fixture.set(vec![Change::InsertNotice(fixture.notice())])
}

/// A set that goes one by one, since the name of its job may be taken.
fn named(fixture: &Fixture) -> ChangeSet {
    let mut job = fixture.job();
    job.unique = Some(job.id.to_string());
    fixture.set(vec![Change::InsertNotice(fixture.notice()), Change::Enqueue(job)])
}

const CALL: At = Statement("mkt_commit");
/// A call that carries sets one by one.
const ONE_BY_ONE: At = Statement("mkt_commit(");
const BULK: At = Statement("mkt_put_off");

/// Each fault, what the caller hears, and what the same set is when it is sent again.
async fn told(mode: PoolMode, make: fn(&Fixture) -> ChangeSet, faults: &[(At, Act, &str, &str)]) {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    let store = store(mode, wire.url()).await;
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &make(&fixture)).await, "applied");
    for (at, act, first, again) in faults {
        let set = make(&fixture);
        wire.plan(*at, *act);
        assert_eq!(word(&store, &set).await, *first, "{at:?} {act:?}");
        assert!(!wire.is_planned(), "{at:?} {act:?} did not happen");
        assert_eq!(word(&store, &set).await, *again, "{at:?} {act:?}, sent again");
        assert_eq!(word(&store, &make(&fixture)).await, "applied", "{at:?} {act:?}, and then");
    }
}

#[tokio::test]
async fn on_own_connections() {
    let faults = [
        (ONE_BY_ONE, LoseBefore, "unknown", "applied"),
        (ONE_BY_ONE, LoseAfter, "unknown", "replayed"),
        (ONE_BY_ONE, Answer("57P01"), "unknown", "applied"),
        (ONE_BY_ONE, Answer("40001"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("40P01"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("55P03"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("57014"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("53300"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("53100"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("25006"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("25P02"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("XX000"), "defect", "applied"),
    ];
    told(PoolMode::Own, named, &faults).await;
}

/// What one of its sets may be to blame for makes a bulk go one by one; all else is told as it is.
#[tokio::test]
async fn in_bulk_on_own_connections() {
    let faults = [
        (BULK, LoseBefore, "unknown", "applied"),
        (BULK, LoseAfter, "unknown", "replayed"),
        (BULK, Answer("57P01"), "unknown", "applied"),
        (BULK, Answer("40001"), "applied", "replayed"),
        (BULK, Answer("40P01"), "applied", "replayed"),
        (BULK, Answer("55P03"), "applied", "replayed"),
        (BULK, Answer("57014"), "unavailable", "applied"),
        (BULK, Answer("53300"), "unavailable", "applied"),
        (BULK, Answer("53100"), "unavailable", "applied"),
        (BULK, Answer("25006"), "unavailable", "applied"),
        (BULK, Answer("25P02"), "unavailable", "applied"),
        (BULK, Answer("XX000"), "applied", "replayed"),
    ];
    told(PoolMode::Own, notice, &faults).await;
}

#[tokio::test]
async fn on_a_hosts_pool() {
    let faults = [
        (Query("BEGIN"), LoseBefore, "unavailable", "applied"),
        (Query("BEGIN"), LoseAfter, "unavailable", "applied"),
        (Query("BEGIN"), Answer("57P01"), "unavailable", "applied"),
        // Left by somebody: another connection is taken, and nobody hears of it.
        (Query("BEGIN"), Answer("25P02"), "applied", "replayed"),
        (ONE_BY_ONE, LoseBefore, "unavailable", "applied"),
        (ONE_BY_ONE, LoseAfter, "unavailable", "applied"),
        (ONE_BY_ONE, Answer("57P01"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("40001"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("40P01"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("57014"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("53300"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("25006"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("25P02"), "unavailable", "applied"),
        (ONE_BY_ONE, Answer("XX000"), "defect", "applied"),
        (Query("COMMIT"), LoseBefore, "unknown", "applied"),
        (Query("COMMIT"), LoseAfter, "unknown", "replayed"),
        (Query("COMMIT"), Answer("57P01"), "unknown", "applied"),
        (Query("COMMIT"), Answer("40001"), "unavailable", "applied"),
    ];
    told(PoolMode::Shared, named, &faults).await;
}

#[tokio::test]
async fn in_bulk_on_a_hosts_pool() {
    let faults = [
        (BULK, LoseBefore, "unavailable", "applied"),
        (BULK, LoseAfter, "unavailable", "applied"),
        (BULK, Answer("57P01"), "unavailable", "applied"),
        (BULK, Answer("40001"), "applied", "replayed"),
        (BULK, Answer("40P01"), "applied", "replayed"),
        (BULK, Answer("57014"), "unavailable", "applied"),
        (BULK, Answer("53300"), "unavailable", "applied"),
        (BULK, Answer("25006"), "unavailable", "applied"),
        (BULK, Answer("25P02"), "unavailable", "applied"),
        (BULK, Answer("XX000"), "applied", "replayed"),
        (Query("COMMIT"), LoseBefore, "unknown", "applied"),
        (Query("COMMIT"), LoseAfter, "unknown", "replayed"),
    ];
    told(PoolMode::Shared, notice, &faults).await;
}

#[tokio::test]
async fn reads_are_never_unknown() {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    for mode in [PoolMode::Own, PoolMode::Shared] {
        let store = store(mode, wire.url()).await;
        store.notice("no-such").await.unwrap();
        for act in [LoseBefore, LoseAfter, Answer("57P01"), Answer("57014"), Answer("53300")] {
            wire.plan(Statement("mkt_notices"), act);
            let read = store.notice("no-such").await;
            assert!(matches!(read, Err(StoreError::Unavailable(_))), "{mode:?} {act:?}: {read:?}");
            assert_eq!(store.notice("no-such").await.unwrap(), None, "{mode:?} {act:?}, and then");
        }
        wire.plan(Statement("mkt_notices"), Answer("25P02"));
        assert_eq!(store.notice("no-such").await.unwrap(), None, "{mode:?}: from another connection");
    }
}

#[tokio::test]
async fn single_rows_are_told_of_likewise() {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    let store = own_store(wire.url()).await;
    let fixture = Fixture::new(1);
    assert!(store.enqueue(fixture.job()).await.unwrap());
    for act in [LoseBefore, LoseAfter] {
        wire.plan(Statement("mkt_jobs"), act);
        assert!(matches!(store.enqueue(fixture.job()).await, Err(StoreError::Unknown(_))), "{act:?}");
    }
    wire.plan(Statement("mkt_jobs"), Answer("40P01"));
    assert!(matches!(store.enqueue(fixture.job()).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_server_without_room_is_unavailable_until_it_has_some() {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    let options = options(wire.url()).with_queue_timeout(Duration::from_secs(2));
    let store = PostgresStore::connect_with(options).await.unwrap();
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    wire.plan(CALL, LoseBefore);
    assert_eq!(word(&store, &notice(&fixture)).await, "unknown");
    for code in ["53300", "57P03"] {
        wire.refuse(Some(code));
        assert_eq!(word(&store, &notice(&fixture)).await, "unavailable", "{code}");
        wire.refuse(None);
        assert_eq!(word(&store, &notice(&fixture)).await, "applied", "after {code}");
        wire.plan(CALL, LoseBefore);
        assert_eq!(word(&store, &notice(&fixture)).await, "unknown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_dead_and_does_not_say_so_is_given_up() {
    let database = database().await;
    let wire = Wire::to(&database.url()).await;
    let store = own_store(wire.url()).await;
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    wire.plan(CALL, Hang);
    let hanging = sending(&store, &notice(&fixture));
    while wire.is_planned() {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        assert_eq!(word(&store, &notice(&fixture)).await, "applied", "on the other lane");
    }
    assert_eq!(hanging.await.unwrap(), "unknown");
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
}

const A_CALL_WAITS: &str = "SELECT count(*) = 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mkt_commit%'";

/// What an operator does to a call in the middle of its work, at a real server.
async fn done_to(mode: PoolMode, what: &'static str) -> &'static str {
    let database = database().await;
    let store = store(mode, &database.url()).await;
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    let mut operator = stranger(&database.url()).await;
    operator.execute("BEGIN; LOCK TABLE mkt_decisions IN EXCLUSIVE MODE").await.unwrap();
    let set = notice(&fixture);
    let waiting = sending(&store, &set);
    let mut second = stranger(&database.url()).await;
    until(&mut second, A_CALL_WAITS).await;
    let statement = format!(
        "SELECT {what}(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    );
    second.execute(AssertSqlSafe(statement)).await.unwrap();
    let told = waiting.await.unwrap();
    operator.execute("ROLLBACK").await.unwrap();
    assert_eq!(word(&store, &set).await, "applied", "nothing was written, and the store goes on");
    told
}

#[tokio::test]
async fn a_backend_that_is_terminated_may_have_committed() {
    assert_eq!(done_to(PoolMode::Own, "pg_terminate_backend").await, "unknown");
}

#[tokio::test]
async fn a_backend_that_is_terminated_before_commit_has_not() {
    assert_eq!(done_to(PoolMode::Shared, "pg_terminate_backend").await, "unavailable");
}

#[tokio::test]
async fn a_statement_that_is_cancelled_wrote_nothing() {
    assert_eq!(done_to(PoolMode::Own, "pg_cancel_backend").await, "unavailable");
    assert_eq!(done_to(PoolMode::Shared, "pg_cancel_backend").await, "unavailable");
}

/// Whatever a real server raises inside a set is that set's alone.
#[tokio::test]
async fn an_error_inside_a_set_is_judged_by_its_code() {
    let database = database().await;
    let mut operator = stranger(&database.url()).await;
    operator
        .execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = NEW.gateway; END $$;
            CREATE TRIGGER fail BEFORE INSERT ON mkt_notices FOR EACH ROW EXECUTE FUNCTION fail()",
        )
        .await
        .unwrap();
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    for (code, told) in [
        ("40001", "unavailable"),
        ("40P01", "unavailable"),
        ("55P03", "unavailable"),
        ("53100", "unavailable"),
        ("25006", "unavailable"),
        ("23514", "defect"),
        ("XX000", "defect"),
    ] {
        let mut notice = fixture.notice();
        notice.gateway = code.to_owned();
        assert_eq!(word(&store, &fixture.set(vec![Change::InsertNotice(notice)])).await, told, "{code}");
    }
}

/// A failover to a server that only reads: no defect, and well again without a restart of ours.
#[tokio::test]
async fn a_server_that_only_reads_is_unavailable() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    assert_eq!(word(&store, &notice(&fixture)).await, "applied");
    let mut operator = stranger(&database.url()).await;
    let name = database.name();
    let only_reads = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    operator.execute(AssertSqlSafe(only_reads)).await.unwrap();
    let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    operator.execute(all).await.unwrap();
    let set = notice(&fixture);
    // The first hears that its connection is gone.
    let first = word(&store, &set).await;
    assert!(["unknown", "unavailable"].contains(&first), "{first}");
    assert_eq!(word(&store, &set).await, "unavailable");
    assert!(matches!(
        store.enqueue(fixture.job()).await,
        Err(StoreError::Unavailable(_) | StoreError::Unknown(_))
    ));
    assert!(matches!(store.enqueue(fixture.job()).await, Err(StoreError::Unavailable(_))));
    let writes = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    operator.execute(AssertSqlSafe(writes)).await.unwrap();
    assert_eq!(word(&store, &set).await, "applied");
    assert!(store.enqueue(fixture.job()).await.unwrap());
}
