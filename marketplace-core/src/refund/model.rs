//! Refund rows.

use crate::{
    actor::Actor,
    id::{OrderId, Reference, RefundId},
    money::Money,
    text::words,
    time::Timestamp,
    version::Version,
};

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundStatus {
    /// Decided; the gateway has not answered, or has taken it in.
    Requested,
    /// Under way to the payer.
    Processing,
    /// Stuck until somebody tells the gateway an account of the payer.
    NeedsDetails,
    /// Given back.
    Done,
    /// Not given back: the money is still owed.
    Failed,
}
words!(RefundStatus {
    Requested = "requested",
    Processing = "processing",
    NeedsDetails = "needs_details",
    Done = "done",
    Failed = "failed",
});

impl RefundStatus {
    /// Whether money may still go back by it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Processing | Self::NeedsDetails)
    }
}

/// Money that is given back to a payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Our id, by which the gateway finds it again.
    pub id: RefundId,
    /// Of which payment.
    pub reference: Reference,
    /// Of which order.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: RefundStatus,
    /// The gateway's id of it, once known.
    pub gateway_id: Option<String>,
    /// When the gateway was first asked to make it. From then on it may exist there.
    pub asked_at: Option<Timestamp>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who decided it.
    pub requested_by: Actor,
    /// When.
    pub requested_at: Timestamp,
    /// When it was done or failed.
    pub ended_at: Option<Timestamp>,
    /// Counts changes.
    pub version: Version,
}
