//! Parts come in any order, are replaced whole, and have exactly the size that was announced.

use super::{
    FilesHarness,
    dropped::is_done_or_waits,
    part_stage::{PartStage, plan},
    stage::{IN_PARTS, body, body_that_hangs, body_then, noise},
};
use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream};
use marketplace_core::file::{BytesError, FileError, PartsError};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The store says how to cut, sensibly.
pub async fn limits(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let limits = stage.direct.part_limits();
    assert!(0 < limits.smallest && limits.smallest <= limits.largest && limits.most > 0, "{limits:?}");
}

/// What is sent is told, seen by nobody, and then the object.
pub async fn in_order(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), stage.bytes(2), b"the end".to_vec()];
    let (key, tag) = stage.begin().await;
    assert_eq!(stage.parts(&key, &tag).await, []);
    let mut sent = Vec::new();
    for (number, bytes) in (1..).zip(&bodies) {
        sent.push(stage.send(&key, &tag, number, bytes).await);
        assert_eq!(sent.last().map(|part| part.size), Some(bytes.len() as u64));
        assert_eq!(stage.parts(&key, &tag).await, sent);
        stage.stage.is_absent(&key).await;
    }
    stage.join(&key, &tag, &sent).await;
    stage.is_object(&key, &bodies.each_ref().map(Vec::as_slice)).await;
    stage.is_over(&key, &tag).await;
}

/// The numbers make the order.
pub async fn out_of_order(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), stage.bytes(2), b"the end".to_vec()];
    let (key, tag) = stage.begin().await;
    for number in [3, 1, 2] {
        stage.send(&key, &tag, number, &bodies[usize::from(number) - 1]).await;
    }
    let parts = stage.parts(&key, &tag).await;
    assert_eq!(parts.iter().map(|part| part.number).collect::<Vec<_>>(), [1, 2, 3]);
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies.each_ref().map(Vec::as_slice)).await;
}

/// An object may be one part, however small.
pub async fn one(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    for bytes in [&b"1"[..], &noise(300_000, 1)] {
        let (key, tag, parts) = stage.sent(&[bytes]).await;
        stage.join(&key, &tag, &parts).await;
        stage.is_object(&key, &[bytes]).await;
    }
}

/// More than ten, whose names are not in the order of their numbers; and more than a page, where a store has pages.
pub async fn a_dozen(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies: Vec<Vec<u8>> = (1..=12).map(|number| noise(1_000 + number, number as u64)).collect();
    let (key, tag, sent) = stage.sent(&bodies.iter().map(Vec::as_slice).collect::<Vec<_>>()).await;
    assert_eq!(stage.parts(&key, &tag).await, sent);
    stage.abort(&key, &tag).await;
    stage.is_over(&key, &tag).await;
}

/// The later one of a number is the one. Another content has another tag.
pub async fn replaced(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (old, end) = (stage.bytes(1), b"the end".to_vec());
    let new = noise(old.len(), 2);
    let (key, tag, before) = stage.sent(&[&old, &end]).await;
    let first = stage.send(&key, &tag, 1, &new).await;
    assert_ne!(first.etag, before[0].etag);
    let parts = stage.parts(&key, &tag).await;
    assert_eq!(parts, [first, before[1].clone()]);
    stage.is_mismatch(&key, &tag, &before, "the part that was").await;
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &[&new, &end]).await;
    stage.is_over(&key, &tag).await;
}

/// One byte more or less is refused, and what was there stays.
pub async fn exact(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bytes = noise(100_000, 1);
    let (key, tag, before) = stage.sent(&[&bytes]).await;
    for number in [1, 2] {
        for (size, said) in [(100_001, "longer"), (99_999, "shorter"), (0, "empty"), (150_000, "much longer")]
        {
            let sent = stage.try_send(&key, &tag, plan(number, 100_000), &noise(size, 2)).await;
            match sent {
                Err(None) => {}
                Err(Some(PartsError::File(FileError::TooLarge))) if size > 100_000 => {}
                Err(Some(PartsError::File(FileError::BrokenOff(_)))) if size < 100_000 => {}
                other => panic!("{said} than announced: {other:?}"),
            }
            assert_eq!(stage.parts(&key, &tag).await, before, "{said} than announced");
        }
    }
    stage.join(&key, &tag, &before).await;
    stage.is_object(&key, &[&bytes]).await;
    stage.is_over(&key, &tag).await;
}

/// A body that breaks off, or is found too large on its way, leaves nothing, and says why.
pub async fn broken(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::through_the_server(harness).await else { return };
    let bytes = noise(100_000, 1);
    let (key, tag, before) = stage.sent(&[&bytes]).await;
    for number in [1, 2] {
        let broken = body_then(&bytes[..60_000], BytesError::Broken("the client hung up".into()));
        let put = stage.direct.put_part(&key, &tag, plan(number, 100_000), broken).await;
        let Err(PartsError::File(FileError::BrokenOff(why))) = put else { panic!("it broke off: {put:?}") };
        let why = why.source().map_or_else(|| why.to_string(), ToString::to_string);
        assert_eq!(why, "the client hung up");
        let too_large = body_then(&bytes[..60_000], BytesError::TooLarge);
        let put = stage.direct.put_part(&key, &tag, plan(number, 100_000), too_large).await;
        assert!(matches!(put, Err(PartsError::File(FileError::TooLarge))), "{put:?}");
        assert_eq!(stage.parts(&key, &tag).await, before);
    }
    stage.abort(&key, &tag).await;
    stage.is_over(&key, &tag).await;
}

