//! Verifying the whole ledger.

use super::{Audit, Imbalance, JournalEntry, Seal, chain};
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
    /// Rows from here on cannot be read as entries any more.
    Unreadable {
        /// The last link that could be read; for the tail that is not chained yet, the last of all.
        after: u64,
        /// What the store says of it.
        why: String,
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
    /// Entries that are not in the chain yet, up to the first one that cannot be read.
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
/// How often the tail is read anew because some of it was chained meanwhile.
const MOST_ROUNDS: u32 = 10;

/// Recomputes the chain from its beginning and compares every sum. Reads the whole journal.
///
/// Entries may be chained while it runs: each that was there at its beginning is read, and counted once. Only where the
/// chain grows for [`MOST_ROUNDS`] rounds on end, the last of them may be counted both as chained and as not chained yet.
pub(super) async fn verify(audit: &dyn Audit) -> Result<LedgerReport, StoreError> {
    let imbalances = audit.imbalances(MOST_FINDINGS).await?;
    let misfolded = audit.misfolded(MOST_FINDINGS).await?;
    let mut findings: Vec<Finding> =
        imbalances.into_iter().chain(misfolded).map(Finding::Imbalance).collect();
    let mut walk = Walk { audit, last: None, ended: false, broken: false };
    walk.on(&mut findings).await?;
    let mut tail = read_tail(audit).await?;
    for _ in 0..MOST_ROUNDS {
        if !walk.on(&mut findings).await? {
            break;
        }
        tail = read_tail(audit).await?;
    }
    let sealed = walk.number();
    findings.extend(tail.unreadable.map(|why| Finding::Unreadable { after: sealed, why }));
    Ok(LedgerReport { findings, sealed, unsealed: tail.count })
}

/// A walk along the chain.
struct Walk<'a> {
    audit: &'a dyn Audit,
    /// The last link that was read.
    last: Option<Seal>,
    /// Whether the rows from here on cannot be read.
    ended: bool,
    broken: bool,
}

impl Walk<'_> {
    fn number(&self) -> u64 {
        self.last.as_ref().map_or(0, |seal| seal.number)
    }

    /// Goes on to the end of the chain, and says whether there was anything new.
    async fn on(&mut self, findings: &mut Vec<Finding>) -> Result<bool, StoreError> {
        let began = self.number();
        while !self.ended {
            let batch = match self.audit.sealed(self.number(), BATCH).await {
                Err(StoreError::Defect(why)) => {
                    findings.push(Finding::Unreadable { after: self.number(), why: why.to_string() });
                    self.ended = true;
                    break;
                }
                batch => batch?,
            };
            if batch.is_empty() {
                break;
            }
            for (seal, entry) in batch {
                findings.extend(self.step(&seal, entry));
                self.last = Some(seal);
            }
        }
        Ok(self.number() != began)
    }

    /// Looks at one link and its entry.
    fn step(&mut self, seal: &Seal, entry: Option<JournalEntry>) -> Option<Finding> {
        let Some(entry) = entry else { return Some(Finding::EntryMissing { seal: seal.number }) };
        // One broken link makes every later one suspect; the first is what tells.
        if self.broken || chain(self.last.as_ref(), &entry) == *seal {
            return None;
        }
        self.broken = true;
        Some(Finding::ChainBroken { seal: seal.number })
    }
}

/// What is not chained yet.
struct Tail {
    count: u64,
    /// Why it could be read only so far.
    unreadable: Option<String>,
}

