//! Webhooks that come twice, late, in another order, damaged, or not at all.
//!
//! Guarantees that a webhook that was lost or damaged on purpose is in the records as such. Callers: test
//! suites.

use std::time::Duration;

use super::super::behaviour::micros;
use super::super::error::ControlError;
use super::super::record::WebhookQueued;
use super::super::transaction;
use super::{Control, Damage};

impl Control {
    /// Queues the last webhook of this reference once more, as Paystack's dashboard can.
    pub fn resend_webhook(&self, reference: &str) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| transaction::resend(desk, reference, None))
    }

    /// Queues the last webhook of this reference and event once more.
    pub fn resend_event(&self, reference: &str, event: &str) -> Result<(), ControlError> {
        self.sandbox.decide(|desk| transaction::resend(desk, reference, Some(event)))
    }

    /// The next `count` webhooks are lost for ever.
    pub fn drop_webhooks(&self, count: u32) {
        self.sandbox.lock().controls.drop = count;
    }

    /// The next `count` webhooks that are not lost are queued twice.
    pub fn duplicate_webhooks(&self, count: u32) {
        self.sandbox.lock().controls.duplicate = count;
    }

    /// The next webhook that no earlier order takes is attempted this much later.
    pub fn delay_webhook(&self, by: Duration) {
        self.sandbox.lock().controls.delays.push_back(micros(by));
    }

    /// The next webhook that no earlier order takes is damaged, at every attempt. Resent, it is whole.
    pub fn damage_webhook(&self, damage: Damage) {
        self.sandbox.lock().controls.damages.push_back(damage);
    }

    /// Sends no webhook until [`Control::release_webhooks`]. Attempts under way go on.
    pub fn hold_webhooks(&self) {
        self.sandbox.lock().controls.held = true;
    }

    /// Sends what was held back, and what comes.
    pub fn release_webhooks(&self) {
        self.sandbox.lock().controls.held = false;
        self.sandbox.wake();
    }

    /// The webhooks that are owed still, in the order in which they were queued.
    pub fn owed_webhooks(&self) -> Vec<WebhookQueued> {
        self.sandbox.catch_up();
        let shared = self.sandbox.lock();
        let owed = shared.state.hooks().filter(|hook| hook.due_at.is_some());
        owed.map(|hook| hook.queued.clone()).collect()
    }

    /// Attempts these webhooks now, one after the other, in this order, held back or not yet due as they may be.
    /// Says how many attempts that were: one under way elsewhere or done with is passed over.
    pub async fn deliver_in_order(&self, webhooks: &[u64]) -> usize {
        self.sandbox.deliver(webhooks).await
    }
}
