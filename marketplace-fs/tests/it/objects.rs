//! What an object is on disk, beyond what the port promises.

use super::{Disk, body, key};
use marketplace_core::file::FileStore;

#[tokio::test]
async fn an_object_is_one_file_of_its_name() {
    let disk = Disk::new();
    disk.files.put(&key(1), body(b"one"), 3).await.unwrap();
    assert_eq!(disk.bytes(&key(1), None).await.unwrap(), b"one");
    assert_eq!(disk.contents(), [key(1).as_str()]);
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
