//! What is ordered but has not happened yet.
//!
//! Guarantees that orders are used up in the order in which they were given. Callers: the rest of `control`
//! orders; `desk`, `api` and `delivery` use.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::super::fault::Fault;
use super::super::route::Route;

/// What is wrong with a webhook on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Damage {
    /// One digit of the signature is another one.
    Signature,
    /// There is no signature.
    NoSignature,
    /// Signed with the key of somebody else.
    OtherKey,
    /// Signed, then parsed and written again, which changes the bytes and nothing else.
    Rewritten,
    /// Signed, then cut in the middle.
    Cut,
}

/// What was ordered for one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct WebhookOrders {
    pub(in crate::sandbox) copies: u32,
    /// In microseconds.
    pub(in crate::sandbox) delay: i64,
    pub(in crate::sandbox) damage: Option<Damage>,
}

#[derive(Debug, Default)]
pub(in crate::sandbox) struct Controls {
    pub(in crate::sandbox) held: bool,
    pub(super) drop: u32,
    pub(super) duplicate: u32,
    pub(super) delays: VecDeque<i64>,
    pub(super) damages: VecDeque<Damage>,
    faults: VecDeque<(Route, Fault)>,
}

impl Controls {
    /// What becomes of the next webhook. One that is lost uses up nothing else.
    pub(in crate::sandbox) fn take_webhook_orders(&mut self) -> WebhookOrders {
        if self.drop > 0 {
            self.drop = self.drop.saturating_sub(1);
            return WebhookOrders { copies: 0, delay: 0, damage: None };
        }
        let copies = if self.duplicate > 0 { 2 } else { 1 };
        self.duplicate = self.duplicate.saturating_sub(1);
        let delay = self.delays.pop_front().unwrap_or(0);
        WebhookOrders { copies, delay, damage: self.damages.pop_front() }
    }

    pub(super) fn order_fault(&mut self, route: Route, fault: Fault, count: u32) {
        self.faults.extend((0..count).map(|_| (route, fault)));
    }

    pub(in crate::sandbox) fn take_fault(&mut self, route: Route) -> Option<Fault> {
        let index = self.faults.iter().position(|(ordered, _)| *ordered == route)?;
        self.faults.remove(index).map(|(_, fault)| fault)
    }
}
