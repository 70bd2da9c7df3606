//! What the catalogue asks of a store.

use super::{Product, StoredFile, Upload};
use crate::{
    error::StoreError,
    file::UploadTag,
    id::{CreatorId, FileId, ProductId, TokenHash, UploadId},
    page::Page,
    time::Timestamp,
};
use async_trait::async_trait;
use std::fmt;

/// Which published products to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProductFilter {
    /// Only titles that contain this, case folded for ASCII; `%` and `_` are plain characters.
    pub text: Option<String>,
    /// Only of this creator.
    pub creator: Option<CreatorId>,
}

/// Reads products and files.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Products: fmt::Debug + Send + Sync + 'static {
    /// The product in any state.
    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError>;
    /// The product with this slug, in any state.
    async fn product_by_slug(&self, slug: &str) -> Result<Option<Product>, StoreError>;
    /// Published products, newest first by id.
    async fn published_products(
        &self,
        filter: &ProductFilter,
        page: Page,
    ) -> Result<Vec<Product>, StoreError>;
    /// A creator's products in every state, newest first by id.
    async fn products_of(&self, creator: CreatorId, page: Page) -> Result<Vec<Product>, StoreError>;
    /// The files of a product that were on sale at `since` or later, oldest first. `Timestamp::MAX` gives only
    /// those that are on sale now.
    async fn files_of(&self, product: ProductId, since: Timestamp) -> Result<Vec<StoredFile>, StoreError>;
    /// A file, removed or not.
    async fn file(&self, id: FileId) -> Result<Option<StoredFile>, StoreError>;
}

/// Uploads under way: single rows without money, each call atomic alone.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Uploads: fmt::Debug + Send + Sync + 'static {
    /// Notes an upload, which is open. The same upload again is no error and no second row.
    async fn open_upload(&self, upload: Upload) -> Result<(), StoreError>;
    /// The upload, wherever it stands.
    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError>;
    /// The upload whose parts come under this token, wherever it stands.
    async fn upload_by_token(&self, token: &TokenHash) -> Result<Option<Upload>, StoreError>;
    /// Notes what the file store calls an open upload. Returns whether it was open, announced, and without a name yet.
    async fn tag_upload(&self, id: UploadId, tag: &UploadTag) -> Result<bool, StoreError>;
    /// How many announced uploads of a creator are open or being checked, and do not expire before `now`.
    async fn open_uploads_of(&self, creator: CreatorId, now: Timestamp) -> Result<u64, StoreError>;
    /// Whether an upload of this product is being checked.
    async fn is_checking(&self, product: ProductId) -> Result<bool, StoreError>;
    /// Uploads that expired before `now`, are no file, and were not swept yet, oldest first.
    async fn stale_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError>;
    /// Gives an open upload up. Returns whether it was open; from then on it cannot become a file.
    async fn close_upload(&self, id: UploadId) -> Result<bool, StoreError>;
    /// Notes that nothing of an upload is left in the file store: the sweep does not look at it again. One that may still
    /// become a file, or did, is left as it is.
    async fn note_swept(&self, id: UploadId) -> Result<(), StoreError>;
}
