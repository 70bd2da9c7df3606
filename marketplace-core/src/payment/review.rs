//! What an operator must look at.

use crate::{
    actor::Actor,
    id::{OrderId, ReviewId},
    money::Money,
    text::words,
    time::Timestamp,
};

/// Why a payment is in review. Given by the same code that refuses to settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewReason {
    /// The gateway names a reference that is not ours.
    UnknownReference,
    /// The gateway, asked for our reference, answers about another one.
    ReferenceMismatch,
    /// Less was asked or taken than the order costs.
    AmountMismatch,
    /// Another currency than the order's.
    CurrencyMismatch,
    /// Play money for a real order, or the reverse.
    ModeMismatch,
    /// The order was paid before, by another attempt.
    AlreadyPaid,
    /// First heard of as given back.
    Reversed,
    /// The gateway told of it, but, asked, did not confirm it, and the sweep is over.
    Unconfirmed,
    /// Paid, settled, and given back on the gateway's own pages since.
    RefundedAtGateway,
    /// Its payer disputes it. The gateway decides against us if nobody answers in time.
    Disputed,
    /// A refund of it failed: the money is still owed.
    RefundFailed,
    /// A refund of it does not come to an end.
    RefundStuck,
}
words!(ReviewReason {
    UnknownReference = "unknown_reference",
    ReferenceMismatch = "reference_mismatch",
    AmountMismatch = "amount_mismatch",
    CurrencyMismatch = "currency_mismatch",
    ModeMismatch = "mode_mismatch",
    AlreadyPaid = "already_paid",
    Reversed = "reversed",
    Unconfirmed = "unconfirmed",
    RefundedAtGateway = "refunded_at_gateway",
    Disputed = "disputed",
    RefundFailed = "refund_failed",
    RefundStuck = "refund_stuck",
});

/// A payment that waits for an operator, with both sides of the mismatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// Why.
    pub reason: ReviewReason,
    /// The reference in question, ours or not.
    pub reference: String,
    /// Our order, if the reference is ours.
    pub order: Option<OrderId>,
    /// What we expected.
    pub expected: Option<Money>,
    /// What the gateway says.
    pub found: Option<Money>,
    /// Since when.
    pub opened_at: Timestamp,
    /// What was decided, once it is.
    pub closing: Option<ReviewClosing>,
}

/// What an operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewDecision {
    /// What was taken pays the order; the marketplace bears the difference, or keeps it. Of a refund that failed or is
    /// stuck: it was made otherwise.
    Accept,
    /// It pays nothing, and whatever was taken is given back.
    Refund,
    /// It pays nothing. Whatever was taken stays at the gateway, for the operator to give back there.
    Dismiss,
}
words!(ReviewDecision { Accept = "accept", Refund = "refund", Dismiss = "dismiss" });

/// A review that is over. A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewClosing {
    /// What was decided.
    pub decision: ReviewDecision,
    /// By whom.
    pub by: Actor,
    /// Why, in the operator's words.
    pub why: String,
    /// When.
    pub at: Timestamp,
}
