//! The job that carries a refund out.

use super::{RefundError, Repayments};
use crate::{
    id::RefundId,
    job::{Handler, Job, JobFailure, JobOutcome, field, kinds},
};
use async_trait::async_trait;

/// Runs `refund.carry-on`.
#[derive(Debug, Clone)]
pub struct RefundJobs {
    /// Carries refunds out.
    pub repayments: Repayments,
}

#[async_trait]
impl Handler for RefundJobs {
    fn kinds(&self) -> &'static [&'static str] {
        &[kinds::REFUND]
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        let id: RefundId = field(job, "refund")?;
        let once: Option<bool> = field(job, "once")?;
        match self.repayments.carry_on(id).await {
            Ok(Some(next)) if once != Some(true) => Ok(JobOutcome::Again(next)),
            Ok(_) => Ok(JobOutcome::Done),
            Err(error) => Err(failed(error)),
        }
    }
}

fn failed(error: RefundError) -> JobFailure {
    // An operator was told, or has to see it among the dead jobs: trying again changes nothing.
    match &error {
        RefundError::Unsupported | RefundError::Mismatch | RefundError::Inconsistent(_) => {
            JobFailure::bury(error)
        }
        _ => JobFailure::retry(error),
    }
}
