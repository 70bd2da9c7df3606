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
    error::StoreError,
    id::JobId,
    job::{Claimed, Fence, Job, JobState, Jobs, NewJob},
    page::Page,
    time::Timestamp,
};
use sqlx::query;

/// A statement about the job of a claim.
fn held(text: &'static str, fence: Fence) -> Bound {
    query(text).bind(fence.job.uuid()).bind(fence.number)
}

/// PostgreSQL keeps no NUL in text; a reason may quote anything.
fn plain(reason: String) -> String {
    if reason.contains('\0') { reason.replace('\0', "\u{fffd}") } else { reason }
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
        let mut jobs = rows.iter().map(model::decode).collect::<Result<Vec<Job>, Fault>>()?;
        // RETURNING gives rows in no order.
        jobs.sort_by_key(|job| (job.new.run_at, job.new.id));
        let claimed = |job: Job| Claimed { fence: Fence { job: job.new.id, number: job.fence }, job };
        Ok(jobs.into_iter().map(claimed).collect())
    }

    async fn extend(&self, fence: Fence, lease_until: Timestamp) -> Result<bool, StoreError> {
        Ok(self.write_one(held(sql::EXTEND, fence).bind(lease_until.as_micros())).await? > 0)
    }

    async fn complete(&self, fence: Fence, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.write_one(held(sql::COMPLETE, fence).bind(now.as_micros())).await? > 0)
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
        let list = query(sql::JOBS_IN).bind(state.as_str()).bind(before(page)).bind(limit(page));
        self.read_list(list, model::decode).await
    }

    async fn revive(&self, id: JobId, now: Timestamp) -> Result<bool, StoreError> {
        match self.write_one(query(sql::REVIVE).bind(id.uuid()).bind(now.as_micros())).await {
            // A live job took its name between the look and the write.
            Err(Fault::Defect(source)) if source.downcast_ref().is_some_and(is_unique_violation) => Ok(false),
            revived => Ok(revived? > 0),
        }
    }
}
