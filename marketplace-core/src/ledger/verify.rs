//! Verifying the whole ledger.

use super::{Audit, Imbalance, chain};
use crate::error::StoreError;

/// Something that is wrong with the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// Two numbers that ought to be equal.
    Imbalance(Imbalance),
    /// The entry of this link is gone.
    EntryMissing {
        /// Which link.
        seal: u64,
    },
    /// The entry or a link before it was changed.
    ChainBroken {
        /// The first link that does not follow.
        seal: u64,
    },
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerReport {
    /// What is wrong; empty for a healthy ledger.
    pub findings: Vec<Finding>,
    /// How many entries the chain covers.
    pub sealed: u64,
    /// Entries that are not in the chain yet, as far as they were counted.
    pub unsealed: u64,
}

impl LedgerReport {
    /// Whether nothing is wrong.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }
}

const BATCH: u32 = 500;
const MOST_FINDINGS: u32 = 100;

/// Recomputes the chain from its beginning and compares every sum. Reads the whole journal.
pub(super) async fn verify(audit: &dyn Audit) -> Result<LedgerReport, StoreError> {
    let imbalances = audit.imbalances(MOST_FINDINGS).await?;
    let mut findings: Vec<Finding> = imbalances.into_iter().map(Finding::Imbalance).collect();
    let mut last = None;
    let mut broken = false;
    loop {
        let after = last.as_ref().map_or(0, |seal: &super::Seal| seal.number);
        let batch = audit.sealed(after, BATCH).await?;
        let Some((newest, _)) = batch.last() else { break };
        let newest = newest.clone();
        for (seal, entry) in batch {
            match entry {
                None => findings.push(Finding::EntryMissing { seal: seal.number }),
                // One broken link makes every later one suspect; the first is what tells.
                Some(entry) if !broken && chain(last.as_ref(), &entry) != seal => {
                    broken = true;
                    findings.push(Finding::ChainBroken { seal: seal.number });
                }
                Some(_) => {}
            }
            last = Some(seal);
        }
        last = Some(newest);
    }
    let unsealed = audit.unsealed(BATCH).await?.len();
    Ok(LedgerReport {
        findings,
        sealed: last.map_or(0, |seal| seal.number),
        unsealed: u64::try_from(unsealed).unwrap_or(u64::MAX),
    })
}
