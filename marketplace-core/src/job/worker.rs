//! The worker: claims jobs and runs them, until it is told to stop.
//!
//! Guarantees: at most `concurrency` jobs at once; a lease is prolonged while its job runs, and a job whose
//! lease is lost is dropped; a job that panics fails like any other; on shutdown no new job is claimed, the
//! running ones get a grace time, and what is then unfinished is put back at once.
//!
//! Does not: spawn. The host awaits [`Worker::run_until`] wherever it likes, any number of them.

use super::{Claimed, Fence, Handler, Job, JobFailure, JobOutcome, Jobs, Wake, backoff};
use crate::{
    error::StoreError,
    id::IdGen,
    time::{Clock, Timer},
};
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, select},
    stream::FuturesUnordered,
};
use std::{
    collections::BTreeMap,
    error::Error,
    future::Future,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How a worker works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// How many jobs at once. Default 8.
    pub concurrency: u32,
    /// How long a claim holds without a sign of life. Default one minute.
    pub lease: Duration,
    /// How often to look for work that nobody rang for: jobs whose time has come, and those of other
    /// processes. Default one second.
    pub poll: Duration,
    /// How long running jobs may go on after the shutdown began. Default ten seconds.
    pub grace: Duration,
    /// After how many failures in a row a job is given up. Default 24, which takes about three days.
    pub most_failures: u32,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            concurrency: 8,
            lease: Duration::from_mins(1),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(10),
            most_failures: 24,
        }
    }
}

/// Runs jobs.
#[derive(Debug, Clone)]
pub struct Worker {
    pub(crate) jobs: Arc<dyn Jobs>,
    pub(crate) handlers: Arc<BTreeMap<&'static str, Arc<dyn Handler>>>,
    pub(crate) periodic: Arc<Vec<&'static str>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) ids: Arc<dyn IdGen>,
    pub(crate) wake: Wake,
    pub(crate) options: WorkerOptions,
}

impl Worker {
    /// Works until `shutdown` is ready, then finishes what is running, within the grace time.
    ///
    /// Cancellation: dropping the future drops running jobs; their leases end by themselves.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown.fuse());
        let held = Held::default();
        let mut running = FuturesUnordered::new();
        self.begin_periodic().await;
        loop {
            // Listening begins before looking, so work that comes in between rings.
            let ring = self.wake.listen();
            let free =
                u32::try_from(running.len()).map_or(0, |busy| self.options.concurrency.saturating_sub(busy));
            if free > 0 {
                let mut claim = pin!(self.claim(free));
                let claimed = loop {
                    // The running jobs go on meanwhile: one that stands still keeps what it was given, such as a
                    // connection of the store, and the claim may be waiting for just that.
                    match select(&mut claim, pin!(next_end(&mut running))).await {
                        Either::Left((claimed, _)) => break claimed,
                        Either::Right(_) => {}
                    }
                };
                match claimed {
                    Ok(claimed) => {
                        let full = claimed.len() == free as usize;
                        running.extend(claimed.into_iter().map(|claimed| self.hold(&held, claimed)));
                        if full && running.len() < self.options.concurrency as usize {
                            continue;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(error = %error, cause = error.source().map(tracing::field::display), "no jobs could be claimed");
                    }
                }
            }
            let finished = pin!(next_end(&mut running));
            let idle = select(ring, self.timer.sleep(self.options.poll));
            if let Either::Left(_) = select(&mut shutdown, select(finished, idle)).await {
                break;
            }
        }
        let drained = async { while running.next().await.is_some() {} };
        if let Either::Left(_) = select(pin!(drained), self.timer.sleep(self.options.grace)).await {
            return;
        }
        drop(running);
        for fence in held.take() {
            tracing::warn!(job.id = %fence.job, "a job was still running at the end of the grace time; it is put back");
            if let Err(error) = self.jobs.put_back(fence, self.clock.now(), None).await {
                tracing::warn!(job.id = %fence.job, error = %error, "a job was not put back; its lease ends by itself");
            }
        }
    }

    async fn hold(&self, held: &Held, claimed: Claimed) {
        let fence = claimed.fence;
        held.add(fence);
        self.work(claimed).await;
        held.remove(fence);
    }

