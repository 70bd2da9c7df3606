//! The jobs of payments: processing notices, and asking about open attempts.

use super::{Inbox, PaymentError, Payments, notices::Processed};
use crate::{
    error::{ErrorKind, Failure},
    id::Reference,
    job::{Handler, Job, JobFailure, JobOutcome, field, kinds},
};
use async_trait::async_trait;

/// After how many tries a notice that the gateway does not confirm is left to the sweep.
const TRIES: u32 = 5;

/// Runs `notice.process` and `payment.look`.
#[derive(Debug, Clone)]
pub struct PaymentJobs {
    /// Processes notices.
    pub inbox: Inbox,
    /// Asks the gateway.
    pub payments: Payments,
}

#[async_trait]
impl Handler for PaymentJobs {
    fn kinds(&self) -> &'static [&'static str] {
        &[kinds::PROCESS_NOTICE, kinds::LOOK]
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        if job.new.kind == kinds::PROCESS_NOTICE {
            let key: String = field(job, "notice")?;
            let last_try = job.attempts.saturating_add(1) >= TRIES;
            return match self.inbox.process(&key, last_try).await {
                Ok(Processed::Done) => Ok(JobOutcome::Done),
                Ok(Processed::NotConfirmed) => {
                    Err(JobFailure::retry("the gateway does not confirm the notice yet"))
                }
                Err(error) => Err(failed(error)),
            };
        }
        let reference: Reference = field(job, "reference")?;
        match self.payments.look(&reference).await {
            Ok(Some(next)) => Ok(JobOutcome::Again(next)),
            Ok(None) => Ok(JobOutcome::Done),
            Err(error) => Err(failed(error)),
        }
    }
}

fn failed(error: PaymentError) -> JobFailure {
    match error.kind() {
        ErrorKind::Internal | ErrorKind::NotFound => JobFailure::bury(error),
        _ => JobFailure::retry(error),
    }
}
