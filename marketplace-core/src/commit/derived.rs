//! Ids for the rows of a decision, derived from its key.
//!
//! Decisions are pure, so they draw nothing: the key is unique for ever, and every id follows from it.

use super::DecisionKey;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Hands out one id after the other.
#[derive(Debug)]
pub(crate) struct DerivedIds<'a> {
    key: &'a DecisionKey,
    at: Timestamp,
    given: u32,
}

impl<'a> DerivedIds<'a> {
    pub(crate) const fn new(key: &'a DecisionKey, at: Timestamp) -> Self {
        Self { key, at, given: 0 }
    }

    /// The next id: a UUIDv7 of the decision's time whose other bits come from the key.
    pub(crate) fn next(&mut self) -> Uuid {
        self.given = self.given.saturating_add(1);
        let mut hash = Sha256::new();
        hash.update(self.key.as_str());
        hash.update(self.given.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let bits = digest.first_chunk::<10>().copied().unwrap_or_default();
        let millis = u64::try_from(self.at.as_micros()).unwrap_or(0) / 1000;
        uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_ids_and_no_id_twice() {
        let (one, two) = (DecisionKey::new("settle", "a"), DecisionKey::new("settle", "b"));
        let draw = |key| {
            let mut ids = DerivedIds::new(key, Timestamp::from_micros(5_000));
            [ids.next(), ids.next()]
        };
        assert_eq!(draw(&one), draw(&one));
        let mut all = [draw(&one), draw(&two)].concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4);
    }
}
