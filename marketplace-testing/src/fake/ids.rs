//! Ids and "random" bytes from a seed.

use marketplace_core::{id::IdGen, time::Timestamp};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// Draws the same ids and bytes for the same seed. Ids sort by `at` to the microsecond, then by the order in
/// which they were drawn; two generators with different seeds (below 2^24) never draw the same one.
///
/// For tests only: whoever knows the seed knows every token.
#[derive(Debug)]
pub struct SeqIds {
    seed: u32,
    drawn: AtomicU32,
}

impl SeqIds {
    /// A generator. Only the lower 24 bits of the seed count.
    pub const fn new(seed: u32) -> Self {
        Self { seed: seed & 0x00ff_ffff, drawn: AtomicU32::new(0) }
    }

    fn next(&self) -> u32 {
        self.drawn.fetch_add(1, Ordering::SeqCst)
    }
}

impl IdGen for SeqIds {
    fn uuid(&self, at: Timestamp) -> Uuid {
        let micros = u64::try_from(at.as_micros()).unwrap_or(0);
        // The version takes the upper half of byte 0, the variant the upper quarter of byte 2.
        let mut rest = [0; 10];
        rest[0..2].copy_from_slice(&u16::try_from(micros % 1000).unwrap_or(0).to_be_bytes());
        rest[3..7].copy_from_slice(&self.next().to_be_bytes());
        rest[7..10].copy_from_slice(&self.seed.to_be_bytes()[1..4]);
        uuid::Builder::from_unix_timestamp_millis(micros / 1000, &rest).into_uuid()
    }

    fn bytes(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.next().to_be_bytes());
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_sort_by_time_then_by_draw(early in 0_i64..4_000_000_000_000_000, step in 1_i64..5_000) {
            let ids = SeqIds::new(7);
            let (first, second) = (ids.uuid(Timestamp::from_micros(early)), ids.uuid(Timestamp::from_micros(early)));
            let third = ids.uuid(Timestamp::from_micros(early + step));
            prop_assert!(first < second && second < third);
            prop_assert_eq!(first.get_version_num(), 7);
        }
    }

    #[test]
    fn a_seed_tells_everything_and_seeds_do_not_meet() {
        let (one, same, other) = (SeqIds::new(1), SeqIds::new(1), SeqIds::new(2));
        let at = Timestamp::from_micros(1_795_000_000_000_000);
        assert_eq!(one.uuid(at), same.uuid(at));
        assert_eq!(one.bytes(), same.bytes());
        assert_ne!(one.uuid(at), other.uuid(at));
        assert_ne!(one.bytes(), other.bytes());
        assert_ne!(one.bytes(), one.bytes());
    }
}
