//! Identifiers derived from the seed.
//!
//! Guarantees that the same seed, account, label and number give the same text for ever, and that different labels
//! and accounts are independent. Unique only where the caller says what is taken ([`Ids::unused`]). Not a source of secrets
//! beyond what the seed holds. Callers: whatever makes something with an id.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// HMAC-SHA256 keyed by the seed, as a generator.
pub(super) struct Ids {
    mac: Hmac<Sha256>,
}

impl Ids {
    /// `account` is what sets two accounts with one seed apart: their keys.
    pub(super) fn new(seed: u64, account: &str) -> Self {
        // A key shorter than the block is padded with zeroes by HMAC itself, so this is the plain seed.
        let mut key = [0_u8; 64];
        for (slot, byte) in key.iter_mut().zip(seed.to_be_bytes()) {
            *slot = byte;
        }
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(account.as_bytes());
        let mut key = [0_u8; 64];
        for (slot, byte) in key.iter_mut().zip(mac.finalize().into_bytes()) {
            *slot = byte;
        }
        Self { mac: Hmac::new(&key.into()) }
    }

    fn block(&self, label: &str, number: u64) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(&number.to_be_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Up to 32 characters of `[0-9a-z]`.
    pub(super) fn text(&self, label: &str, number: u64, length: usize) -> String {
        let symbol = |byte: u8| ALPHABET.get(usize::from(byte % 36)).copied().unwrap_or(b'0');
        self.block(label, number).into_iter().take(length).map(|byte| char::from(symbol(byte))).collect()
    }

    /// The first text of this kind that is not taken. A journal may hold texts of another seed.
    pub(super) fn unused(
        &self,
        label: &str,
        number: u64,
        length: usize,
        taken: impl Fn(&str) -> bool,
    ) -> String {
        let mut text = self.text(label, number, length);
        let mut round = 0_u64;
        while taken(&text) {
            round = round.saturating_add(1);
            text = self.text(&format!("{label}/{round}"), number, length);
        }
        text
    }

    /// The id that follows another one, a few numbers later.
    pub(super) fn after(&self, label: &str, last: Option<u64>, first: u64) -> u64 {
        let last = last.unwrap_or(first);
        last.saturating_add(self.below(label, last, 97)).saturating_add(1)
    }

    /// A number below `limit`, which must not be zero.
    pub(super) fn below(&self, label: &str, number: u64, limit: u32) -> u64 {
        let [a, b, c, d, ..] = self.block(label, number);
        u64::from(u32::from_be_bytes([a, b, c, d]).checked_rem(limit).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn a_seed_fixes_everything_and_labels_differ() {
        let (one, again, other) = (Ids::new(7, "a"), Ids::new(7, "a"), Ids::new(8, "a"));
        assert_eq!(one.text("access", 1, 15), again.text("access", 1, 15));
        assert_ne!(one.text("access", 1, 15), one.text("access", 2, 15));
        assert_ne!(one.text("access", 1, 15), one.text("reference", 1, 15));
        assert_ne!(one.text("access", 1, 15), other.text("access", 1, 15));
        assert_ne!(one.text("access", 1, 15), Ids::new(7, "b").text("access", 1, 15));
        assert_eq!(one.text("access", 1, 15).len(), 15);
        assert!(one.below("id", 3, 997) < 997);
        assert_eq!(one.below("id", 3, 0), 0);
    }
}
