//! Attempts to pay an order.

use super::{Mode, PaymentLocator};
use crate::{
    id::{OrderId, Reference},
    money::Money,
    order::Order,
    text::words,
    time::Timestamp,
    version::Version,
};

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// Written; the gateway has not answered yet (or its answer was lost).
    Initiated,
    /// The gateway waits for the payer.
    Pending,
    /// Paid, and matching.
    Succeeded,
    /// The gateway refused it for good.
    Failed,
    /// Nobody paid until the sweep gave up. A late success is still honoured.
    Abandoned,
    /// Something does not match; an operator decides.
    NeedsReview,
    /// Something did not match, and an operator decided that it pays nothing.
    Dismissed,
}
words!(AttemptState {
    Initiated = "initiated",
    Pending = "pending",
    Succeeded = "succeeded",
    Failed = "failed",
    Abandoned = "abandoned",
    NeedsReview = "needs_review",
    Dismissed = "dismissed",
});

impl AttemptState {
    /// Whether the payer may still be paying on this attempt.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Initiated | Self::Pending)
    }

    /// Whether nothing that the gateway says changes it any more.
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Succeeded | Self::NeedsReview | Self::Dismissed)
    }
}

impl Attempt {
    /// How the gateway finds it.
    pub fn locator(&self) -> PaymentLocator {
        PaymentLocator { reference: self.reference.clone(), gateway_id: self.gateway_id.clone() }
    }
}

/// One try to pay an order, named by our own reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Our reference, used once for ever.
    pub reference: Reference,
    /// Which order it pays.
    pub order: OrderId,
    /// What we ask for.
    pub amount: Money,
    /// Where it stands.
    pub state: AttemptState,
    /// Which gateway, as [`super::Descriptor::name`] says.
    pub gateway: String,
    /// Test or live, as configured when it was made.
    pub mode: Mode,
    /// Where the payer goes, if anywhere.
    pub authorization_url: Option<String>,
    /// The gateway's own id of the payment.
    pub gateway_id: Option<String>,
    /// What the gateway kept, once known.
    pub gateway_fee: Option<Money>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was paid, by our clock.
    pub paid_at: Option<Timestamp>,
    /// Counts changes.
    pub version: Version,
}

/// An order and one of its attempts, as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The order.
    pub order: Order,
    /// The attempt.
    pub attempt: Attempt,
}
