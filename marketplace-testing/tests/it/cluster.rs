//! The PostgreSQL server for tests: it is there when it is wanted and gone afterwards, however that comes.

use marketplace_testing::postgres::{ClusterOptions, TestCluster, TestDatabase, URL_VARIABLE};
use sqlx::{Connection as _, Executor as _, PgConnection, query_scalar};
use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::task::yield_now;

/// The folder of the server at this address.
async fn folder(url: &str) -> PathBuf {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let data: String = query_scalar("SHOW data_directory").fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    Path::new(&data).parent().unwrap().to_owned()
}

/// Waits until nothing is left of a server.
async fn gone(url: &str, folder: &Path) {
    while folder.exists() {
        yield_now().await;
    }
    assert!(PgConnection::connect(url).await.is_err());
}

fn runner() -> Command {
    let mut runner = Command::new(env!("CARGO_BIN_EXE_test-cluster"));
    runner.arg("--").env_remove(URL_VARIABLE);
    runner
}

/// A runner whose command waits until it is told to end, and the address that it was given.
fn waiting_runner() -> (Child, String) {
    let mut runner = runner();
    runner.args(["sh", "-c", "echo $TEST_DATABASE_URL; exec cat >/dev/null"]);
    let mut runner = runner.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(runner.stdout.take().unwrap()).read_line(&mut url).unwrap();
    (runner, url.trim().to_owned())
}

#[tokio::test]
async fn two_servers_are_apart_and_go_with_their_values() {
    let (one, two) = (TestCluster::start().unwrap(), TestCluster::start().unwrap());
    assert_ne!(one.url(), two.url());
    let (first, second) = (folder(one.url()).await, folder(two.url()).await);
    let url = one.url().to_owned();
    drop(one);
    assert!(!first.exists(), "gone as soon as the value is");
    gone(&url, &first).await;
    assert!(second.exists());
}

#[tokio::test]
async fn a_server_does_not_outlive_a_process_that_is_killed() {
    let (mut runner, url) = waiting_runner();
    let folder = folder(&url).await;
    assert!(folder.exists());
    // SIGKILL: no destructor runs.
    runner.kill().unwrap();
    runner.wait().unwrap();
    gone(&url, &folder).await;
}

/// Tells the copy of the test that is to be killed what to do with its server before.
const VICTIM: &str = "CLUSTER_VICTIM";

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a copy of this program is told what it is for")]
async fn a_server_that_was_killed_does_not_outlive_a_process_that_is_killed_either() {
    if let Ok(steps) = env::var(VICTIM) {
        let mut cluster = TestCluster::start().unwrap();
        eprintln!("{} {}", cluster.url(), folder(cluster.url()).await.display());
        for step in steps.split_whitespace() {
            if step == "kill" { cluster.kill().unwrap() } else { cluster.restart().unwrap() }
        }
        eprintln!("ready");
        let _ = std::io::stdin().read(&mut [0]).unwrap();
        unreachable!("nobody writes, and the end of the pipe comes after SIGKILL");
    }
    for steps in ["kill", "kill restart", "kill restart kill restart"] {
        let mut victim = Command::new(env::current_exe().unwrap());
        let own = "cluster::a_server_that_was_killed_does_not_outlive_a_process_that_is_killed_either";
        victim.args(["--exact", own, "--nocapture"]).env(VICTIM, steps);
        victim.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut victim = victim.spawn().unwrap();
        let mut said = BufReader::new(victim.stderr.take().unwrap()).lines();
        let first = said.next().unwrap().unwrap();
        let (url, folder) = first.split_once(' ').unwrap();
        assert_eq!(said.next().unwrap().unwrap(), "ready", "{steps}");
        assert!(Path::new(folder).exists(), "{steps}");
        victim.kill().unwrap();
        victim.wait().unwrap();
        gone(url, Path::new(folder)).await;
    }
}

