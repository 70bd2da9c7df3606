//! Periodic upkeep: sweeping unfinished uploads, forgetting old answers.

use crate::{
    answer::Answers,
    catalog::Catalog,
    job::{Handler, Job, JobFailure, JobOutcome, kinds},
    time::Clock,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_hours(1);
const BATCH: u32 = 500;

/// Runs `uploads.sweep` and `answers.purge`.
#[derive(Debug, Clone)]
pub(super) struct Upkeep {
    pub(super) catalog: Catalog,
    pub(super) answers: Arc<dyn Answers>,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Handler for Upkeep {
    fn kinds(&self) -> &'static [&'static str] {
        &[kinds::SWEEP_UPLOADS, kinds::PURGE_ANSWERS]
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        if job.new.kind == kinds::SWEEP_UPLOADS {
            self.catalog.sweep_uploads(BATCH).await.map_err(JobFailure::retry)?;
        } else {
            self.answers.purge_answers(self.clock.now(), BATCH).await.map_err(JobFailure::retry)?;
        }
        Ok(JobOutcome::Again(self.clock.now().saturating_add(EVERY)))
    }
}
