//! Ending uploads that nobody will complete.
//!
//! Called by: hosts, now and then, through [`S3Store::abort_stale_uploads`].

use crate::{
    error::{failed, has_status, nonsense},
    store::S3Store,
};
use marketplace_core::{file::FileError, time::Timestamp};
use std::time::Duration;

impl S3Store {
    /// Aborts multipart uploads under our keys that were begun longer than `older_than` ago, by this machine's clock;
    /// returns how many. Choose more than any upload takes: a day.
    ///
    /// A lifecycle rule of the bucket (`AbortIncompleteMultipartUpload`) does the same without calls. A server that
    /// cannot list uploads needs one: it is told as a defect.
    pub async fn abort_stale_uploads(&self, older_than: Duration) -> Result<u64, FileError> {
        const DOING: &str = "list unfinished uploads";
        let before = self.clock.now().saturating_sub(older_than);
        let (mut aborted, mut key, mut id) = (0_u64, None, None);
        loop {
            let call = self.client.list_multipart_uploads().bucket(&self.bucket).prefix("files/");
            let page = match call.set_key_marker(key.take()).set_upload_id_marker(id.take()).send().await {
                Ok(page) => page,
                Err(error) if has_status(&error, 501) => {
                    let advice = "the server has no list of them; give the bucket a lifecycle rule \
                                  AbortIncompleteMultipartUpload";
                    return Err(nonsense(DOING, advice));
                }
                Err(error) => return Err(failed(DOING, error)),
            };
            for upload in page.uploads() {
                let (Some(key), Some(id), Some(begun)) =
                    (upload.key(), upload.upload_id(), upload.initiated())
                else {
                    continue;
                };
                let begun = begun.secs().checked_mul(1_000_000).map(Timestamp::from_micros);
                if begun.is_some_and(|begun| begun < before) {
                    let call = self.client.abort_multipart_upload().bucket(&self.bucket);
                    match call.key(key).upload_id(id).send().await {
                        Ok(_) => aborted = aborted.saturating_add(1),
                        // Somebody else was faster.
                        Err(error) if has_status(&error, 404) => {}
                        Err(error) => return Err(failed("abort an unfinished upload", error)),
                    }
                }
            }
            (key, id) = (page.next_key_marker, page.next_upload_id_marker);
            // A page that says that there is more, and not where, would be asked for again for ever.
            if page.is_truncated != Some(true) || key.is_none() {
                return Ok(aborted);
            }
        }
    }
}
