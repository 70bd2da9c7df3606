//! Refunds that nobody asked the API for, and refunds that go on as a test wants.
//!
//! Guarantees the rules of the API for what the dashboard begins. Callers: test suites.

use super::super::error::ControlError;
use super::super::refund::{self, Asked, RefundOrigin, RefundStatus};
use super::Control;

impl Control {
    /// Gives money back as somebody on Paystack's dashboard would, all of it if no amount is named. Gives back
    /// the refund's id.
    pub fn refund_on_dashboard(&self, reference: &str, amount: Option<u64>) -> Result<u64, ControlError> {
        let asked = Asked {
            transaction: Some(reference.to_owned()),
            amount,
            currency: None,
            customer_note: None,
            merchant_note: None,
            origin: RefundOrigin::Dashboard,
        };
        self.sandbox.decide(|desk| {
            refund::begin(desk, asked).map_err(|refused| ControlError::Refused(refused.message().to_owned()))
        })
    }

    /// Moves a refund that is not final, webhook included.
    pub fn move_refund(&self, id: u64, status: RefundStatus) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| {
            let refund = desk.state.refunds.get(id).ok_or(ControlError::UnknownRefund)?;
            if refund.status.is_final() {
                return Err(ControlError::Final);
            }
            refund::move_to(desk, refund, status, None);
            Ok(())
        })
    }
}
