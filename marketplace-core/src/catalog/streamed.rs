//! Files that come through the server.
//!
//! Guarantees: the bytes are stored and hashed as they come; nothing is kept of an upload that breaks off, is too large or
//! empty, and what is left of one whose server died is swept.
//!
//! Does not: hold a whole file, or take up a file where it broke off: [`super::direct`] does.
//!
//! Called by: HTTP and hosts; the sweep by a periodic job.

use super::{
    Catalog, CatalogError, FileVersion, NewFile, ProductFile, ProductState, StoredFile, Upload,
    UploadRefusal, UploadState,
    content::{HEAD, sniff},
    decide,
};
use crate::{
    commit::{CommitFailure, Refusal, Step},
    error::StoreError,
    failpoint::failpoint,
    file::{ByteStream, ContentType, FileName, ObjectKey},
    id::{FileVersionId, ProductId, UploadId},
    identity::User,
    time::Timestamp,
};
use futures_util::StreamExt;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long an upload may take before the sweep deletes what is there.
pub(super) const UPLOAD_TTL: Duration = Duration::from_hours(24);

/// How long after its time bytes may still come to an upload.
const STRAGGLERS: Duration = Duration::from_hours(1);

impl Catalog {
    /// Takes in a file. The bytes are stored and hashed as they come; nothing is kept of an upload that
    /// breaks off, is too large or empty. Not idempotent: the same bytes again are a second file.
    pub async fn upload(
        &self,
        creator: &User,
        id: ProductId,
        new: NewFile,
        body: ByteStream,
    ) -> Result<StoredFile, CatalogError> {
        self.has_room(creator, id).await?;
        let began = self.clock.now();
        let version_id = FileVersionId::generate(&*self.ids, began);
        let upload = Upload {
            id: UploadId::generate(&*self.ids, began),
            product: id,
            creator: creator.id,
            object: ObjectKey::of(version_id),
            state: UploadState::Open,
            refusal: None,
            announced: None,
            created_at: began,
            expires_at: began.saturating_add(UPLOAD_TTL),
        };
        self.uploads.open_upload(upload.clone()).await?;
        let stored = self.store_bytes(creator, &upload, version_id, new, body).await;
        if stored.is_err() {
            self.discard(&upload).await;
        }
        stored
    }

    /// Refuses what could not become a file of the product, before any byte comes.
    pub(super) async fn has_room(&self, creator: &User, id: ProductId) -> Result<(), CatalogError> {
        let product = self.own(creator, id).await?;
        if product.state == ProductState::Archived {
            return Err(CatalogError::Archived);
        }
        if self.is_full(id).await? { Err(CatalogError::TooManyFiles) } else { Ok(()) }
    }

    async fn is_full(&self, product: ProductId) -> Result<bool, CatalogError> {
        let on_sale = self.products.files_of(product, Timestamp::MAX).await?;
        Ok(i64::try_from(on_sale.len()).unwrap_or(i64::MAX) >= self.rules.max_files)
    }

    async fn store_bytes(
        &self,
        creator: &User,
        upload: &Upload,
        version_id: FileVersionId,
        new: NewFile,
        body: ByteStream,
    ) -> Result<StoredFile, CatalogError> {
        let (body, head) = with_head(body);
        let (meta, digest) = self.files.put(&upload.object, body, self.rules.max_file_bytes).await?;
        if meta.size == 0 {
            return Err(CatalogError::EmptyFile);
        }
        failpoint!("upload.after-put");
        let content_type = sniff(&head.lock().unwrap_or_else(PoisonError::into_inner))
            .or(new.content_type)
            .unwrap_or_else(ContentType::octet_stream);
        let version = FileVersion {
            id: version_id,
            file: upload.file(),
            object: upload.object.clone(),
            size: meta.size,
            content_type,
            digest,
            created_at: self.clock.now(),
        };
        // The upload took its time: whoever sends may be no creator any more, and the product another one's.
        self.own(creator, upload.product).await?;
        self.file(upload, new.name, version).await
    }

    /// Makes a file of an upload whose bytes are there. The product may be another one than when it began.
    pub(super) async fn file(
        &self,
        upload: &Upload,
        name: FileName,
        version: FileVersion,
    ) -> Result<StoredFile, CatalogError> {
        let file = ProductFile {
            id: upload.file(),
            product: upload.product,
            name,
            created_at: version.created_at,
            removed_at: None,
        };
        let round = || async {
            let product = self.products.product(upload.product).await?.ok_or(CatalogError::NotFound)?;
            if product.state == ProductState::Archived {
                return Err(CatalogError::Archived);
            }
            Ok(Step::Commit(
                decide::add_file(&product, file.clone(), version.clone(), upload.id, &self.rules),
                (),
            ))
        };
        match self.committer.run(round).await {
            Ok(_) => Ok(StoredFile { file, version }),
            // Two counters have a cap.
            Err(CatalogError::Commit(CommitFailure::Refused(Refusal::LimitReached))) => {
                let is_full = self.is_full(upload.product).await?;
                Err(if is_full { CatalogError::TooManyFiles } else { CatalogError::StorageFull })
            }
            Err(error) => Err(error),
        }
    }

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

/// The same stream, whose first bytes can be looked at afterwards.
pub(super) fn with_head(body: ByteStream) -> (ByteStream, Arc<Mutex<Vec<u8>>>) {
    let head = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&head);
    let body = body.inspect(move |chunk| {
        if let Ok(bytes) = chunk {
            let mut head = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = HEAD.saturating_sub(head.len()).min(bytes.len());
            head.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    });
    (Box::pin(body), head)
}
