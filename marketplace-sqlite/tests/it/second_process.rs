//! Another process on the same file: it writes, it keeps the lock, it dies with it.
//!
//! The other process is a copy of this program that runs the same test and finds in its environment what it is for.

use crate::support::{Place, accept, order};
use marketplace_core::{
    Health,
    commit::{Change, Commit, CommitError, Committed},
    error::StoreError,
    identity::{Sessions, User, Users},
};
use marketplace_sqlite::{SqliteOptions, SqliteStore, sqlx::query};
use marketplace_testing::build::Fixture;
use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The database file of the other process.
const FILE: &str = "SECOND_PROCESS_FILE";

/// What a process is for that was started as the other one.
fn file() -> Option<PathBuf> {
    env::var_os(FILE).map(PathBuf::from)
}

/// The other process. Dropping it kills it.
struct Second(Child);

impl Second {
    /// Starts this test once more, and waits until it says that it is ready.
    fn start(test: &str, file: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", &format!("second_process::{test}"), "--nocapture"]).env(FILE, file);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
        let second = Self(child);
        assert_eq!(said.trim(), "ready");
        second
    }

    /// Lets it go on to its end.
    fn finish(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }

    /// SIGKILL: nothing of it runs any more.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        // Both fail only if it has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// In the other process: says so, and waits until it may go on.
#[expect(clippy::print_stderr, reason = "the first process listens there")]
fn ready() {
    eprintln!("ready");
    let end = std::io::stdin().read(&mut [0]).unwrap();
    assert_eq!(end, 0);
}

/// In the other process: takes the lock, writes, keeps it, and writes nothing in the end.
async fn keep_the_lock(file: PathBuf) {
    let store = SqliteStore::connect_with(SqliteOptions::new(file)).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    query("INSERT INTO mkt_limits (key, used) VALUES ('second', 1)").execute(&mut *tx).await.unwrap();
    ready();
    tx.rollback().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_lock_of_another_process_makes_writes_unavailable_and_leaves_reads_alone() {
    if let Some(file) = file() {
        return keep_the_lock(file).await;
    }
    let place = Place::new();
    let fixture = Fixture::new(20);
    let store = place.store_with(place.options().with_busy_timeout(Duration::from_millis(20))).await;
    let (creator, _) = order(&store, &fixture).await;
    let second = Second::start(
        "a_lock_of_another_process_makes_writes_unavailable_and_leaves_reads_alone",
        &place.path(),
    );

    let set = fixture.set(vec![Change::InsertUser(fixture.user())]);
    let refused = store.commit(set.clone()).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    let session = fixture.session(&creator);
    let refused = store.start_session(session.clone()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(store.user(creator.id).await.unwrap(), Some(creator));
    store.check().await.unwrap();

    second.finish();
    assert_eq!(store.commit(set).await.unwrap(), Committed::Applied, "nothing had been written");
    store.start_session(session).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn what_a_process_had_begun_when_it_died_is_gone_and_so_is_its_lock() {
    if let Some(file) = file() {
        return keep_the_lock(file).await;
    }
    let place = Place::new();
    let fixture = Fixture::new(23);
    let store = place.store_with(place.options().with_busy_timeout(Duration::from_millis(20))).await;
    let second =
        Second::start("what_a_process_had_begun_when_it_died_is_gone_and_so_is_its_lock", &place.path());
    let set = fixture.set(vec![Change::InsertUser(fixture.user())]);
    let refused = store.commit(set.clone()).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");

    second.kill();
    assert_eq!(store.commit(set).await.unwrap(), Committed::Applied);
    let mut looker = place.outside().await;
    let left = query("SELECT 1 FROM mkt_limits").fetch_optional(&mut looker).await.unwrap();
    assert!(left.is_none(), "half a transaction");
    store.close().await;
}

/// How many sets each of two processes commits.
const SETS: u32 = 50;

/// SQLite has no queue: a slow machine may let one of them wait until the other is done.
const AS_LONG_AS_IT_TAKES: Duration = Duration::from_mins(5);

/// The same seed draws the same rows, in whichever process.
fn users(seed: u32) -> (Fixture, Vec<User>) {
    let fixture = Fixture::new(seed);
    let users = (0..SETS).map(|_| fixture.user()).collect();
    (fixture, users)
}

async fn write(store: &SqliteStore, seed: u32) {
    let (fixture, users) = users(seed);
    for user in users {
        accept(store, fixture.set(vec![Change::InsertUser(user)])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_write_wait_for_each_other() {
    const MINE: u32 = 1_000;
    const OTHERS: u32 = 2_000;
    if let Some(file) = file() {
        let options = SqliteOptions::new(file).with_busy_timeout(AS_LONG_AS_IT_TAKES);
        let store = SqliteStore::connect_with(options).await.unwrap();
        ready();
        write(&store, OTHERS).await;
        return store.close().await;
    }
    let place = Place::new();
    let store = place.store_with(place.options().with_busy_timeout(AS_LONG_AS_IT_TAKES)).await;
    let second = Second::start("two_processes_that_write_wait_for_each_other", &place.path());
    let other = tokio::task::spawn_blocking(|| second.finish());
    write(&store, MINE).await;
    other.await.unwrap();
    for user in users(MINE).1.into_iter().chain(users(OTHERS).1) {
        assert_eq!(store.user(user.id).await.unwrap(), Some(user));
    }
    store.close().await;
}
