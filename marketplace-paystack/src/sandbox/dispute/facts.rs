//! What happens to disputes, as facts.
//!
//! Guarantees the words that Paystack uses for states, resolutions and categories. Callers: `rules`, `answers`
//! and `uploads` write them, tests read them.

use serde::{Deserialize, Serialize};

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DisputeStatus {
    /// The merchant is to answer.
    AwaitingMerchantFeedback,
    /// The bank is to answer.
    AwaitingBankFeedback,
    /// Over.
    Resolved,
}

impl DisputeStatus {
    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingMerchantFeedback => "awaiting-merchant-feedback",
            Self::AwaitingBankFeedback => "awaiting-bank-feedback",
            Self::Resolved => "resolved",
        }
    }
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Resolution {
    /// The merchant gave in.
    MerchantAccepted,
    /// The merchant said no, and it stayed so.
    Declined,
    /// Nobody answered in time, or the bank decided for the payer.
    AutoAccepted,
}

/// What the payer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DisputeCategory {
    /// Something is wrong.
    General,
    /// Did not get what was paid for.
    #[default]
    Chargeback,
    /// Did not pay. Saying no needs evidence.
    Fraud,
}

/// A payer told their bank that they did not buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DisputeOpened {
    /// When.
    pub at: i64,
    /// Paystack's id of it.
    pub dispute: u64,
    /// The id of the transaction.
    pub transaction: u64,
    /// The reference of the transaction.
    pub reference: String,
    /// What the payer wants back.
    pub refund_amount: u64,
    /// In which currency.
    pub currency: String,
    /// What the payer says.
    pub category: DisputeCategory,
    /// Until when the merchant may answer.
    pub due_at: i64,
    /// When time does the next thing by itself.
    pub next_at: i64,
}

/// A dispute went on, or what is known of it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DisputeMoved {
    /// When.
    pub at: i64,
    /// Which.
    pub dispute: u64,
    /// Where it stands now.
    pub status: DisputeStatus,
    /// How it ended, once it did, or what the merchant wants.
    pub resolution: Option<Resolution>,
    /// What is to be given back.
    pub refund_amount: u64,
    /// Whose doing it was.
    pub by: String,
    /// What was said.
    pub message: Option<String>,
    /// The file that shows it.
    pub attachment: Option<String>,
    /// The evidence that shows it.
    pub evidence: Option<u64>,
    /// When time does the next thing by itself.
    pub next_at: Option<i64>,
}

/// The merchant told their side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EvidenceAdded {
    /// When.
    pub at: i64,
    /// Of which dispute.
    pub dispute: u64,
    /// Paystack's id of it.
    pub evidence: u64,
    /// The buyer's address.
    pub customer_email: String,
    /// The buyer's name.
    pub customer_name: String,
    /// The buyer's telephone number.
    pub customer_phone: String,
    /// What was bought.
    pub service_details: String,
    /// Where it was delivered.
    pub delivery_address: Option<String>,
    /// When it was delivered.
    pub delivery_date: Option<String>,
}

/// The merchant may upload a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UploadOffered {
    /// When.
    pub at: i64,
    /// For which dispute.
    pub dispute: u64,
    /// The name it gets.
    pub file: String,
    /// Until when it is taken.
    pub expires_at: i64,
}
