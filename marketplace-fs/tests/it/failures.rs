//! What fails leaves nothing behind.

use super::{Disk, body, body_then, exists, key, noise};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use marketplace_core::file::{ByteStream, BytesError, FileError, FileStore};
use std::error::Error as _;

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let disk = Disk::new();
    let bytes = noise(300_000);
    let refused = disk.files.put(&key(1), body(&bytes), 299_999).await.unwrap_err();
    assert!(matches!(refused, FileError::TooLarge), "{refused:?}");
    assert!(disk.contents().is_empty(), "{:?}", disk.contents());
    disk.files.put(&key(1), body(&bytes), 300_000).await.unwrap();
    let refused = disk.files.put(&key(2), body(b"x"), 0).await.unwrap_err();
    assert!(matches!(refused, FileError::TooLarge), "{refused:?}");
}

#[tokio::test]
async fn an_endless_body_is_cut_at_the_limit() {
    let disk = Disk::new();
    let endless: ByteStream = Box::pin(stream::repeat_with(|| Ok(Bytes::from_static(&[0; 4096]))));
    let refused = disk.files.put(&key(1), endless, 100_000).await.unwrap_err();
    assert!(matches!(refused, FileError::TooLarge), "{refused:?}");
    assert!(disk.contents().is_empty());
}

#[tokio::test]
async fn a_broken_body_leaves_nothing() {
    let disk = Disk::new();
    let broken = body_then(&noise(200_000), BytesError::Broken("the client hung up".into()));
    let error = disk.files.put(&key(1), broken, u64::MAX).await.unwrap_err();
    assert!(matches!(error, FileError::BrokenOff(_)), "{error:?}");
    assert_eq!(error.source().unwrap().to_string(), "the client hung up");
    let refused = disk.files.put(&key(1), body_then(b"a", BytesError::TooLarge), 9).await.unwrap_err();
    assert!(matches!(refused, FileError::TooLarge), "{refused:?}");
    assert!(disk.contents().is_empty());
    assert!(disk.files.open(&key(1), None).await.unwrap().is_none());
}

#[tokio::test]
async fn a_broken_body_does_not_touch_what_was_there() {
    let disk = Disk::new();
    disk.files.put(&key(1), body(b"old"), 3).await.unwrap();
    let broken = body_then(b"new", BytesError::Broken("gone".into()));
    disk.files.put(&key(1), broken, 9).await.unwrap_err();
    assert_eq!(disk.bytes(&key(1), None).await.unwrap(), b"old");
}

/// Drops the future at every point at which it waits, until it runs through.
#[tokio::test]
async fn a_dropped_future_leaves_the_whole_object_or_nothing() {
    let bytes = noise(150_000);
    for steps in 0.. {
        let disk = Disk::new();
        let body = body(&bytes);
        let key = key(1);
        let mut put = Box::pin(disk.files.put(&key, body, u64::MAX));
        let mut finished = false;
        for _ in 0..steps {
            if poll_until_it_waits(&mut put).await {
                finished = true;
                break;
            }
        }
        drop(put);
        if let Some(found) = disk.bytes(&key, None).await {
            assert!(found == bytes, "a part of the object after {steps} steps");
        }
        assert!(
            disk.contents().iter().all(|name| name.starts_with("files/")),
            "after {steps} steps: {:?}",
            disk.contents()
        );
        if finished {
            assert!(disk.bytes(&key, None).await.is_some());
            return;
        }
    }
}

/// Polls once and, if the future waits, waits for whatever wakes it. Tells whether it is done.
async fn poll_until_it_waits<F: Future + Unpin>(future: &mut F) -> bool {
    let mut polled = false;
    std::future::poll_fn(|context| {
        if polled {
            return std::task::Poll::Ready(false);
        }
        polled = true;
        match future.poll_unpin(context) {
            std::task::Poll::Ready(_) => std::task::Poll::Ready(true),
            std::task::Poll::Pending => std::task::Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn a_body_that_never_ends_is_gone_when_it_is_dropped() {
    let disk = Disk::new();
    let first = stream::iter([Ok(Bytes::from_static(b"some"))]);
    let body: ByteStream = Box::pin(futures_util::StreamExt::chain(first, stream::pending()));
    let key = key(1);
    let mut put = Box::pin(disk.files.put(&key, body, 99));
    assert!((&mut put).now_or_never().is_none());
    assert_eq!(disk.contents().len(), 1, "it is under way");
    drop(put);
    assert!(disk.contents().is_empty());
}

#[tokio::test]
async fn a_folder_that_vanished_is_a_defect_and_leaves_nothing() {
    let disk = Disk::new();
    std::fs::remove_dir(disk.folder.path().join("files")).unwrap();
    let error = disk.files.put(&key(1), body(b"one"), 3).await.unwrap_err();
    assert!(matches!(error, FileError::Defect(_)), "{error:?}");
    assert_eq!(std::fs::read_dir(disk.folder.path().join(".incoming")).unwrap().count(), 0);
    std::fs::remove_dir(disk.folder.path().join(".incoming")).unwrap();
    let error = disk.files.put(&key(1), body(b"one"), 3).await.unwrap_err();
    assert!(matches!(error, FileError::Defect(_)), "{error:?}");
    let text = format!("{error}: {}", error.source().unwrap());
    assert_eq!(text, "defect in the file store: cannot begin a file");
}

#[tokio::test]
async fn an_object_that_is_no_file_is_a_defect() {
    let disk = Disk::new();
    std::fs::create_dir(disk.folder.path().join(key(1).as_str())).unwrap();
    assert!(matches!(disk.files.head(&key(1)).await, Err(FileError::Defect(_))));
    assert!(matches!(disk.files.open(&key(1), None).await, Err(FileError::Defect(_))));
    assert!(matches!(disk.files.put(&key(1), body(b"one"), 3).await, Err(FileError::Defect(_))));
    assert!(exists(disk.folder.path().join(key(1).as_str())));
}

#[tokio::test]
async fn a_file_that_was_cut_short_breaks_the_stream() {
    let disk = Disk::new();
    disk.files.put(&key(1), body(&noise(200_000)), u64::MAX).await.unwrap();
    let object = disk.files.open(&key(1), None).await.unwrap().unwrap();
    let file =
        std::fs::OpenOptions::new().write(true).open(disk.folder.path().join(key(1).as_str())).unwrap();
    file.set_len(100_000).unwrap();
    let read: Result<Vec<Bytes>, _> = futures_util::TryStreamExt::try_collect(object.bytes).await;
    assert!(matches!(read, Err(BytesError::Broken(_))));
}
