//! What the twin did, as facts.
//!
//! Guarantees that the list of records is the whole state: the twin rebuilds itself from them and from nothing
//! else, and a test may treat them as the truth. Times are unix microseconds of the injected clock; amounts
//! are subunits. Reads, refused calls and injected faults leave no record (see
//! [`Sandbox::calls`](super::Sandbox::calls)). Callers: everything here writes
//! them, tests read them through [`Sandbox::records`](super::Sandbox::records).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::charge::{ChargeMoved, ChargeStarted};
use super::control::Damage;
use super::dispute::{DisputeMoved, DisputeOpened, EvidenceAdded, UploadOffered};
use super::ledger::BalanceChanged;
use super::refund::{RefundCreated, RefundMoved};
use super::transfer::{RecipientCreated, TransferMoved, TransferStarted};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// A transaction was initialized; it is `abandoned` until somebody pays or is declined.
    Initialized(Initialized),
    /// A payer is charged without the payment page.
    ChargeStarted(ChargeStarted),
    /// A charge went on without an end.
    ChargeMoved(ChargeMoved),
    /// A saved card may not be charged any more.
    AuthorizationDeactivated {
        /// When.
        at: i64,
        /// Which.
        authorization_code: String,
    },
    /// Somebody sent another amount than a bank transfer was asked for; it went back to them.
    BankTransferRejected {
        /// When.
        at: i64,
        /// The transaction, which stays open.
        reference: String,
        /// What was sent.
        amount: u64,
    },
    /// A transaction succeeded.
    Paid(Paid),
    /// A transaction failed, finally.
    Declined {
        /// When.
        at: i64,
        /// The transaction.
        reference: String,
        /// What `gateway_response` says; `Declined` if nothing.
        #[serde(default)]
        reason: Option<String>,
    },
    /// The payer left without paying. The transaction stays open.
    Abandoned {
        /// When.
        at: i64,
        /// The transaction.
        reference: String,
    },
    /// A webhook is owed to the merchant.
    WebhookQueued(WebhookQueued),
    /// A webhook was lost on purpose ([`Control::drop_webhooks`](super::Control::drop_webhooks)).
    WebhookDropped {
        /// When.
        at: i64,
        /// Of the transaction, or of the transfer.
        reference: String,
        /// The event that nobody will hear of.
        event: String,
    },
    /// A webhook was sent, or its receiver could not be reached.
    WebhookAttempted(WebhookAttempted),
    /// What a transaction brought was added to the balance, which Paystack never does in test mode.
    Settled {
        /// When.
        at: i64,
        /// The transaction.
        reference: String,
    },
    /// The balance of a currency changed.
    BalanceChanged(BalanceChanged),
    /// Money is to be given back.
    RefundCreated(RefundCreated),
    /// A refund went on.
    RefundMoved(RefundMoved),
    /// An account became known.
    RecipientCreated(RecipientCreated),
    /// Money is to be sent.
    TransferStarted(TransferStarted),
    /// A transfer went on.
    TransferMoved(TransferMoved),
    /// A payer told their bank that they did not buy.
    DisputeOpened(DisputeOpened),
    /// The merchant was reminded of a dispute.
    DisputeReminded {
        /// When.
        at: i64,
        /// Which.
        dispute: u64,
        /// When time does the next thing by itself.
        next_at: i64,
    },
    /// The merchant told their side.
    EvidenceAdded(EvidenceAdded),
    /// The merchant may upload a file.
    UploadOffered(UploadOffered),
    /// A file was uploaded.
    Uploaded {
        /// When.
        at: i64,
        /// Its name.
        file: String,
        /// Its length.
        bytes: u64,
    },
    /// A dispute went on.
    DisputeMoved(DisputeMoved),
}

