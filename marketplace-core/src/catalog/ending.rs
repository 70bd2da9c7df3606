//! Ends of uploads that become no file: given up, refused, or past their time.
//!
//! Guarantees: whatever bytes came are deleted, also those that come late; a call that dies or fails on the way is made up for
//! by the sweep, which is done with an upload only when nothing can come any more.
//!
//! Does not: touch an upload that is a file.
//!
//! Called by: uploads and their check; creators, through HTTP or a host; the sweep by a periodic job.

use super::{Catalog, CatalogError, Upload, UploadRefusal, UploadState, decide, upload::UPLOAD_TTL};
use crate::{
    commit::{CommitFailure, Refusal},
    error::StoreError,
    id::UploadId,
    identity::User,
};
use std::time::Duration;

/// How long after its time bytes may still come to an upload.
const STRAGGLERS: Duration = Duration::from_hours(1);

impl Catalog {
    /// Best effort: what is left here, the sweep deletes. An upload that is over may be a file, which has the object; one
    /// that was given up before has its bytes deleted once more, because they may have come after that.
    pub(super) async fn discard(&self, upload: &Upload) {
        let given_up = async {
            if self.uploads.close_upload(upload.id).await? {
                return Ok(true);
            }
            let row = self.uploads.upload(upload.id).await?;
            Ok::<_, StoreError>(
                row.is_some_and(|row| matches!(row.state, UploadState::Dropped | UploadState::Refused)),
            )
        };
        match given_up.await {
            Ok(true) => self.clear(upload).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(upload.id = %upload.id, error = %error, "an upload was not closed"),
        }
    }

    /// Deletes what an upload that is no file left in the file store. The sweep does so once more when its time has long been
    /// over, and only then is it done with: bytes may be under way to an upload that was just given up.
    pub(super) async fn clear(&self, upload: &Upload) {
        let is_long_over = upload.expires_at.saturating_add(STRAGGLERS) <= self.clock.now();
        let cleared = async {
            if let (Some(direct), Some(announced)) = (&self.direct, &upload.announced) {
                direct.abort(&upload.object, announced.tag.clone()).await?;
            }
            self.files.delete(&upload.object).await?;
            if is_long_over {
                self.uploads.note_swept(upload.id).await?;
            }
            Ok::<_, CatalogError>(())
        };
        if let Err(error) = cleared.await {
            tracing::warn!(upload.id = %upload.id, error = %error, "an abandoned upload was not deleted");
        }
    }

    /// Refuses an upload that is neither a file nor given up, and deletes its bytes. Refused already is success.
    pub(super) async fn refuse(&self, upload: &Upload, refusal: UploadRefusal) -> Result<(), CatalogError> {
        let at = self.clock.now();
        let times = (at, at.saturating_add(UPLOAD_TTL));
        let set = decide::advance_upload(upload, UploadState::Refused, Some(refusal), None, times);
        match self.committer.send(&set).await {
            Ok(_) => {
                tracing::info!(upload.id = %upload.id, reason = refusal.as_str(), "an upload was refused");
                self.clear(upload).await;
                Ok(())
            }
            // It went on meanwhile: whoever moved it deletes what is to be deleted.
            Err(CommitFailure::Refused(Refusal::Stale | Refusal::KeyReused)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives an upload up, with its parts, also one that is being looked at. One that is over already is left as it is.
    pub async fn cancel_upload(&self, creator: &User, id: UploadId) -> Result<(), CatalogError> {
        let mut upload = self.own_upload(creator, id).await?;
        let mut is_given_up = upload.state == UploadState::Open && self.uploads.close_upload(id).await?;
        if !is_given_up {
            upload = self.own_upload(creator, id).await?;
            if upload.state == UploadState::Checking {
                let times = (self.clock.now(), upload.expires_at);
                let set = decide::advance_upload(&upload, UploadState::Dropped, None, None, times);
                is_given_up = match self.committer.send(&set).await {
                    Ok(_) => true,
                    // It is a file by now, or refused.
                    Err(CommitFailure::Refused(Refusal::Stale)) => false,
                    Err(error) => return Err(error.into()),
                };
            }
        }
        if is_given_up {
            self.clear(&upload).await;
        }
        Ok(())
    }

    /// Deletes what uploads left behind that never became files. Returns how many it looked at.
    pub async fn sweep_uploads(&self, limit: u32) -> Result<usize, CatalogError> {
        let stale = self.uploads.stale_uploads(self.clock.now(), limit).await?;
        for upload in &stale {
            match upload.state {
                UploadState::Open => self.discard(upload).await,
                UploadState::Checking => {
                    if let Err(error) = self.refuse(upload, UploadRefusal::NotChecked).await {
                        tracing::warn!(upload.id = %upload.id, error = %error, "an upload was not refused");
                    }
                }
                // Given up before, by one who could not delete it or died.
                UploadState::Refused | UploadState::Dropped => self.clear(upload).await,
                UploadState::Ready => {}
            }
        }
        Ok(stale.len())
    }
}
