//! A range gives the bytes that are there, and the size of the whole.

use super::{
    FilesHarness,
    stage::{IN_PARTS, Stage, noise},
};
use marketplace_core::file::{ByteRange, ObjectKey};

/// A range of an object with these bytes is right.
async fn is_right(stage: &Stage, key: &ObjectKey, bytes: &[u8], (start, end): (u64, u64)) {
    let size = bytes.len() as u64;
    let at = |at: u64| usize::try_from(at.min(size)).expect("it is in memory");
    let expected = bytes.get(at(start)..at(end)).unwrap_or_default();
    let range = Some(ByteRange { start, end });
    let opened = stage.open(key, range).await.expect("it is there");
    assert_eq!(opened.size, size, "the size of the whole, opened at {start}..{end}");
    let found = stage.read(key, range).await.expect("it is there");
    assert!(found == expected, "{start}..{end} gave {} bytes for {}", found.len(), expected.len());
}

/// From the first byte to far beyond the last, and ranges that are empty or the wrong way round.
pub async fn every_edge(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bytes = noise(200_000, 1);
    let key = stage.put(&bytes).await;
    for range in [
        (0, 200_000),
        (0, 1),
        (0, 0),
        (1, 2),
        (65_535, 65_537),
        (65_536, 131_072),
        (7, 199_993),
        (199_999, 200_000),
        (199_999, 200_001),
        (200_000, 200_000),
        (200_000, 200_001),
        (300_000, 400_000),
        (5, 3),
        (0, u64::MAX),
        (1, i64::MAX.unsigned_abs()),
        (i64::MAX.unsigned_abs(), u64::MAX),
        (u64::MAX - 1, u64::MAX),
        (u64::MAX, u64::MAX),
    ] {
        is_right(&stage, &key, &bytes, range).await;
    }
    let absent = stage.key();
    assert!(stage.open(&absent, Some(ByteRange { start: 0, end: 1 })).await.is_none());
    assert!(stage.open(&absent, Some(ByteRange { start: 3, end: 3 })).await.is_none());
}

/// An object without bytes has ranges, too.
pub async fn of_nothing(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.put(b"").await;
    for range in [(0, 0), (0, 1), (1, 2), (0, u64::MAX)] {
        is_right(&stage, &key, b"", range).await;
    }
}

/// Across the parts in which an object was put.
pub async fn of_megabytes(harness: &dyn FilesHarness) {
    const MIB: u64 = 1024 * 1024;
    let stage = Stage::new(harness).await;
    let bytes = noise(IN_PARTS, 1);
    let key = stage.put(&bytes).await;
    for range in [(5 * MIB - 1, 5 * MIB + 1), (8 * MIB - 1, 8 * MIB + 1), (16 * MIB - 7, 18 * MIB)] {
        is_right(&stage, &key, &bytes, range).await;
    }
}
