//! Attempts, notices and reviews.

use super::Fixture;
use marketplace_core::{
    Version,
    id::{Reference, ReviewId},
    order::Order,
    payment::{Attempt, AttemptState, Mode, Notice, PaymentClaim, Review, ReviewReason},
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
                reference: reference.to_string(),
                mode: Some(Mode::Test),
                amount: Some(self.naira(250_000)),
            }),
            received_at: self.tick(),
            outcome: None,
            closed_at: None,
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
        }
    }
}
