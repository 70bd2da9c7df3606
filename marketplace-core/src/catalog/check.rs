//! Looking at the bytes of an upload that came without us.
//!
//! Guarantees: an upload becomes a file only if its bytes are as many as announced, have the announced SHA-256, and are of no
//! other type than announced; else it is refused with a reason, and its bytes are deleted. Every call goes on where the last
//! one died; twice is as once. The object is read once, and never held in memory.
//!
//! Does not: look for viruses.
//!
//! Called by: the job `uploads.check`.

use super::{
    Catalog, CatalogError, FileVersion, Upload, UploadRefusal, UploadState, content, streamed::with_head,
};
use crate::{
    error::StoreError,
    failpoint::failpoint,
    file::{Digest, FileError},
    id::{FileVersionId, UploadId},
};
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use std::sync::PoisonError;

impl Catalog {
    /// Looks at an upload, and makes a file of it or refuses it.
    pub(crate) async fn check_upload(&self, id: UploadId) -> Result<(), CatalogError> {
        let Some(upload) = self.uploads.upload(id).await? else { return Ok(()) };
        match upload.state {
            UploadState::Checking => {}
            // Refused by a call that died before it had deleted everything.
            UploadState::Refused => {
                self.clear(&upload).await;
                return Ok(());
            }
            UploadState::Open | UploadState::Ready | UploadState::Dropped => return Ok(()),
        }
        match self.look_at(&upload).await? {
            Ok(version) => self.take_in(&upload, version).await,
            Err(refusal) => self.refuse(&upload, refusal).await,
        }
    }

    async fn look_at(&self, upload: &Upload) -> Result<Result<FileVersion, UploadRefusal>, CatalogError> {
        let announced = upload
            .announced
            .as_ref()
            .ok_or_else(|| StoreError::defect("an upload is checked unannounced"))?;
        let Some(object) = self.files.open(&upload.object, None).await? else {
            return Ok(Err(UploadRefusal::ObjectMissing));
        };
        if object.size != announced.size {
            return Ok(Err(UploadRefusal::SizeDiffers));
        }
        let (mut bytes, head) = with_head(object.bytes);
        let (mut sum, mut size) = (Sha256::new(), 0_u64);
        while let Some(chunk) = bytes.next().await {
            // A break is the file store's, not the sender's.
            let chunk = chunk.map_err(|error| FileError::Unavailable(error.into()))?;
            sum.update(&chunk);
            size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        }
        if size != announced.size {
            return Ok(Err(UploadRefusal::SizeDiffers));
        }
        let digest = Digest::from_bytes(sum.finalize().into());
        if announced.digest.is_some_and(|announced| announced != digest) {
            return Ok(Err(UploadRefusal::DigestDiffers));
        }
        let head = head.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Ok(content_type) = content::settle(announced.content_type.as_ref(), &head) else {
            return Ok(Err(UploadRefusal::TypeDiffers));
        };
        let id: FileVersionId = upload.object.version();
        let (file, object, created_at) = (upload.file(), upload.object.clone(), self.clock.now());
        Ok(Ok(FileVersion { id, file, object, size, content_type, digest, created_at }))
    }

    async fn take_in(&self, upload: &Upload, version: FileVersion) -> Result<(), CatalogError> {
        let announced = upload.announced.as_ref().ok_or(CatalogError::NotFound)?;
        failpoint!("upload.before-file");
        let refusal = match self.add_file(upload, announced.name.clone(), version).await {
            Ok(_) => return Ok(()),
            Err(CatalogError::Archived) => UploadRefusal::ProductArchived,
            Err(CatalogError::TooManyFiles) => UploadRefusal::TooManyFiles,
            Err(CatalogError::StorageFull) => UploadRefusal::StorageFull,
            Err(error) => return Err(error),
        };
        self.refuse(upload, refusal).await
    }
}
