//! Products, files and uploads.

use super::{
    Defect, MemoryStore,
    state::{Done, State, UploadRow, fresh, missing, unique},
};
use async_trait::async_trait;
use marketplace_core::{
    Version,
    catalog::{
        Announced, FileVersion, Product, ProductFile, ProductFilter, ProductState, Products, StoredFile,
        Upload, UploadRefusal, UploadState, Uploads,
    },
    commit::Refusal,
    error::StoreError,
    file::UploadTag,
    id::{CreatorId, FileId, FileVersionId, ProductId, TokenHash, UploadId},
    page::Page,
    time::Timestamp,
};
use uuid::Uuid;

/// Cuts a page out of rows that run from the oldest id to the newest.
pub(super) fn page_of<T: Clone>(
    state: &State,
    rows: impl DoubleEndedIterator<Item = T>,
    page: Page,
    id: impl Fn(&T) -> Uuid,
) -> Vec<T> {
    let overlaps = state.has(Defect::OverlapsPages);
    let before =
        |row: &T| page.before.is_none_or(|before| id(row) < before || (overlaps && id(row) == before));
    rows.rev().filter(before).take(page.limit as usize).collect()
}

/// Whether `text` contains `part`, letters of ASCII in either case.
fn contains(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}

impl State {
    pub(super) fn insert_product(&mut self, product: Product) -> Done {
        self.require_user(product.creator)?;
        let slug_taken = self.products_by_slug.has(&product.slug) && !self.has(Defect::SharesSlugs);
        unique(self.products.has(&product.id) || slug_taken)?;
        self.products_by_slug.put(product.slug.clone(), product.id);
        self.products.put(product.id, product);
        Ok(())
    }

    pub(super) fn update_product(&mut self, seen: Version, to: Product) -> Done {
        let old = self.products.get(&to.id).ok_or(Refusal::Stale)?;
        fresh(old.version == seen || self.has(Defect::IgnoresVersions))?;
        let (id, slug) = (old.id, old.slug.clone());
        unique(self.products_by_slug.get(&to.slug).is_some_and(|owner| *owner != id))?;
        self.products_by_slug.remove(&slug);
        self.products_by_slug.put(to.slug.clone(), id);
        self.products.put(id, Product { version: seen.next(), ..to });
        Ok(())
    }

    pub(super) fn insert_file(&mut self, file: ProductFile, version: FileVersion, upload: UploadId) -> Done {
        let row = self.uploads.get(&upload).cloned().ok_or(Refusal::Stale)?;
        let waits = matches!(row.upload.state, UploadState::Open | UploadState::Checking);
        fresh(waits || self.has(Defect::RevivesUploads))?;
        unique(self.files.has(&file.id) || self.versions.has(&version.id))?;
        self.require_product(file.product)?;
        self.move_upload(row, UploadState::Ready);
        self.files.put(file.id, file);
        self.versions.put(version.id, version);
        Ok(())
    }

    pub(super) fn advance_upload(
        &mut self,
        id: UploadId,
        (seen, to): (UploadState, UploadState),
        refusal: Option<UploadRefusal>,
        expires_at: Timestamp,
    ) -> Done {
        let mut row = self.uploads.get(&id).cloned().ok_or(Refusal::Stale)?;
        fresh(row.upload.state == seen || self.has(Defect::AdvancesAnyUpload))?;
        row.upload.refusal = refusal;
        row.upload.expires_at = expires_at;
        self.move_upload(row, to);
        Ok(())
    }

    fn move_upload(&mut self, row: UploadRow, to: UploadState) {
        let upload = Upload { state: to, ..row.upload };
        self.uploads.put(upload.id, UploadRow { upload, ..row });
    }

    pub(super) fn remove_file(&mut self, id: FileId, at: Timestamp) -> Done {
        let file = self.files.get(&id).cloned().ok_or(Refusal::Stale)?;
        fresh(file.removed_at.is_none())?;
        self.files.put(id, ProductFile { removed_at: Some(at), ..file });
        Ok(())
    }

    /// Refuses like a foreign key.
    pub(super) fn require_product(&self, id: ProductId) -> Done {
        if self.products.has(&id) { Ok(()) } else { Err(missing(id)) }
    }

    /// Refuses like a foreign key.
    pub(super) fn require_file(&self, id: FileId) -> Done {
        if self.files.has(&id) { Ok(()) } else { Err(missing(id)) }
    }

    /// A version, with its file.
    pub(super) fn stored_version(&self, id: FileVersionId) -> Option<StoredFile> {
        let version = self.versions.get(&id)?;
        let file = self.files.get(&version.file)?;
        Some(StoredFile { file: file.clone(), version: version.clone() })
    }

    pub(super) fn stored_file(&self, file: &ProductFile) -> Option<StoredFile> {
        let of_file = self.versions.values().filter(|version| version.file == file.id);
        let version = of_file.max_by_key(|version| (version.created_at, version.id))?;
        Some(StoredFile { file: file.clone(), version: version.clone() })
    }

    fn matches(&self, product: &Product, filter: &ProductFilter) -> bool {
        let in_title = |text: &String| {
            let plain: String = text.chars().filter(|c| !matches!(c, '%' | '_')).collect();
            contains(&product.title, if self.has(Defect::SearchesPatterns) { &plain } else { text })
        };
        product.state == ProductState::Published
            && filter.creator.is_none_or(|creator| product.creator == creator)
            && filter.text.as_ref().is_none_or(in_title)
    }
}

