//! Giving money back.

use super::{GatewayError, Mode, PaymentLocator};
use crate::{id::RefundId, money::Money, text::words};
use async_trait::async_trait;
use std::fmt;

/// Money to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRefund {
    /// Our id, already stored. The gateway keeps it in whatever place it has for it, so that the refund is found again.
    pub id: RefundId,
    /// Of which payment. The gateway's id of it is known: a payment that was settled has one.
    pub payment: PaymentLocator,
    /// How much; always said, also when it is all.
    pub amount: Money,
    /// Why, for people. No more than a hundred characters arrive everywhere.
    pub reason: String,
}

/// Where a refund stands at the gateway, in neutral words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundState {
    /// Taken in.
    Requested,
    /// Under way to the payer.
    Processing,
    /// Given back.
    Done,
    /// Not given back, and it will not be: the money is ours again and still owed.
    Failed,
    /// Stuck until somebody tells an account of the payer.
    NeedsDetails,
    /// A state that the adapter does not know: kept open, and logged.
    Unrecognised,
}
words!(RefundState {
    Requested = "requested",
    Processing = "processing",
    Done = "done",
    Failed = "failed",
    NeedsDetails = "needs_details",
    Unrecognised = "unrecognised",
});

/// A refund as the gateway tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundSnapshot {
    /// The gateway's id.
    pub gateway_id: String,
    /// Our id, where the gateway tells it; absent for one that somebody began on the gateway's own pages.
    pub id: Option<RefundId>,
    /// The gateway's id of the payment.
    pub payment: Option<String>,
    /// Test or live.
    pub mode: Mode,
    /// How much.
    pub amount: Money,
    /// The state.
    pub state: RefundState,
}

/// Gives money back.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Refunds: fmt::Debug + Send + Sync + 'static {
    /// Begins a refund. It may be sent again under the same id: an adapter whose gateway has no key for refunds first looks
    /// for one that carries our id. After [`super::GatewayErrorKind::UnknownOutcome`] the same call is the
    /// right one, but not at once: a refund may need a moment until it is found. What a repeated call fails with says
    /// nothing of the calls before it: while one of them may have begun the refund, there is no other refund in its
    /// place. One call per payment at a time.
    /// Cancellation: the refund may have begun.
    async fn create(&self, refund: CreateRefund) -> Result<RefundSnapshot, GatewayError>;

    /// Asks what became of a refund, by the gateway's id.
    async fn fetch(&self, gateway_id: &str) -> Result<RefundSnapshot, GatewayError>;

    /// Every refund of a payment, whoever began it, oldest first.
    async fn find(&self, payment: &PaymentLocator) -> Result<Vec<RefundSnapshot>, GatewayError>;
}
