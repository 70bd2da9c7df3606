//! What runs a job.

use super::Job;
use crate::{error::Source, time::Timestamp};
use async_trait::async_trait;
use std::fmt;

/// The kinds of jobs of this library.
pub mod kinds {
    /// Process a notice of the gateway.
    pub const PROCESS_NOTICE: &str = "notice.process";
    /// Ask the gateway about an open attempt.
    pub const LOOK: &str = "payment.look";
    /// Compare the gateway's list of payments with ours. Periodic.
    pub const RECONCILE: &str = "payments.reconcile";
    /// Carry a refund out.
    pub const REFUND: &str = "refund.carry-on";
    /// Make held money available.
    pub const RELEASE_HOLD: &str = "hold.release";
    /// Mail receipt and links to a buyer.
    pub const MAIL_PURCHASE: &str = "mail.purchase";
    /// Tell a creator about a sale.
    pub const MAIL_SOLD: &str = "mail.sold";
    /// Mail a new link.
    pub const MAIL_FRESH_LINK: &str = "mail.fresh-link";
    /// Chain new entries of the journal. Periodic.
    pub const SEAL_LEDGER: &str = "ledger.seal";
    /// Delete what unfinished uploads left. Periodic.
    pub const SWEEP_UPLOADS: &str = "uploads.sweep";
    /// Look at the bytes of an upload.
    pub const CHECK_UPLOAD: &str = "uploads.check";
    /// Number what happened. Periodic.
    pub const NUMBER_EVENTS: &str = "events.number";
    /// Forget old stored answers. Periodic.
    pub const PURGE_ANSWERS: &str = "answers.purge";
}

/// How a job ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOutcome {
    /// For good.
    Done,
    /// For now; it goes on at this time.
    Again(Timestamp),
}

/// How a job failed.
#[derive(Debug, thiserror::Error)]
pub enum JobFailure {
    /// Trying again may help.
    #[error("the job failed for now")]
    Retry(#[source] Source),
    /// Trying again never helps.
    #[error("the job failed for good")]
    Bury(#[source] Source),
}

impl JobFailure {
    /// A failure that may pass.
    pub fn retry(source: impl Into<Source>) -> Self {
        Self::Retry(source.into())
    }

    /// A failure that stays.
    pub fn bury(source: impl Into<Source>) -> Self {
        Self::Bury(source.into())
    }
}

/// Runs jobs of some kinds. At least once each: a handler is idempotent, because what it decides is. Its
/// future may be dropped when its lease is lost.
#[async_trait]
pub trait Handler: fmt::Debug + Send + Sync + 'static {
    /// Which kinds.
    fn kinds(&self) -> &'static [&'static str];
    /// Runs a job. `job.attempts` tells how often it failed before.
    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure>;
}

/// Reads a field of a job's payload.
pub(crate) fn field<T: serde::de::DeserializeOwned>(job: &Job, name: &str) -> Result<T, JobFailure> {
    let value = job.new.payload.get(name).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(JobFailure::bury)
}
