//! A set in a transaction of the host: both or neither.

use crate::harness::{database, store, stranger};
use marketplace_postgres::{
    PoolMode, PostgresStore,
    marketplace_core::{
        commit::{Change, Commit as _, CommitError, Committed, Refusal},
        event::Events as _,
        payment::{Notice, PaymentRows as _},
    },
    sqlx::{AssertSqlSafe, Executor as _, query, query_scalar},
};
use marketplace_testing::{build::Fixture, postgres::TestDatabase};

struct Stage {
    database: TestDatabase,
    store: PostgresStore,
    fixture: Fixture,
}

impl Stage {
    async fn new(mode: PoolMode) -> Self {
        let database = database().await;
        stranger(&database.url()).await.execute("CREATE TABLE own (id BIGINT PRIMARY KEY)").await.unwrap();
        let store = store(mode, &database.url()).await;
        Self { database, store, fixture: Fixture::new(1) }
    }

    async fn own_rows(&self) -> i64 {
        let mut looker = stranger(&self.database.url()).await;
        query_scalar("SELECT count(*) FROM own").fetch_one(&mut looker).await.unwrap()
    }

    async fn has(&self, notice: &Notice) -> bool {
        self.store.notice(&notice.key).await.unwrap().is_some()
    }
}

async fn both_or_neither(mode: PoolMode) {
    let stage = Stage::new(mode).await;
    let notice = stage.fixture.notice();
    let set = stage.fixture.set(vec![Change::InsertNotice(notice.clone())]);

    let mut tx = stage.store.begin().await.unwrap();
    query("INSERT INTO own VALUES (1)").execute(&mut *tx).await.unwrap();
    assert_eq!(stage.store.commit_in(&mut tx, &set).await.unwrap(), Committed::Applied);
    tx.rollback().await.unwrap();
    assert!(!stage.has(&notice).await);
    assert_eq!(stage.own_rows().await, 0);

    let mut tx = stage.store.begin().await.unwrap();
    query("INSERT INTO own VALUES (1)").execute(&mut *tx).await.unwrap();
    assert_eq!(stage.store.commit_in(&mut tx, &set).await.unwrap(), Committed::Applied);
    assert_eq!(stage.store.commit_in(&mut tx, &set).await.unwrap(), Committed::Replayed);
    tx.commit().await.unwrap();
    assert!(stage.has(&notice).await);
    assert_eq!(stage.own_rows().await, 1);
}

#[tokio::test]
async fn what_is_committed_late_is_heard_of_behind_what_was_read() {
    let stage = Stage::new(PoolMode::Own).await;
    let sets: Vec<_> =
        (0..3).map(|_| stage.fixture.set(vec![Change::InsertUser(stage.fixture.user())])).collect();
    let read = async |after| {
        let events = stage.store.events(after, 10).await.unwrap();
        events.into_iter().map(|event| (event.number, event.decision)).collect::<Vec<_>>()
    };
    let key = |set: usize| sets[set].decision().key.clone();
    let mut late = stage.store.begin().await.unwrap();
    stage.store.commit_in(&mut late, &sets[0]).await.unwrap();
    let mut never = stage.store.begin().await.unwrap();
    stage.store.commit_in(&mut never, &sets[1]).await.unwrap();
    stage.store.commit(sets[2].clone()).await.unwrap();
    assert_eq!(read(0).await, [(1, key(2))], "nothing of open transactions, and nobody waits for them");
    never.rollback().await.unwrap();
    late.commit().await.unwrap();
    assert_eq!(read(1).await, [(2, key(0))]);
    assert_eq!(read(0).await, [(1, key(2)), (2, key(0))]);
}

#[tokio::test]
async fn a_long_tail_is_numbered_in_portions_and_in_order() {
    let stage = Stage::new(PoolMode::Own).await;
    let mut stranger = stranger(&stage.database.url()).await;
    for table in
        ["mkt_decisions (key, name, input_hash, subject, actor, decided_at, events)", "mkt_untold (key)"]
    {
        let columns = if table.starts_with("mkt_untold") {
            "'k' || lpad(n::TEXT, 6, '0')"
        } else {
            "'k' || lpad(n::TEXT, 6, '0'), 'test', sha256('x'), 'x', 'system', n, 'order.paid'"
        };
        let fill = format!("INSERT INTO {table} SELECT {columns} FROM generate_series(1, 12001) n");
        stranger.execute(AssertSqlSafe(fill)).await.unwrap();
    }
    assert_eq!(stage.store.last_event().await.unwrap(), 12_001);
    let events = stage.store.events(4_990, 20).await.unwrap();
    for (event, number) in events.iter().zip(4_991_u64..) {
        assert_eq!((event.number, event.decision.as_str()), (number, &*format!("k{number:06}")));
    }
    assert_eq!(events.len(), 20);
}

#[tokio::test]
async fn both_or_neither_on_own_connections() {
    both_or_neither(PoolMode::Own).await;
}

#[tokio::test]
async fn both_or_neither_on_a_hosts_pool() {
    both_or_neither(PoolMode::Shared).await;
}

#[tokio::test]
async fn a_refusal_takes_back_the_set_alone() {
    let stage = Stage::new(PoolMode::Own).await;
    let (first, second) = (stage.fixture.notice(), stage.fixture.notice());
    let taken = vec![Change::InsertNotice(second.clone()), Change::InsertNotice(second.clone())];
    let mut tx = stage.store.begin().await.unwrap();
    query("INSERT INTO own VALUES (1)").execute(&mut *tx).await.unwrap();
    stage
        .store
        .commit_in(&mut tx, &stage.fixture.set(vec![Change::InsertNotice(first.clone())]))
        .await
        .unwrap();
    let refused = stage.store.commit_in(&mut tx, &stage.fixture.set(taken)).await;
    assert!(matches!(refused, Err(CommitError::Refused(Refusal::Taken))), "{refused:?}");
    tx.commit().await.unwrap();
    assert!(stage.has(&first).await);
    assert!(!stage.has(&second).await);
    assert_eq!(stage.own_rows().await, 1);
}

#[tokio::test]
async fn money_is_not_moved_under_repeatable_read() {
    let stage = Stage::new(PoolMode::Own).await;
    let set = stage.fixture.set(vec![Change::InsertNotice(stage.fixture.notice())]);
    let mut tx = stage.store.begin().await.unwrap();
    tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    let refused = stage.store.commit_in(&mut tx, &set).await;
    assert!(matches!(refused, Err(CommitError::Defect(_))), "{refused:?}");
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_rolled_back_and_its_connection_is_good() {
    let stage = Stage::new(PoolMode::Own).await;
    for number in 0..20 {
        let mut tx = stage.store.begin().await.unwrap();
        query("INSERT INTO own VALUES ($1)").bind(i64::from(number)).execute(&mut *tx).await.unwrap();
        drop(tx);
    }
    assert_eq!(stage.own_rows().await, 0);
    let mut tx = stage.store.begin().await.unwrap();
    query("INSERT INTO own VALUES (1)").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(stage.own_rows().await, 1);
}
