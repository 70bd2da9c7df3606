//! The queue.

use super::{
    Defect, MemoryStore,
    catalog::page_of,
    state::{Done, State, unique},
};
use async_trait::async_trait;
use marketplace_core::{
    commit::Subject,
    error::StoreError,
    id::JobId,
    job::{Claimed, Fence, Job, JobState, Jobs, NewJob},
    page::Page,
    time::Timestamp,
};

impl State {
    pub(super) fn enqueue_in_set(&mut self, job: NewJob) -> Done {
        unique(self.jobs.has(&job.id))?;
        if !self.has(Defect::DropsJobs) {
            self.add_job(job);
        }
        Ok(())
    }

    /// Adds a job unless its unique name is taken. Returns whether it was added.
    fn add_job(&mut self, new: NewJob) -> bool {
        if new.unique.as_ref().is_some_and(|name| self.live_names.has(name)) {
            return false;
        }
        let job = Job {
            new,
            state: JobState::Ready,
            attempts: 0,
            fence: 0,
            leased_until: None,
            last_error: None,
            ended_at: None,
        };
        self.put_job(job);
        true
    }

    /// Writes a job, and whether its name is taken.
    fn put_job(&mut self, job: Job) {
        if let Some(name) = &job.new.unique {
            if job.state.is_live() {
                self.live_names.put(name.clone(), job.new.id);
            } else if self.live_names.get(name) == Some(&job.new.id) {
                self.live_names.remove(name);
            }
        }
        self.jobs.put(job.new.id, job);
    }

    /// The job that a fence holds.
    fn held(&self, fence: Fence) -> Option<Job> {
        let job = self.jobs.get(&fence.job)?;
        let current = job.fence == fence.number || self.has(Defect::IgnoresFences);
        (job.state == JobState::Running && current).then(|| job.clone())
    }

    /// The fences that hold no job.
    fn refused(&self, fences: &[Fence]) -> Vec<Fence> {
        let mut refused: Vec<Fence> =
            fences.iter().copied().filter(|fence| self.held(*fence).is_none()).collect();
        if self.has(Defect::RefusesWholeBatches) && !refused.is_empty() {
            refused = fences.to_vec();
        }
        refused
    }

    /// Changes the jobs that fences hold. Returns the fences that hold none.
    fn end_all(&mut self, fences: &[Fence], how: impl Fn(&mut Job)) -> Vec<Fence> {
        let refused = self.refused(fences);
        for fence in fences.iter().filter(|fence| !refused.contains(fence)) {
            self.end(*fence, &how);
        }
        refused
    }

    /// Changes the job that a fence holds. Returns whether it holds one.
    fn end(&mut self, fence: Fence, how: impl FnOnce(&mut Job)) -> bool {
        let Some(mut job) = self.held(fence) else { return false };
        how(&mut job);
        if job.state != JobState::Running {
            job.leased_until = None;
        }
        self.put_job(job);
        self.keep();
        true
    }
}

/// When a job that has work to do may be claimed.
fn due_at(job: &Job) -> Option<Timestamp> {
    match job.state {
        JobState::Ready => Some(job.new.run_at),
        JobState::Running => job.leased_until,
        JobState::Done | JobState::Dead => None,
    }
}

#[async_trait]
impl Jobs for MemoryStore {
    async fn enqueue(&self, job: NewJob) -> Result<bool, StoreError> {
        self.call(|state| {
            let added = !state.jobs.has(&job.id) && state.add_job(job);
            state.keep();
            Ok(added)
        })
        .await
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.call(|state| {
            let mut due: Vec<Job> = state
                .jobs
                .values()
                .filter(|job| due_at(job).is_some_and(|due| due <= now))
                .cloned()
                .collect();
            due.sort_by_key(|job| (job.new.run_at, job.new.id));
            due.truncate(limit as usize);
            let mut claimed = Vec::new();
            for mut job in due {
                let lapsed = job.state == JobState::Running && !state.has(Defect::HidesLapses);
                job.fence += 1;
                job.state = JobState::Running;
                job.leased_until = Some(lease_until);
                let fence = Fence { job: job.new.id, number: job.fence };
                if !state.has(Defect::ClaimsTwice) {
                    state.put_job(job.clone());
                }
                claimed.push(Claimed { job, fence, lapsed });
            }
            state.keep();
            Ok(claimed)
        })
        .await
    }

    async fn extend(&self, fences: &[Fence], lease_until: Timestamp) -> Result<Vec<Fence>, StoreError> {
        self.call(|state| Ok(state.end_all(fences, |job| job.leased_until = Some(lease_until)))).await
    }

    async fn complete(&self, fences: &[Fence], now: Timestamp) -> Result<Vec<Fence>, StoreError> {
        self.call(|state| {
            Ok(state.end_all(fences, |job| {
                job.state = JobState::Done;
                job.ended_at = Some(now);
            }))
        })
        .await
    }

    async fn release(&self, fences: &[Fence]) -> Result<Vec<Fence>, StoreError> {
        self.call(|state| Ok(state.end_all(fences, |job| job.state = JobState::Ready))).await
    }

    async fn put_back(
        &self,
        fence: Fence,
        run_at: Timestamp,
        reason: Option<String>,
    ) -> Result<bool, StoreError> {
        self.call(|state| {
            Ok(state.end(fence, |job| {
                job.state = JobState::Ready;
                job.new.run_at = run_at;
                match reason {
                    Some(reason) => {
                        job.attempts += 1;
                        job.last_error = Some(reason);
                    }
                    None => job.attempts = 0,
                }
            }))
        })
        .await
    }

    async fn bury(&self, fence: Fence, now: Timestamp, reason: String) -> Result<bool, StoreError> {
        self.call(|state| {
            Ok(state.end(fence, |job| {
                job.state = JobState::Dead;
                job.ended_at = Some(now);
                job.last_error = Some(reason);
            }))
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.call(|state| Ok(state.jobs.values().filter_map(due_at).min())).await
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        self.call(|state| Ok(state.jobs.get(&id).cloned())).await
    }

    async fn jobs_in(&self, wanted: JobState, page: Page) -> Result<Vec<Job>, StoreError> {
        self.call(|state| {
            let jobs = state.jobs.values().filter(|job| job.state == wanted).cloned();
            Ok(page_of(state, jobs, page, |job| job.new.id.uuid()))
        })
        .await
    }

    async fn mails_about(&self, subjects: &[Subject], limit: u32) -> Result<Vec<Job>, StoreError> {
        self.call(|state| {
            let about = |job: &&Job| {
                subjects.contains(&job.new.subject)
                    && (job.new.kind.starts_with("mail.") || state.has(Defect::TakesAnyJobForMail))
            };
            Ok(state.jobs.values().rev().filter(about).take(limit as usize).cloned().collect())
        })
        .await
    }

    async fn revive(&self, id: JobId, now: Timestamp) -> Result<bool, StoreError> {
        self.call(|state| {
            let Some(mut job) = state.jobs.get(&id).filter(|job| job.state == JobState::Dead).cloned() else {
                return Ok(false);
            };
            if job.new.unique.as_ref().is_some_and(|name| state.live_names.has(name)) {
                return Ok(false);
            }
            job.state = JobState::Ready;
            job.attempts = 0;
            job.ended_at = None;
            job.new.run_at = now;
            state.put_job(job);
            state.keep();
            Ok(true)
        })
        .await
    }
}
