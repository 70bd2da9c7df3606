//! The part of a body that is sent next.
//!
//! Called by: `put`.

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};

/// Parts must not be smaller on S3, but for the last, than five MiB; R2 wants all of one size.
const SMALLEST: u64 = 8 * 1024 * 1024;

/// How many parts an upload may have.
const MOST: u64 = 10_000;

/// The largest object that S3 takes: 5 TiB.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024 * 1024;

/// How large parts are for bodies of up to `limit` bytes.
pub(crate) fn size(limit: u64) -> usize {
    let even = limit.min(LARGEST).div_ceil(MOST);
    usize::try_from(even.max(SMALLEST)).unwrap_or(usize::MAX)
}

/// Bytes that were read and not sent yet, with their digest.
#[derive(Debug)]
pub(crate) struct Part {
    size: usize,
    bytes: BytesMut,
    hasher: Sha256,
}

impl Part {
    pub(crate) fn new(size: usize) -> Self {
        Self { size, bytes: BytesMut::new(), hasher: Sha256::new() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= self.size
    }

    /// Takes what fits from the front of a piece.
    pub(crate) fn fill(&mut self, piece: &mut Bytes) {
        let room = self.size.saturating_sub(self.bytes.len());
        let taken = piece.split_to(room.min(piece.len()));
        self.hasher.update(&taken);
        self.bytes.extend_from_slice(&taken);
    }

    /// The bytes and their SHA-256; the part is empty then.
    pub(crate) fn take(&mut self) -> (Bytes, [u8; 32]) {
        (self.bytes.split().freeze(), self.hasher.finalize_reset().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_hold_every_limit() {
        for (limit, expected) in [
            (0, SMALLEST),
            (5_368_709_120, SMALLEST),
            (SMALLEST * MOST, SMALLEST),
            (SMALLEST * MOST + 1, SMALLEST + 1),
            (LARGEST, 549_755_814),
            (u64::MAX, 549_755_814),
        ] {
            let size = size(limit) as u64;
            assert_eq!(size, expected, "{limit}");
            assert!(size * MOST >= limit.min(LARGEST));
        }
    }

    #[test]
    fn pieces_are_cut_where_a_part_is_full() {
        let mut part = Part::new(4);
        let mut piece = Bytes::from_static(b"abcdefghij");
        let mut sent = Vec::new();
        while !piece.is_empty() {
            if part.is_full() {
                sent.push(part.take());
            }
            part.fill(&mut piece);
        }
        sent.push(part.take());
        let digests = ["abcd", "efgh", "ij"].map(|text| (Bytes::from(text), Sha256::digest(text).into()));
        assert_eq!(sent, digests);
    }
}
