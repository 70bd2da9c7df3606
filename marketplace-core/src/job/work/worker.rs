//! The worker itself.

use super::{WorkerOptions, ending::Ending, shift::Shift};
use crate::{
    commit::Subject,
    error::StoreError,
    id::{IdGen, JobId},
    job::{Claimed, Fence, Handler, Job, JobFailure, JobOutcome, Jobs, NewJob, Wake},
    time::{Clock, Timer},
};
use futures_util::{
    FutureExt,
    future::{Either, select},
};
use std::{collections::BTreeMap, future::Future, panic::AssertUnwindSafe, pin::pin, sync::Arc};

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
    /// Cancellation: dropping the future drops running jobs; their leases end by themselves, which counts as a
    /// failure of each.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()> + Send) {
        self.begin_periodic().await;
        Shift::new(self).work(shutdown).await;
    }

    /// Runs everything that is due now, and what that makes due, one after the other. For tests and for
    /// hosts without a long-running process. Returns how many jobs ran.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        self.begin_periodic().await;
        let mut ran = 0_usize;
        loop {
            let now = self.clock.now();
            if self.jobs.next_due().await?.is_none_or(|due| due > now) {
                return Ok(ran);
            }
            let claimed = self.jobs.claim(now, now.saturating_add(self.options.lease), 1).await?;
            let Some(claimed) = claimed.into_iter().next() else { return Ok(ran) };
            let Claimed { job, fence, lapsed } = claimed;
            if lapsed {
                self.settle(fence, self.ending_of_lapsed(&job)).await;
                continue;
            }
            ran = ran.saturating_add(1);
            let (run, lease) = (pin!(self.attempt(&job)), pin!(self.keep_lease(fence)));
            if let Either::Left((ending, _)) = select(run, lease).await {
                self.settle(fence, ending).await;
            }
        }
    }

    async fn begin_periodic(&self) {
        let now = self.clock.now();
        for kind in self.periodic.iter() {
            let job = NewJob {
                id: JobId::generate(&*self.ids, now),
                kind: (*kind).to_owned(),
                payload: serde_json::Value::Null,
                subject: Subject::of(kind),
                unique: Some((*kind).to_owned()),
                run_at: now,
                created_at: now,
            };
            if let Err(error) = self.jobs.enqueue(job).await {
                tracing::warn!(job.kind = kind, error = %error, "a periodic job could not be begun");
            }
        }
    }

    /// Runs a job once.
    pub(super) async fn attempt(&self, job: &Job) -> Ending {
        let run = AssertUnwindSafe(self.run(job)).catch_unwind();
        match run.await {
            Ok(result) => self.ending(job, result),
            Err(_) => self.ending_of_panic(job),
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
        loop {
            self.timer.sleep(self.options.beat()).await;
            if !self.extend(&[fence]).await.is_empty() {
                return lost(fence);
            }
        }
    }
}

pub(super) fn lost(fence: Fence) {
    tracing::warn!(job.id = %fence.job, "a job's lease was lost; it is not finished here");
}
