//! The jobs of the ledger: releasing holds, and chaining entries.

use super::{Wallet, WalletError};
use crate::{
    error::{ErrorKind, Failure},
    id::HoldId,
    job::{Handler, Job, JobFailure, JobOutcome, field, kinds},
};
use async_trait::async_trait;
use std::time::Duration;

const SEAL_BATCH: u32 = 500;
const SEAL_EVERY: Duration = Duration::from_mins(1);

/// Runs `hold.release` and `ledger.seal`.
#[derive(Debug, Clone)]
pub struct LedgerJobs {
    /// The ledger.
    pub wallet: Wallet,
}

#[async_trait]
impl Handler for LedgerJobs {
    fn kinds(&self) -> &'static [&'static str] {
        &[kinds::RELEASE_HOLD, kinds::SEAL_LEDGER]
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        if job.new.kind == kinds::SEAL_LEDGER {
            while self.wallet.seal(SEAL_BATCH).await.map_err(failed)? == SEAL_BATCH as usize {}
            return Ok(JobOutcome::Again(self.wallet.clock.now().saturating_add(SEAL_EVERY)));
        }
        let hold: HoldId = field(job, "hold")?;
        if self.wallet.release(hold).await.map_err(failed)? {
            return Ok(JobOutcome::Done);
        }
        // Too early by this process's clock: the row knows the date.
        match self.wallet.ledger.hold(hold).await.map_err(JobFailure::retry)? {
            Some(hold) => Ok(JobOutcome::Again(hold.releases_at)),
            None => Ok(JobOutcome::Done),
        }
    }
}

fn failed(error: WalletError) -> JobFailure {
    match error.kind() {
        ErrorKind::Internal => JobFailure::bury(error),
        _ => JobFailure::retry(error),
    }
}
