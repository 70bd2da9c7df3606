//! Errors of the twin itself: a configuration it refuses, a journal it cannot use, a control call that makes
//! no sense.
//!
//! Guarantees that no message contains the secret key. Errors that a Paystack client provokes are not here:
//! those are answers on the wire (see `refusal`). Callers: hosts, when they build the twin, and tests.

use std::io;
use std::path::PathBuf;

/// Why a [`Sandbox`](super::Sandbox) could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A setting without a sensible default was not given.
    #[error("the sandbox needs a {0}")]
    Missing(&'static str),
    /// The secret key does not begin with `sk_test_`: the twin never takes a live key for one.
    #[error("the sandbox takes test keys only (sk_test_…)")]
    NotATestKey,
    /// The key of an account of live mode does not begin with `sk_live_`.
    #[error("an account of live mode has a made-up live key (sk_live_…)")]
    NotALiveKey,
    /// Two accounts behind one address have the same key, or there is none.
    #[error("the accounts of the sandbox need a key each")]
    Accounts,
    /// The named address is not absolute `http` or `https`.
    #[error("the {0} is not an absolute http address")]
    BadAddress(&'static str),
    /// The account's set of currencies is empty.
    #[error("the account has no currency")]
    NoCurrency,
    /// The twin has neither minimum nor fees for this currency.
    #[error("no rules are known for the currency {0}")]
    UnknownCurrency(String),
    /// Another running twin appends to the same journal.
    #[error("another sandbox uses the journal {}", .path.display())]
    JournalInUse {
        /// The journal.
        path: PathBuf,
    },
    /// The journal could not be opened, read or repaired.
    #[error("the journal {} cannot be used", .path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A complete line of the journal does not parse. Nothing was changed.
    #[error("line {line} of the journal {} cannot be read", .path.display())]
    JournalCorrupt {
        /// The journal.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
}

/// Why a [`Control`](super::Control) call or the payment page could not change anything.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// No transaction has this reference.
    #[error("no transaction has this reference")]
    UnknownReference,
    /// It has ended: a transaction that succeeded or failed is final for its reference, and a refund, transfer
    /// or dispute that is over does not go on.
    #[error("it has ended already")]
    Final,
    /// Nothing was paid, so nothing can be given back, claimed or settled.
    #[error("the transaction is not paid")]
    NotPaid,
    /// Paystack publishes no test instrument with this number.
    #[error("no test instrument has this number")]
    UnknownInstrument,
    /// The twin knows nothing of this currency.
    #[error("no rules are known for this currency")]
    UnknownCurrency,
    /// No refund has this id.
    #[error("no refund has this id")]
    UnknownRefund,
    /// No transfer has this reference.
    #[error("no transfer has this reference")]
    UnknownTransfer,
    /// No dispute has this id.
    #[error("no dispute has this id")]
    UnknownDispute,
    /// The rules of the API refuse it, with these words.
    #[error("the sandbox refuses it: {0}")]
    Refused(String),
    /// No webhook was ever queued for this reference.
    #[error("no webhook was queued for this reference")]
    NoWebhook,
    /// The journal could not be written, so nothing happened.
    #[error("the journal cannot be written")]
    Journal(#[from] io::Error),
}
