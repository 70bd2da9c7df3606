//! The port to a file store.

use super::{
    ByteRange, ByteStream, BytesError, ContentType, Digest, FileName, ObjectKey, ObjectMeta, OpenObject,
};
use crate::error::Source;
use async_trait::async_trait;
use std::{fmt, time::Duration};

/// Why a file store did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The body is longer than allowed; nothing is kept.
    #[error("the file is larger than allowed")]
    TooLarge,
    /// The sender broke off; nothing is kept.
    #[error("the upload broke off")]
    BrokenOff(#[source] Source),
    /// The store is down, or full.
    #[error("the file store is unavailable")]
    Unavailable(#[source] Source),
    /// The store answered nonsense, or is set up wrongly.
    #[error("defect in the file store")]
    Defect(#[source] Source),
}

/// What a body that ended in an error is for whoever was to keep it.
impl From<BytesError> for FileError {
    fn from(error: BytesError) -> Self {
        match error {
            BytesError::Broken(source) => Self::BrokenOff(source),
            BytesError::TooLarge => Self::TooLarge,
        }
    }
}

/// How a presigned address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignRequest {
    /// How long it works.
    pub expires_in: Duration,
    /// The name to save under.
    pub name: FileName,
    /// The type to answer with.
    pub content_type: ContentType,
}

/// Keeps bytes under our keys.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait FileStore: fmt::Debug + Send + Sync + 'static {
    /// Stores a stream under a new key and returns its size and SHA-256, computed on the way.
    ///
    /// Atomic: the object is there whole and durable, or not at all; also when the future is dropped.
    /// A body longer than `limit` bytes is refused without being kept. Memory use does not grow with the size.
    async fn put(
        &self,
        key: &ObjectKey,
        body: ByteStream,
        limit: u64,
    ) -> Result<(ObjectMeta, Digest), FileError>;

    /// Opens an object, or a part of it. An absent object is `Ok(None)`; a range beyond the end gives the
    /// bytes that are there.
    async fn open(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Option<OpenObject>, FileError>;

    /// What the store knows of an object. An absent object is `Ok(None)`.
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, FileError>;

    /// Deletes an object. An absent object is success.
    async fn delete(&self, key: &ObjectKey) -> Result<(), FileError>;

    /// An address from which the holder can read the object for a short time, if this store has such
    /// addresses; `Ok(None)` means that the server itself sends the bytes.
    async fn presign(&self, key: &ObjectKey, request: PresignRequest) -> Result<Option<String>, FileError>;
}
