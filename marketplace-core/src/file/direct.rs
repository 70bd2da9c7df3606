//! The port to a file store that takes objects in parts, straight from whoever has them.
//!
//! Guarantees: an object is visible only after [`DirectUpload::join`], and then whole; what was begun and not joined can be
//! taken away again, whatever is known of it.
//!
//! Does not: look at what is in the parts. Their sizes are promised before, and signed where the client sends them by
//! itself; digest and type are read from the object when it is whole.
//!
//! Called by: the catalogue's uploads; implemented by adapters whose store can do it.

use super::{ByteStream, FileError, ObjectKey};
use async_trait::async_trait;
use std::{fmt, time::Duration};

/// How a store wants an object to be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartLimits {
    /// The smallest part but the last, in bytes.
    pub smallest: u64,
    /// The largest part, in bytes.
    pub largest: u64,
    /// The most parts of one object.
    pub most: u16,
}

/// A part that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlan {
    /// Its place, from 1 on.
    pub number: u16,
    /// Exactly how many bytes.
    pub size: u64,
}

/// Where a part is to be sent by `PUT`, and with which headers.
#[derive(Clone, PartialEq, Eq)]
pub struct PartAddress {
    /// A bearer address: never logged.
    pub url: String,
    /// Headers that belong to the signature, in lower case.
    pub headers: Vec<(String, String)>,
}
impl fmt::Debug for PartAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartAddress(..)")
    }
}

/// A part that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its place.
    pub number: u16,
    /// How many bytes it has.
    pub size: u64,
    /// What the store answered when it took it, without quotes; another content has another one.
    pub etag: String,
}

/// A store's own name of an upload in parts.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadTag(String);

impl UploadTag {
    /// Wraps what the store said.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Debug for UploadTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why parts were not taken or joined.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The upload is unknown or over, and there is no object of these parts.
    #[error("the upload is over")]
    Gone,
    /// These are not the parts that are there: one is missing, too small, or has another tag.
    #[error("these are not the parts of the upload")]
    Mismatch,
    /// The store failed, or the body of a part was not as announced: too long, or broken off.
    #[error("the file store failed")]
    File(#[from] FileError),
}

/// Takes objects in parts.
///
/// Cancellation: a dropped call has happened or not; each can be made again.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait DirectUpload: fmt::Debug + Send + Sync + 'static {
    /// How objects are to be cut.
    fn part_limits(&self) -> PartLimits;

    /// Begins an object under a key that has none yet. Twice makes two uploads, of which one can be joined.
    async fn begin(&self, key: &ObjectKey) -> Result<UploadTag, FileError>;

    /// Where a client sends a part by itself, for a time, of a day at the most. A body of another size is refused there.
    /// `Ok(None)`: this store has no such addresses, the server takes the parts and gives them to
    /// [`DirectUpload::put_part`].
    async fn address(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        expires_in: Duration,
    ) -> Result<Option<PartAddress>, FileError>;

    /// Takes a part from the server. Atomic: it is there whole and durable, or not at all; in place of an earlier one of its
    /// number. A body that is longer is `TooLarge`, a shorter one `BrokenOff`. Memory use does not grow with the size.
    ///
    /// A store with addresses answers a defect: nobody calls it.
    async fn put_part(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        body: ByteStream,
    ) -> Result<StoredPart, PartsError>;

    /// What is there, by number; empty for an upload that is unknown or over.
    async fn parts(&self, key: &ObjectKey, tag: &UploadTag) -> Result<Vec<StoredPart>, FileError>;

    /// Makes the object of these parts, which are in the order of their numbers, from 1 without a gap; of anything else, and
    /// of none, it is a mismatch. Atomic, durable and idempotent: the same call again, also after its answer was lost, is
    /// success. Parts that are there and not named are dropped. A mismatch leaves the upload as it was. Of a joined upload
    /// nothing is left but the object.
    ///
    /// Of an upload that is over a store has the object only: one of the parts' size may be taken for theirs. So the digest
    /// is read from the object, and never made of the parts.
    async fn join(&self, key: &ObjectKey, tag: &UploadTag, parts: &[StoredPart]) -> Result<(), PartsError>;

    /// Drops an upload and its parts, never an object. An upload that is unknown or over is success. Without a tag: every
    /// upload under the key, as far as the store can tell them; for a beginning whose answer was lost.
    async fn abort(&self, key: &ObjectKey, tag: Option<UploadTag>) -> Result<(), FileError>;
}
