//! Upkeep: looking at uploads, sweeping unfinished ones, forgetting old answers, numbering events.

use crate::{
    answer::Answers,
    catalog::Catalog,
    event::Events,
    job::{Handler, Job, JobFailure, JobOutcome, field, kinds},
    time::Clock,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_hours(1);
/// A feed that nobody reads is numbered all the same, so that whoever comes late does not wait for it.
const EVENTS_EVERY: Duration = Duration::from_mins(1);
const BATCH: u32 = 500;

/// Runs `uploads.check`, `uploads.sweep`, `answers.purge` and `events.number`.
#[derive(Debug, Clone)]
pub(super) struct Upkeep {
    pub(super) catalog: Catalog,
    pub(super) answers: Arc<dyn Answers>,
    pub(super) events: Arc<dyn Events>,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Handler for Upkeep {
    fn kinds(&self) -> &'static [&'static str] {
        &[kinds::CHECK_UPLOAD, kinds::SWEEP_UPLOADS, kinds::PURGE_ANSWERS, kinds::NUMBER_EVENTS]
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        if job.new.kind == kinds::CHECK_UPLOAD {
            self.catalog.check_upload(field(job, "upload")?).await.map_err(JobFailure::retry)?;
            return Ok(JobOutcome::Done);
        }
        let mut pause = EVERY;
        if job.new.kind == kinds::NUMBER_EVENTS {
            self.events.last_event().await.map_err(JobFailure::retry)?;
            pause = EVENTS_EVERY;
        } else if job.new.kind == kinds::SWEEP_UPLOADS {
            self.catalog.sweep_uploads(BATCH).await.map_err(JobFailure::retry)?;
        } else {
            self.answers.purge_answers(self.clock.now(), BATCH).await.map_err(JobFailure::retry)?;
        }
        Ok(JobOutcome::Again(self.clock.now().saturating_add(pause)))
    }
}