/// A body is read to its announced size, and not on and on.
pub async fn endless(harness: &dyn FilesHarness) {
    const SIZE: usize = 100_000;
    const PIECE: u64 = 4_096;
    let Some(stage) = PartStage::through_the_server(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let read = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&read);
    let endless = stream::repeat_with(move || {
        let so_far = count.fetch_add(PIECE, Ordering::SeqCst);
        assert!(so_far < 100 * SIZE as u64, "the body is read on and on");
        Ok(Bytes::from_static(&[7; PIECE as usize]))
    });
    let put = stage.direct.put_part(&key, &tag, plan(1, SIZE), endless.boxed()).await;
    assert!(matches!(put, Err(PartsError::File(FileError::TooLarge))), "{put:?}");
    let read = read.load(Ordering::SeqCst);
    assert!(read <= SIZE as u64 + PIECE, "{read} bytes were read of a part that has {SIZE}");
    stage.abort(&key, &tag).await;
    stage.is_over(&key, &tag).await;
}

/// Large parts.
pub async fn megabytes(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (large, end) = (noise(IN_PARTS, 1), noise(100_000, 2));
    let (key, tag, parts) = stage.sent(&[&large, &end]).await;
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &[&large, &end]).await;
    stage.is_over(&key, &tag).await;
}

/// Somebody who knows the tag only finds out what is there, and sends the rest.
pub async fn resumed(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), stage.bytes(2), b"the end".to_vec()];
    let (key, tag) = stage.begin().await;
    stage.send(&key, &tag, 1, &bodies[0]).await;
    stage.send(&key, &tag, 3, &bodies[2]).await;
    let there: Vec<u16> = stage.parts(&key, &tag).await.iter().map(|part| part.number).collect();
    assert_eq!(there, [1, 3]);
    stage.send(&key, &tag, 2, &bodies[1]).await;
    let parts = stage.parts(&key, &tag).await;
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies.each_ref().map(Vec::as_slice)).await;
}

/// Parts that come at once each have their own bytes.
pub async fn at_once(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let bodies = [stage.bytes(1), stage.bytes(2), stage.bytes(3), stage.bytes(4)];
    let (key, tag) = stage.begin().await;
    let parts =
        join_all((1..).zip(&bodies).map(|(number, bytes)| stage.send(&key, &tag, number, bytes))).await;
    assert_eq!(stage.parts(&key, &tag).await, parts);
    stage.join(&key, &tag, &parts).await;
    stage.is_object(&key, &bodies.each_ref().map(Vec::as_slice)).await;
    stage.is_over(&key, &tag).await;
}

/// Two uploads under one key have nothing to do with each other.
pub async fn of_two_uploads(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (mine, other) = (stage.bytes(1), stage.bytes(2));
    let (key, tag) = stage.begin().await;
    let second = stage.direct.begin(&key).await.expect("it begins");
    assert_ne!(tag, second);
    let sent = stage.send(&key, &tag, 1, &mine).await;
    assert_eq!(stage.parts(&key, &second).await, []);
    let parts = vec![stage.send(&key, &second, 1, &other).await];
    assert_eq!(stage.parts(&key, &tag).await, [sent]);
    stage.join(&key, &second, &parts).await;
    stage.is_object(&key, &[&other]).await;
    stage.abort(&key, &tag).await;
    stage.is_object(&key, &[&other]).await;
    stage.is_over(&key, &tag).await;
}

/// An upload that is unknown or over has no parts, and takes none.
pub async fn of_no_upload(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let (key, tag, _) = stage.sent(&[b"one"]).await;
    stage.abort(&key, &tag).await;
    let sent = stage.try_send(&key, &tag, plan(1, 3), b"one").await;
    assert!(matches!(sent, Err(None | Some(PartsError::Gone))), "{sent:?}");
    stage.is_over(&key, &tag).await;
    let other = stage.stage.key();
    assert_eq!(stage.parts(&other, &tag).await, []);
}

/// A store with addresses takes no parts from the server.
pub async fn one_way_only(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let put = stage.direct.put_part(&key, &tag, plan(1, 3), body(b"one")).await;
    assert!(matches!(put, Err(PartsError::File(FileError::Defect(_)))), "{put:?}");
    assert_eq!(stage.parts(&key, &tag).await, []);
}

/// A caller that goes away leaves the whole part or none, wherever it waits.
pub async fn dropped_at_every_wait(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::through_the_server(harness).await else { return };
    let bytes = noise(150_000, 1);
    for steps in 0.. {
        assert!(steps < 10_000, "it never runs through");
        let (key, tag) = stage.begin().await;
        let mut put = stage.direct.put_part(&key, &tag, plan(1, bytes.len()), body(&bytes));
        let mut is_done = false;
        for _ in 0..steps {
            is_done = is_done_or_waits(&mut put).await;
            if is_done {
                break;
            }
        }
        drop(put);
        let left = stage.parts(&key, &tag).await;
        if !left.is_empty() {
            stage.join(&key, &tag, &left).await;
            stage.is_object(&key, &[&bytes]).await;
        }
        assert!(!is_done || !left.is_empty(), "it was taken");
        stage.abort(&key, &tag).await;
        if is_done {
            break;
        }
    }
    stage.stage.nothing_remains().await;
}

/// The same while the body is awaited.
pub async fn dropped_while_it_waits(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::through_the_server(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let (asked, body) = body_that_hangs(&noise(100_000, 1));
    tokio::select! {
        put = stage.direct.put_part(&key, &tag, plan(1, 200_000), body) => panic!("it has not ended: {put:?}"),
        asked = asked => asked.expect("the body is kept until the part is there"),
    }
    assert_eq!(stage.parts(&key, &tag).await, []);
    stage.abort(&key, &tag).await;
    stage.is_over(&key, &tag).await;
}
