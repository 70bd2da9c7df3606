//! The marketplace and what it stands on.

use crate::{
    build::Fixture,
    fake::{
        ManualTimer, MemoryFiles, OpenLimiter, PlainComposer, PlainHasher, RecordingMailer, ScriptedGateway,
        SeqIds,
    },
    fault::FaultyStore,
    memory::MemoryStore,
};
use marketplace_core::{
    Marketplace, Store,
    id::AppSecret,
    market::Builder,
    time::{Clock, ManualClock, Timestamp},
};
use std::{sync::Arc, time::Duration};

/// 2026-11-23T06:00:00.000001Z: not a whole number of anything.
const START: i64 = 1_795_413_600_000_001;

/// A marketplace for tests. See the [module](super).
#[derive(Debug)]
pub struct TestMarketplace {
    pub(super) market: Arc<Marketplace>,
    pub(super) store: Arc<dyn Store>,
    pub(super) faulty: Arc<FaultyStore>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) timer: Arc<ManualTimer>,
    pub(super) gateway: Arc<ScriptedGateway>,
    pub(super) mailer: Arc<RecordingMailer>,
    pub(super) files: Arc<MemoryFiles>,
    pub(super) fixture: Fixture,
}

impl Default for TestMarketplace {
    fn default() -> Self {
        Self::new()
    }
}

impl TestMarketplace {
    /// What the addresses in its mails begin with.
    pub const BASE_URL: &'static str = "https://shop.example";

    /// A marketplace with the default rules, on a memory store.
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// A marketplace on a memory store, with rules, worker options or handlers of its own. Parts that are
    /// replaced here are no longer those that this type gives access to.
    pub fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        Self::on(Arc::new(MemoryStore::new()), change)
    }

    /// A marketplace on this store, which may be one on disk, or have rows already.
    pub fn on(store: Arc<dyn Store>, change: impl FnOnce(Builder) -> Builder) -> Self {
        let faulty = Arc::new(FaultyStore::new(Arc::clone(&store)));
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(START)));
        let timer = Arc::new(ManualTimer::default());
        let gateway = Arc::new(ScriptedGateway::new());
        let mailer = Arc::new(RecordingMailer::default());
        let files = Arc::new(MemoryFiles::new());
        let builder = Marketplace::builder()
            .store(faulty.clone())
            .gateway(gateway.clone())
            .refunds(gateway.clone())
            .files(files.clone())
            .direct_uploads(files.clone())
            .mailer(mailer.clone())
            .composer(Arc::new(PlainComposer))
            .clock(clock.clone())
            .timer(timer.clone())
            .ids(Arc::new(SeqIds::new(1)))
            .hasher(Arc::new(PlainHasher))
            .limiter(Arc::new(OpenLimiter))
            .secret(AppSecret::new(*b"not a secret, but of 32 bytes...").expect("32 bytes are enough"))
            .base_url(Self::BASE_URL);
        let market = Arc::new(change(builder).build().expect("all parts are given"));
        Self { market, store, faulty, clock, timer, gateway, mailer, files, fixture: Fixture::new(2) }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock forward and runs what is due then. Returns how many jobs ran.
    pub async fn pass(&self, time: Duration) -> usize {
        self.clock.advance(time);
        self.run_jobs().await
    }

    /// Runs every job that is due, and what that makes due. Returns how many ran.
    pub async fn run_jobs(&self) -> usize {
        self.market.worker().run_due().await.expect("the store gives its jobs")
    }

    /// Panics, with the findings, unless the ledger adds up and its chain is whole.
    pub async fn expect_healthy_ledger(&self) {
        let report = self.market.wallet().verify().await.expect("the ledger is read");
        assert!(report.is_healthy(), "the ledger does not add up: {:?}", report.findings);
    }
}
