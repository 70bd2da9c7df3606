//! What is put can be read, in whole and in parts.

use super::{Disk, body, key, noise};
use marketplace_core::file::{ByteRange, FileStore, ObjectMeta, PresignRequest};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

#[tokio::test]
async fn some_megabytes_come_back_as_they_went() {
    let disk = Disk::new();
    let bytes = noise(5 * 1024 * 1024 + 3);
    let (meta, digest) = disk.files.put(&key(1), body(&bytes), u64::MAX).await.unwrap();
    assert_eq!(meta, ObjectMeta { size: 5_242_883 });
    assert_eq!(digest.as_bytes()[..], Sha256::digest(&bytes)[..]);
    assert_eq!(disk.files.head(&key(1)).await.unwrap(), Some(meta));
    assert_eq!(disk.files.open(&key(1), None).await.unwrap().unwrap().size, meta.size);
    assert!(disk.bytes(&key(1), None).await.unwrap() == bytes);
    assert_eq!(disk.contents(), [format!("files/{}", key(1).as_str().strip_prefix("files/").unwrap())]);
}

#[tokio::test]
async fn nothing_is_an_object_too() {
    let disk = Disk::new();
    let (meta, digest) = disk.files.put(&key(1), body(b""), 0).await.unwrap();
    assert_eq!(meta.size, 0);
    assert_eq!(digest.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(disk.bytes(&key(1), None).await, Some(Vec::new()));
}

#[tokio::test]
async fn ranges_at_every_edge() {
    let disk = Disk::new();
    let bytes = noise(200_000);
    disk.files.put(&key(1), body(&bytes), u64::MAX).await.unwrap();
    for (start, end) in [
        (0, 200_000),
        (0, 1),
        (0, 0),
        (1, 2),
        (65_535, 65_537),
        (65_536, 131_072),
        (199_999, 200_000),
        (199_999, 200_001),
        (200_000, 200_000),
        (200_000, 200_001),
        (5, 3),
        (0, u64::MAX),
        (u64::MAX, u64::MAX),
        (7, 199_993),
    ] {
        let cut = |at: u64| usize::try_from(at.min(200_000)).unwrap();
        let expected = bytes.get(cut(start)..cut(end)).unwrap_or_default();
        let part = disk.bytes(&key(1), Some(ByteRange { start, end })).await.unwrap();
        assert!(part == expected, "{start}..{end} gave {} bytes", part.len());
        let opened = disk.files.open(&key(1), Some(ByteRange { start, end })).await.unwrap().unwrap();
        assert_eq!(opened.size, 200_000, "the size of the whole");
    }
}

#[tokio::test]
async fn what_is_not_there() {
    let disk = Disk::new();
    disk.files.put(&key(1), body(b"one"), 3).await.unwrap();
    assert!(disk.files.open(&key(2), None).await.unwrap().is_none());
    assert_eq!(disk.files.head(&key(2)).await.unwrap(), None);
    disk.files.delete(&key(2)).await.unwrap();
    disk.files.delete(&key(1)).await.unwrap();
    disk.files.delete(&key(1)).await.unwrap();
    assert!(disk.files.open(&key(1), None).await.unwrap().is_none());
    assert!(disk.contents().is_empty());
}

#[tokio::test]
async fn a_second_put_replaces_and_readers_keep_what_they_read() {
    let disk = Disk::new();
    disk.files.put(&key(1), body(b"old"), 3).await.unwrap();
    let reader = disk.files.open(&key(1), None).await.unwrap().unwrap();
    disk.files.put(&key(1), body(b"newer"), 5).await.unwrap();
    let old: Vec<bytes::Bytes> = futures_util::TryStreamExt::try_collect(reader.bytes).await.unwrap();
    assert_eq!(old.concat(), b"old");
    assert_eq!(disk.bytes(&key(1), None).await.unwrap(), b"newer");
}

#[tokio::test]
async fn many_at_once_do_not_mix() {
    let disk = Disk::new();
    let bodies: Vec<Vec<u8>> = (1..=16_usize).map(|number| noise(number * 10_007)).collect();
    let keys: Vec<_> = (1..=16).map(key).collect();
    let puts = bodies.iter().zip(&keys).map(|(bytes, key)| disk.files.put(key, body(bytes), u64::MAX));
    for (result, bytes) in futures_util::future::join_all(puts).await.into_iter().zip(&bodies) {
        assert_eq!(result.unwrap().1.as_bytes()[..], Sha256::digest(bytes)[..]);
    }
    for (bytes, key) in bodies.iter().zip(&keys) {
        assert!(disk.bytes(key, None).await.unwrap() == *bytes);
    }
}

#[tokio::test]
async fn there_are_no_addresses() {
    let disk = Disk::new();
    disk.files.put(&key(1), body(b"one"), 3).await.unwrap();
    let request = PresignRequest {
        expires_in: Duration::from_mins(1),
        name: "book.pdf".parse().unwrap(),
        content_type: "application/pdf".parse().unwrap(),
    };
    assert_eq!(disk.files.presign(&key(1), request).await.unwrap(), None);
}
