//! The source of ids and randomness.

use crate::time::Timestamp;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// Draws ids and random bytes. Never blocks for long, never fails, never repeats.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait IdGen: fmt::Debug + Send + Sync + 'static {
    /// A UUIDv7 that sorts by `at`, then at random.
    fn uuid(&self, at: Timestamp) -> Uuid;
    /// 32 bytes fit for keys and tokens.
    fn bytes(&self) -> [u8; 32];
}

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct EntropyError(#[source] getrandom::Error);

/// A cryptographic generator, seeded once by the operating system.
pub struct OsIdGen(Mutex<StdRng>);

impl OsIdGen {
    /// Seeds the generator. Fails only where the system has no randomness, as in an early boot.
    #[expect(clippy::disallowed_methods, reason = "this is the one adapter to the system's randomness")]
    pub fn new() -> Result<Self, EntropyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(EntropyError)?;
        Ok(Self(Mutex::new(StdRng::from_seed(seed))))
    }

    fn fill(&self, bytes: &mut [u8]) {
        // A panic elsewhere cannot leave the generator in a bad state, so a poisoned lock is still good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

impl fmt::Debug for OsIdGen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OsIdGen")
    }
}

impl IdGen for OsIdGen {
    fn uuid(&self, at: Timestamp) -> Uuid {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(at.as_micros().max(0)).unwrap_or(0).checked_div(1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_do_not_repeat() {
        let ids = OsIdGen::new().unwrap();
        let early = ids.uuid(Timestamp::from_micros(1_000_000));
        let late = ids.uuid(Timestamp::from_micros(2_000_000));
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
        assert_ne!(ids.bytes(), ids.bytes());
    }
}
