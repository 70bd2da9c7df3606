//! The kinds of events, and how they follow from what a decision changes.

use crate::{
    commit::Change,
    order::{Order, OrderState},
    refund::RefundStatus,
    text::words,
};

/// What a decision brought about. New kinds may come: a host ignores those that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// Somebody made an account. Subject: the user.
    UserRegistered,
    /// An order was placed. Subject: the order.
    OrderPlaced,
    /// An order was paid, or needed no payment; its files are the buyer's. Subject: the order.
    OrderPaid,
    /// Nobody paid an order in time. A late payment may still pay it. Subject: the order.
    OrderExpired,
    /// An order was called off. Subject: the order.
    OrderCancelled,
    /// A part of an order's price was given back. Subject: the order.
    OrderPartiallyRefunded,
    /// All of an order's price was given back. Subject: the order.
    OrderRefunded,
    /// A payer disputes the payment of an order. Subject: the order.
    OrderDisputed,
    /// A payment waits for an operator. Subject: the order, or the reference if it is none of ours.
    ReviewOpened,
    /// An operator decided about a payment. Subject: likewise.
    ReviewClosed,
    /// Money is to be given back. Subject: the order.
    RefundRequested,
    /// Money was given back. Subject: the order.
    RefundDone,
    /// The gateway gives it not back; an operator looks. Subject: the order.
    RefundFailed,
    /// A buyer's right was taken away. Subject: that of the decision.
    AccessRevoked,
}
words!(EventKind {
    UserRegistered = "user.registered",
    OrderPlaced = "order.placed",
    OrderPaid = "order.paid",
    OrderExpired = "order.expired",
    OrderCancelled = "order.cancelled",
    OrderPartiallyRefunded = "order.partially_refunded",
    OrderRefunded = "order.refunded",
    OrderDisputed = "order.disputed",
    ReviewOpened = "review.opened",
    ReviewClosed = "review.closed",
    RefundRequested = "refund.requested",
    RefundDone = "refund.done",
    RefundFailed = "refund.failed",
    AccessRevoked = "access.revoked",
});

impl EventKind {
    /// What these changes bring about, each kind once, in their order.
    pub(crate) fn of(changes: &[Change]) -> Vec<Self> {
        let mut kinds = Vec::new();
        for kind in changes.iter().flat_map(Self::of_change).flatten() {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    fn of_change(change: &Change) -> [Option<Self>; 2] {
        let one = match change {
            Change::InsertUser(_) => Some(Self::UserRegistered),
            Change::InsertOrder(Order { state, .. }) => {
                return [Some(Self::OrderPlaced), Self::of_state(*state)];
            }
            Change::AdvanceOrder { to, .. } => Self::of_state(*to),
            Change::OpenReview(_) => Some(Self::ReviewOpened),
            Change::CloseReview { .. } => Some(Self::ReviewClosed),
            Change::InsertRefund(_) => Some(Self::RefundRequested),
            Change::AdvanceRefund { to, .. } => match to.status {
                RefundStatus::Done => Some(Self::RefundDone),
                RefundStatus::Failed => Some(Self::RefundFailed),
                RefundStatus::Requested | RefundStatus::Processing | RefundStatus::NeedsDetails => None,
            },
            Change::Revoke { .. } => Some(Self::AccessRevoked),
            Change::UpdateUser { .. }
            | Change::InsertProduct(_)
            | Change::UpdateProduct { .. }
            | Change::InsertFile { .. }
            | Change::AdvanceUpload { .. }
            | Change::RemoveFile { .. }
            | Change::InsertAttempt(_)
            | Change::AdvanceAttempt { .. }
            | Change::Post(_)
            | Change::InsertHold(_)
            | Change::ReleaseHold { .. }
            | Change::Grant(_)
            | Change::IssueLink(_)
            | Change::ClaimLink { .. }
            | Change::Take { .. }
            | Change::Enqueue(_)
            | Change::InsertNotice(_)
            | Change::CloseNotice { .. } => None,
        };
        [one, None]
    }

    /// What an order's coming to a state is called; every order begins pending.
    const fn of_state(state: OrderState) -> Option<Self> {
        match state {
            OrderState::Pending => None,
            OrderState::Paid => Some(Self::OrderPaid),
            OrderState::Expired => Some(Self::OrderExpired),
            OrderState::Cancelled => Some(Self::OrderCancelled),
            OrderState::PartiallyRefunded => Some(Self::OrderPartiallyRefunded),
            OrderState::Refunded => Some(Self::OrderRefunded),
            OrderState::Disputed => Some(Self::OrderDisputed),
        }
    }
}
