//! A store in trouble takes no parts, joins nothing, and goes on afterwards where it was.

use super::{
    FilesHarness, Trouble,
    part_stage::{PartStage, plan},
    stage::{body, noise},
};
use marketplace_core::file::{FileError, PartsError};

/// What a call says that a store in trouble did not do.
fn is_unavailable<T: std::fmt::Debug>(call: &str, result: Result<T, FileError>) {
    assert!(matches!(result, Err(FileError::Unavailable(_))), "{call}: {result:?}");
}

fn of_parts<T>(result: Result<T, PartsError>) -> Result<T, FileError> {
    result.map_err(|error| match error {
        PartsError::File(error) => error,
        other => FileError::Defect(other.into()),
    })
}

/// A store that is down has not lost the upload.
pub async fn down(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), b"the end".to_vec()];
    let (key, tag, mut parts) = stage.sent(&[&bodies[0]]).await;
    let address = stage.direct.address(&key, &tag, plan(2, 7), super::part_stage::AN_HOUR).await;
    let is_direct = address.expect("it answers").is_some();
    if !stage.stage.world().trouble(Trouble::Down).await {
        return;
    }
    is_unavailable("begin", stage.direct.begin(&stage.stage.key()).await);
    is_unavailable("parts", stage.direct.parts(&key, &tag).await);
    is_unavailable("join", of_parts(stage.direct.join(&key, &tag, &parts).await));
    is_unavailable("abort", stage.direct.abort(&key, Some(tag.clone())).await);
    is_unavailable("abort all", stage.direct.abort(&key, None).await);
    if !is_direct {
        let put = stage.direct.put_part(&key, &tag, plan(2, 7), body(&bodies[1])).await;
        is_unavailable("put_part", of_parts(put));
    }
    stage.stage.world().heal().await;
    stage.stage.is_absent(&key).await;
    assert_eq!(stage.parts(&key, &tag).await, parts);
    parts.push(stage.send(&key, &tag, 2, &bodies[1]).await);
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies.each_ref().map(Vec::as_slice)).await;
    stage.is_over(&key, &tag).await;
}

/// A full store keeps nothing of what does not fit, and everything else.
pub async fn full(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (key, tag, parts) = stage.sent(&[&noise(100_000, 1)]).await;
    if !stage.stage.world().trouble(Trouble::Full).await {
        return;
    }
    for number in [1, 2] {
        let sent = stage.try_send(&key, &tag, plan(number, 1_000_000), &noise(1_000_000, 2)).await;
        let refused = matches!(sent, Err(None | Some(PartsError::File(FileError::Unavailable(_)))));
        assert!(refused, "{sent:?}");
        assert_eq!(stage.parts(&key, &tag).await, parts);
    }
    stage.stage.world().heal().await;
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &[&noise(100_000, 1)]).await;
    stage.is_over(&key, &tag).await;
}
