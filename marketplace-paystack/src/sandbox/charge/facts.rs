//! What happens to charges, as facts.
//!
//! Guarantees the words that Paystack uses for where a charge stands. What a payer typed is in no fact. Callers:
//! `rules` writes them, tests read them.

use serde::{Deserialize, Serialize};

/// Where a charge stands that has not ended. Its end is the transaction's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChargeStatus {
    /// At the payer's bank.
    Pending,
    /// Waits for the PIN of a card.
    SendPin,
    /// Waits for a one-time password.
    SendOtp,
    /// Waits for a telephone number.
    SendPhone,
    /// Waits for a date of birth.
    SendBirthday,
    /// Waits for an address.
    SendAddress,
    /// The payer goes on at a page.
    OpenUrl,
    /// The payer goes on at a telephone.
    PayOffline,
    /// The payer sends the money to an account made for it.
    PendingBankTransfer,
    /// The payer did not, in time. The transaction failed.
    Timeout,
}

impl ChargeStatus {
    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::SendPin => "send_pin",
            Self::SendOtp => "send_otp",
            Self::SendPhone => "send_phone",
            Self::SendBirthday => "send_birthday",
            Self::SendAddress => "send_address",
            Self::OpenUrl => "open_url",
            Self::PayOffline => "pay_offline",
            Self::PendingBankTransfer => "pending_bank_transfer",
            Self::Timeout => "timeout",
        }
    }

    /// Where a charge stands whose payer is asked for this.
    pub(super) fn asking(field: &str) -> Self {
        match field {
            "pin" => Self::SendPin,
            "otp" => Self::SendOtp,
            "phone" => Self::SendPhone,
            "birthday" => Self::SendBirthday,
            "address" => Self::SendAddress,
            _ => Self::OpenUrl,
        }
    }
}

/// A payer is charged without the payment page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChargeStarted {
    /// When.
    pub at: i64,
    /// The transaction.
    pub reference: String,
    /// The test card or account that is charged.
    pub instrument: String,
    /// Where it stands at first.
    pub status: ChargeStatus,
    /// When time does the next thing by itself.
    pub next_at: Option<i64>,
    /// What the payer dials, or the account that the payer sends the money to.
    #[serde(default)]
    pub destination: Option<String>,
}

/// A charge went on without an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChargeMoved {
    /// When.
    pub at: i64,
    /// The transaction.
    pub reference: String,
    /// Where it stands now.
    pub status: ChargeStatus,
    /// When time does the next thing by itself.
    pub next_at: Option<i64>,
}
