//! A join makes the object of exactly the parts that are named, once and again, or changes nothing.

use super::{
    FilesHarness, Trouble, disposition,
    dropped::is_done_or_waits,
    part_stage::PartStage,
    stage::{noise, request},
};
use marketplace_core::file::{ByteRange, FileError, PartsError, PresignRequest};

/// A part that never came.
pub async fn missing(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), stage.bytes(2), b"the end".to_vec()];
    let (key, tag) = stage.begin().await;
    let mut parts = vec![stage.send(&key, &tag, 1, &bodies[0]).await];
    parts.push(marketplace_core::file::StoredPart { number: 2, ..parts[0].clone() });
    stage.is_mismatch(&key, &tag, &parts, "the last one is missing").await;
    parts.push(stage.send(&key, &tag, 3, &bodies[2]).await);
    stage.is_mismatch(&key, &tag, &parts, "one in the middle is missing").await;
    parts[1] = stage.send(&key, &tag, 2, &bodies[1]).await;
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies.each_ref().map(Vec::as_slice)).await;
}

/// A part with another content than is said.
pub async fn wrong_tag(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), b"the end".to_vec()];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    for place in 0..2 {
        let mut wrong = parts.clone();
        wrong[place].etag = parts[1 - place].etag.clone();
        stage.is_mismatch(&key, &tag, &wrong, "the tag of another part").await;
    }
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies).await;
}

/// A part of another size than is said.
pub async fn wrong_size(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), b"the end".to_vec()];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    for place in 0..2 {
        for size in [parts[place].size - 1, parts[place].size + 1, u64::MAX] {
            let mut wrong = parts.clone();
            wrong[place].size = size;
            stage.is_mismatch(&key, &tag, &wrong, "another size").await;
        }
    }
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies).await;
}

/// Numbers are 1, 2, 3 and so on.
pub async fn wrong_numbers(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), stage.bytes(2), stage.bytes(3)];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    for (places, why) in [
        (&[][..], "none"),
        (&[1, 0, 2], "another order"),
        (&[0, 2], "a gap"),
        (&[1, 2], "not from the first on"),
        (&[0, 0, 1], "one twice"),
    ] {
        let wrong: Vec<_> = places.iter().map(|place| parts[*place].clone()).collect();
        stage.is_mismatch(&key, &tag, &wrong, why).await;
    }
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies).await;
}

/// Only the last part may be smaller than the smallest.
pub async fn too_small(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let smallest = usize::try_from(stage.direct.part_limits().smallest).expect("it is in memory");
    if smallest < 2 {
        return;
    }
    let bodies = [noise(smallest - 1, 1), noise(smallest - 1, 2)];
    let (key, tag, mut parts) = stage.sent(&bodies.each_ref().map(Vec::as_slice)).await;
    stage.is_mismatch(&key, &tag, &parts, "the first one is too small").await;
    let large = noise(smallest, 3);
    parts[0] = stage.send(&key, &tag, 1, &large).await;
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &[&large, &bodies[1]]).await;
}

/// Parts that are not named are none of the object, and gone.
pub async fn without_the_rest(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), stage.bytes(2), stage.bytes(3)];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    stage.join(&key, &tag, &parts[..2]).await;
    stage.is_object(&key, &bodies[..2]).await;
    stage.is_over(&key, &tag).await;
}

/// The same again is success, and changes nothing.
pub async fn twice(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), b"the end".to_vec()];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    for _ in 0..3 {
        stage.join(&key, &tag, &parts).await;
        stage.is_object(&key, &bodies).await;
        stage.is_over(&key, &tag).await;
    }
}

/// And so it is at once.
pub async fn at_once(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), b"the end".to_vec()];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    tokio::join!(stage.join(&key, &tag, &parts), stage.join(&key, &tag, &parts));
    stage.is_object(&key, &bodies).await;
    stage.is_over(&key, &tag).await;
}