impl Record {
    /// When it happened.
    pub fn at(&self) -> i64 {
        match self {
            Self::Initialized(record) => record.at,
            Self::ChargeStarted(record) => record.at,
            Self::ChargeMoved(record) => record.at,
            Self::Paid(record) => record.at,
            Self::WebhookQueued(record) => record.at,
            Self::WebhookAttempted(record) => record.at,
            Self::BalanceChanged(record) => record.at,
            Self::RefundCreated(record) => record.at,
            Self::RefundMoved(record) => record.at,
            Self::RecipientCreated(record) => record.at,
            Self::TransferStarted(record) => record.at,
            Self::TransferMoved(record) => record.at,
            Self::DisputeOpened(record) => record.at,
            Self::DisputeMoved(record) => record.at,
            Self::EvidenceAdded(record) => record.at,
            Self::UploadOffered(record) => record.at,
            Self::Declined { at, .. }
            | Self::Abandoned { at, .. }
            | Self::AuthorizationDeactivated { at, .. }
            | Self::BankTransferRejected { at, .. }
            | Self::WebhookDropped { at, .. }
            | Self::Settled { at, .. }
            | Self::DisputeReminded { at, .. }
            | Self::Uploaded { at, .. } => *at,
        }
    }
}

/// Which call began a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryPoint {
    /// `POST /transaction/initialize`
    #[default]
    TransactionInitialize,
    /// `POST /charge`
    Charge,
    /// `POST /transaction/charge_authorization`
    ChargeAuthorization,
}

impl EntryPoint {
    /// As it stands in `source`; of the last two that is a convention of the twin.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TransactionInitialize => "transaction_initialize",
            Self::Charge => "charge",
            Self::ChargeAuthorization => "charge_authorization",
        }
    }
}

/// A transaction as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Initialized {
    /// When.
    pub at: i64,
    /// Paystack's numeric id, above 2^32.
    pub id: u64,
    /// The last part of the payment page's address.
    pub access_code: String,
    /// The merchant's reference, or a generated one.
    pub reference: String,
    /// The payer.
    pub email: String,
    /// What was asked.
    pub amount: u64,
    /// In which currency.
    pub currency: String,
    /// Where the payer goes afterwards.
    pub callback_url: Option<String>,
    /// As it will be echoed; `""` if there was none.
    pub metadata: Value,
    /// The same for every transaction of one e-mail address.
    pub customer_id: u64,
    /// The same for every transaction of one e-mail address.
    pub customer_code: String,
    /// Which call began it.
    #[serde(default)]
    pub entry: EntryPoint,
}

/// A successful payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Paid {
    /// When.
    pub at: i64,
    /// The transaction.
    pub reference: String,
    /// What was taken.
    pub amount: u64,
    /// What Paystack says was asked.
    pub requested_amount: u64,
    /// In which currency it was taken.
    pub currency: String,
    /// Paystack's own share.
    pub fees: u64,
    /// A new one for each payment.
    pub authorization_code: String,
    /// The number of the test instrument that paid; none is the usual card.
    #[serde(default)]
    pub instrument: Option<String>,
}

/// A webhook that is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookQueued {
    /// When.
    pub at: i64,
    /// The twin's own number of this webhook; it is not sent.
    pub webhook: u64,
    /// Of the transaction, or of the transfer.
    pub reference: String,
    /// Such as `charge.success`.
    pub event: String,
    /// The exact text that is signed and sent, at every attempt.
    pub body: String,
    /// How much later than `at` the first attempt is due, in microseconds.
    #[serde(default)]
    pub delay: i64,
    /// What is wrong with it on purpose, at every attempt.
    #[serde(default)]
    pub damage: Option<Damage>,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookAttempted {
    /// When the attempt began.
    pub at: i64,
    /// Which webhook.
    pub webhook: u64,
    /// Counted from one.
    pub attempt: u32,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// When it will be tried again; none if it was acknowledged or given up.
    pub next_at: Option<i64>,
}

/// What came of an attempt to deliver a webhook. Only status 200 acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The receiver answered with this status.
    Answered(u16),
    /// The host's HTTP client followed a redirect, which Paystack does not do.
    Redirected,
    /// No answer within 30 seconds.
    TimedOut,
    /// No connection, or it broke.
    Unreachable,
}

impl AttemptOutcome {
    /// Whether the webhook is done with.
    pub fn acknowledges(self) -> bool {
        self == Self::Answered(200)
    }
}
