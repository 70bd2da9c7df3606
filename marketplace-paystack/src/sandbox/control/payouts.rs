//! The balance, and transfers that go on as a test wants.
//!
//! Guarantees rows in the ledger for every change. Callers: test suites.

use super::super::error::ControlError;
use super::super::ledger::{self, Cause};
use super::super::money;
use super::super::state::Status;
use super::super::transaction;
use super::super::transfer::{self, TransferStatus};
use super::Control;

impl Control {
    /// Adds what a payment brought to the balance: what was taken, without fees and refunds. Paystack never does
    /// this in test mode. A second time does nothing.
    pub fn settle(&self, reference: &str) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| transaction::settle(desk, reference))
    }

    /// Settles every payment that is not settled yet, oldest first.
    pub fn settle_all(&self) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| {
            let paid = |status: &Status| matches!(status, Status::Success(_));
            for transaction in desk.state.transactions().iter().filter(|known| paid(&known.status)) {
                transaction::settle(desk, &transaction.opened.reference)?;
            }
            Ok(())
        })
    }

    /// Adds money from outside to the balance.
    pub fn top_up(&self, currency: &str, amount: u64) -> Result<(), ControlError> {
        money::rules(currency).ok_or(ControlError::UnknownCurrency)?;
        let amount = i64::try_from(amount).unwrap_or(i64::MAX);
        self.sandbox.decide(|desk| {
            ledger::post(desk, currency, amount, "Top up", (Cause::Transaction, 0));
            Ok(())
        })
    }

    /// Moves a transfer, balance and webhook included: one that is still open anywhere, one that succeeded back
    /// to the balance ([`TransferStatus::Reversed`]), and any other one nowhere.
    pub fn move_transfer(&self, reference: &str, status: TransferStatus) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| {
            let found = desk.state.payouts.by_reference(reference);
            let known = found.ok_or(ControlError::UnknownTransfer)?;
            let comes_back = known.status == TransferStatus::Success && status == TransferStatus::Reversed;
            if !known.status.is_open() && !comes_back {
                return Err(ControlError::Final);
            }
            transfer::move_to(desk, known, status);
            Ok(())
        })
    }
}