/// What was joined, and not told, is told by the next try.
pub async fn after_a_lost_answer(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), b"the end".to_vec()];
    let bodies = bodies.each_ref().map(Vec::as_slice);
    let (key, tag, parts) = stage.sent(&bodies).await;
    if !stage.stage.world().trouble(Trouble::LosesAnswers).await {
        return;
    }
    let joined = stage.direct.join(&key, &tag, &parts).await;
    assert!(matches!(joined, Ok(()) | Err(PartsError::File(FileError::Unavailable(_)))), "{joined:?}");
    stage.stage.world().heal().await;
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies).await;
    stage.is_over(&key, &tag).await;
}

/// A caller that goes away leaves the object or the upload, wherever it waits.
pub async fn dropped_at_every_wait(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bytes = noise(100_000, 1);
    for steps in 0.. {
        assert!(steps < 10_000, "it never runs through");
        let (key, tag, parts) = stage.sent(&[&bytes]).await;
        let mut join = stage.direct.join(&key, &tag, &parts);
        let mut is_done = false;
        for _ in 0..steps {
            is_done = is_done_or_waits(&mut join).await;
            if is_done {
                break;
            }
        }
        drop(join);
        if let Some(found) = stage.stage.read(&key, None).await {
            assert!(found == bytes, "{} of {} bytes after {steps} steps", found.len(), bytes.len());
        }
        assert!(!is_done || stage.stage.head(&key).await.is_some(), "it was joined");
        stage.join(&key, &tag, &parts).await;
        stage.is_object(&key, &[&bytes]).await;
        if is_done {
            break;
        }
    }
    stage.stage.nothing_remains().await;
}

/// Of an upload that is over, or never was, nothing is made.
pub async fn of_no_upload(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (key, tag, parts) = stage.sent(&[b"one"]).await;
    stage.abort(&key, &tag).await;
    let other = stage.stage.key();
    for key in [&key, &other] {
        let joined = stage.direct.join(key, &tag, &parts).await;
        assert!(matches!(joined, Err(PartsError::Gone)), "{joined:?}");
        stage.stage.is_absent(key).await;
    }
    // An object under the key that these parts cannot have made is no success, either.
    let object = stage.stage.put(b"another object").await;
    let joined = stage.direct.join(&object, &tag, &parts).await;
    assert!(matches!(joined, Err(PartsError::Gone)), "{joined:?}");
    stage.is_object(&object, &[b"another object"]).await;
}

/// What was joined is an object like any other.
pub async fn an_object_like_any_other(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), noise(100_000, 2)];
    let (key, tag, parts) = stage.sent(&bodies.each_ref().map(Vec::as_slice)).await;
    stage.join(&key, &tag, &parts).await;
    let seam = bodies[0].len() as u64;
    let range = ByteRange { start: seam - 1_000, end: seam + 1_000 };
    let across = [&bodies[0][bodies[0].len() - 1_000..], &bodies[1][..1_000]].concat();
    assert!(stage.stage.read(&key, Some(range)).await.expect("it is there") == across);
    let name = "本 – Ọlá.epub".parse().expect("a name");
    let asked = PresignRequest { name, ..request() };
    if let Some(address) = stage.stage.files().presign(&key, asked).await.expect("it answers") {
        let visit = stage.stage.get(&address).await;
        assert_eq!(visit.status, 200);
        assert!(visit.body == bodies.concat());
        let shown = disposition::parse(visit.header("content-disposition").expect("it is said how"));
        let shown = shown.expect("it is said well");
        assert_eq!((shown.kind.as_str(), shown.exact.as_deref()), ("attachment", Some("本 – Ọlá.epub")));
    }
    stage.stage.files().delete(&key).await.expect("it is deleted");
    stage.stage.is_absent(&key).await;
    // And then there is no object of these parts.
    let joined = stage.direct.join(&key, &tag, &parts).await;
    assert!(matches!(joined, Err(PartsError::Gone)), "{joined:?}");
}
