//! What the ledger asks of a store.

use super::{AccountKind, EntryKind, Hold, JournalEntry, Seal};
use crate::{
    error::StoreError,
    id::{EntryId, HoldId, OrderId, UserId},
    money::{Currency, Money},
    page::Page,
    time::Timestamp,
};
use async_trait::async_trait;
use std::fmt;

/// The balance of one account of a creator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Which account.
    pub kind: AccountKind,
    /// How much.
    pub amount: Money,
}

/// One line of a creator's accounts, with the balance that it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletLine {
    /// The entry.
    pub entry: EntryId,
    /// What it records.
    pub kind: EntryKind,
    /// On which account.
    pub account: AccountKind,
    /// How much.
    pub amount: Money,
    /// The account's balance after this line, entries taken in the order of their ids.
    pub balance_after: Money,
    /// The order it is about.
    pub order: Option<OrderId>,
    /// When.
    pub at: Timestamp,
    /// When the money becomes available, for a line that is held.
    pub releases_at: Option<Timestamp>,
}

/// Reads wallets.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Ledger: fmt::Debug + Send + Sync + 'static {
    /// The balances of a creator's accounts, each account and currency that ever moved once, in the order of
    /// (currency, kind).
    async fn balances_of(&self, creator: UserId) -> Result<Vec<Balance>, StoreError>;
    /// What a creator ever earned, net, per currency: the sum of all lines of sales on its accounts.
    async fn earned_by(&self, creator: UserId) -> Result<Vec<Money>, StoreError>;
    /// The lines on a creator's accounts, newest entry first; lines of one entry in the order of their kinds.
    /// A page holds whole entries: `page.limit` counts entries, `page.before` is an entry's id.
    async fn wallet_lines(
        &self,
        creator: UserId,
        currency: Option<Currency>,
        page: Page,
    ) -> Result<Vec<WalletLine>, StoreError>;
    /// A hold, released or not.
    async fn hold(&self, id: HoldId) -> Result<Option<Hold>, StoreError>;
}

/// Two numbers that ought to be equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imbalance {
    /// What it is about: an entry, an account, a currency.
    pub subject: String,
    /// What it ought to be, in minor units.
    pub expected: i64,
    /// What it is, in minor units.
    pub found: i64,
}

/// Checks the ledger, and chains it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Audit: fmt::Debug + Send + Sync + 'static {
    /// Whatever does not add up, `limit` findings at most: currencies and entries whose lines do not sum to
    /// zero, balances that differ from the sum of their lines, floored accounts below zero, pending accounts
    /// that differ from their open holds.
    async fn imbalances(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError>;
    /// What is kept of [`crate::earnings::facts`] and differs from them, `limit` findings at most: of each creator,
    /// currency and quarter of an hour, what is added for entries in the chain against those entries. Reads all of
    /// them, however long that takes.
    async fn misfolded(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError>;
    /// Entries that are not in the chain yet, oldest id first; only those with an id above `after`.
    async fn unsealed(&self, after: Option<EntryId>, limit: u32) -> Result<Vec<JournalEntry>, StoreError>;
    /// The last link of the chain.
    async fn last_seal(&self) -> Result<Option<Seal>, StoreError>;
    /// Appends links. Refused (`false`) unless the first one follows the last link that is stored, so two
    /// sealers never fork the chain; and if an entry of them has a link already. In the same transaction the entries
    /// leave the tail and what they say about sales is added to what is kept of it; no balance changes by it. Atomic.
    async fn append_seals(&self, seals: Vec<Seal>) -> Result<bool, StoreError>;
    /// Links after number `after` in order, each with its entry as stored; `None` if the entry is gone.
    async fn sealed(&self, after: u64, limit: u32) -> Result<Vec<(Seal, Option<JournalEntry>)>, StoreError>;
}
