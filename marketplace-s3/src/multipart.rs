//! A body in parts.
//!
//! Guarantees: nothing is visible before [`Multipart::complete`]; then the object is whole. Each part carries its own
//! SHA-256 in its signature and its header. A completion whose answer was lost is told as what it was.
//!
//! Called by: `put`.

use crate::{
    error::{failed, has_code, has_status, nonsense},
    store::{ATTACHMENT, OCTETS, S3Store},
    unfinished::{Guard, Upload},
};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use marketplace_core::file::{FileError, ObjectKey};

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
        const DOING: &str = "begin an upload in parts";
        let begun = store
            .client
            .create_multipart_upload()
            .bucket(&store.bucket)
            .key(key.as_str())
            .content_type(OCTETS)
            .content_disposition(ATTACHMENT)
            .set_checksum_algorithm(store.checksum_headers.then_some(ChecksumAlgorithm::Sha256))
            .send()
            .await
            .map_err(|error| failed(DOING, error))?;
        let id = begun.upload_id.ok_or_else(|| nonsense(DOING, "the answer has no id"))?;
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
        let done = self
            .store
            .client
            .complete_multipart_upload()
            .bucket(&self.store.bucket)
            .key(self.key.as_str())
            .upload_id(&self.id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build())
            .send()
            .await;
        match done {
            Ok(_) => {
                self.guard.complete();
                Ok(())
            }
            // The upload is over, and nobody but us ends uploads so soon: an earlier try of this call did it, and its
            // answer was lost. The object says whether that is so.
            Err(error) if has_status(&error, 404) && has_code(&error, "NoSuchUpload") => {
                self.guard.complete();
                if self.store.is_made_of(self.key, self.size, parts).await? {
                    return Ok(());
                }
                Err(failed("complete an upload", error))
            }
            Err(error) => {
                let error = failed("complete an upload", error);
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
