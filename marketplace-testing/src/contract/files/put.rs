//! What is put is there, whole, with its size and its digest, and not before.

use super::{
    FilesHarness,
    stage::{AMPLE, IN_PARTS, Stage, body, fed, noise},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use marketplace_core::file::{Digest, ObjectMeta};
use sha2::{Digest as _, Sha256};

fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

/// Bytes of all sizes come back as they went, and are told right.
pub async fn whole(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    for (serial, size) in [1, 2, 4_095, 65_536, 70_001, 70_002, 300_000].into_iter().enumerate() {
        let (bytes, key) = (noise(size, serial as u64), stage.key());
        let (meta, told) = stage.files().put(&key, body(&bytes), AMPLE).await.expect("it is put");
        assert_eq!(meta, ObjectMeta { size: size as u64 });
        assert_eq!(told, digest(&bytes), "the digest of {size} bytes");
        assert_eq!(stage.head(&key).await, Some(meta));
        assert_eq!(stage.open(&key, None).await.expect("it is there").size, meta.size);
        let found = stage.read(&key, None).await.expect("it is there");
        assert!(found == bytes, "{size} bytes came back as {} or others", found.len());
    }
    stage.nothing_remains().await;
}

/// An object without bytes is one, too.
pub async fn nothing(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    for empty in [body(b""), stream::iter([Ok(Bytes::new()), Ok(Bytes::new())]).boxed()] {
        let key = stage.key();
        let (meta, told) = stage.files().put(&key, empty, 0).await.expect("it is put");
        assert_eq!((meta.size, told), (0, digest(b"")));
        assert_eq!(stage.head(&key).await, Some(meta));
        assert_eq!(stage.read(&key, None).await, Some(Vec::new()));
    }
}

/// Pieces may be empty, single bytes, or large.
pub async fn odd_pieces(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let bytes = noise(200_000, 1);
    let mut pieces = Vec::new();
    let mut rest = &bytes[..];
    for size in [0, 1, 0, 1, 3, 65_536, 0, 1].into_iter().cycle() {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        pieces.push(Ok(Bytes::copy_from_slice(piece)));
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let key = stage.key();
    let (meta, told) =
        stage.files().put(&key, stream::iter(pieces).boxed(), 200_000).await.expect("it is put");
    assert_eq!((meta.size, told), (200_000, digest(&bytes)));
    assert!(stage.read(&key, None).await.expect("it is there") == bytes);
}

/// The same for bodies that go in parts.
pub async fn megabytes(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let (bytes, key) = (noise(IN_PARTS, 1), stage.key());
    let (meta, told) = stage.files().put(&key, body(&bytes), AMPLE).await.expect("it is put");
    assert_eq!((meta.size, told), (IN_PARTS as u64, digest(&bytes)));
    assert_eq!(stage.head(&key).await, Some(meta));
    assert!(stage.read(&key, None).await.expect("it is there") == bytes, "the bytes are others");
    stage.nothing_remains().await;
}

/// Nobody sees an object of which a part is still to come.
pub async fn not_before_its_end(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let (feeder, body) = fed();
    let key = stage.key();
    let putting = async { stage.files().put(&key, body, AMPLE).await.expect("it is put") };
    let watching = async {
        for piece in ["one ", "two ", "three"] {
            // What was sent before is taken when there is room for the next.
            feeder.send(Bytes::from(piece)).await.expect("the body is read");
            stage.is_absent(&key).await;
        }
        drop(feeder);
    };
    let ((meta, _), ()) = tokio::join!(putting, watching);
    assert_eq!(stage.head(&key).await, Some(meta));
    assert_eq!(stage.read(&key, None).await.expect("it is there"), b"one two three");
}

/// A second put under a key replaces the object in one step.
pub async fn replaced(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.put(b"the old one").await;
    let (feeder, body) = fed();
    let putting = async { stage.files().put(&key, body, AMPLE).await.expect("it is put") };
    let watching = async {
        for piece in ["the ", "new"] {
            feeder.send(Bytes::from(piece)).await.expect("the body is read");
            assert_eq!(stage.read(&key, None).await.expect("it is there"), b"the old one");
        }
        drop(feeder);
    };
    let ((meta, told), ()) = tokio::join!(putting, watching);
    assert_eq!((meta.size, told), (7, digest(b"the new")));
    assert_eq!(stage.head(&key).await, Some(meta));
    assert_eq!(stage.read(&key, None).await.expect("it is there"), b"the new");
}
