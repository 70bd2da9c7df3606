//! Ending uploads that nobody will complete.
//!
//! Called by: hosts, now and then, through [`S3Store::abort_stale_uploads`]; `direct`.

use crate::{
    error::{failed, has_code, has_status, nonsense},
    store::S3Store,
};
use aws_sdk_s3::types::MultipartUpload;
use marketplace_core::{file::FileError, time::Timestamp};
use std::time::Duration;

const LISTING: &str = "list unfinished uploads";

impl S3Store {
    /// Aborts multipart uploads under our keys that were begun longer than `older_than` ago, by this machine's clock;
    /// returns how many. Choose more than any upload takes: a day.
    ///
    /// A lifecycle rule of the bucket (`AbortIncompleteMultipartUpload`) does the same without calls. A server that
    /// cannot list uploads needs one: it is told as a defect.
    pub async fn abort_stale_uploads(&self, older_than: Duration) -> Result<u64, FileError> {
        let before = self.clock.now().saturating_sub(older_than);
        let is_old = |upload: &MultipartUpload| {
            let begun = upload.initiated().and_then(|begun| begun.secs().checked_mul(1_000_000));
            begun.map(Timestamp::from_micros).is_some_and(|begun| begun < before)
        };
        let aborted = self.abort_listed("files/", is_old).await?;
        aborted.ok_or_else(|| {
            let advice = "the server has no list of them; give the bucket a lifecycle rule \
                          AbortIncompleteMultipartUpload";
            nonsense(LISTING, advice)
        })
    }

    /// Aborts those of the uploads whose keys begin like this; returns how many, or `None` if the server has no list.
    pub(crate) async fn abort_listed(
        &self,
        prefix: &str,
        which: impl Fn(&MultipartUpload) -> bool + Send + Sync,
    ) -> Result<Option<u64>, FileError> {
        let (mut aborted, mut key, mut id) = (0_u64, None, None);
        loop {
            let call = self.client.list_multipart_uploads().bucket(&self.bucket).prefix(prefix);
            let page = match call.set_key_marker(key.take()).set_upload_id_marker(id.take()).send().await {
                Ok(page) => page,
                Err(error) if has_status(&error, 501) => return Ok(None),
                Err(error) => return Err(failed(LISTING, error)),
            };
            for upload in page.uploads() {
                if let (Some(key), Some(id)) = (upload.key(), upload.upload_id())
                    && which(upload)
                    && self.abort_upload(key, id).await?
                {
                    aborted = aborted.saturating_add(1);
                }
            }
            (key, id) = (page.next_key_marker, page.next_upload_id_marker);
            // A page that says that there is more, and not where, would be asked for again for ever.
            if page.is_truncated != Some(true) || key.is_none() {
                return Ok(Some(aborted));
            }
        }
    }

    /// Aborts an upload. `false` if it was over already: somebody else was faster.
    pub(crate) async fn abort_upload(&self, key: &str, id: &str) -> Result<bool, FileError> {
        let call = self.client.abort_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if has_status(&error, 404) && !has_code(&error, "NoSuchBucket") => Ok(false),
            Err(error) => Err(failed("abort an upload", error)),
        }
    }
}
