//! The hash chain over the journal.
//!
//! Guarantees: a link commits to its entry and to the link before it, so an entry that is changed, removed
//! or put in between shows when the chain is recomputed. Entries not yet chained (the tail) are named by
//! `ledger verify`.

use super::JournalEntry;
use crate::id::EntryId;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// 1, 2, 3 …
    pub number: u64,
    /// Which entry.
    pub entry: EntryId,
    /// SHA-256 over the link before and the entry.
    pub hash: [u8; 32],
}

/// The link of `entry` after `last`.
pub fn chain(last: Option<&Seal>, entry: &JournalEntry) -> Seal {
    let mut text = format!(
        "{}\n{}\n{}\n{}\n{}\n",
        entry.id(),
        entry.kind(),
        entry.cause().as_str(),
        entry.order().map(|order| order.to_string()).unwrap_or_default(),
        entry.at().as_micros(),
    );
    for line in entry.lines() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {} {}", line.account, line.amount.minor(), line.amount.currency());
    }
    let mut hash = Sha256::new();
    hash.update(last.map_or([0; 32], |last| last.hash));
    hash.update(text.as_bytes());
    Seal {
        number: last.map_or(1, |last| last.number.saturating_add(1)),
        entry: entry.id(),
        hash: hash.finalize().into(),
    }
}
