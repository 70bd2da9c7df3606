//! The file store on disk.
//!
//! Guarantees: see the crate. A `put` under a key that has an object already replaces it in one step: who is
//! reading the old one goes on reading the old one. The core never does that, since every version of a file
//! has a key of its own; it makes a repeated `put` harmless.
//!
//! Called by: the core's catalogue and delivery.

use crate::{
    error::failed,
    incoming::{Incoming, Partial, finish, make_folder, receive, sync_folder},
};
use async_trait::async_trait;
use bytes::BytesMut;
use futures_util::stream;
use marketplace_core::file::{
    ByteRange, ByteStream, BytesError, Digest, FileError, FileStore, ObjectKey, ObjectMeta, OpenObject,
    PresignRequest,
};
use std::{
    io::{self, SeekFrom},
    path::PathBuf,
};
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt, AsyncSeekExt},
    sync::Mutex,
};

/// How many bytes a reader gets at once.
const CHUNK: u64 = 64 * 1024;

/// Objects in a folder.
#[derive(Debug)]
pub struct DiskFiles {
    root: PathBuf,
    files: PathBuf,
    /// Uploads in parts, each a folder.
    pub(crate) parts: PathBuf,
    pub(crate) incoming: Incoming,
    /// Held while an upload in parts is joined or dropped: one after the other, so that what is joined has one content, and
    /// joins at once need no more room than one.
    pub(crate) joining: Mutex<()>,
}

impl DiskFiles {
    /// Opens the folder and makes it if need be. If no other process uses it, what a killed process left
    /// half written is removed. Blocks for as long as that takes: call it at the start of a server.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, FileError> {
        let root = root.into();
        let files = root.join("files");
        make_folder(&files).map_err(failed("make the folder"))?;
        let parts = root.join("parts");
        make_folder(&parts).map_err(failed("make the folder of parts"))?;
        let incoming = Incoming::open(&root)?;
        Ok(Self { root, files, parts, incoming, joining: Mutex::default() })
    }

    /// `files/<id>`, below the root. Keys are ids of ours, so they have no way up.
    fn path(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    /// Gives a whole, flushed file its key.
    pub(crate) async fn publish(&self, whole: Partial, key: &ObjectKey) -> Result<(), FileError> {
        let path = self.path(key);
        whole.rename(&path).await.map_err(failed("name a file"))?;
        if let Err(error) = sync_folder(&self.files).await {
            // Not durable is not there. If this fails too, the row of the upload still names the key.
            fs::remove_file(&path).await.ok();
            return Err(failed("flush the folder to the disk")(error));
        }
        Ok(())
    }
}

#[async_trait]
impl FileStore for DiskFiles {
    async fn put(
        &self,
        key: &ObjectKey,
        body: ByteStream,
        limit: u64,
    ) -> Result<(ObjectMeta, Digest), FileError> {
        let (partial, file) = self.incoming.begin().map_err(failed("begin a file"))?;
        let mut file = File::from_std(file);
        let (size, digest) = receive(&mut file, body, limit).await?;
        finish(file).await?;
        self.publish(partial, key).await?;
        Ok((ObjectMeta { size }, Digest::from_bytes(digest)))
    }

    async fn open(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Option<OpenObject>, FileError> {
        let mut file = match File::open(self.path(key)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed("open a file"))?,
        };
        let size = size_of(&file.metadata().await.map_err(failed("look at a file"))?)?;
        let range = range.unwrap_or(ByteRange { start: 0, end: size });
        let (start, end) = (range.start.min(size), range.end.min(size));
        if start > 0 {
            file.seek(SeekFrom::Start(start)).await.map_err(failed("read a file"))?;
        }
        Ok(Some(OpenObject { size, bytes: read(file, end.saturating_sub(start)) }))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, FileError> {
        match fs::metadata(self.path(key)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            metadata => {
                let size = size_of(&metadata.map_err(failed("look at a file"))?)?;
                Ok(Some(ObjectMeta { size }))
            }
        }
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), FileError> {
        match fs::remove_file(self.path(key)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("delete a file")(error)),
            Ok(()) => sync_folder(&self.files).await.map_err(failed("flush the folder to the disk")),
        }
    }

    async fn presign(&self, _key: &ObjectKey, _request: PresignRequest) -> Result<Option<String>, FileError> {
        Ok(None)
    }
}

/// Anything but a file under a key was not put there by us.
fn size_of(metadata: &std::fs::Metadata) -> Result<u64, FileError> {
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(FileError::Defect("an object is no file".into()))
    }
}

/// The next `left` bytes. A file that ends before them breaks the stream: to the reader a short answer must
/// not look complete.
fn read(file: File, left: u64) -> ByteStream {
    Box::pin(stream::try_unfold((file, left), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let wanted = left.min(CHUNK);
        let mut buffer = BytesMut::with_capacity(usize::try_from(wanted).unwrap_or(0));
        let read = (&mut file).take(wanted).read_buf(&mut buffer).await;
        let read = read.map_err(|error| BytesError::Broken(error.into()))?;
        if read == 0 {
            return Err(BytesError::Broken(io::Error::from(io::ErrorKind::UnexpectedEof).into()));
        }
        let left = left.saturating_sub(u64::try_from(read).unwrap_or(left));
        Ok(Some((buffer.freeze(), (file, left))))
    }))
}
