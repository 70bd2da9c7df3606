//! The read port of products and the port of uploads.

use super::{file, product, upload};
use crate::{
    SqliteStore,
    columns::{before, blob},
    sql::catalog as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    catalog::{Product, ProductFilter, Products, StoredFile, Upload, Uploads},
    error::StoreError,
    file::UploadTag,
    id::{CreatorId, FileId, ProductId, TokenHash, UploadId},
    page::Page,
    time::Timestamp,
};
use sqlx::query;

#[async_trait]
impl Products for SqliteStore {
    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        self.read_one(query(sql::PRODUCT).bind(blob(id.uuid())), product::decode).await
    }

    async fn product_by_slug(&self, slug: &str) -> Result<Option<Product>, StoreError> {
        self.read_one(query(sql::PRODUCT_BY_SLUG).bind(slug.to_owned()), product::decode).await
    }

    async fn published_products(
        &self,
        filter: &ProductFilter,
        page: Page,
    ) -> Result<Vec<Product>, StoreError> {
        let list = query(sql::PUBLISHED_PRODUCTS)
            .bind(filter.text.as_deref().map(str::to_ascii_lowercase))
            .bind(filter.creator.map(|creator| blob(creator.uuid())))
            .bind(before(page))
            .bind(page.limit);
        self.read_list(list, product::decode).await
    }

    async fn products_of(&self, creator: CreatorId, page: Page) -> Result<Vec<Product>, StoreError> {
        let list = query(sql::PRODUCTS_OF).bind(blob(creator.uuid())).bind(before(page)).bind(page.limit);
        self.read_list(list, product::decode).await
    }

    async fn files_of(&self, product: ProductId, since: Timestamp) -> Result<Vec<StoredFile>, StoreError> {
        let list = query(sql::FILES_OF).bind(blob(product.uuid())).bind(since.as_micros());
        self.read_list(list, file::decode).await
    }

    async fn file(&self, id: FileId) -> Result<Option<StoredFile>, StoreError> {
        self.read_one(query(sql::FILE).bind(blob(id.uuid())), file::decode).await
    }
}

#[async_trait]
impl Uploads for SqliteStore {
    async fn open_upload(&self, upload: Upload) -> Result<(), StoreError> {
        self.write_one(upload::open(&upload)?).await?;
        Ok(())
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        self.read_one(query(sql::UPLOAD).bind(blob(id.uuid())), upload::decode).await
    }

    async fn upload_by_token(&self, token: &TokenHash) -> Result<Option<Upload>, StoreError> {
        let read = query(sql::UPLOAD_BY_TOKEN).bind(token.as_bytes().to_vec());
        self.read_one(read, upload::decode).await
    }

    async fn tag_upload(&self, id: UploadId, tag: &UploadTag) -> Result<bool, StoreError> {
        let update = query(sql::TAG_UPLOAD).bind(blob(id.uuid())).bind(tag.as_str().to_owned());
        Ok(self.write_one(update).await? > 0)
    }

    async fn open_uploads_of(&self, creator: CreatorId, now: Timestamp) -> Result<u64, StoreError> {
        let read = query(sql::OPEN_UPLOADS_OF).bind(blob(creator.uuid())).bind(now.as_micros());
        Ok(self.read_one(read, upload::number).await?.unwrap_or(0))
    }

    async fn is_checking(&self, product: ProductId) -> Result<bool, StoreError> {
        let read = query(sql::IS_CHECKING).bind(blob(product.uuid()));
        Ok(self.read_one(read, upload::number).await?.is_some_and(|number: u64| number > 0))
    }

    async fn stale_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<Upload>, StoreError> {
        let list = query(sql::STALE_UPLOADS).bind(now.as_micros()).bind(limit);
        self.read_list(list, upload::decode).await
    }

    async fn close_upload(&self, id: UploadId) -> Result<bool, StoreError> {
        Ok(self.write_one(query(sql::CLOSE_UPLOAD).bind(blob(id.uuid()))).await? > 0)
    }

    async fn note_swept(&self, id: UploadId) -> Result<(), StoreError> {
        self.write_one(query(sql::NOTE_SWEPT).bind(blob(id.uuid()))).await?;
        Ok(())
    }
}
