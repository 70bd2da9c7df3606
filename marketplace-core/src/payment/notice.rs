//! Notices from a gateway, as kept in the inbox.

use super::{Mode, Verified};
use crate::{money::Money, text::words, time::Timestamp};

/// What a notice says has become of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claimed {
    /// It was made.
    Paid,
    /// It is given back, or about to be, in part or whole.
    Refund,
    /// Its payer disputes it.
    Dispute,
}
words!(Claimed { Paid = "paid", Refund = "refund", Dispute = "dispute" });

/// What a notice claims of a payment. A hint: it settles nothing, but it may contradict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentClaim {
    /// What has become of it.
    pub claimed: Claimed,
    /// The reference that it names.
    pub reference: String,
    /// Test or live, if it says so.
    pub mode: Option<Mode>,
    /// What was asked of the payer, or taken where that is all it says, or is given back or disputed; `None` when it
    /// cannot be read.
    pub amount: Option<Money>,
}

/// A notice that is proved to come from the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedNotice {
    /// Equal for copies of one event, different for different events; at most 200 characters.
    pub key: String,
    /// What it claims of a payment; `None` for other events and for what cannot be read.
    pub claim: Option<PaymentClaim>,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeOutcome {
    /// Its payment is settled (by this notice or before it).
    Settled,
    /// It concerns nothing of ours to do.
    Ignored,
    /// The gateway, asked, does not confirm it; the sweep goes on asking.
    Unconfirmed,
    /// It contradicts our rows; an operator looks.
    Review,
}
words!(NoticeOutcome { Settled = "settled", Ignored = "ignored", Unconfirmed = "unconfirmed", Review = "review" });

/// A notice in the inbox: stored before it is acknowledged.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// Unique: copies of one event share it.
    pub key: String,
    /// Which gateway sent it.
    pub gateway: String,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// What it claims.
    pub claim: Option<PaymentClaim>,
    /// When it came first.
    pub received_at: Timestamp,
    /// What became of it, once that is decided.
    pub outcome: Option<NoticeOutcome>,
    /// When that was decided.
    pub closed_at: Option<Timestamp>,
}

/// Without the body, which names people.
impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notice")
            .field("key", &self.key)
            .field("claim", &self.claim)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// A notice that waits to be processed, and what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenNotice {
    /// What it claims.
    pub claim: Option<PaymentClaim>,
    /// The payment under the claimed reference, if it is ours.
    pub payment: Option<Verified>,
}
