//! Writes that wait for the writer together.

use crate::support::{Place, accept, chain, queued, run};
use futures_util::future::{BoxFuture, join_all};
use marketplace_core::{
    answer::{AnswerScope, Answers as _, BeginAnswer},
    commit::{Change, ChangeSet, Commit, CommitError, Committed, InputHash, Refusal},
    error::StoreError,
    id::FileId,
    identity::{Sessions as _, User, Users as _},
    payment::Notice,
};
use marketplace_sqlite::{SqliteStore, sqlx::raw_sql};
use marketplace_testing::build::Fixture;
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

type Answer = Result<Committed, CommitError>;

fn user(fixture: &Fixture) -> ChangeSet {
    fixture.set(vec![Change::InsertUser(fixture.user())])
}

fn applied(answer: &Answer) -> bool {
    matches!(answer, Ok(Committed::Applied))
}

fn unavailable(answer: &Answer) -> bool {
    matches!(answer, Err(CommitError::Unavailable(_)))
}

/// Commits that wait, in this order.
fn waiting(store: &SqliteStore, sets: impl IntoIterator<Item = ChangeSet>) -> Vec<BoxFuture<'_, Answer>> {
    let mut commits = Vec::new();
    for set in sets {
        let mut commit = store.commit(set);
        // A commit stands in the queue from its first poll on.
        assert!(commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        commits.push(commit);
    }
    commits
}

/// How many transactions stand in the log: frames that carry the size of the database.
fn transactions(place: &Place) -> usize {
    let log = fs::read(place.path().with_extension("db-wal")).unwrap();
    let (header, frames) = log.split_at(32);
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let page = usize::try_from(number(&header[8..12])).unwrap();
    let current = |frame: &&[u8]| frame[8..16] == header[16..24];
    frames.chunks_exact(page + 24).filter(current).filter(|frame| number(&frame[4..8]) > 0).count()
}

#[tokio::test]
async fn what_waits_goes_together_and_fifty_at_the_most() {
    let place = Place::new();
    let fixture = Fixture::new(60);
    let store = place.store().await;
    let tx = store.begin().await.unwrap();
    let before = transactions(&place);
    let commits = waiting(&store, (0..120).map(|_| user(&fixture)));
    assert_eq!(store.waiting_writes(), 120);
    tx.rollback().await.unwrap();
    assert!(join_all(commits).await.iter().all(applied));
    assert_eq!(transactions(&place) - before, 3);
    for number in 1..=3 {
        accept(&store, user(&fixture)).await;
        assert_eq!(transactions(&place) - before, 3 + number, "one that is alone goes alone, at once");
    }
    store.close().await;
}

#[tokio::test]
async fn single_rows_stand_in_the_same_queue() {
    let place = Place::new();
    let fixture = Fixture::new(61);
    let store = place.store().await;
    let known = fixture.user();
    accept(&store, fixture.set(vec![Change::InsertUser(known.clone())])).await;
    let tx = store.begin().await.unwrap();
    let before = transactions(&place);
    let sessions: Vec<_> = (0..20).map(|_| fixture.session(&known)).collect();
    let orphan = fixture.session(&fixture.user());
    let commits = join_all(waiting(&store, (0..20).map(|_| user(&fixture))));
    let starts = join_all(sessions.iter().map(|session| store.start_session(session.clone())));
    let ended = async {
        queued(&store, 41).await;
        tx.rollback().await.unwrap();
    };
    let (commits, starts, refused, ()) =
        tokio::join!(commits, starts, store.start_session(orphan.clone()), ended);
    assert!(commits.iter().all(applied));
    assert!(starts.iter().all(Result::is_ok));
    assert!(matches!(refused, Err(StoreError::Defect(_))), "a session of nobody: {refused:?}");
    assert_eq!(transactions(&place) - before, 1);
    for session in &sessions {
        let found = store.session(&session.token, session.created_at).await.unwrap();
        assert_eq!(found.as_ref(), Some(session));
    }
    assert_eq!(store.session(&orphan.token, orphan.created_at).await.unwrap(), None);
    store.close().await;
}

