//! Our worker on our PostgreSQL store.

use crate::{Load, Run, cpu::Cpu};
use async_trait::async_trait;
use marketplace_core::{
    Marketplace,
    commit::{Change, Commit as _},
    job::{Handler, Job, JobFailure, JobOutcome, NewJob, WorkerOptions},
    runtime::TokioTimer,
    time::{Clock as _, SystemClock},
};
use marketplace_postgres::{PostgresOptions, PostgresStore};
use marketplace_testing::{
    market::TestMarketplace,
    postgres::{TestCluster, TestDatabase},
};
use sqlx::{Connection as _, PgConnection};
use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

const KIND: &str = "bench.nothing";

/// Does nothing, and says when it began.
#[derive(Debug)]
struct Nothing(mpsc::UnboundedSender<Instant>);

#[async_trait]
impl Handler for Nothing {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }
    async fn run(&self, _: &Job) -> Result<JobOutcome, JobFailure> {
        let _ = self.0.send(Instant::now());
        Ok(JobOutcome::Done)
    }
}

/// A marketplace on a database of its own.
pub struct Bench {
    database: TestDatabase,
    pub store: PostgresStore,
    market: Arc<Marketplace>,
    pub shop: TestMarketplace,
    begun: mpsc::UnboundedReceiver<Instant>,
}

impl Bench {
    pub async fn new(server: &TestCluster, load: Load) -> Self {
        let database = TestDatabase::empty_on(server).await;
        let mut options = PostgresOptions::new(database.url().parse().expect("an address"));
        options.connections = NonZeroU32::new(load.pool).expect("some connections");
        let store = PostgresStore::connect_with(options).await.expect("the store connects");
        store.migrate().await.expect("the store migrates");
        let (sender, begun) = mpsc::unbounded_channel();
        let mut worker = WorkerOptions::default();
        (worker.concurrency, worker.prefetch) = (load.concurrency, load.queue);
        let rows = Arc::new(store.clone());
        let shop = TestMarketplace::with(|builder| {
            let builder = builder.store(rows).clock(Arc::new(SystemClock)).timer(Arc::new(TokioTimer));
            builder.worker(worker).handler(Arc::new(Nothing(sender)))
        });
        let market = Arc::clone(shop.market());
        // The periodic jobs are done with.
        market.worker().run_due().await.expect("the store gives its jobs");
        Self { database, store, market, shop, begun }
    }

    fn start(&self) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = self.market.worker().clone();
        let running = tokio::spawn(async move {
            worker
                .run_until(async move {
                    let _ = stopped.await;
                })
                .await;
        });
        (stop, running)
    }
}

/// How quick the jobs are, from the worker's start to the last completion.
pub async fn throughput(server: &TestCluster, load: Load) -> Run {
    let mut bench = Bench::new(server, load).await;
    let mut own = PgConnection::connect(&bench.database.url()).await.expect("a connection");
    sqlx::query(
        "INSERT INTO mkt_jobs (id, kind, payload, subject, run_at, created_at, state, attempts, fence)
         SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::UUID, $1, '{\"id\": 1}', 'bench',
             number, number, 'ready', 0, 0 FROM generate_series(1, $2) AS number",
    )
    .bind(KIND)
    .bind(load.jobs as i64)
    .execute(&mut own)
    .await
    .expect("jobs are written");
    sqlx::query("VACUUM ANALYZE mkt_jobs").execute(&mut own).await.expect("the table is tidy");
    sqlx::query("CHECKPOINT").execute(&mut own).await.expect("a checkpoint");
    let (before, began) = (Cpu::now(server), Instant::now());
    let (stop, running) = bench.start();
    for _ in 0..load.jobs {
        bench.begun.recv().await.expect("a job begins");
    }
    while sqlx::query_scalar::<_, bool>(
        "SELECT EXISTS (SELECT FROM mkt_jobs WHERE kind = $1 AND state IN ('ready', 'running'))",
    )
    .bind(KIND)
    .fetch_one(&mut own)
    .await
    .expect("jobs are counted")
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let run = load.run(began.elapsed(), Cpu::now(server).since(before));
    let _ = stop.send(());
    running.await.expect("the worker ends");
    bench.store.close().await;
    run
}

/// How long an idle worker takes, from the call that commits a job to the job's start.
pub async fn latency(server: &TestCluster, load: Load) -> Vec<Duration> {
    let mut bench = Bench::new(server, load).await;
    let (stop, running) = bench.start();
    let mut latencies = Vec::new();
    for _ in 0..load.samples {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let at = SystemClock.now();
        let job = NewJob { kind: KIND.to_owned(), run_at: at, created_at: at, ..bench.shop.fixture().job() };
        let set = bench.shop.fixture().set(vec![Change::Enqueue(job)]);
        let called = Instant::now();
        // What a service does: commit, then ring.
        bench.store.commit(set).await.expect("it is committed");
        bench.market.wake_worker();
        let begun = bench.begun.recv().await.expect("the job begins");
        latencies.push(begun.saturating_duration_since(called));
    }
    let _ = stop.send(());
    running.await.expect("the worker ends");
    bench.store.close().await;
    latencies
}
