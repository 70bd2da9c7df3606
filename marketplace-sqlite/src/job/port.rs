//! The queue's port.

use super::model;
use crate::{
    SqliteStore,
    columns::{Fields, before, blob},
    error::Fault,
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
use serde_json::{Value, json};
use sqlx::query;
use std::collections::HashSet;

/// A statement about the job of a claim.
fn held(text: &'static str, fence: Fence) -> Bound {
    query(text).bind(blob(fence.job.uuid())).bind(fence.number)
}

/// A list as SQLite's JSON functions read it.
fn json(items: impl Iterator<Item = Value>) -> String {
    Value::Array(items.collect()).to_string()
}

/// The id of the job of a claim, as `unhex` reads it.
fn hex(fence: Fence) -> String {
    fence.job.uuid().simple().to_string()
}

/// A statement about the jobs of many claims.
fn held_all(text: &'static str, fences: &[Fence]) -> Bound {
    query(text).bind(json(fences.iter().map(|fence| json!([hex(*fence), fence.number]))))
}

impl SqliteStore {
    /// Changes the jobs of many claims with one statement. Returns the fences that are not current.
    async fn change_held(&self, fences: &[Fence], change: Bound) -> Result<Vec<Fence>, Fault> {
        if fences.is_empty() {
            return Ok(Vec::new());
        }
        let changed = self.write(move |connection| {
            Box::pin(async move {
                let rows = change.fetch_all(connection).await?;
                rows.iter().map(model::fence).collect::<Result<HashSet<_>, Fault>>()
            })
        });
        let changed = changed.await?;
        Ok(fences.iter().copied().filter(|fence| !changed.contains(fence)).collect())
    }
}

#[async_trait]
impl Jobs for SqliteStore {
    async fn enqueue(&self, job: NewJob) -> Result<bool, StoreError> {
        let added =
            self.write(move |connection| Box::pin(async move { model::add(connection, &job).await })).await?;
        Ok(added)
    }

    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        let due = query(sql::DUE).bind(now.as_micros()).bind(limit);
        let claimed = self.write(move |connection| {
            Box::pin(async move {
                let rows = due.fetch_all(&mut *connection).await?;
                // A row that cannot be read rolls the claim back, so it is not lost as running.
                let jobs = rows.iter().map(model::decode).collect::<Result<Vec<Job>, Fault>>()?;
                let claimed: Vec<Claimed> =
                    jobs.into_iter().map(|job| model::claimed(job, lease_until)).collect();
                if !claimed.is_empty() {
                    let ids = json(claimed.iter().map(|claimed| hex(claimed.fence).into()));
                    query(sql::CLAIM).bind(ids).bind(lease_until.as_micros()).execute(connection).await?;
                }
                Ok(claimed)
            })
        });
        Ok(claimed.await?)
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
        Ok(self.write_one(held(sql::PUT_BACK, fence).bind(run_at.as_micros()).bind(reason)).await? > 0)
    }

    async fn bury(&self, fence: Fence, now: Timestamp, reason: String) -> Result<bool, StoreError> {
        Ok(self.write_one(held(sql::BURY, fence).bind(now.as_micros()).bind(reason)).await? > 0)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due =
            self.read_one(query(sql::NEXT_DUE), |row| Fields::new(row, "mkt_jobs", "at").time_maybe("at"));
        Ok(due.await?.flatten())
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        self.read_one(query(sql::JOB).bind(blob(id.uuid())), model::decode).await
    }

    async fn jobs_in(&self, state: JobState, page: Page) -> Result<Vec<Job>, StoreError> {
        let list = query(sql::JOBS_IN).bind(state.as_str()).bind(before(page)).bind(page.limit);
        self.read_list(list, model::decode).await
    }

    async fn mails_about(&self, subjects: &[Subject], limit: u32) -> Result<Vec<Job>, StoreError> {
        let subjects = json(subjects.iter().map(|subject| subject.as_str().into()));
        self.read_list(query(sql::MAILS_ABOUT).bind(subjects).bind(limit), model::decode).await
    }

    async fn revive(&self, id: JobId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.write_one(query(sql::REVIVE).bind(blob(id.uuid())).bind(now.as_micros())).await? > 0)
    }
}
