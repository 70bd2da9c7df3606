//! Disputes of the scripted gateway.

use super::ScriptedGateway;
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
            let found = state.disputes.iter().find(|dispute| dispute.gateway_id == gateway_id);
            found.cloned().ok_or(GatewayErrorKind::NotFound)
        })
    }

    async fn submit_evidence(&self, gateway_id: &str, _: Evidence) -> Result<(), GatewayError> {
        Disputes::fetch(self, gateway_id).await.map(|_| ())
    }

    async fn accept(
        &self,
        gateway_id: &str,
        amount: Money,
        _: &str,
    ) -> Result<DisputeSnapshot, GatewayError> {
        self.call(|state| {
            let found = state.disputes.iter_mut().find(|dispute| dispute.gateway_id == gateway_id);
            let dispute = found.ok_or(GatewayErrorKind::NotFound)?;
            if dispute.state != DisputeState::AwaitsUs {
                return Err(GatewayErrorKind::WrongState);
            }
            dispute.state = DisputeState::Lost;
            dispute.amount = Some(amount);
            Ok(dispute.clone())
        })
    }
}
