//! What happens to transfers, as facts.
//!
//! Guarantees the words that Paystack uses for their states. Callers: `rules` and `recipient` write them, tests
//! read them.

use serde::{Deserialize, Serialize};

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransferStatus {
    /// Waits for a one-time password.
    Otp,
    /// Under way, and for days perhaps.
    Pending,
    /// Taken in, and not looked at.
    Received,
    /// Sent. It may still come back.
    Success,
    /// Not sent; the money is back.
    Failed,
    /// Came back.
    Reversed,
    /// Nobody told the one-time password in thirty minutes.
    Abandoned,
    /// The approval did not come.
    Blocked,
    /// The approval was refused.
    Rejected,
}

impl TransferStatus {
    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Otp => "otp",
            Self::Pending => "pending",
            Self::Received => "received",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
            Self::Abandoned => "abandoned",
            Self::Blocked => "blocked",
            Self::Rejected => "rejected",
        }
    }

    /// Whether it may still be sent.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Otp | Self::Pending | Self::Received)
    }
}

/// An account became known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecipientCreated {
    /// When.
    pub at: i64,
    /// Paystack's id of it.
    pub recipient: u64,
    /// `RCP_…`, which is what a transfer names.
    pub code: String,
    /// Such as `nuban`.
    pub kind: String,
    /// The owner, as the merchant says.
    pub name: String,
    /// The number of the account.
    pub account_number: String,
    /// The code of its bank.
    pub bank_code: String,
    /// The name of its bank.
    pub bank_name: String,
    /// In which currency.
    pub currency: String,
    /// As sent.
    pub description: Option<String>,
}

/// Money is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransferStarted {
    /// When.
    pub at: i64,
    /// Paystack's id of it.
    pub transfer: u64,
    /// `TRF_…`
    pub code: String,
    /// The merchant's reference.
    pub reference: String,
    /// To whom.
    pub recipient: u64,
    /// How much.
    pub amount: u64,
    /// In which currency.
    pub currency: String,
    /// What Paystack takes for it.
    pub fee: u64,
    /// For the receiver's statement.
    pub reason: String,
    /// Where it stands at first.
    pub status: TransferStatus,
    /// Nobody finds it before.
    pub hidden_until: i64,
    /// When it goes on by itself.
    pub next_at: Option<i64>,
}

/// A transfer went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransferMoved {
    /// When.
    pub at: i64,
    /// Which.
    pub transfer: u64,
    /// Where it stands now.
    pub status: TransferStatus,
    /// When it goes on by itself.
    pub next_at: Option<i64>,
}