    /// Runs everything that is due now, and what that makes due, one after the other. For tests and for
    /// hosts without a long-running process. Returns how many jobs ran.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        self.begin_periodic().await;
        let mut ran = 0_usize;
        loop {
            let claimed = self.claim(1).await?;
            if claimed.is_empty() {
                return Ok(ran);
            }
            for claimed in claimed {
                self.work(claimed).await;
                ran = ran.saturating_add(1);
            }
        }
    }

    async fn claim(&self, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        let now = self.clock.now();
        // A read first: an idle worker writes nothing.
        if self.jobs.next_due().await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        self.jobs.claim(now, now.saturating_add(self.options.lease), limit).await
    }

    async fn begin_periodic(&self) {
        let now = self.clock.now();
        for kind in self.periodic.iter() {
            let job = super::NewJob {
                id: crate::id::JobId::generate(&*self.ids, now),
                kind: (*kind).to_owned(),
                payload: serde_json::Value::Null,
                subject: crate::commit::Subject::of(kind),
                unique: Some((*kind).to_owned()),
                run_at: now,
                created_at: now,
            };
            if let Err(error) = self.jobs.enqueue(job).await {
                tracing::warn!(job.kind = kind, error = %error, "a periodic job could not be begun");
            }
        }
    }

    async fn work(&self, claimed: Claimed) {
        let Claimed { job, fence } = claimed;
        let result = {
            let run = AssertUnwindSafe(self.run(&job)).catch_unwind();
            match select(pin!(run), pin!(self.keep_lease(fence))).await {
                Either::Left((Ok(result), _)) => result,
                Either::Left((Err(_), _)) => Err(JobFailure::retry("the job panicked")),
                Either::Right(_) => {
                    tracing::warn!(job.id = %job.new.id, job.kind = %job.new.kind, "a job's lease was lost");
                    return;
                }
            }
        };
        let now = self.clock.now();
        let ended = match result {
            Ok(JobOutcome::Done) => self.jobs.complete(fence, now).await,
            Ok(JobOutcome::Again(at)) => self.jobs.put_back(fence, at, None).await,
            Err(failure) => {
                let reason = reason(&failure);
                let failures = job.attempts.saturating_add(1);
                let given_up =
                    matches!(failure, JobFailure::Bury(_)) || failures >= self.options.most_failures;
                // Nothing would begin a periodic job again before the next start, so it is never given up.
                let hopeless = given_up && !self.periodic.contains(&job.new.kind.as_str());
                tracing::warn!(job.id = %job.new.id, job.kind = %job.new.kind, job.failures = failures, job.dead = hopeless, reason, "a job failed");
                if hopeless {
                    self.jobs.bury(fence, now, reason).await
                } else {
                    let chance = self.ids.bytes().first().copied().unwrap_or(0);
                    let again = now.saturating_add(backoff(failures, chance));
                    self.jobs.put_back(fence, again, Some(reason)).await
                }
            }
        };
        match ended {
            Ok(true) => {}
            Ok(false) => tracing::warn!(job.id = %job.new.id, "a job was ended by somebody else"),
            // Its lease ends by itself, and it runs again.
            Err(error) => tracing::warn!(job.id = %job.new.id, error = %error, "a job's end was not stored"),
        }
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        match self.handlers.get(job.new.kind.as_str()) {
            Some(handler) => handler.run(job).await,
            None => Err(JobFailure::bury(format!("no handler for jobs of kind {:?}", job.new.kind))),
        }
    }

    /// Prolongs a lease again and again; returns when it is lost.
    async fn keep_lease(&self, fence: Fence) {
        let beat = self.options.lease.checked_div(3).unwrap_or(self.options.lease);
        loop {
            self.timer.sleep(beat).await;
            let until = self.clock.now().saturating_add(self.options.lease);
            match self.jobs.extend(fence, until).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(job.id = %fence.job, error = %error, "a lease could not be prolonged");
                }
            }
        }
    }
}

/// Runs the jobs until one of them ends; for ever, if there is none.
async fn next_end<F: Future<Output = ()>>(running: &mut FuturesUnordered<F>) {
    if running.next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// The jobs that a worker holds right now.
#[derive(Debug, Default)]
struct Held(Mutex<Vec<Fence>>);

impl Held {
    fn add(&self, fence: Fence) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fence);
    }

    fn remove(&self, fence: Fence) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != fence);
    }

    fn take(&self) -> Vec<Fence> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The chain of causes on one line, for the operator's list.
fn reason(failure: &JobFailure) -> String {
    let mut text = String::new();
    let mut cause = failure.source();
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