#[tokio::test]
async fn what_writes_nothing_costs_no_sync() {
    let place = Place::new();
    let fixture = Fixture::new(62);
    let store = place.store().await;
    let known = user(&fixture);
    accept(&store, known.clone()).await;
    let before = fs::read(place.path().with_extension("db-wal")).unwrap();
    let stale = Change::RemoveFile { id: FileId::from_uuid(fixture.uuid()), at: fixture.tick() };
    let refused = fixture.set(vec![Change::InsertUser(fixture.user()), stale]);
    let tx = store.begin().await.unwrap();
    let commits = waiting(&store, [known.clone(), refused.clone(), known.clone()]);
    tx.rollback().await.unwrap();
    let answers = join_all(commits).await;
    assert!(matches!(
        answers[..],
        [Ok(Committed::Replayed), Err(CommitError::Refused(Refusal::Stale)), Ok(Committed::Replayed)]
    ));
    assert_eq!(store.commit(known).await.unwrap(), Committed::Replayed);
    assert!(store.commit(refused).await.is_err());
    assert!(fs::read(place.path().with_extension("db-wal")).unwrap() == before, "nothing was written");
    store.close().await;
}

#[tokio::test]
async fn callers_that_left_are_served_and_disturb_nobody() {
    let place = Place::new();
    let fixture = Fixture::new(63);
    let store = place.store().await;
    let sets: Vec<_> = (0..30).map(|_| user(&fixture)).collect();
    let tx = store.begin().await.unwrap();
    let before = transactions(&place);
    let mut commits = waiting(&store, sets.iter().cloned());
    let mut number = 0;
    commits.retain(|_| {
        number += 1;
        number % 3 != 0
    });
    assert_eq!(store.waiting_writes(), 30, "who left stays in the queue");
    tx.rollback().await.unwrap();
    assert!(join_all(commits).await.iter().all(applied));
    assert_eq!(transactions(&place) - before, 1);
    for set in sets {
        assert_eq!(store.commit(set).await.unwrap(), Committed::Replayed);
    }
    store.close().await;
}

#[tokio::test]
async fn a_full_queue_turns_away() {
    let place = Place::new();
    let fixture = Fixture::new(64);
    let store = place.store_with(place.options().with_longest_queue(5)).await;
    let tx = store.begin().await.unwrap();
    let commits = waiting(&store, (0..5).map(|_| user(&fixture)));
    let late = user(&fixture);
    let turned_away = store.commit(late.clone()).await;
    let Err(CommitError::Unavailable(source)) = turned_away else { panic!("{turned_away:?}") };
    assert_eq!(source.to_string(), "too many writes are waiting");
    let turned_away = store.end_sessions(fixture.user().id, fixture.tick()).await;
    assert!(matches!(turned_away, Err(StoreError::Unavailable(_))), "{turned_away:?}");
    tx.rollback().await.unwrap();
    assert!(join_all(commits).await.iter().all(applied));
    assert_eq!(store.commit(late).await.unwrap(), Committed::Applied, "nothing had been written");
    store.close().await;
}

#[tokio::test]
async fn closing_runs_what_waits() {
    let place = Place::new();
    let fixture = Fixture::new(65);
    let store = place.store().await;
    let sets: Vec<_> = (0..70).map(|_| user(&fixture)).collect();
    let tx = store.begin().await.unwrap();
    let commits = waiting(&store, sets.iter().cloned());
    let late = user(&fixture);
    let rolling_back = async {
        // Closing has begun when the next one is turned away.
        while !unavailable(&store.commit(late.clone()).await) {
            tokio::task::yield_now().await;
        }
        tx.rollback().await.unwrap();
    };
    let (answers, (), ()) = tokio::join!(join_all(commits), store.close(), rolling_back);
    assert!(answers.iter().all(applied));
    let store = place.store().await;
    for set in sets {
        assert_eq!(store.commit(set).await.unwrap(), Committed::Replayed);
    }
    store.close().await;
}

#[tokio::test]
async fn another_processs_lock_makes_all_unavailable() {
    let place = Place::new();
    let fixture = Fixture::new(66);
    let store = place.store_with(place.options().with_busy_timeout(Duration::from_millis(20))).await;
    let sets: Vec<_> = (0..3).map(|_| user(&fixture)).collect();
    let mut other = place.outside().await;
    run(&mut other, "BEGIN IMMEDIATE").await.unwrap();
    let commits = waiting(&store, sets.iter().cloned());
    assert_eq!(store.waiting_writes(), 3, "nobody works before the first await");
    for answer in join_all(commits).await {
        let Err(error) = answer else { panic!("{answer:?}") };
        assert!(matches!(error, CommitError::Unavailable(_)), "{error:?}");
        assert!(chain(&error).contains("database is locked"), "{}", chain(&error));
    }
    run(&mut other, "ROLLBACK").await.unwrap();
    for set in sets {
        accept(&store, set).await;
    }
    store.close().await;
}

