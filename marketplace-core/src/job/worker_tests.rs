//! The worker over a store with one connection.

use super::{
    Claimed, Fence, Handler, Job, JobFailure, JobOutcome, JobState, Jobs, NewJob, Wake, Worker, WorkerOptions,
};
use crate::{
    commit::Subject,
    error::StoreError,
    id::{JobId, OsIdGen},
    page::Page,
    time::{ManualClock, Timer, Timestamp},
};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

const KIND: &str = "test.read";

fn job() -> Job {
    let new = NewJob {
        id: JobId::from_uuid(Uuid::from_u128(1)),
        kind: KIND.to_owned(),
        payload: serde_json::Value::Null,
        subject: Subject::of(KIND),
        unique: None,
        run_at: Timestamp::EPOCH,
        created_at: Timestamp::EPOCH,
    };
    Job {
        new,
        state: JobState::Running,
        attempts: 0,
        fence: 1,
        leased_until: None,
        last_error: None,
        ended_at: None,
    }
}

/// One job, and one connection to it, which is given to whoever has waited longest.
#[derive(Debug)]
struct Narrow {
    connection: Semaphore,
    given: AtomicBool,
    completed: Notify,
}

#[async_trait]
impl Jobs for Narrow {
    async fn enqueue(&self, _: NewJob) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn claim(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<Claimed>, StoreError> {
        let job = job();
        let fence = Fence { job: job.new.id, number: job.fence };
        Ok(if self.given.swap(true, Ordering::SeqCst) { Vec::new() } else { vec![Claimed { job, fence }] })
    }
    async fn extend(&self, _: Fence, _: Timestamp) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn complete(&self, _: Fence, _: Timestamp) -> Result<bool, StoreError> {
        self.completed.notify_one();
        Ok(true)
    }
    async fn put_back(&self, _: Fence, _: Timestamp, _: Option<String>) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn bury(&self, _: Fence, _: Timestamp, _: String) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let _connection = self.connection.acquire().await.unwrap();
        Ok(Some(Timestamp::EPOCH))
    }
    async fn job(&self, _: JobId) -> Result<Option<Job>, StoreError> {
        Ok(None)
    }
    async fn jobs_in(&self, _: JobState, _: Page) -> Result<Vec<Job>, StoreError> {
        Ok(Vec::new())
    }
    async fn revive(&self, _: JobId, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Holds the connection while something makes the worker look for more work.
#[derive(Debug)]
struct Reads {
    store: Arc<Narrow>,
    wake: Wake,
}

#[async_trait]
impl Handler for Reads {
    fn kinds(&self) -> &'static [&'static str] {
        &[KIND]
    }
    async fn run(&self, _: &Job) -> Result<JobOutcome, JobFailure> {
        let _connection = self.store.connection.acquire().await.unwrap();
        self.wake.notify();
        tokio::task::yield_now().await;
        Ok(JobOutcome::Done)
    }
}

/// Only rings count here.
#[derive(Debug)]
struct Never;

#[async_trait]
impl Timer for Never {
    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_claim_never_waits_for_what_a_job_at_rest_holds() {
    let store = Arc::new(Narrow {
        connection: Semaphore::new(1),
        given: AtomicBool::new(false),
        completed: Notify::new(),
    });
    let wake = Wake::default();
    let handler: Arc<dyn Handler> = Arc::new(Reads { store: store.clone(), wake: wake.clone() });
    let worker = Worker {
        jobs: store.clone(),
        handlers: Arc::new(BTreeMap::from([(KIND, handler)])),
        periodic: Arc::new(Vec::new()),
        clock: Arc::new(ManualClock::new(Timestamp::EPOCH)),
        timer: Arc::new(Never),
        ids: Arc::new(OsIdGen::new().unwrap()),
        wake,
        options: WorkerOptions::default(),
    };
    let working = worker.run_until(store.completed.notified());
    tokio::time::timeout(Duration::from_secs(20), working).await.expect("the worker stands still");
}
