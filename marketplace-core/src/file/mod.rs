//! Bytes of products, behind a port.
//!
//! Guarantees: storage keys are ours and say nothing; names and types that people give are data, cleaned
//! before they reach a header; there is no public address of an object in the port.
//!
//! Called by: the catalogue (put, parts, delete) and delivery (head, open, presign).

mod direct;
mod name;
mod object;
mod port;

#[cfg(any(test, feature = "mock"))]
pub use direct::MockDirectUpload;
pub use direct::{DirectUpload, PartAddress, PartLimits, PartPlan, PartsError, StoredPart, UploadTag};
pub use name::{ContentType, FileName, ParseContentTypeError, ParseFileNameError, content_disposition};
pub use object::{
    ByteRange, ByteStream, BytesError, Digest, ObjectKey, ObjectMeta, OpenObject, ParseDigestError,
    ParseObjectKeyError,
};
#[cfg(any(test, feature = "mock"))]
pub use port::MockFileStore;
pub use port::{FileError, FileStore, PresignRequest};