#[async_trait]
impl Products for MemoryStore {
    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        self.call(|state| Ok(state.products.get(&id).cloned())).await
    }

    async fn product_by_slug(&self, slug: &str) -> Result<Option<Product>, StoreError> {
        self.call(|state| {
            let id = state.products_by_slug.get(slug);
            Ok(id.and_then(|id| state.products.get(id)).cloned())
        })
        .await
    }

    async fn published_products(
        &self,
        filter: &ProductFilter,
        page: Page,
    ) -> Result<Vec<Product>, StoreError> {
        self.call(|state| {
            let matching = state.products.values().filter(|product| state.matches(product, filter)).cloned();
            Ok(page_of(state, matching, page, |product| product.id.uuid()))
        })
        .await
    }

    async fn products_of(&self, creator: CreatorId, page: Page) -> Result<Vec<Product>, StoreError> {
        self.call(|state| {
            let own = state.products.values().filter(|product| product.creator == creator).cloned();
            Ok(page_of(state, own, page, |product| product.id.uuid()))
        })
        .await
    }

    async fn files_of(&self, product: ProductId, since: Timestamp) -> Result<Vec<StoredFile>, StoreError> {
        self.call(|state| {
            let on_sale = |file: &&ProductFile| file.removed_at.is_none_or(|removed| removed > since);
            let own = state.files.values().filter(|file| file.product == product).filter(on_sale);
            let mut files: Vec<_> = own.filter_map(|file| state.stored_file(file)).collect();
            files.sort_by_key(|file| (file.file.created_at, file.file.id));
            Ok(files)
        })
        .await
    }

    async fn file(&self, id: FileId) -> Result<Option<StoredFile>, StoreError> {
        self.call(|state| Ok(state.files.get(&id).and_then(|file| state.stored_file(file)))).await
    }
}

#[async_trait]
impl Uploads for MemoryStore {
    async fn open_upload(&self, upload: Upload) -> Result<(), StoreError> {
        self.call(|state| {
            state.alone(|state| {
                state.require_product(upload.product)?;
                state.require_user(upload.creator)?;
                if !state.uploads.has(&upload.id) {
                    state.uploads.put(upload.id, UploadRow { upload, swept: false });
                }
                Ok(())
            })
        })
        .await
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        self.call(|state| Ok(state.uploads.get(&id).map(|row| row.upload.clone()))).await
    }

    async fn upload_by_token(&self, token: &TokenHash) -> Result<Option<Upload>, StoreError> {
        self.call(|state| {
            let has =
                |row: &&UploadRow| row.upload.announced.as_ref().is_some_and(|file| file.token == *token);
            Ok(state.uploads.values().find(has).map(|row| row.upload.clone()))
        })
        .await
    }

    async fn tag_upload(&self, id: UploadId, tag: &UploadTag) -> Result<bool, StoreError> {
        self.call(|state| {
            let Some(mut row) = state.uploads.get(&id).cloned() else { return Ok(false) };
            let is_open = row.upload.state == UploadState::Open;
            let untagged = |file: &&mut Announced| file.tag.is_none() || state.has(Defect::TagsUploadsTwice);
            let Some(file) = row.upload.announced.as_mut().filter(untagged).filter(|_| is_open) else {
                return Ok(false);
            };
            file.tag = Some(tag.clone());
            state.uploads.put(id, row);
            state.keep();
            Ok(true)
        })
        .await
    }

    async fn open_uploads_of(&self, creator: CreatorId, now: Timestamp) -> Result<u64, StoreError> {
        self.call(|state| {
            let counts = |row: &&UploadRow| {
                let Upload { state: at, creator: by, announced, expires_at, .. } = &row.upload;
                let waits = matches!(at, UploadState::Open | UploadState::Checking);
                waits && *by == creator && announced.is_some() && *expires_at >= now
            };
            Ok(state.uploads.values().filter(counts).count() as u64)
        })
        .await
    }

    async fn is_checking(&self, product: ProductId) -> Result<bool, StoreError> {
        self.call(|state| {
            let is =
                |row: &UploadRow| row.upload.product == product && row.upload.state == UploadState::Checking;
            Ok(state.uploads.values().any(is))
        })
        .await
    }

    async fn stale_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError> {
        self.call(|state| {
            let is_stale = |row: &&UploadRow| {
                !row.swept && row.upload.state != UploadState::Ready && row.upload.expires_at < now
            };
            let mut stale: Vec<_> =
                state.uploads.values().filter(is_stale).map(|row| row.upload.clone()).collect();
            stale.sort_by_key(|upload| (upload.created_at, upload.id));
            stale.truncate(limit as usize);
            Ok(stale)
        })
        .await
    }

    async fn close_upload(&self, id: UploadId) -> Result<bool, StoreError> {
        self.call(|state| {
            let is_open = |row: &&UploadRow| {
                row.upload.state == UploadState::Open
                    || row.upload.state == UploadState::Checking && state.has(Defect::ClosesCheckedUploads)
            };
            let Some(row) = state.uploads.get(&id).filter(is_open).cloned() else { return Ok(false) };
            state.move_upload(row, UploadState::Dropped);
            state.keep();
            Ok(true)
        })
        .await
    }

    async fn note_swept(&self, id: UploadId) -> Result<(), StoreError> {
        self.call(|state| {
            let row = state.uploads.get(&id).cloned();
            let over =
                row.filter(|row| matches!(row.upload.state, UploadState::Refused | UploadState::Dropped));
            if let Some(row) = over {
                state.uploads.put(id, UploadRow { swept: true, ..row });
                state.keep();
            }
            Ok(())
        })
        .await
    }
}
