//! What happens to refunds, as facts.
//!
//! Guarantees the words that Paystack uses for their states. Callers: `rules` writes them, tests read them.

use serde::{Deserialize, Serialize};

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefundStatus {
    /// Taken in.
    Pending,
    /// With the processor.
    Processing,
    /// Given back.
    Processed,
    /// Not given back; the money is the merchant's again.
    Failed,
    /// Somebody has to tell an account of the payer.
    NeedsAttention,
}

impl RefundStatus {
    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Processed => "processed",
            Self::Failed => "failed",
            Self::NeedsAttention => "needs-attention",
        }
    }

    /// Whether nothing follows.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Processed | Self::Failed)
    }
}

/// Who began a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefundOrigin {
    /// A call of the API.
    Api,
    /// Somebody on Paystack's dashboard.
    Dashboard,
    /// This dispute was lost.
    Dispute(u64),
}

/// Money is to be given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundCreated {
    /// When.
    pub at: i64,
    /// Paystack's id of it.
    pub refund: u64,
    /// The id of the transaction.
    pub transaction: u64,
    /// The reference of the transaction.
    pub reference: String,
    /// How much.
    pub amount: u64,
    /// In which currency.
    pub currency: String,
    /// As sent, or filled in.
    pub customer_note: String,
    /// As sent, or filled in.
    pub merchant_note: String,
    /// Who began it.
    pub origin: RefundOrigin,
    /// It was taken out of the balance, because the payment had been settled into it.
    pub from_balance: bool,
    /// Where it stands at first.
    pub status: RefundStatus,
    /// How it will end by itself.
    pub ends: RefundStatus,
    /// When it goes on by itself.
    pub next_at: Option<i64>,
}

/// A refund went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefundMoved {
    /// When.
    pub at: i64,
    /// Which.
    pub refund: u64,
    /// Where it stands now.
    pub status: RefundStatus,
    /// The account that the merchant told, if that is why.
    pub to_account: Option<String>,
    /// When it goes on by itself.
    pub next_at: Option<i64>,
}