/// Reads the tail to its end, or to where it cannot be read. Entries that are chained meanwhile are passed over, so this
/// ends also beside a busy marketplace.
async fn read_tail(audit: &dyn Audit) -> Result<Tail, StoreError> {
    let mut tail = Tail { count: 0, unreadable: None };
    let mut after = None;
    loop {
        let batch = match audit.unsealed(after, BATCH).await {
            Err(StoreError::Defect(why)) => return Ok(Tail { unreadable: Some(why.to_string()), ..tail }),
            batch => batch?,
        };
        let Some(newest) = batch.last() else { return Ok(tail) };
        after = Some(newest.id());
        tail.count = tail.count.saturating_add(u64::try_from(batch.len()).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{EntryId, UserId},
        ledger::{Account, Cause, EntryKind, Line, MockAudit},
        money::{Currency, Money},
        time::Timestamp,
    };
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };
    use uuid::Uuid;

    fn entry(number: u128, minor: i64) -> JournalEntry {
        let creator = UserId::from_uuid(Uuid::nil());
        let lines = [(Account::CLEARING, -minor), (Account::pending(creator), minor)]
            .map(|(account, minor)| Line { account, amount: Money::new(minor, Currency::NGN) });
        let cause = Cause::new(EntryKind::Sale, number);
        let id = EntryId::from_uuid(Uuid::from_u128(number));
        JournalEntry::new(id, EntryKind::Sale, cause, None, Timestamp::EPOCH, lines).unwrap()
    }

    /// A tail of so many entries.
    fn tail(length: u128) -> impl Fn(Option<EntryId>, u32) -> Result<Vec<JournalEntry>, StoreError> {
        move |after, limit| {
            let first = after.map_or(1, |after| after.uuid().as_u128() + 1);
            Ok((first..=length).take(limit as usize).map(|number| entry(number, 1)).collect())
        }
    }

    /// A ledger without a chain, with that tail.
    async fn unchained(
        tail: impl Fn(Option<EntryId>, u32) -> Result<Vec<JournalEntry>, StoreError> + Send + 'static,
    ) -> LedgerReport {
        let mut audit = MockAudit::new();
        audit.expect_imbalances().returning(|_| Ok(vec![]));
        audit.expect_misfolded().returning(|_| Ok(vec![]));
        audit.expect_sealed().returning(|_, _| Ok(vec![]));
        audit.expect_unsealed().returning(tail);
        verify(&audit).await.unwrap()
    }

    /// Verifies a chain of three entries, of which `stored` are found now.
    async fn found(stored: [Option<JournalEntry>; 3]) -> LedgerReport {
        let mut chained: Vec<Seal> = Vec::new();
        for number in 1..=3 {
            chained.push(chain(chained.last(), &entry(number, 100)));
        }
        let rows: Vec<_> = chained.into_iter().zip(stored).collect();
        let mut audit = MockAudit::new();
        audit.expect_imbalances().returning(|_| Ok(vec![]));
        audit.expect_misfolded().returning(|_| Ok(vec![]));
        audit.expect_unsealed().returning(tail(1));
        audit.expect_sealed().returning(move |after, limit| {
            let rest = rows.iter().filter(|(seal, _)| seal.number > after);
            Ok(rest.take(limit.min(2) as usize).cloned().collect())
        });
        verify(&audit).await.unwrap()
    }

    fn good(number: u128) -> JournalEntry {
        entry(number, 100)
    }

    #[tokio::test]
    async fn a_whole_chain_is_healthy() {
        let report = found([Some(good(1)), Some(good(2)), Some(good(3))]).await;
        assert_eq!(report, LedgerReport { findings: vec![], sealed: 3, unsealed: 1 });
    }

    #[tokio::test]
    async fn a_changed_a_missing_and_a_swapped_entry_show() {
        let changed = found([Some(good(1)), Some(entry(2, 101)), Some(good(3))]).await;
        assert_eq!(changed.findings, [Finding::ChainBroken { seal: 2 }]);
        let missing = found([Some(good(1)), None, Some(good(3))]).await;
        assert_eq!(missing.findings, [Finding::EntryMissing { seal: 2 }]);
        let swapped = found([Some(good(2)), Some(good(1)), Some(good(3))]).await;
        assert_eq!(swapped.findings, [Finding::ChainBroken { seal: 1 }]);
    }

    #[tokio::test]
    async fn rows_that_are_no_entries_any_more_are_a_finding() {
        let mut audit = MockAudit::new();
        audit.expect_imbalances().returning(|_| Ok(vec![]));
        audit.expect_sealed().returning(|_, _| Err(StoreError::defect("mkt_lines: unbalanced")));
        audit.expect_misfolded().returning(|_| Ok(vec![]));
        audit.expect_unsealed().returning(|_, _| Err(StoreError::defect("mkt_lines: unbalanced")));
        let report = verify(&audit).await.unwrap();
        assert_eq!(report.findings.len(), 2);
        assert!(!report.is_healthy());
    }

    #[tokio::test]
    async fn a_long_tail_is_counted_to_its_end_and_damage_in_it_is_found() {
        for length in [0, 1, 499, 500, 501, 1_000, 1_234] {
            assert_eq!(u128::from(unchained(tail(length)).await.unsealed), length);
        }
        let whole = tail(2_000);
        let report = unchained(move |after, limit| match after {
            Some(after) if after.uuid().as_u128() >= 1_000 => {
                Err(StoreError::defect("mkt_lines: unbalanced"))
            }
            after => whole(after, limit),
        });
        let report = report.await;
        assert_eq!((report.unsealed, report.findings.len()), (1_000, 1), "{report:?}");
    }

    #[tokio::test]
    async fn entries_that_are_chained_meanwhile_are_read_and_counted_once() {
        // Of seven, three are chained; two more after each reading of the tail.
        let chained = Arc::new(AtomicUsize::new(3));
        let mut links: Vec<(Seal, Option<JournalEntry>)> = Vec::new();
        for number in 1..=7 {
            let stored = if number == 5 { entry(number, 101) } else { good(number) };
            links.push((chain(links.last().map(|(seal, _)| seal), &good(number)), Some(stored)));
        }
        let mut audit = MockAudit::new();
        audit.expect_imbalances().returning(|_| Ok(vec![]));
        audit.expect_misfolded().returning(|_| Ok(vec![]));
        let now = Arc::clone(&chained);
        audit.expect_sealed().returning(move |after, limit| {
            let there = links.iter().take(now.load(SeqCst));
            Ok(there.filter(|(seal, _)| seal.number > after).take(limit as usize).cloned().collect())
        });
        audit.expect_unsealed().returning(move |after, _| {
            let left = (chained.load(SeqCst) + 1..=7).map(|number| good(number as u128));
            let left: Vec<_> = left.filter(|entry| Some(entry.id()) > after).collect();
            if left.is_empty() {
                chained.store((chained.load(SeqCst) + 2).min(7), SeqCst);
            }
            Ok(left)
        });
        let report = verify(&audit).await.unwrap();
        let findings = vec![Finding::ChainBroken { seal: 5 }];
        assert_eq!(report, LedgerReport { findings, sealed: 7, unsealed: 0 });
    }

    #[tokio::test]
    async fn what_is_kept_wrong_of_sales_is_a_finding() {
        let wrong = Imbalance { subject: "gross".to_owned(), expected: 1, found: 2 };
        let kept = wrong.clone();
        let mut audit = MockAudit::new();
        audit.expect_imbalances().returning(|_| Ok(vec![]));
        audit.expect_misfolded().returning(move |_| Ok(vec![kept.clone()]));
        audit.expect_sealed().returning(|_, _| Ok(vec![]));
        audit.expect_unsealed().returning(tail(0));
        assert_eq!(verify(&audit).await.unwrap().findings, [Finding::Imbalance(wrong)]);
    }
}
