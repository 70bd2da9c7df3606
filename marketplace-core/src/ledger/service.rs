//! Wallets, releases, sealing and verification.

use super::{
    AccountKind, Audit, EntryError, Ledger, LedgerReport, WalletLine, chain, release::release, verify::verify,
};
use crate::{
    commit::{CommitFailure, Committer, Step},
    error::{ErrorKind, Failure, StoreError},
    id::{HoldId, UserId},
    money::{Currency, Money, MoneyError},
    page::{Listed, Page},
    time::Clock,
};
use std::{collections::BTreeMap, sync::Arc};

/// Why the ledger said no.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// A stored entry does not add up.
    #[error("an entry does not add up")]
    Entry(#[from] EntryError),
    /// A sum does not fit.
    #[error("amount out of range")]
    Money(#[from] MoneyError),
    /// A commit failed.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Failure for WalletError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Entry(_) | Self::Money(_) => ErrorKind::Internal,
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Entry(_) | Self::Money(_) => "internal",
            Self::Commit(failure) => failure.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// A creator's balances in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyBalances {
    /// Free to pay out.
    pub available: Money,
    /// Held until a date.
    pub pending: Money,
    /// Held for a refund or dispute.
    pub reserved: Money,
    /// On its way to a bank.
    pub in_payout: Money,
    /// Earned in all, net.
    pub lifetime: Money,
}

impl CurrencyBalances {
    const fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { available: zero, pending: zero, reserved: zero, in_payout: zero, lifetime: zero }
    }
}

/// What wallets need.
#[derive(Debug, Clone)]
pub struct Wallet {
    /// Reads balances.
    pub ledger: Arc<dyn Ledger>,
    /// Checks and chains entries.
    pub audit: Arc<dyn Audit>,
    /// Commits decisions.
    pub committer: Committer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Wallet {
    /// A creator's balances, one row per currency that ever moved, by currency code.
    pub async fn balances(&self, creator: UserId) -> Result<Vec<CurrencyBalances>, WalletError> {
        let mut rows = BTreeMap::<Currency, CurrencyBalances>::new();
        for balance in self.ledger.balances_of(creator).await? {
            let currency = balance.amount.currency();
            let row = rows.entry(currency).or_insert(CurrencyBalances::none(currency));
            match balance.kind {
                AccountKind::CreatorAvailable => row.available = balance.amount,
                AccountKind::CreatorPending => row.pending = balance.amount,
                AccountKind::CreatorReserved => row.reserved = balance.amount,
                AccountKind::CreatorInPayout => row.in_payout = balance.amount,
                _ => {}
            }
        }
        for earned in self.ledger.earned_by(creator).await? {
            let currency = earned.currency();
            rows.entry(currency).or_insert(CurrencyBalances::none(currency)).lifetime = earned;
        }
        Ok(rows.into_values().collect())
    }

    /// The movements on a creator's accounts, newest first; a page counts entries, each with all its lines.
    pub async fn entries(
        &self,
        creator: UserId,
        currency: Option<Currency>,
        page: Page,
    ) -> Result<Listed<WalletLine>, WalletError> {
        let mut lines = self.ledger.wallet_lines(creator, currency, page.with_lookahead()).await?;
        let mut entries: Vec<_> = lines.iter().map(|line| line.entry).collect();
        entries.dedup();
        let limit = page.limit as usize;
        if entries.len() <= limit {
            return Ok(Listed { items: lines, next: None });
        }
        entries.truncate(limit);
        lines.retain(|line| entries.contains(&line.entry));
        Ok(Listed { items: lines, next: entries.last().map(|entry| entry.uuid()) })
    }

    /// Makes held money available once its date has come. Idempotent. Returns whether nothing is left to do.
    pub async fn release(&self, hold: HoldId) -> Result<bool, WalletError> {
        let at = self.clock.now();
        let round = || async {
            let Some(hold) = self.ledger.hold(hold).await? else { return Ok(Step::Done(true)) };
            Ok::<_, WalletError>(match release(&hold, at)? {
                Some(set) => Step::Commit(set, true),
                None => Step::Done(hold.released_at.is_some()),
            })
        };
        Ok(self.committer.run(round).await?.0)
    }

    /// Chains entries that are not in the chain yet, `limit` at most. Several processes may do it at once:
    /// one appends, the others find nothing to do. Returns how many were chained.
    pub async fn seal(&self, limit: u32) -> Result<usize, WalletError> {
        // In this order: whoever appends in between moves the end, and this append is refused. The other way
        // round it would chain entries that the other one has chained already.
        let mut last = self.audit.last_seal().await?;
        let entries = self.audit.unsealed(None, limit).await?;
        let mut seals = Vec::with_capacity(entries.len());
        for entry in &entries {
            let seal = chain(last.as_ref(), entry);
            last = Some(seal.clone());
            seals.push(seal);
        }
        let count = seals.len();
        if count == 0 || !self.audit.append_seals(seals).await? {
            return Ok(0);
        }
        Ok(count)
    }

    /// Checks every sum, what is kept of sales, and recomputes the chain. Reads the whole journal.
    pub async fn verify(&self) -> Result<LedgerReport, WalletError> {
        Ok(verify(&*self.audit).await?)
    }
}
