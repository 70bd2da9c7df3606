//! What fails leaves nothing behind.

use super::{Disk, body, exists, key, noise};
use bytes::Bytes;
use marketplace_core::file::{BytesError, FileError, FileStore};
use std::error::Error as _;

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
