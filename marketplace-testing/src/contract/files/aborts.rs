//! What was begun can be taken away, again and again, and nothing else goes with it.

use super::{FilesHarness, Trouble, dropped::is_done_or_waits, part_stage::PartStage};
use marketplace_core::file::{FileError, PartsError};

/// Parts and all; then there is nothing to join.
pub async fn nothing_is_left(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (first, second) = (stage.bytes(1), stage.bytes(2));
    let (key, tag, parts) = stage.sent(&[&first, &second]).await;
    stage.abort(&key, &tag).await;
    stage.is_over(&key, &tag).await;
    stage.stage.is_absent(&key).await;
    let joined = stage.direct.join(&key, &tag, &parts).await;
    assert!(matches!(joined, Err(PartsError::Gone)), "{joined:?}");
    stage.stage.is_absent(&key).await;
}

/// An upload that is over already, or under another key.
pub async fn twice(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (key, tag, _) = stage.sent(&[b"one"]).await;
    for _ in 0..3 {
        stage.abort(&key, &tag).await;
        stage.abort(&stage.stage.key(), &tag).await;
    }
    stage.is_over(&key, &tag).await;
}

/// Objects stay: the one that was joined, and any other.
pub async fn objects_stay(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), b"the end".to_vec()];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    stage.join(&key, &tag, &parts).await;
    stage.abort(&key, &tag).await;
    stage.direct.abort(&key, None).await.expect("there is nothing to drop");
    stage.is_object(&key, &bodies).await;
    let put = stage.stage.put(b"put").await;
    stage.abort(&put, &tag).await;
    stage.direct.abort(&put, None).await.expect("there is nothing to drop");
    stage.is_object(&put, &[b"put"]).await;
    // The join is success still.
    stage.join(&key, &tag, &parts).await;
}

/// Without a tag every upload under the key goes, and no other.
pub async fn all_of_a_key(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (key, tag, _) = stage.sent(&[b"one"]).await;
    let second = stage.direct.begin(&key).await.expect("it begins");
    stage.send(&key, &second, 1, b"two").await;
    let third = stage.direct.begin(&key).await.expect("it begins");
    let (other, stays, parts) = stage.sent(&[b"three"]).await;
    stage.direct.abort(&key, None).await.expect("they are dropped");
    for tag in [&tag, &second, &third] {
        assert_eq!(stage.parts(&key, tag).await, []);
    }
    assert_eq!(stage.parts(&other, &stays).await, parts);
    stage.join(&other, &stays, &parts).await;
    stage.is_object(&other, &[b"three"]).await;
    stage.is_over(&key, &tag).await;
}

/// The tag never came.
pub async fn after_a_lost_beginning(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    if !stage.stage.world().trouble(Trouble::LosesAnswers).await {
        return;
    }
    let key = stage.stage.key();
    let begun = stage.direct.begin(&key).await;
    assert!(matches!(begun, Err(FileError::Unavailable(_))), "{begun:?}");
    stage.stage.world().heal().await;
    stage.direct.abort(&key, None).await.expect("it is dropped");
    stage.stage.nothing_remains().await;
}

/// One of two under a key.
pub async fn only_its_own(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (key, tag, parts) = stage.sent(&[b"one"]).await;
    let second = stage.direct.begin(&key).await.expect("it begins");
    stage.send(&key, &second, 1, b"two").await;
    stage.abort(&key, &second).await;
    assert_eq!(stage.parts(&key, &second).await, []);
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &[b"one"]).await;
    stage.is_over(&key, &second).await;
}

/// A caller that goes away can call again.
pub async fn dropped_at_every_wait(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    for steps in 0.. {
        assert!(steps < 10_000, "it never runs through");
        let (key, tag, _) = stage.sent(&[b"one", b"two"]).await;
        let mut abort = stage.direct.abort(&key, Some(tag.clone()));
        let mut is_done = false;
        for _ in 0..steps {
            is_done = is_done_or_waits(&mut abort).await;
            if is_done {
                break;
            }
        }
        drop(abort);
        stage.abort(&key, &tag).await;
        stage.is_over(&key, &tag).await;
        if is_done {
            break;
        }
    }
}
