//! Folders at the start: made, reopened, swept, shared.

use super::{Disk, body, exists, key, read};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use marketplace_core::file::{ByteStream, FileError, FileStore};
use marketplace_fs::DiskFiles;
use tempfile::TempDir;

#[tokio::test]
async fn objects_outlive_the_process() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("new").join("deep");
    DiskFiles::open(&root).unwrap().put(&key(1), body(b"one"), 3).await.unwrap();
    let again = DiskFiles::open(&root).unwrap();
    assert_eq!(read(&again, &key(1), None).await.unwrap(), b"one");
}

#[tokio::test]
async fn what_a_killed_process_left_is_swept() {
    let disk = Disk::new();
    disk.files.put(&key(1), body(b"one"), 3).await.unwrap();
    let Disk { folder, files } = disk;
    drop(files);
    let remains = folder.path().join(".incoming").join("4711-0");
    std::fs::write(&remains, b"half").unwrap();
    let again = DiskFiles::open(folder.path()).unwrap();
    assert!(!exists(&remains));
    assert_eq!(read(&again, &key(1), None).await.unwrap(), b"one");
}

#[tokio::test]
async fn a_second_process_does_not_sweep_what_the_first_is_writing() {
    let disk = Disk::new();
    let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    let rest = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|bytes| (Ok(bytes), receiver))
    });
    let whole: ByteStream = Box::pin(body(b"some").chain(rest));
    let key = key(1);
    let mut put = Box::pin(disk.files.put(&key, whole, 99));
    assert!((&mut put).now_or_never().is_none());

    let second = DiskFiles::open(disk.folder.path()).unwrap();
    sender.send(Bytes::from_static(b" more")).await.unwrap();
    drop(sender);
    put.await.unwrap();
    assert_eq!(read(&second, &key, None).await.unwrap(), b"some more");
}

#[tokio::test]
async fn names_that_are_taken_are_passed_over() {
    let disk = Disk::new();
    let taken = disk.folder.path().join(".incoming").join(format!("{}-0", std::process::id()));
    std::fs::write(&taken, b"another container's").unwrap();
    disk.files.put(&key(1), body(b"one"), 3).await.unwrap();
    assert_eq!(std::fs::read(&taken).unwrap(), b"another container's");
    assert_eq!(disk.bytes(&key(1), None).await.unwrap(), b"one");
}

#[test]
fn a_root_that_is_a_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("file");
    std::fs::write(&root, b"").unwrap();
    let error = DiskFiles::open(&root).unwrap_err();
    assert!(matches!(error, FileError::Defect(_)), "{error:?}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_look_into_the_folders() {
    use std::os::unix::fs::PermissionsExt;
    let disk = Disk::new();
    for folder in ["files", "parts", ".incoming"] {
        let mode = std::fs::metadata(disk.folder.path().join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}