#[tokio::test]
async fn a_durable_server_survives_its_own_death() {
    let mut cluster = TestCluster::start_with(ClusterOptions::default().with_durable(true)).unwrap();
    let (url, first) = (cluster.url().to_owned(), cluster.pid().unwrap());
    let folder = folder(&url).await;
    let calls = AtomicU32::new(0);
    let database = TestDatabase::migrated_on(&cluster, &["made"], |url| make(url, &calls)).await;
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let shown: String = query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(shown, "on", "{setting}");
    }
    connection.execute("INSERT INTO made VALUES (1)").await.unwrap();

    cluster.kill().unwrap();
    assert_eq!(cluster.pid(), None);
    assert!(connection.execute("INSERT INTO made VALUES (2)").await.is_err(), "the old connection is dead");
    assert!(PgConnection::connect(&url).await.is_err(), "and there is no new one");
    cluster.kill().unwrap();
    cluster.restart().unwrap();
    cluster.restart().unwrap();

    assert_eq!(cluster.url(), url);
    assert_ne!(cluster.pid().unwrap(), first);
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    let rows: i64 = query_scalar("SELECT count(*) FROM made").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 1, "what was acknowledged is there");
    drop(cluster);
    assert!(!folder.exists(), "gone as soon as the value is");
}

#[tokio::test]
async fn a_command_finds_the_server_and_passes_on_its_code() {
    let (mut runner, url) = waiting_runner();
    let folder = folder(&url).await;
    drop(runner.stdin.take());
    assert!(runner.wait().unwrap().success());
    gone(&url, &folder).await;

    let failed = self::runner().args(["sh", "-c", "exit 7"]).status().unwrap();
    assert_eq!(failed.code(), Some(7));
    let killed = self::runner().args(["sh", "-c", "kill -9 $$"]).status().unwrap();
    assert_eq!(killed.code(), Some(137));
    let missing = self::runner().arg("/no/such/program").stderr(Stdio::null()).status().unwrap();
    assert_eq!(missing.code(), Some(127));
}

#[test]
fn a_server_that_is_named_is_used() {
    let mut runner = runner();
    runner.args(["sh", "-c", "echo $TEST_DATABASE_URL"]).env(URL_VARIABLE, "postgres://somewhere/else");
    let output = runner.output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "postgres://somewhere/else");
}

async fn make(url: String, calls: &AtomicU32) -> Result<(), sqlx::Error> {
    calls.fetch_add(1, Ordering::SeqCst);
    let mut connection = PgConnection::connect(&url).await?;
    connection.execute("CREATE TABLE made (id BIGINT)").await?;
    connection.close().await
}

#[tokio::test]
async fn a_template_is_made_once_and_its_copies_are_apart() {
    // A schema that no other run on a shared server has.
    let schema = TestDatabase::empty().await.name().to_owned();
    let schema = [schema.as_str()];
    let calls = AtomicU32::new(0);
    let one = || TestDatabase::migrated(&schema, |url| make(url, &calls));
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let mut connection = PgConnection::connect(&a.url()).await.unwrap();
    connection.execute("INSERT INTO made VALUES (1)").await.unwrap();
    for other in [b, c, d] {
        let mut connection = PgConnection::connect(&other.url()).await.unwrap();
        let rows: i64 = query_scalar("SELECT count(*) FROM made").fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0);
    }
    let url = a.url();
    drop(a);
    assert!(PgConnection::connect(&url).await.is_err(), "dropped, although somebody was connected");
}

#[tokio::test]
async fn a_template_that_was_not_finished_is_made_anew() {
    let schema = TestDatabase::empty().await.name().to_owned();
    let calls = AtomicU32::new(0);
    let failing = async {
        let schema = [schema.as_str()];
        TestDatabase::migrated(&schema, |url| async {
            make(url, &calls).await.map_err(|error| error.to_string())?;
            Err("half-way".to_owned())
        })
        .await
    };
    assert!(futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(failing)).await.is_err());
    TestDatabase::migrated(&[schema.as_str()], |url| make(url, &calls)).await;
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}
