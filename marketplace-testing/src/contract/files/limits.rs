//! A body is refused when it is longer than allowed, and only then.

use super::{
    FilesHarness,
    stage::{AMPLE, IN_PARTS, Stage, body, body_then, noise},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use marketplace_core::file::{ByteStream, BytesError, FileError};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Refused as too large, and nothing is kept.
async fn is_too_large(stage: &Stage, body: ByteStream, limit: u64) {
    let key = stage.key();
    let refused = stage.files().put(&key, body, limit).await.expect_err("it is too large");
    assert!(matches!(refused, FileError::TooLarge), "{refused:?}");
    stage.is_absent(&key).await;
    stage.nothing_remains().await;
}

/// As many bytes as allowed are allowed.
pub async fn exact(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    for size in [0, 1, 70_001, 300_000] {
        let (bytes, key) = (noise(size, 1), stage.key());
        let (meta, _) = stage.files().put(&key, body(&bytes), size as u64).await.expect("it just fits");
        assert_eq!(meta.size, size as u64);
        assert!(stage.read(&key, None).await.expect("it is there") == bytes);
    }
}

/// One more is not.
pub async fn one_more(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    for size in [1, 70_001, 300_000] {
        is_too_large(&stage, body(&noise(size, 1)), size as u64 - 1).await;
    }
}

/// The body itself may find out first.
pub async fn told_by_the_body(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    for bytes in [&b""[..], &noise(100_000, 1)] {
        is_too_large(&stage, body_then(bytes, BytesError::TooLarge), AMPLE).await;
    }
}

/// A body that never ends is read until it is too large, and not on and on.
pub async fn endless(harness: &dyn FilesHarness) {
    const LIMIT: u64 = 100_000;
    const PIECE: u64 = 4_096;
    let stage = Stage::new(harness).await;
    let read = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&read);
    let endless = stream::repeat_with(move || {
        let so_far = count.fetch_add(PIECE, Ordering::SeqCst);
        assert!(so_far < 100 * LIMIT, "the body is read on and on");
        Ok(Bytes::from_static(&[7; PIECE as usize]))
    });
    is_too_large(&stage, endless.boxed(), LIMIT).await;
    let read = read.load(Ordering::SeqCst);
    assert!(read <= LIMIT + PIECE, "{read} bytes were read of a body that may have {LIMIT}");
}

/// The same when a part of the body is stored already.
pub async fn in_a_later_part(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    is_too_large(&stage, body(&noise(IN_PARTS, 1)), IN_PARTS as u64 - 1).await;
}
