//! Objects in parts that clients send by themselves: multipart uploads whose parts go to signed addresses.
//!
//! Guarantees: an address takes one part of one upload, with exactly the length that was signed. Before a join the server's
//! list of the parts is compared with what is named, sizes included, since a completion looks at numbers and entity tags at
//! the most. Of a completion that was not told as done, the object tells whether it was: by its size, and by the number of
//! parts in its entity tag.
//!
//! Such an upload has no checksum algorithm: then parts need none, which a browser could not compute on its way. The digest
//! of the whole is read by the core when the object is there.
//!
//! Does not: know of a beginning whose answer was lost, unless the server can list its uploads; a lifecycle rule of the
//! bucket, or [`S3Store::abort_stale_uploads`], ends those. A part that is under way during an abort may come after it, as AWS
//! says: an abort again ends it.
//!
//! Called by: the core's uploads, through the port.

use crate::{
    error::{failed, has_code, has_status, nonsense},
    multipart::{self, NotCompleted, Why},
    store::S3Store,
};
use async_trait::async_trait;
use aws_sdk_s3::types::CompletedPart;
use marketplace_core::file::{
    ByteStream, DirectUpload, FileError, ObjectKey, PartAddress, PartLimits, PartPlan, PartsError,
    StoredPart, UploadTag,
};
use std::time::Duration;

/// What AWS wants, and all others allow.
const LIMITS: PartLimits =
    PartLimits { smallest: 5 * 1024 * 1024, largest: 5 * 1024 * 1024 * 1024, most: 10_000 };

/// The longest that an address takes a part.
const LONGEST: Duration = Duration::from_hours(24);

/// The parts can be one object: from the first on, without a gap, only the last one small. Tells its size.
fn whole(parts: &[StoredPart]) -> Result<u64, PartsError> {
    let numbers = (1..=LIMITS.most).take(parts.len());
    let (Some((_, before)), true) = (parts.split_last(), parts.iter().map(|part| part.number).eq(numbers))
    else {
        return Err(PartsError::Mismatch);
    };
    if before.iter().any(|part| part.size < LIMITS.smallest) {
        return Err(PartsError::Mismatch);
    }
    let size = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.size));
    size.ok_or(PartsError::Mismatch)
}

/// Whether the server has these parts first. A tag that it does not tell is not held against them.
fn are_there(parts: &[StoredPart], listed: &[StoredPart]) -> bool {
    let same = |(part, there): (&StoredPart, &StoredPart)| {
        (part.number, part.size) == (there.number, there.size)
            && (there.etag.is_empty() || part.etag == there.etag)
    };
    parts.len() <= listed.len() && parts.iter().zip(listed).all(same)
}

impl S3Store {
    /// The parts of an upload, by number; `None` if the server does not know it, or not any more.
    async fn listed(&self, key: &ObjectKey, tag: &UploadTag) -> Result<Option<Vec<StoredPart>>, FileError> {
        const DOING: &str = "list the parts of an upload";
        let (mut parts, mut marker) = (Vec::new(), None);
        loop {
            let call =
                self.client.list_parts().bucket(&self.bucket).key(key.as_str()).upload_id(tag.as_str());
            let page = match call.set_part_number_marker(marker.take()).send().await {
                Ok(page) => page,
                Err(error) if has_status(&error, 404) && has_code(&error, "NoSuchUpload") => return Ok(None),
                Err(error) => return Err(failed(DOING, error)),
            };
            for part in page.parts() {
                let number = part.part_number().and_then(|number| u16::try_from(number).ok());
                let size = part.size().and_then(|size| u64::try_from(size).ok());
                let (Some(number), Some(size)) = (number, size) else {
                    return Err(nonsense(DOING, "a part has no number or no size"));
                };
                // Some servers keep the tag to themselves. They compare it when the parts are joined.
                let etag = part.e_tag().unwrap_or_default();
                parts.push(StoredPart { number, size, etag: etag.trim_matches('"').to_owned() });
            }
            marker = page.next_part_number_marker;
            // A page that says that there is more, and not where, would be asked for again for ever.
            if page.is_truncated != Some(true) || marker.is_none() {
                parts.sort_unstable_by_key(|part| part.number);
                return Ok(Some(parts));
            }
        }
    }

    /// The upload is over. Was it by a join of so many parts with so many bytes?
    async fn was_joined(&self, key: &ObjectKey, size: u64, parts: usize) -> Result<(), PartsError> {
        if self.is_made_of(key, size, parts).await? { Ok(()) } else { Err(PartsError::Gone) }
    }
}

#[async_trait]
impl DirectUpload for S3Store {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &ObjectKey) -> Result<UploadTag, FileError> {
        multipart::create(self, key, None).await.map(UploadTag::new)
    }

    async fn address(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        expires_in: Duration,
    ) -> Result<Option<PartAddress>, FileError> {
        const DOING: &str = "sign the address of a part";
        let config = self.presigning(expires_in.min(LONGEST), DOING)?;
        let signed = self
            .client
            .upload_part()
            .bucket(&self.bucket)
            .key(key.as_str())
            .upload_id(tag.as_str())
            .part_number(i32::from(part.number))
            .content_length(i64::try_from(part.size).unwrap_or(i64::MAX))
            .presigned(config)
            .await
            .map_err(|error| failed(DOING, error))?;
        let headers = signed.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        Ok(Some(PartAddress { url: signed.uri().to_owned(), headers: headers.collect() }))
    }

    async fn put_part(
        &self,
        _key: &ObjectKey,
        _tag: &UploadTag,
        _part: PartPlan,
        _body: ByteStream,
    ) -> Result<StoredPart, PartsError> {
        Err(nonsense("take a part", "parts are sent to their addresses").into())
    }

    async fn parts(&self, key: &ObjectKey, tag: &UploadTag) -> Result<Vec<StoredPart>, FileError> {
        Ok(self.listed(key, tag).await?.unwrap_or_default())
    }

    async fn join(&self, key: &ObjectKey, tag: &UploadTag, parts: &[StoredPart]) -> Result<(), PartsError> {
        let size = whole(parts)?;
        match self.listed(key, tag).await? {
            None => return self.was_joined(key, size, parts.len()).await,
            Some(listed) if !are_there(parts, &listed) => return Err(PartsError::Mismatch),
            Some(_) => {}
        }
        let named = |part: &StoredPart| {
            let number = i32::from(part.number);
            CompletedPart::builder().part_number(number).e_tag(format!("\"{}\"", part.etag)).build()
        };
        match multipart::complete(self, key, tag.as_str(), parts.iter().map(named).collect()).await {
            Ok(()) => Ok(()),
            Err(NotCompleted { why: Why::OtherParts, .. }) => Err(PartsError::Mismatch),
            Err(NotCompleted { why: Why::NoUpload, .. }) => self.was_joined(key, size, parts.len()).await,
            // It may be done although it was told otherwise. Only an object that is there changes the answer.
            Err(NotCompleted { why: Why::Another, error }) => {
                match self.is_made_of(key, size, parts.len()).await {
                    Ok(true) => Ok(()),
                    _ => Err(error.into()),
                }
            }
        }
    }

    async fn abort(&self, key: &ObjectKey, tag: Option<UploadTag>) -> Result<(), FileError> {
        if let Some(tag) = tag {
            return self.abort_upload(key.as_str(), tag.as_str()).await.map(|_| ());
        }
        if self.abort_listed(key.as_str(), |upload| upload.key() == Some(key.as_str())).await?.is_none() {
            tracing::debug!(target: "marketplace::files", "the server has no list of uploads; a lifecycle rule ends what is left");
        }
        Ok(())
    }
}
