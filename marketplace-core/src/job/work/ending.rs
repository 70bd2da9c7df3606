//! How a job ends: what follows from its run, and how the store is told.
//!
//! Guarantees: what follows is decided without the store. A call whose outcome is not known, or which could not
//! be made, is made once more; after that the lease of the job ends by itself, and it runs again.
//!
//! Called by: the worker.

use super::Worker;
use crate::{
    error::StoreError,
    job::{Fence, Job, JobFailure, JobOutcome, backoff},
    time::Timestamp,
};
use std::{error::Error, future::Future};

/// Why a job failed whose worker was not heard of again.
const LAPSED: &str = "its worker died, or was not heard of for the length of its lease";

/// Why a job failed that panicked.
const PANICKED: &str = "the job panicked";

/// What follows from a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing: it is done.
    Done,
    /// It runs again; with a reason, because it failed.
    Later(Timestamp, Option<String>),
    /// It is given up.
    Dead(String),
}

impl Worker {
    /// Decides what follows from a run.
    pub(super) fn ending(&self, job: &Job, result: Result<JobOutcome, JobFailure>) -> Ending {
        match result {
            Ok(JobOutcome::Done) => Ending::Done,
            Ok(JobOutcome::Again(at)) => Ending::Later(at, None),
            Err(JobFailure::Retry(source)) => {
                let waited = self.clock.now().since(job.new.created_at);
                let given_up = self.is_enough(job) && waited >= self.options.persistence;
                self.failed(job, chain(&*source), given_up)
            }
            Err(JobFailure::Bury(source)) => self.failed(job, chain(&*source), true),
        }
    }

    /// Decides what follows from a panic.
    pub(super) fn ending_of_panic(&self, job: &Job) -> Ending {
        self.failed(job, PANICKED.to_owned(), self.is_enough(job))
    }

    /// Decides what follows for a job that was taken over. Whatever its worker died of may have been the job, so
    /// it is a failure like any other, and spreads what died together. Only the first time it costs no wait:
    /// most workers die of something else.
    pub(super) fn ending_of_lapsed(&self, job: &Job) -> Ending {
        match self.failed(job, LAPSED.to_owned(), self.is_enough(job)) {
            Ending::Later(_, reason) if job.attempts == 0 => Ending::Later(job.new.run_at, reason),
            ending => ending,
        }
    }

    /// Whether one failure more makes too many.
    fn is_enough(&self, job: &Job) -> bool {
        job.attempts.saturating_add(1) >= self.options.most_failures
    }

    fn failed(&self, job: &Job, reason: String, given_up: bool) -> Ending {
        let failures = job.attempts.saturating_add(1);
        // Nothing would begin a periodic job again before the next start, so it is never given up.
        let dead = given_up && !self.periodic.contains(&job.new.kind.as_str());
        tracing::warn!(job.id = %job.new.id, job.kind = %job.new.kind, job.failures = failures, job.dead = dead, reason, "a job failed");
        if dead {
            return Ending::Dead(reason);
        }
        let chance = self.ids.bytes().first().copied().unwrap_or(0);
        Ending::Later(self.clock.now().saturating_add(backoff(failures, chance)), Some(reason))
    }

    /// Tells the store how one job ended.
    pub(super) async fn settle(&self, fence: Fence, ending: Ending) {
        let (now, jobs) = (self.clock.now(), &self.jobs);
        let ended = match ending {
            Ending::Done => return self.complete(&[fence]).await,
            Ending::Later(at, reason) => twice(|| jobs.put_back(fence, at, reason.clone())).await,
            Ending::Dead(reason) => twice(|| jobs.bury(fence, now, reason.clone())).await,
        };
        match ended {
            Ok((true, _)) => {}
            Ok((false, sure)) => ended_elsewhere(fence, sure),
            Err(error) => not_stored(&[fence], &error),
        }
    }

    /// Tells the store that jobs are done.
    pub(super) async fn complete(&self, fences: &[Fence]) {
        let now = self.clock.now();
        match twice(|| self.jobs.complete(fences, now)).await {
            Ok((refused, sure)) => refused.into_iter().for_each(|fence| ended_elsewhere(fence, sure)),
            Err(error) => not_stored(fences, &error),
        }
    }

    /// Gives jobs back that are not finished.
    pub(super) async fn release(&self, fences: &[Fence]) {
        if fences.is_empty() {
            return;
        }
        // A refusal says that somebody else has the job already.
        if let Err(error) = twice(|| self.jobs.release(fences)).await {
            not_stored(fences, &error);
        }
    }

    /// Gives a sign of life; returns which leases are lost.
    pub(super) async fn extend(&self, fences: &[Fence]) -> Vec<Fence> {
        let until = self.clock.now().saturating_add(self.options.lease);
        let refused = self.jobs.extend(fences, until).await;
        refused.unwrap_or_else(|error| {
            tracing::warn!(jobs = fences.len(), error = %error, cause = error.source().map(tracing::field::display), "leases could not be prolonged");
            Vec::new()
        })
    }
}

/// Makes a call, and once more if it may help. Tells besides whether a refusal is to be believed: after a call
/// whose answer was lost it may only say that the call was done.
async fn twice<T, F>(call: impl Fn() -> F + Send) -> Result<(T, bool), StoreError>
where
    F: Future<Output = Result<T, StoreError>> + Send,
    T: Send,
{
    match call().await {
        Ok(answer) => Ok((answer, true)),
        Err(StoreError::Defect(source)) => Err(StoreError::Defect(source)),
        Err(StoreError::Unavailable(_)) => Ok((call().await?, true)),
        Err(StoreError::Unknown(_)) => Ok((call().await?, false)),
    }
}

fn ended_elsewhere(fence: Fence, sure: bool) {
    if sure {
        tracing::warn!(job.id = %fence.job, "a job was ended by somebody else");
    }
}

fn not_stored(fences: &[Fence], error: &StoreError) {
    let cause = error.source().map(tracing::field::display);
    for fence in fences {
        tracing::warn!(job.id = %fence.job, error = %error, cause, "a job's end was not stored; its lease ends by itself");
    }
}

/// The chain of causes on one line, for the operator's list.
fn chain(source: &(dyn Error + 'static)) -> String {
    let mut text = source.to_string();
    let mut cause = source.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
