//! What a test can make the twin do that no client can.
//!
//! Guarantees that payments, refusals and departures made here take the same path as those of the payment
//! page, journal and webhook included. Held-back webhooks, ordered losses and faults are not in the journal:
//! they end with the process. Callers: test suites; a host never mounts this under the twin's paths.

use std::collections::VecDeque;

use super::error::ControlError;
use super::twin::{Change, Sandbox};

/// A handle that steers one [`Sandbox`].
#[derive(Debug, Clone)]
pub struct Control {
    sandbox: Sandbox,
}

/// How a payment differs from what was asked. The default pays exactly that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PayOptions {
    /// What is taken, in subunits.
    pub amount: Option<u64>,
    /// What Paystack says was asked.
    pub requested_amount: Option<u64>,
    /// The currency it is taken in.
    pub currency: Option<String>,
    /// Paystack's share; otherwise by its price list.
    pub fees: Option<u64>,
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
}

/// A route of the API that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// `POST /transaction/initialize`
    Initialize,
    /// `GET /transaction/verify/{reference}`
    Verify,
}

/// How a call fails. The first four do nothing else; the last two execute the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This status, with a JSON error body.
    Status(u16),
    /// 502 with an HTML page, as from the edge.
    Html,
    /// 200 with a JSON content type and no body.
    EmptyJson,
    /// 429, whatever the limit is.
    RateLimited,
    /// The call is executed, then 504 with an HTML page.
    TimeoutAfterCommit,
    /// The call is executed, then no answer comes until [`Control::release_hanging`], and then 504.
    HangAfterCommit,
}

/// What is ordered but has not happened yet.
#[derive(Debug, Default)]
pub(super) struct Controls {
    pub(super) held: bool,
    drop: u32,
    duplicate: u32,
    faults: VecDeque<(Route, Fault)>,
}

impl Controls {
    pub(super) fn copies_of_next_webhook(&mut self) -> u64 {
        if self.drop > 0 {
            self.drop = self.drop.saturating_sub(1);
            return 0;
        }
        let copies = if self.duplicate > 0 { 2 } else { 1 };
        self.duplicate = self.duplicate.saturating_sub(1);
        copies
    }

    pub(super) fn take_fault(&mut self, route: Route) -> Option<Fault> {
        let index = self.faults.iter().position(|(ordered, _)| *ordered == route)?;
        self.faults.remove(index).map(|(_, fault)| fault)
    }
}

impl Control {
    pub(super) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox }
    }

    /// Pays an open transaction.
    pub fn pay(&self, reference: &str, options: PayOptions) -> Result<(), ControlError> {
        self.sandbox.change(reference, &Change::Pay(options))
    }

    /// Declines an open transaction, finally.
    pub fn decline(&self, reference: &str) -> Result<(), ControlError> {
        self.sandbox.change(reference, &Change::Decline)
    }

    /// Lets the payer leave; the transaction stays open.
    pub fn abandon(&self, reference: &str) -> Result<(), ControlError> {
        self.sandbox.change(reference, &Change::Abandon)
    }

    /// Queues the last webhook of this reference once more, as Paystack's dashboard can.
    pub fn resend_webhook(&self, reference: &str) -> Result<(), ControlError> {
        self.sandbox.change(reference, &Change::Resend)
    }

    /// The next `count` webhooks are lost for ever.
    pub fn drop_webhooks(&self, count: u32) {
        self.sandbox.lock().controls.drop = count;
    }

    /// The next `count` webhooks that are not lost are queued twice.
    pub fn duplicate_webhooks(&self, count: u32) {
        self.sandbox.lock().controls.duplicate = count;
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

    /// The next call of this route that no earlier order takes fails like this.
    pub fn answer_next(&self, route: Route, fault: Fault) {
        self.sandbox.lock().controls.faults.push_back((route, fault));
    }

    /// Answers every call that hangs by [`Fault::HangAfterCommit`].
    pub fn release_hanging(&self) {
        self.sandbox.release_hanging();
    }
}
