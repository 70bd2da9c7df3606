//! Money held back until a date.

use crate::{
    id::{CreatorId, HoldId, OrderId},
    money::Money,
    text::words,
    time::Timestamp,
};

/// Why money is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldReason {
    /// The time in which buyers complain, set by the marketplace's hold rule.
    Clearing,
}
words!(HoldReason { Clearing = "clearing" });

/// A part of a creator's pending money, and when it becomes available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Whose money.
    pub creator: CreatorId,
    /// From which order.
    pub order: OrderId,
    /// How much; above zero.
    pub amount: Money,
    /// Why.
    pub reason: HoldReason,
    /// When it becomes available.
    pub releases_at: Timestamp,
    /// When it became available.
    pub released_at: Option<Timestamp>,
}
