//! The journal, balances, holds, and the hash chain.
//!
//! Guarantees: a credit only appends; a debit of an account with a floor folds what was appended, and then sees
//! the whole balance; what is chained is folded, too, so a wallet is read from few rows; the database refuses to change
//! an entry.
//!
//! Called by: `commit` (entries, holds) and the ports of `marketplace_core::ledger`.

mod audit;
pub(crate) mod entry;
pub(crate) mod hold;
mod port;
mod seal;
mod wallet;
