//! graphile_worker, with its local queue and with its completions in batches.

use crate::{Load, Run, cpu::Cpu};
use graphile_worker::{
    Database, IntoTaskHandlerResult, JobSpec, LocalQueueConfig, RawJobSpec, TaskHandler, Worker,
    WorkerContext, WorkerOptions, WorkerUtils,
};
use marketplace_testing::postgres::{TestCluster, TestDatabase};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

const SCHEMA: &str = "graphile_worker";

/// Says when a job began.
#[derive(Debug, Clone)]
struct Begun(mpsc::UnboundedSender<Instant>);

#[derive(Debug, Serialize, Deserialize)]
struct Nothing {
    id: usize,
}

impl TaskHandler for Nothing {
    const IDENTIFIER: &'static str = "nothing";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        if let Some(begun) = context.get_ext::<Begun>() {
            let _ = begun.0.send(Instant::now());
        }
        Ok::<(), String>(())
    }
}

struct Bench {
    _database: TestDatabase,
    pool: PgPool,
    utils: WorkerUtils,
    worker: Arc<Worker>,
    begun: mpsc::UnboundedReceiver<Instant>,
}

impl Bench {
    async fn new(server: &TestCluster, load: Load, delay: Duration) -> Self {
        let database = TestDatabase::empty_on(server).await;
        let pool = PgPoolOptions::new().max_connections(load.pool).connect(&database.url()).await;
        let pool = pool.expect("the pool connects");
        let utils = WorkerUtils::new(Database::from(pool.clone()), SCHEMA);
        utils.migrate().await.expect("it migrates");
        let (sender, begun) = mpsc::unbounded_channel();
        let worker = WorkerOptions::default()
            .pg_pool(pool.clone())
            .schema(SCHEMA)
            .concurrency(load.concurrency as usize)
            .poll_interval(Duration::from_secs(1))
            .complete_job_batch_delay(delay)
            .local_queue(LocalQueueConfig::default().with_size(load.queue as usize))
            .listen_os_shutdown_signals(false)
            .add_extension(Begun(sender))
            .define_job::<Nothing>()
            .init()
            .await
            .expect("the worker begins");
        Self { _database: database, pool, utils, worker: Arc::new(worker), begun }
    }

    async fn end(self, running: tokio::task::JoinHandle<()>) {
        self.worker.request_shutdown();
        running.await.expect("the worker ends");
        self.pool.close().await;
    }

    fn start(&self) -> tokio::task::JoinHandle<()> {
        let worker = Arc::clone(&self.worker);
        tokio::spawn(async move { worker.run().await.expect("the worker works") })
    }
}

/// How quick the jobs are, from the worker's start to the last completion.
pub async fn throughput(server: &TestCluster, load: Load, delay: Duration) -> Run {
    let mut bench = Bench::new(server, load, delay).await;
    let job = |id| RawJobSpec {
        identifier: Nothing::IDENTIFIER.to_owned(),
        payload: serde_json::json!({ "id": id }),
        spec: JobSpec::default(),
    };
    let jobs: Vec<RawJobSpec> = (0..load.jobs).map(job).collect();
    for some in jobs.chunks(5_000) {
        bench.utils.add_raw_jobs(some).await.expect("jobs are written");
    }
    for tidy in ["VACUUM ANALYZE graphile_worker._private_jobs", "CHECKPOINT"] {
        sqlx::query(tidy).execute(&bench.pool).await.expect("the table is tidy");
    }
    let (before, began) = (Cpu::now(server), Instant::now());
    let running = bench.start();
    for _ in 0..load.jobs {
        bench.begun.recv().await.expect("a job begins");
    }
    while sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT FROM graphile_worker._private_jobs)")
        .fetch_one(&bench.pool)
        .await
        .expect("jobs are counted")
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let run = load.run(began.elapsed(), Cpu::now(server).since(before));
    bench.end(running).await;
    run
}

/// How long an idle worker takes, from the call that commits a job to the job's start.
pub async fn latency(server: &TestCluster, load: Load) -> Vec<Duration> {
    let mut bench = Bench::new(server, load, Duration::from_millis(1)).await;
    let running = bench.start();
    let mut latencies = Vec::new();
    for id in 0..load.samples {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let called = Instant::now();
        bench.utils.add_job(Nothing { id }, JobSpec::default()).await.expect("the job is added");
        let begun = bench.begun.recv().await.expect("the job begins");
        latencies.push(begun.saturating_duration_since(called));
    }
    bench.end(running).await;
    latencies
}
