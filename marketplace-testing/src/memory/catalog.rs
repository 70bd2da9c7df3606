//! Products, files and uploads.

use super::{
    Defect, MemoryStore,
    state::{Done, State, UploadRow, fresh, missing, unique},
};
use async_trait::async_trait;
use marketplace_core::{
    Version,
    catalog::{
        FileVersion, Product, ProductFile, ProductFilter, ProductState, Products, StoredFile, Upload, Uploads,
    },
    commit::Refusal,
    error::StoreError,
    id::{CreatorId, FileId, FileVersionId, ProductId, UploadId},
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
        fresh(!row.over || self.has(Defect::RevivesUploads))?;
        unique(self.files.has(&file.id) || self.versions.has(&version.id))?;
        self.require_product(file.product)?;
        self.uploads.put(upload, UploadRow { over: true, ..row });
        self.files.put(file.id, file);
        self.versions.put(version.id, version);
        Ok(())
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
                    state.uploads.put(upload.id, UploadRow { upload, over: false });
                }
                Ok(())
            })
        })
        .await
    }

    async fn stale_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError> {
        self.call(|state| {
            let stale = state.uploads.values().filter(|row| !row.over && row.upload.expires_at < now);
            let mut stale: Vec<_> = stale.map(|row| row.upload.clone()).collect();
            stale.sort_by_key(|upload| (upload.created_at, upload.id));
            stale.truncate(limit as usize);
            Ok(stale)
        })
        .await
    }

    async fn close_upload(&self, id: UploadId) -> Result<bool, StoreError> {
        self.call(|state| {
            let Some(row) = state.uploads.get(&id).filter(|row| !row.over).cloned() else {
                return Ok(false);
            };
            state.uploads.put(id, UploadRow { over: true, ..row });
            state.keep();
            Ok(true)
        })
        .await
    }
}
