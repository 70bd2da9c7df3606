//! Disputes: payers who tell their bank that they did not buy, and banks that decide.
//!
//! Guarantees that a dispute is opened about a payment only. Callers: test suites.

use serde::Deserialize;

use super::super::dispute::{self, DisputeCategory};
use super::super::error::ControlError;
use super::Control;

/// What a payer claims. The default wants everything back, because nothing was delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DisputeOptions {
    /// What they want back, in subunits.
    pub amount: Option<u64>,
    /// Why.
    pub category: DisputeCategory,
}

impl DisputeOptions {
    /// Wants this much back.
    #[must_use]
    pub fn with_amount(mut self, amount: u64) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Gives this reason.
    #[must_use]
    pub fn with_category(mut self, category: DisputeCategory) -> Self {
        self.category = category;
        self
    }
}

impl Control {
    /// Opens a dispute about a payment and gives back its id. The merchant has sixteen hours.
    pub fn open_dispute(&self, reference: &str, options: DisputeOptions) -> Result<u64, ControlError> {
        self.sandbox.decide(|desk| dispute::open(desk, reference, options.amount, options.category))
    }

    /// Lets the bank decide a dispute, `won` meaning for the merchant.
    pub fn decide_dispute(&self, id: u64, won: bool) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| dispute::decide(desk, id, won))
    }
}
