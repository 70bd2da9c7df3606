//! Files that come through the server.
//!
//! Guarantees: the bytes are stored and hashed as they come; nothing is kept of an upload that breaks off, is too large or
//! empty; what is left of one whose server died is swept ([`super::ending`]).
//!
//! Does not: hold a whole file, or take up a file where it broke off: [`super::direct`] does.
//!
//! Called by: HTTP and hosts.

use super::{
    Catalog, CatalogError, FileVersion, NewFile, StoredFile, Upload, UploadState,
    content::{HEAD, sniff},
    upload::UPLOAD_TTL,
};
use crate::{
    failpoint::failpoint,
    file::{ByteStream, ContentType, ObjectKey},
    id::{FileVersionId, ProductId, UploadId},
    identity::User,
};
use futures_util::StreamExt;
use std::sync::{Arc, Mutex, PoisonError};

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
        self.add_file(upload, new.name, version).await
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