/// What one write of a group does to the others when SQLite takes back everything because of it.
#[tokio::test]
async fn a_write_that_finds_no_room_is_alone() {
    let place = Place::new();
    let fixture = Fixture::new(67);
    let store = place.store().await;
    let mut large = fixture.user();
    large.display_name = "x".repeat(1_000_000);
    let large = fixture.set(vec![Change::InsertUser(fixture.user()), Change::InsertUser(large)]);
    let small: Vec<_> = (0..6).map(|_| user(&fixture)).collect();
    let stale = Change::RemoveFile { id: FileId::from_uuid(fixture.uuid()), at: fixture.tick() };
    let stale = fixture.set(vec![Change::InsertUser(fixture.user()), stale]);
    let answer = BeginAnswer {
        scope: AnswerScope([7; 32]),
        input: InputHash::of(&1),
        serial: fixture.uuid(),
        now: fixture.tick(),
        lease_until: fixture.later(Duration::from_mins(1)),
        expires_at: fixture.later(Duration::from_mins(10)),
    };
    // The writer's connection refuses to grow the file by more than this, as a full disk would.
    let mut tx = store.begin().await.unwrap();
    raw_sql("PRAGMA max_page_count = 150").execute(&mut *tx).await.unwrap();
    let order = [&small[0], &small[1], &stale, &large, &small[2], &small[3], &small[0]];
    let commits = waiting(&store, order.into_iter().cloned());
    let once = store.begin_answer(answer);
    let rolling_back = async {
        queued(&store, 8).await;
        tx.rollback().await.unwrap();
    };
    let (answers, once, ()) = tokio::join!(join_all(commits), once, rolling_back);
    assert!(unavailable(&answers[3]), "the large one: {:?}", answers[3]);
    assert!(matches!(answers[2], Err(CommitError::Refused(Refusal::Stale))), "{:?}", answers[2]);
    for number in [0, 1, 4, 5] {
        assert!(applied(&answers[number]), "{number}: {:?}", answers[number]);
    }
    assert!(matches!(answers[6], Ok(Committed::Replayed)), "{:?}", answers[6]);
    // What cannot run twice is given back untouched.
    assert!(matches!(once, Err(StoreError::Unavailable(_))), "{once:?}");
    let begun = store.begin_answer(answer).await.unwrap();
    assert!(matches!(begun, marketplace_core::answer::Begun::Run { .. }), "{begun:?}");
    for change in large.changes() {
        let Change::InsertUser(User { id, .. }) = change else { panic!("only users") };
        assert_eq!(store.user(*id).await.unwrap(), None, "of the large one nothing is there");
    }
    accept(&store, large).await;
    store.close().await;
}

/// A check of the host's that waits until COMMIT is the defect of the set that broke it.
#[tokio::test]
async fn a_set_that_breaks_the_commit_is_alone() {
    let place = Place::new();
    let fixture = Fixture::new(68);
    let store = place.store().await;
    let host = "CREATE TABLE known (gateway TEXT PRIMARY KEY); INSERT INTO known VALUES ('scripted');
        CREATE TABLE seen (gateway TEXT REFERENCES known (gateway) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER see AFTER INSERT ON mkt_notices BEGIN INSERT INTO seen VALUES (NEW.gateway); END";
    run(&mut place.outside().await, host).await.unwrap();
    let notice = |gateway: &str| {
        let notice = Notice { gateway: gateway.to_owned(), ..fixture.notice() };
        fixture.set(vec![Change::InsertNotice(notice)])
    };
    let gateways = ["scripted", "scripted", "unknown", "scripted"];
    let tx = store.begin().await.unwrap();
    let commits = waiting(&store, gateways.map(notice));
    tx.rollback().await.unwrap();
    let answers = join_all(commits).await;
    for (gateway, answer) in gateways.iter().zip(&answers) {
        let fine = match *gateway {
            "scripted" => applied(answer),
            _ => matches!(answer, Err(CommitError::Defect(_))),
        };
        assert!(fine, "{gateway}: {answer:?}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_and_groups_take_turns() {
    let place = Place::new();
    let store = place.store().await;
    let over = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..8)
        .map(|seed| {
            let (store, over) = (store.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let fixture = Fixture::new(100 + seed);
                let mut count = 0;
                while !over.load(Ordering::SeqCst) {
                    accept(&store, user(&fixture)).await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    let fixture = Fixture::new(99);
    for _ in 0..20 {
        let mut tx = store.begin().await.expect("a host gets its turn");
        let set = user(&fixture);
        assert_eq!(store.commit_in(&mut tx, &set).await.unwrap(), Committed::Applied);
        tx.commit().await.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    for commits in load {
        assert!(commits.await.unwrap() > 0, "so do the others");
    }
    store.close().await;
}
