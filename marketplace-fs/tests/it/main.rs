//! The file store on real folders.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

mod contract;
mod failures;
mod folders;
mod objects;
mod parts;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use marketplace_core::{
    file::{ByteRange, ByteStream, FileStore, ObjectKey},
    id::FileVersionId,
};
use marketplace_fs::DiskFiles;
use std::path::Path;
use tempfile::TempDir;

struct Disk {
    folder: TempDir,
    files: DiskFiles,
}

impl Disk {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let files = DiskFiles::open(folder.path()).unwrap();
        Self { folder, files }
    }

    /// The names of what lies in the folder, temporary files included.
    fn contents(&self) -> Vec<String> {
        let mut names = Vec::new();
        for folder in ["files", ".incoming"] {
            for entry in std::fs::read_dir(self.folder.path().join(folder)).unwrap() {
                names.push(format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap()));
            }
        }
        names.sort();
        names
    }

    async fn bytes(&self, key: &ObjectKey, range: Option<ByteRange>) -> Option<Vec<u8>> {
        read(&self.files, key, range).await
    }
}

async fn read(files: &DiskFiles, key: &ObjectKey, range: Option<ByteRange>) -> Option<Vec<u8>> {
    let object = files.open(key, range).await.unwrap()?;
    let chunks: Vec<Bytes> = object.bytes.try_collect().await.unwrap();
    assert!(chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= 64 * 1024));
    Some(chunks.concat())
}

fn key(number: u128) -> ObjectKey {
    let text = format!("ver_{number:032x}");
    ObjectKey::of(text.parse::<FileVersionId>().unwrap())
}

/// A body in chunks of odd sizes.
fn body(bytes: &[u8]) -> ByteStream {
    let chunks: Vec<_> = bytes.chunks(70_001).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    Box::pin(stream::iter(chunks))
}

/// Bytes without a short period.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn exists(path: impl AsRef<Path>) -> bool {
    path.as_ref().exists()
}
