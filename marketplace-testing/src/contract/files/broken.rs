//! A body that breaks off leaves nothing, and is told with its reason.

use super::{
    FilesHarness,
    stage::{AMPLE, IN_PARTS, Stage, body_then, noise},
};
use marketplace_core::file::{BytesError, FileError, ObjectKey};
use std::error::Error as _;

/// Puts what breaks off.
async fn breaks_off(stage: &Stage, key: &ObjectKey, bytes: &[u8]) {
    let broken = body_then(bytes, BytesError::Broken("the client hung up".into()));
    let error = stage.files().put(key, broken, AMPLE).await.expect_err("it broke off");
    assert!(matches!(error, FileError::BrokenOff(_)), "{error:?}");
    let mut reason = error.source();
    while let Some(deeper) = reason.and_then(|reason| reason.source()) {
        reason = Some(deeper);
    }
    assert_eq!(reason.map(ToString::to_string).as_deref(), Some("the client hung up"));
}

/// Wherever it breaks.
pub async fn leaves_nothing(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    for size in [0, 1, 70_001, 200_000] {
        let key = stage.key();
        breaks_off(&stage, &key, &noise(size, 1)).await;
        stage.is_absent(&key).await;
    }
    stage.nothing_remains().await;
}

/// Also when a part of the body is stored already.
pub async fn in_a_later_part(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.key();
    breaks_off(&stage, &key, &noise(IN_PARTS, 1)).await;
    stage.is_absent(&key).await;
    stage.nothing_remains().await;
}

/// What was there before is not touched.
pub async fn keeps_the_old(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.put(b"the old one").await;
    breaks_off(&stage, &key, &noise(100_000, 1)).await;
    assert_eq!(stage.read(&key, None).await.expect("it is there"), b"the old one");
    stage.nothing_remains().await;
}
