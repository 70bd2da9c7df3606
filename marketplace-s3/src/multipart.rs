//! A body in parts.
//!
//! Guarantees: nothing is visible before [`Multipart::complete`]; then the object is whole. Each part carries its own
//! SHA-256 in its signature and its header. A completion whose answer was lost is told as what it was.
//!
//! Called by: `put`; its first and last call by `direct`, too.

use crate::{
    error::{failed, has_code, has_status, nonsense},
    store::{ATTACHMENT, OCTETS, S3Store},
    unfinished::{Guard, Upload},
};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use marketplace_core::file::{FileError, ObjectKey};

/// Begins an upload and returns what the server calls it. Parts of one with a checksum must carry theirs.
pub(crate) async fn create(
    store: &S3Store,
    key: &ObjectKey,
    checksum: Option<ChecksumAlgorithm>,
) -> Result<String, FileError> {
    const DOING: &str = "begin an upload in parts";
    let begun = store
        .client
        .create_multipart_upload()
        .bucket(&store.bucket)
        .key(key.as_str())
        .content_type(OCTETS)
        .content_disposition(ATTACHMENT)
        .set_checksum_algorithm(checksum)
        .send()
        .await
        .map_err(|error| failed(DOING, error))?;
    begun.upload_id.ok_or_else(|| nonsense(DOING, "the answer has no id"))
}

/// What the server said of a completion that it did not tell as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It does not know the upload, or not any more.
    NoUpload,
    /// These are not the parts that it has.
    OtherParts,
    /// Something else, or nothing: it may be done.
    Another,
}

/// A completion that was not told as done.
#[derive(Debug)]
pub(crate) struct NotCompleted {
    pub(crate) why: Why,
    pub(crate) error: FileError,
}

/// Makes the object of its parts. The SDK takes an error in an answer of status 200 for one.
pub(crate) async fn complete(
    store: &S3Store,
    key: &ObjectKey,
    id: &str,
    parts: Vec<CompletedPart>,
) -> Result<(), NotCompleted> {
    let call = store.client.complete_multipart_upload().bucket(&store.bucket).key(key.as_str()).upload_id(id);
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let Err(error) = call.multipart_upload(parts).send().await else { return Ok(()) };
    let is_of_parts = ["InvalidPart", "InvalidPartOrder", "EntityTooSmall"];
    let why = if has_status(&error, 404) && has_code(&error, "NoSuchUpload") {
        Why::NoUpload
    } else if is_of_parts.iter().any(|code| has_code(&error, code)) {
        Why::OtherParts
    } else {
        Why::Another
    };
    Err(NotCompleted { why, error: failed("complete an upload", error) })
}

/// An upload under way.
#[derive(Debug)]
pub(crate) struct Multipart<'a> {
    store: &'a S3Store,
    key: &'a ObjectKey,
    id: String,
    guard: Guard,
    parts: Vec<CompletedPart>,
    size: u64,
}

impl<'a> Multipart<'a> {
    pub(crate) async fn begin(store: &'a S3Store, key: &'a ObjectKey) -> Result<Self, FileError> {
        let checksum = store.checksum_headers.then_some(ChecksumAlgorithm::Sha256);
        let id = create(store, key, checksum).await?;
        let upload = Upload { key: key.as_str().to_owned(), id: id.clone() };
        let guard = Guard::new(&store.unfinished, upload);
        Ok(Self { store, key, id, guard, parts: Vec::new(), size: 0 })
    }

    /// Sends the next part.
    pub(crate) async fn send(&mut self, bytes: Bytes, digest: [u8; 32]) -> Result<(), FileError> {
        const DOING: &str = "send a part";
        let number = i32::try_from(self.parts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let checksum = self.store.checksum_headers.then(|| STANDARD.encode(digest));
        let sent = self
            .store
            .client
            .upload_part()
            .bucket(&self.store.bucket)
            .key(self.key.as_str())
            .upload_id(&self.id)
            .part_number(number)
            .content_length(i64::try_from(length).unwrap_or(i64::MAX))
            .set_checksum_sha256(checksum.clone())
            .body(bytes.into())
            .send()
            .await
            .map_err(|error| failed(DOING, error))?;
        let tag = sent.e_tag.ok_or_else(|| nonsense(DOING, "the answer has no entity tag"))?;
        let part = CompletedPart::builder().part_number(number).e_tag(tag).set_checksum_sha256(checksum);
        self.parts.push(part.build());
        self.size = self.size.saturating_add(length);
        Ok(())
    }

    /// Makes the object of the parts.
    pub(crate) async fn complete(self) -> Result<(), FileError> {
        let parts = self.parts.len();
        match complete(self.store, self.key, &self.id, self.parts).await {
            Ok(()) => {
                self.guard.complete();
                Ok(())
            }
            // The upload is over, and nobody but us ends uploads so soon: an earlier try of this call did it, and its
            // answer was lost. The object says whether that is so.
            Err(NotCompleted { why: Why::NoUpload, error }) => {
                self.guard.complete();
                if self.store.is_made_of(self.key, self.size, parts).await? {
                    return Ok(());
                }
                Err(error)
            }
            Err(NotCompleted { error, .. }) => {
                self.guard.abort(&self.store.client, &self.store.bucket).await;
                Err(error)
            }
        }
    }

    /// Gives it up.
    pub(crate) async fn abort(self) {
        self.guard.abort(&self.store.client, &self.store.bucket).await;
    }
}
