//! Disputes of the scripted gateway.

use super::{GatewayDefect, ScriptedGateway};
use crate::contract::gateway::Operation;
use async_trait::async_trait;
use marketplace_core::{
    money::Money,
    payment::{
        DisputeSnapshot, DisputeState, Disputes, Evidence, GatewayError, GatewayErrorKind, Listing, Window,
    },
};

#[async_trait]
impl Disputes for ScriptedGateway {
    async fn list(&self, _: Window, _: Option<String>) -> Result<Listing<DisputeSnapshot>, GatewayError> {
        self.call(|state| Ok(Listing { items: state.disputes.clone(), next: None }))
    }

    async fn fetch(&self, gateway_id: &str) -> Result<DisputeSnapshot, GatewayError> {
        self.call(|state| {
            let met = state.meet(Operation::FetchDispute);
            met.refused()?;
            let found = state.disputes.iter().find(|dispute| dispute.gateway_id == gateway_id).cloned();
            let found = found.ok_or(GatewayErrorKind::NotFound)?;
            let mode = self.told_mode(state.modes(Operation::FetchDispute)(found.mode));
            met.answered(DisputeSnapshot { mode, ..found })
        })
    }

    async fn submit_evidence(&self, gateway_id: &str, evidence: Evidence) -> Result<(), GatewayError> {
        let is_lost = self.has(GatewayDefect::DropsEvidence);
        self.call(|state| {
            if !state.disputes.iter().any(|dispute| dispute.gateway_id == gateway_id) {
                return Err(GatewayErrorKind::NotFound);
            }
            state.evidence.extend((!is_lost).then(|| (gateway_id.to_owned(), evidence)));
            Ok(())
        })
    }

    async fn accept(
        &self,
        gateway_id: &str,
        amount: Money,
        _: &str,
    ) -> Result<DisputeSnapshot, GatewayError> {
        let gives_half = self.has(GatewayDefect::AcceptsHalf);
        self.call(|state| {
            let found = state.disputes.iter_mut().find(|dispute| dispute.gateway_id == gateway_id);
            let dispute = found.ok_or(GatewayErrorKind::NotFound)?;
            if dispute.state != DisputeState::AwaitsUs {
                return Err(GatewayErrorKind::WrongState);
            }
            dispute.state = DisputeState::Lost;
            let half = Money::new(amount.minor() / 2, amount.currency());
            dispute.amount = Some(if gives_half { half } else { amount });
            Ok(dispute.clone())
        })
    }
}
