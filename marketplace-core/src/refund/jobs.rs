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
        let next = if once == Some(true) {
            self.repayments.ask_again(id).await.map(|()| None)
        } else {
            self.repayments.carry_on(id).await
        };
        match next {
            Ok(Some(next)) => Ok(JobOutcome::Again(next)),
            Ok(None) => Ok(JobOutcome::Done),
            Err(error) => Err(failed(error)),
        }
    }
}

fn failed(error: RefundError) -> JobFailure {
    // Trying again changes nothing for numbers that do not add up.
    match &error {
        RefundError::Inconsistent(_) => JobFailure::bury(error),
        _ => JobFailure::retry(error),
    }
}
