//! Objects of a file store.

use crate::{error::Source, id::FileVersionId};
use bytes::Bytes;
use futures_util::Stream;
use std::{fmt, pin::Pin, str::FromStr};

/// Where an object lies: `files/<version id>`. Made by us, never by people.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    version: FileVersionId,
    text: String,
}

/// The text is no object key of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an object key")]
pub struct ParseObjectKeyError;

impl ObjectKey {
    /// The key of a file version.
    pub fn of(version: FileVersionId) -> Self {
        Self { version, text: format!("files/{version}") }
    }

    /// The file version whose key it is.
    pub const fn version(&self) -> FileVersionId {
        self.version
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
impl FromStr for ObjectKey {
    type Err = ParseObjectKeyError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let version = text.strip_prefix("files/").ok_or(ParseObjectKeyError)?;
        version.parse().map(Self::of).map_err(|_| ParseObjectKeyError)
    }
}
impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// SHA-256 of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps a computed or stored digest.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
/// The text is no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sha-256 in hexadecimal digits")]
pub struct ParseDigestError;

/// Hex of either case.
impl FromStr for Digest {
    type Err = ParseDigestError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseDigestError)?;
        Ok(Self(bytes))
    }
}
/// Lower-case hex.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a stream of bytes broke.
#[derive(Debug, thiserror::Error)]
pub enum BytesError {
    /// The other side went away or sent nonsense.
    #[error("the stream of bytes broke off")]
    Broken(#[source] Source),
    /// More bytes than allowed.
    #[error("more bytes than allowed")]
    TooLarge,
}

/// Bytes on their way. Dropping it ends the transfer.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BytesError>> + Send + 'static>>;

/// What a store knows of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectMeta {
    /// How many bytes.
    pub size: u64,
}

/// Part of an object: `start..end`, end excluded, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The byte after the last.
    pub end: u64,
}

/// An object that is being read.
pub struct OpenObject {
    /// The size of the whole object, whatever the range.
    pub size: u64,
    /// The bytes of the range.
    pub bytes: ByteStream,
}
impl fmt::Debug for OpenObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenObject").field("size", &self.size).finish_non_exhaustive()
    }
}
