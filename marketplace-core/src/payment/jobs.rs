//! The jobs of payments: processing notices, asking about open attempts, and the daily comparison.

use super::{GatewayError, GatewayErrorKind, Inbox, PaymentError, Payments, notices::Processed};
use crate::{
    error::{ErrorKind, Failure},
    id::Reference,
    job::{Handler, Job, JobFailure, JobOutcome, field, kinds},
};
use async_trait::async_trait;
use std::time::Duration;

/// After how many tries a notice that the gateway does not confirm is left to the sweep.
const TRIES: u32 = 5;

/// After how many failures in a row a notice is looked at hourly, for as long as the gateway is away.
const PATIENCE: u32 = 10;
const HOURLY: Duration = Duration::from_hours(1);

const DAILY: Duration = Duration::from_hours(24);

/// Runs `notice.process`, `payment.look` and `payments.reconcile`.
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
        &[kinds::PROCESS_NOTICE, kinds::LOOK, kinds::RECONCILE]
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
                Err(PaymentError::Gateway(error))
                    if told_to_wait(&error).is_some() || job.attempts >= PATIENCE =>
                {
                    tracing::warn!(notice = %key, error = %error, cause = %error.source, "the gateway could not be asked");
                    let pause = told_to_wait(&error).unwrap_or(HOURLY);
                    Ok(JobOutcome::Again(self.inbox.clock.now().saturating_add(pause)))
                }
                Err(error) => Err(failed(error)),
            };
        }
        if job.new.kind == kinds::RECONCILE {
            let pause = match self.payments.reconcile_daily().await {
                Ok(_) => DAILY,
                Err(error) => {
                    tracing::warn!(error = %error, cause = ?std::error::Error::source(&error), "the comparison broke off");
                    match &error {
                        PaymentError::Gateway(error) => told_to_wait(error).unwrap_or(HOURLY).max(HOURLY),
                        _ => HOURLY,
                    }
                }
            };
            return Ok(JobOutcome::Again(self.payments.clock.now().saturating_add(pause)));
        }
        let reference: Reference = field(job, "reference")?;
        match self.payments.look(&reference).await {
            Ok(Some(next)) => Ok(JobOutcome::Again(next)),
            Ok(None) => Ok(JobOutcome::Done),
            Err(PaymentError::Gateway(error)) => {
                // However long the gateway is away, or its key wrong: the sweep outlives it.
                tracing::warn!(payment.reference = %reference, error = %error, cause = %error.source, "the gateway could not be asked");
                let next = self.payments.look_after_failure(&reference).await.map_err(failed)?;
                let wait = told_to_wait(&error).unwrap_or(Duration::ZERO);
                Ok(JobOutcome::Again(next.max(self.payments.clock.now().saturating_add(wait))))
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// How long the gateway wants to be left alone.
fn told_to_wait(error: &GatewayError) -> Option<Duration> {
    match error.kind {
        GatewayErrorKind::RateLimited { after } => after,
        _ => None,
    }
}

fn failed(error: PaymentError) -> JobFailure {
    match error.kind() {
        ErrorKind::Internal | ErrorKind::NotFound => JobFailure::bury(error),
        _ => JobFailure::retry(error),
    }
}
