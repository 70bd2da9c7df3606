//! Paying, declining and leaving, in the payer's place.
//!
//! Guarantees the path of the payment page. Callers: test suites.

use serde::Deserialize;

use super::super::error::ControlError;
use super::super::transaction;
use super::Control;

/// How a payment differs from what was asked. The default pays exactly that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PayOptions {
    /// What is taken, in subunits. A bank transfer of another amount is rejected.
    pub amount: Option<u64>,
    /// What Paystack says was asked.
    pub requested_amount: Option<u64>,
    /// The currency it is taken in.
    pub currency: Option<String>,
    /// Paystack's share; otherwise by its price list.
    pub fees: Option<u64>,
    /// The number of one of Paystack's test instruments. One that is declined declines the transaction; nothing
    /// is asked.
    pub instrument: Option<String>,
}

impl PayOptions {
    /// Takes this amount.
    #[must_use]
    pub fn with_amount(mut self, amount: u64) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Claims that this amount was asked.
    #[must_use]
    pub fn with_requested_amount(mut self, amount: u64) -> Self {
        self.requested_amount = Some(amount);
        self
    }

    /// Takes this currency.
    #[must_use]
    pub fn with_currency(mut self, currency: impl Into<String>) -> Self {
        self.currency = Some(currency.into());
        self
    }

    /// Keeps this share.
    #[must_use]
    pub fn with_fees(mut self, fees: u64) -> Self {
        self.fees = Some(fees);
        self
    }

    /// Pays with this test instrument, such as `4084080000671803`, whose refunds fail.
    #[must_use]
    pub fn with_instrument(mut self, number: impl Into<String>) -> Self {
        self.instrument = Some(number.into());
        self
    }
}

impl Control {
    /// Pays an open transaction, however long ago it was begun.
    pub fn pay(&self, reference: &str, options: PayOptions) -> Result<(), ControlError> {
        self.sandbox.decide(move |desk| transaction::pay(desk, reference, &options))
    }

    /// Declines an open transaction, finally.
    pub fn decline(&self, reference: &str) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| transaction::decline(desk, reference, None))
    }

    /// Lets the payer leave; the transaction stays open.
    pub fn abandon(&self, reference: &str) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| transaction::abandon(desk, reference))
    }
}
