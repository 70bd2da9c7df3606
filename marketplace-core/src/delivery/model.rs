//! Entitlements: the rights of buyers.

use crate::{
    id::{EntitlementId, LineId, OrderId, ProductId, UserId},
    identity::Email,
    text::words,
    time::Timestamp,
    version::Version,
};

/// Whether a right stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntitlementState {
    /// It opens files.
    Active,
    /// It opens nothing any more.
    Revoked,
}
words!(EntitlementState { Active = "active", Revoked = "revoked" });

/// Why a right was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevokeReason {
    /// The money was given back.
    Refunded,
    /// The payer disputed the payment and won.
    Disputed,
    /// An operator decided so.
    Operator,
}
words!(RevokeReason { Refunded = "refunded", Disputed = "disputed", Operator = "operator" });

/// The right of a buyer to a product: to the files that were on sale when the order was placed, and later ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// Its id.
    pub id: EntitlementId,
    /// By which order.
    pub order: OrderId,
    /// By which line; unique.
    pub line: LineId,
    /// To what.
    pub product: ProductId,
    /// The buyer's account, if there is one.
    pub user: Option<UserId>,
    /// The buyer's address.
    pub email: Email,
    /// Whether it stands.
    pub state: EntitlementState,
    /// Since when.
    pub granted_at: Timestamp,
    /// When it was taken away.
    pub revoked_at: Option<Timestamp>,
    /// Why it was taken away.
    pub revoke_reason: Option<RevokeReason>,
    /// Counts changes.
    pub version: Version,
}
