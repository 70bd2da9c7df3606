//! The ledger: double entry, append only.
//!
//! Guarantees: every entry sums to zero per currency and has a cause that no other entry has; balances are
//! sums of lines, and whatever caches them is checked against them; a creator's money is never negative;
//! entries are chained by hashes, so a changed or missing one shows.
//!
//! Does not: decide when to post. Settlement and the release of holds do.
//!
//! Called by: settlement (entries), wallets (reads), the sealing job and `ledger verify` (audit).

mod account;
mod entry;
mod hold;
mod jobs;
mod port;
mod release;
mod seal;
mod service;
mod verify;

pub use account::{Account, AccountKind};
pub use entry::{Cause, EntryError, EntryKind, JournalEntry, Line};
pub use hold::{Hold, HoldReason};
pub use jobs::LedgerJobs;
pub use port::{Audit, Balance, Imbalance, Ledger, WalletLine};
#[cfg(any(test, feature = "mock"))]
pub use port::{MockAudit, MockLedger};
pub use seal::{Seal, chain};
pub use service::{CurrencyBalances, Wallet, WalletError};
pub use verify::{Finding, LedgerReport};
