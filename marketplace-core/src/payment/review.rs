//! What an operator must look at.

use crate::{
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
}
