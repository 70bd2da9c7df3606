//! Refunds of the scripted gateway.

use super::{GatewayCall, GatewayDefect, ScriptedGateway};
use crate::contract::gateway::Operation;
use async_trait::async_trait;
use marketplace_core::payment::{
    CreateRefund, GatewayError, GatewayErrorKind, PaymentLocator, PaymentState, RefundSnapshot, RefundState,
    Refunds,
};

impl ScriptedGateway {
    /// How an adapter with the planted bug tells it.
    fn told_refund(&self, refund: &RefundSnapshot) -> RefundSnapshot {
        let mut told = RefundSnapshot { mode: self.told_mode(refund.mode), ..refund.clone() };
        if self.has(GatewayDefect::FinishesStuckRefunds) && told.state == RefundState::NeedsDetails {
            told.state = RefundState::Done;
        }
        told
    }
}

#[async_trait]
impl Refunds for ScriptedGateway {
    async fn create(&self, refund: CreateRefund) -> Result<RefundSnapshot, GatewayError> {
        let forgets = self.has(GatewayDefect::RefundsTwice);
        let adopts = self.has(GatewayDefect::AdoptsStrangers);
        self.call(|state| {
            state.calls.push(GatewayCall::CreateRefund(refund.clone()));
            let met = state.meet(Operation::CreateRefund);
            met.refused()?;
            let payment = state.payments.get(refund.payment.reference.as_str());
            let payment = payment.ok_or(GatewayErrorKind::NotFound)?.clone();
            let of_payment = |other: &&RefundSnapshot| other.payment == payment.gateway_id;
            let ours =
                |other: &&RefundSnapshot| other.id == Some(refund.id) || (adopts && other.id.is_none());
            if let Some(known) = state.refunds.iter().filter(of_payment).find(ours)
                && !forgets
            {
                return met.answered(known.clone());
            }
            let given: i64 = state
                .refunds
                .iter()
                .filter(of_payment)
                .filter(|other| other.state != RefundState::Failed)
                .map(|other| other.amount.minor())
                .sum();
            if refund.amount.currency() != payment.charged.currency() || refund.amount.minor() <= 0 {
                return Err(GatewayErrorKind::InvalidRequest);
            }
            let is_there = matches!(payment.state, PaymentState::Paid | PaymentState::RefundInProgress);
            if given == payment.charged.minor() || !is_there {
                return Err(GatewayErrorKind::WrongState);
            }
            if given + refund.amount.minor() > payment.charged.minor() {
                return Err(GatewayErrorKind::InvalidRequest);
            }
            let snapshot = RefundSnapshot {
                gateway_id: state.next_id(),
                id: Some(refund.id),
                payment: payment.gateway_id,
                mode: self.mode(),
                amount: refund.amount,
                state: RefundState::Requested,
            };
            state.refunds.push(snapshot.clone());
            if let Some(payment) = state.payments.get_mut(refund.payment.reference.as_str()) {
                payment.state = PaymentState::RefundInProgress;
            }
            met.answered(snapshot)
        })
    }

    async fn fetch(&self, gateway_id: &str) -> Result<RefundSnapshot, GatewayError> {
        let found = self.call(|state| {
            let met = state.meet(Operation::FetchRefund);
            met.refused()?;
            let found = state.refunds.iter().find(|refund| refund.gateway_id == gateway_id).cloned();
            let found = found.ok_or(GatewayErrorKind::NotFound)?;
            met.answered(RefundSnapshot { mode: state.modes(Operation::FetchRefund)(found.mode), ..found })
        });
        Ok(self.told_refund(&found?))
    }

    async fn find(&self, payment: &PaymentLocator) -> Result<Vec<RefundSnapshot>, GatewayError> {
        let found = self.call(|state| {
            let id =
                state.payments.get(payment.reference.as_str()).and_then(|known| known.gateway_id.clone());
            Ok(state.refunds.iter().filter(|refund| refund.payment == id).cloned().collect::<Vec<_>>())
        });
        Ok(found?.iter().map(|refund| self.told_refund(refund)).collect())
    }
}
