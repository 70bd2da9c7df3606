//! Access to the parts of a test marketplace.

use super::TestMarketplace;
use crate::{
    build::Fixture,
    fake::{ManualTimer, MemoryFiles, RecordingMailer, ScriptedGateway},
    fault::Script,
};
use marketplace_core::{Marketplace, Store, time::ManualClock};
use std::sync::Arc;

impl TestMarketplace {
    /// The marketplace itself, to be shared with the host's code.
    pub const fn market(&self) -> &Arc<Marketplace> {
        &self.market
    }

    /// The store behind the faults: for looking at rows, and for sharing them with another marketplace.
    pub const fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What is to go wrong with the marketplace's next calls of its store.
    pub fn faults(&self) -> &Script {
        self.faulty.script()
    }

    /// The clock. It stands still until it is moved.
    pub const fn clock(&self) -> &Arc<ManualClock> {
        &self.clock
    }

    /// The timer: whoever sleeps does so until it is moved. It does not move the clock.
    pub const fn timer(&self) -> &Arc<ManualTimer> {
        &self.timer
    }

    /// The gateway. Payments that are begun wait for [`ScriptedGateway::pay`].
    pub const fn gateway(&self) -> &Arc<ScriptedGateway> {
        &self.gateway
    }

    /// The mails that were sent.
    pub const fn mailer(&self) -> &Arc<RecordingMailer> {
        &self.mailer
    }

    /// The files that were stored.
    pub const fn files(&self) -> &Arc<MemoryFiles> {
        &self.files
    }

    /// A source of rows and words that no row of the marketplace has.
    pub const fn fixture(&self) -> &Fixture {
        &self.fixture
    }
}
