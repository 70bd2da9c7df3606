//! Attempts, notices and reviews.

use super::Fixture;
use marketplace_core::{
    Version,
    actor::Actor,
    id::{Reference, RefundId, ReviewId, UserId},
    order::Order,
    payment::{
        Attempt, AttemptState, Claimed, Mode, Notice, PaymentClaim, Review, ReviewClosing, ReviewDecision,
        ReviewReason,
    },
    refund::{Refund, RefundStatus},
};

impl Fixture {
    /// A new reference.
    pub fn reference(&self) -> Reference {
        format!("test-{}", self.uuid().simple()).parse().expect("an id is a reference")
    }

    /// An attempt to pay an order in full, just begun.
    pub fn attempt(&self, order: &Order) -> Attempt {
        Attempt {
            reference: self.reference(),
            order: order.id,
            amount: order.total,
            state: AttemptState::Initiated,
            gateway: "scripted".to_owned(),
            mode: Mode::Test,
            authorization_url: None,
            gateway_id: None,
            gateway_fee: None,
            created_at: self.tick(),
            paid_at: None,
            version: Version::FIRST,
        }
    }

    /// A notice that names a new reference.
    pub fn notice(&self) -> Notice {
        let reference = self.reference();
        Notice {
            key: self.word("notice"),
            gateway: "scripted".to_owned(),
            body: format!("{{\"reference\":\"{reference}\"}}").into_bytes(),
            claim: Some(PaymentClaim {
                claimed: Claimed::Paid,
                reference: reference.to_string(),
                mode: Some(Mode::Test),
                amount: Some(self.naira(250_000)),
            }),
            received_at: self.tick(),
            outcome: None,
            closed_at: None,
        }
    }

    /// The end of a review.
    pub fn closing(&self, decision: ReviewDecision) -> ReviewClosing {
        let by = Actor::Operator(UserId::from_uuid(self.uuid()));
        ReviewClosing { decision, by, why: self.word("because"), at: self.tick() }
    }

    /// A refund of all of an attempt, just decided.
    pub fn refund(&self, attempt: &Attempt) -> Refund {
        Refund {
            id: RefundId::from_uuid(self.uuid()),
            reference: attempt.reference.clone(),
            order: attempt.order,
            amount: attempt.amount,
            status: RefundStatus::Requested,
            gateway_id: None,
            asked_at: None,
            reason: self.word("because"),
            requested_by: Actor::Operator(UserId::from_uuid(self.uuid())),
            requested_at: self.tick(),
            ended_at: None,
            version: Version::FIRST,
        }
    }

    /// A review of a reference that is nobody's.
    pub fn review(&self) -> Review {
        Review {
            id: ReviewId::from_uuid(self.uuid()),
            reason: ReviewReason::UnknownReference,
            reference: self.reference().to_string(),
            order: None,
            expected: None,
            found: Some(self.naira(100)),
            opened_at: self.tick(),
            closing: None,
        }
    }
}
