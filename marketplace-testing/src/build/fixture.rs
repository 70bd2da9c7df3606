//! The source of new rows.

use crate::fake::SeqIds;
use marketplace_core::{
    id::{IdGen, Nonce, TokenHash},
    money::{Currency, Money},
    time::Timestamp,
};
use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};
use uuid::Uuid;

/// 2026-11-23T06:00:00.123457Z.
const START: i64 = 1_795_413_600_123_457;

/// Between two times that are drawn: odd, and not a whole number of milliseconds.
const STEP: i64 = 1_000_003;

/// Draws rows that no other draw of this fixture, or of one with another seed, has anything in common with.
#[derive(Debug)]
pub struct Fixture {
    ids: SeqIds,
    seed: u32,
    now: AtomicI64,
    serial: AtomicU64,
}

impl Fixture {
    /// A fixture. The same seed draws the same rows.
    pub const fn new(seed: u32) -> Self {
        Self { ids: SeqIds::new(seed), seed, now: AtomicI64::new(START), serial: AtomicU64::new(0) }
    }

    /// The next time: about a second after the one before.
    pub fn tick(&self) -> Timestamp {
        Timestamp::from_micros(self.now.fetch_add(STEP, Ordering::SeqCst))
    }

    /// A time `ahead` of all that were drawn so far, which does not move on.
    pub fn later(&self, ahead: Duration) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst)).saturating_add(ahead)
    }

    /// A text that was not drawn before: letters, digits and `-`.
    pub fn word(&self, prefix: &str) -> String {
        format!("{prefix}-{}-{}", self.seed, self.serial.fetch_add(1, Ordering::SeqCst))
    }

    /// A new id.
    pub fn uuid(&self) -> Uuid {
        self.ids.uuid(self.tick())
    }

    /// A new token's hash.
    pub fn token(&self) -> TokenHash {
        TokenHash::from_bytes(self.ids.bytes())
    }

    /// A new nonce.
    pub fn nonce(&self) -> Nonce {
        Nonce::generate(&self.ids)
    }

    /// The generator, for ids of other kinds.
    pub fn ids(&self) -> &dyn IdGen {
        &self.ids
    }

    /// An amount of naira, in kobo.
    pub fn naira(&self, kobo: i64) -> Money {
        Money::new(kobo, Currency::NGN)
    }
}
