//! Many at once do not get into each other's way.

use super::{
    FilesHarness,
    stage::{AMPLE, Stage, body, noise},
};
use futures_util::{StreamExt, future::join_all};
use marketplace_core::file::{ByteRange, Digest};
use sha2::{Digest as _, Sha256};

/// Objects that are put at once each have their own bytes.
pub async fn puts(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bodies: Vec<Vec<u8>> = (1..=16).map(|number| noise(number * 20_011, number as u64)).collect();
    let keys: Vec<_> = bodies.iter().map(|_| stage.key()).collect();
    let puts = bodies.iter().zip(&keys).map(|(bytes, key)| stage.files().put(key, body(bytes), AMPLE));
    for (put, bytes) in join_all(puts).await.into_iter().zip(&bodies) {
        let (meta, digest) = put.expect("it is put");
        assert_eq!(meta.size, bytes.len() as u64);
        assert_eq!(digest, Digest::from_bytes(Sha256::digest(bytes).into()));
    }
    for (bytes, key) in bodies.iter().zip(&keys) {
        assert!(stage.read(key, None).await.expect("it is there") == *bytes, "{key} has another's bytes");
    }
    stage.nothing_remains().await;
}

/// Readers of one object each get their own part.
pub async fn readers(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bytes = noise(400_000, 1);
    let key = stage.put(&bytes).await;
    let ranges = (0..16).map(|part| ByteRange { start: part * 25_000, end: (part + 1) * 25_000 });
    let parts = join_all(ranges.map(|range| stage.read(&key, Some(range)))).await;
    let joined: Vec<u8> = parts.into_iter().flat_map(|part| part.expect("it is there")).collect();
    assert!(joined == bytes);
}

/// Of several puts under one key one is there in the end, whole.
pub async fn one_key(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.key();
    let bodies: Vec<Vec<u8>> = (1..=8).map(|number| noise(90_000 + number, number as u64)).collect();
    for put in join_all(bodies.iter().map(|bytes| stage.files().put(&key, body(bytes), AMPLE))).await {
        put.expect("it is put");
    }
    let found = stage.read(&key, None).await.expect("it is there");
    assert!(bodies.contains(&found), "the object is none of those that were put");
    assert_eq!(stage.head(&key).await.map(|meta| meta.size), Some(found.len() as u64));
    stage.nothing_remains().await;
}

/// Readers that go away in mid-stream take nothing with them.
pub async fn readers_that_go_away(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bytes = noise(2_000_000, 1);
    let key = stage.put(&bytes).await;
    for _ in 0..32 {
        let mut opened = stage.open(&key, None).await.expect("it is there");
        let piece = opened.bytes.next().await.expect("it has bytes").expect("they come");
        assert!(bytes.starts_with(&piece));
    }
    assert!(stage.read(&key, None).await.expect("it is there") == bytes);
}
