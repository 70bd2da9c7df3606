//! The scripted gateway as a subject of the gateway suite.

use super::{GatewayDefect, ScriptedGateway};
use crate::contract::gateway::{FreshGateway, GatewayHarness};
use async_trait::async_trait;
use std::sync::Arc;

/// Makes scripted gateways.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScriptedHarness {
    defect: Option<GatewayDefect>,
}

impl ScriptedHarness {
    /// Makes gateways whose adapter has a bug.
    pub const fn with_defect(defect: GatewayDefect) -> Self {
        Self { defect: Some(defect) }
    }
}

#[async_trait]
impl GatewayHarness for ScriptedHarness {
    async fn fresh(&self) -> FreshGateway {
        let gateway = Arc::new(self.defect.map_or_else(ScriptedGateway::new, ScriptedGateway::with_defect));
        FreshGateway {
            gateway: gateway.clone(),
            refunds: Some(gateway.clone()),
            disputes: Some(gateway.clone()),
            payouts: Some(gateway.clone()),
            world: gateway,
            guard: Box::new(()),
        }
    }
}
