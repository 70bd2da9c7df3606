//! What a gateway says of a payment when it is asked.

use super::Mode;
use crate::{money::Money, text::words};

/// The gateway's state of a payment, in neutral words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentState {
    /// Nobody paid yet; the payer still may.
    Open,
    /// The payer is at it.
    InProgress,
    /// The money was taken.
    Paid,
    /// Refused for good; another attempt needs another reference.
    Declined,
    /// Taken, and being given back.
    RefundInProgress,
    /// Taken, and given back.
    Reversed,
    /// A state that the adapter does not know: kept open, and logged.
    Unrecognised,
}
words!(PaymentState {
    Open = "open",
    InProgress = "in_progress",
    Paid = "paid",
    Declined = "declined",
    RefundInProgress = "refund_in_progress",
    Reversed = "reversed",
    Unrecognised = "unrecognised",
});

/// A payment as the gateway tells it. The core compares; the adapter only translates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSnapshot {
    /// The reference that the gateway holds.
    pub reference: String,
    /// The gateway's own id.
    pub gateway_id: Option<String>,
    /// Test or live.
    pub mode: Mode,
    /// The state.
    pub state: PaymentState,
    /// What was asked of the payer; absent where the gateway does not say.
    pub requested: Option<Money>,
    /// What was taken (or will be).
    pub charged: Money,
    /// What the gateway keeps.
    pub fee: Option<Money>,
}
