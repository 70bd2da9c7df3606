//! What is not there is told as not there, which is no error.

use super::{FilesHarness, stage::Stage};

/// An object that never was.
pub async fn told_as_none(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    stage.is_absent(&stage.key()).await;
    stage.put(b"another one").await;
    stage.is_absent(&stage.key()).await;
}

/// An object that was deleted, and nothing else.
pub async fn deleted(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let (gone, stays) = (stage.put(b"one").await, stage.put(b"two").await);
    stage.files().delete(&gone).await.expect("it is deleted");
    stage.is_absent(&gone).await;
    assert_eq!(stage.read(&stays, None).await.expect("it is there"), b"two");
}

/// Deleting what is not there is success.
pub async fn deleted_twice(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    stage.files().delete(&stage.key()).await.expect("there was nothing to do");
    let key = stage.put(b"one").await;
    for _ in 0..2 {
        stage.files().delete(&key).await.expect("it is deleted");
    }
    stage.is_absent(&key).await;
}

/// An object that vanished behind the adapter's back, after it was read through it.
pub async fn lost(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.put(b"one").await;
    assert_eq!(stage.read(&key, None).await.expect("it is there"), b"one");
    stage.world().lose(&key).await;
    stage.is_absent(&key).await;
}
