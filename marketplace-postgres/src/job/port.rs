//! The queue's port.

use super::model;
use crate::{
    PostgresStore,
    columns::{Fields, before, limit},
    error::{Fault, is_unique_violation},
    sql::job as sql,
    store::Bound,
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
use sqlx::query;
use std::collections::HashSet;
use uuid::Uuid;

/// A statement about the job of a claim.
fn held(text: &'static str, fence: Fence) -> Bound {
    query(text).bind(fence.job.uuid()).bind(fence.number)
}

/// A statement about the jobs of many claims.
fn held_all(text: &'static str, fences: &[Fence]) -> Bound {
    let ids: Vec<Uuid> = fences.iter().map(|fence| fence.job.uuid()).collect();
    let numbers: Vec<i64> = fences.iter().map(|fence| fence.number).collect();
    query(text).bind(ids).bind(numbers)
}

/// PostgreSQL keeps no NUL in text; a reason may quote anything.
fn plain(reason: String) -> String {
    if reason.contains('\0') { reason.replace('\0', "\u{fffd}") } else { reason }
}

impl PostgresStore {
    /// Changes the jobs of many claims with one statement. Returns the fences that are not current.
    async fn change_held(&self, fences: &[Fence], change: Bound) -> Result<Vec<Fence>, Fault> {
        if fences.is_empty() {
            return Ok(Vec::new());
        }
        let changed =
            self.write(change).await?.rows.iter().map(model::fence).collect::<Result<HashSet<_>, _>>()?;
        Ok(fences.iter().copied().filter(|fence| !changed.contains(fence)).collect())
    }
}

#[async_trait]
impl Jobs for PostgresStore {
    async fn enqueue(&self, job: NewJob) -> Result<bool, StoreError> {
        Ok(self.write_one(model::add(&job)).await? > 0)
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        let claim =
            query(sql::CLAIM).bind(now.as_micros()).bind(lease_until.as_micros()).bind(i64::from(limit));
        let rows = self.write(claim).await?.rows;
        let mut claimed = rows.iter().map(model::claimed).collect::<Result<Vec<Claimed>, Fault>>()?;
        // RETURNING gives rows in no order.
        claimed.sort_unstable_by_key(|claimed| (claimed.job.new.run_at, claimed.job.new.id));
        Ok(claimed)
    }

    async fn extend(&self, fences: &[Fence], lease_until: Timestamp) -> Result<Vec<Fence>, StoreError> {
        let extend = held_all(sql::EXTEND, fences).bind(lease_until.as_micros());
        Ok(self.change_held(fences, extend).await?)
    }

    async fn complete(&self, fences: &[Fence], now: Timestamp) -> Result<Vec<Fence>, StoreError> {
        let complete = held_all(sql::COMPLETE, fences).bind(now.as_micros());
        Ok(self.change_held(fences, complete).await?)
    }

    async fn release(&self, fences: &[Fence]) -> Result<Vec<Fence>, StoreError> {
        Ok(self.change_held(fences, held_all(sql::RELEASE, fences)).await?)
    }

    async fn put_back(
        &self,
        fence: Fence,
        run_at: Timestamp,
        reason: Option<String>,
    ) -> Result<bool, StoreError> {
        let put_back = held(sql::PUT_BACK, fence).bind(run_at.as_micros()).bind(reason.map(plain));
        Ok(self.write_one(put_back).await? > 0)
    }

    async fn bury(&self, fence: Fence, now: Timestamp, reason: String) -> Result<bool, StoreError> {
        Ok(self.write_one(held(sql::BURY, fence).bind(now.as_micros()).bind(plain(reason))).await? > 0)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due =
            self.read_one(query(sql::NEXT_DUE), |row| Fields::new(row, "mkt_jobs", "at").time_maybe("at"));
        Ok(due.await?.flatten())
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        self.read_one(query(sql::JOB).bind(id.uuid()), model::decode).await
    }

    async fn jobs_in(&self, state: JobState, page: Page) -> Result<Vec<Job>, StoreError> {
        let text = match state {
            JobState::Ready => sql::READY,
            JobState::Running => sql::RUNNING,
            JobState::Done => sql::DONE,
            JobState::Dead => sql::DEAD,
        };
        self.read_list(query(text).bind(before(page)).bind(limit(page)), model::decode).await
    }

    async fn mails_about(&self, subjects: &[Subject], limit: u32) -> Result<Vec<Job>, StoreError> {
        let subjects: Vec<String> = subjects.iter().map(|subject| subject.as_str().to_owned()).collect();
        self.read_list(query(sql::MAILS_ABOUT).bind(subjects).bind(i64::from(limit)), model::decode).await
    }

    async fn revive(&self, id: JobId, now: Timestamp) -> Result<bool, StoreError> {
        match self.write_one(query(sql::REVIVE).bind(id.uuid()).bind(now.as_micros())).await {
            // A live job took its name between the look and the write.
            Err(Fault::Defect(source)) if source.downcast_ref().is_some_and(is_unique_violation) => Ok(false),
            revived => Ok(revived? > 0),
        }
    }
}
