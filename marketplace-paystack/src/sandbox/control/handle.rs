//! The handle, and how the twin behaves.
//!
//! Guarantees that every handle of a twin steers the same one. Callers: test suites.

use super::super::behaviour::Behaviour;
use super::super::fault::Fault;
use super::super::route::Route;
use super::super::twin::Sandbox;

/// A handle that steers one [`Sandbox`].
#[derive(Debug, Clone)]
pub struct Control {
    pub(super) sandbox: Sandbox,
}

impl Control {
    pub(in crate::sandbox) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox }
    }

    /// Changes how the account and the API behave from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        self.sandbox.catch_up();
        change(&mut self.sandbox.lock().behaviour);
    }

    /// The next call of this route that no earlier order takes fails like this.
    pub fn answer_next(&self, route: Route, fault: Fault) {
        self.answer_next_times(route, fault, 1);
    }

    /// So do the next `count` calls.
    pub fn answer_next_times(&self, route: Route, fault: Fault, count: u32) {
        self.sandbox.lock().controls.order_fault(route, fault, count);
    }

    /// Answers every call that hangs by [`Fault::HangAfterCommit`] or [`Fault::Late`].
    pub fn release_hanging(&self) {
        self.sandbox.release_hanging();
    }
}
