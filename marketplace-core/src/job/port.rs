//! What the worker asks of a store. Rows without money: each call is atomic alone.
//!
//! What ends well is told of many jobs at once, because that is what happens all the time and one write should
//! do; failures come one by one. A call about many fences judges each by itself: one that is refused never
//! touches its neighbours.

use super::{Job, JobState, NewJob};
use crate::{commit::Subject, error::StoreError, id::JobId, page::Page, time::Timestamp};
use async_trait::async_trait;
use std::fmt;

/// Proof of holding a job: the number of its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fence {
    /// Which job.
    pub job: JobId,
    /// Which claim.
    pub number: i64,
}

/// A job that this worker holds until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The job.
    pub job: Job,
    /// The proof.
    pub fence: Fence,
    /// Whether it was taken over from a worker whose lease was over: that worker died, or stood still, with the
    /// job in its hands. The claim does not count this; whoever claimed does.
    pub lapsed: bool,
}

/// The queue. Every call under a fence is refused if the fence is not the current one, or once the job is no
/// longer running: `Ok(false)`, or for a call about many, the fence is among those that come back.
///
/// Calls about many fences write once, take their rows in one order, so that they never wait for each other in
/// a circle, and do nothing if there is no fence. A fence that is given twice counts once.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Jobs: fmt::Debug + Send + Sync + 'static {
    /// Adds a job that no decision caused, such as a periodic one. Left out if its id exists, or its unique
    /// name is taken by a live job; returns whether it was added.
    async fn enqueue(&self, job: NewJob) -> Result<bool, StoreError>;
    /// Takes up to `limit` jobs that are due at `now`, oldest `run_at` first, then by id: ready ones, and
    /// running ones whose lease is over, which are marked as [`Claimed::lapsed`]. No job is given to two
    /// claimers.
    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError>;
    /// Prolongs leases. Returns the fences that were refused.
    async fn extend(&self, fences: &[Fence], lease_until: Timestamp) -> Result<Vec<Fence>, StoreError>;
    /// Ends jobs as done. Returns the fences that were refused.
    async fn complete(&self, fences: &[Fence], now: Timestamp) -> Result<Vec<Fence>, StoreError>;
    /// Gives jobs back that were claimed and not finished: they are ready again as they were before, for anybody,
    /// with their time, their attempts and their last error. Returns the fences that were refused.
    async fn release(&self, fences: &[Fence]) -> Result<Vec<Fence>, StoreError>;
    /// Puts a job back, to run again at `run_at`. With a reason it counts as a failed attempt; without one the
    /// job just goes on later, and the count starts anew.
    async fn put_back(
        &self,
        fence: Fence,
        run_at: Timestamp,
        reason: Option<String>,
    ) -> Result<bool, StoreError>;
    /// Gives a job up, with a reason.
    async fn bury(&self, fence: Fence, now: Timestamp, reason: String) -> Result<bool, StoreError>;
    /// When the next ready job is due, or the next lease ends.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
    /// A job in any state.
    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError>;
    /// Jobs in one state, newest first by id.
    async fn jobs_in(&self, state: JobState, page: Page) -> Result<Vec<Job>, StoreError>;
    /// The newest `limit` mail jobs, those whose kind begins with `mail.`, about any of these subjects, in any state,
    /// newest first by id. No subject: none.
    async fn mails_about(&self, subjects: &[Subject], limit: u32) -> Result<Vec<Job>, StoreError>;
    /// Makes a dead job ready again, its attempts forgotten. Returns whether it was dead; also `false` when a
    /// live job has its unique name.
    async fn revive(&self, id: JobId, now: Timestamp) -> Result<bool, StoreError>;
}
