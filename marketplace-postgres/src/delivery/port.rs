//! The read ports of entitlements and links.

use super::{link, model};
use crate::{
    PostgresStore,
    catalog::file,
    columns::{before, limit},
    sql::{catalog, delivery as sql},
};
use async_trait::async_trait;
use marketplace_core::{
    catalog::StoredFile,
    delivery::{DownloadSession, Entitlement, Entitlements, Link, Links, Redemption},
    error::StoreError,
    id::{EntitlementId, FileVersionId, LinkId, OrderId, TokenHash, UserId},
    page::Page,
};
use sqlx::query;
use std::sync::Arc;

#[async_trait]
impl Entitlements for PostgresStore {
    async fn entitlement(&self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError> {
        self.read_one(query(sql::ENTITLEMENT).bind(id.uuid()), model::decode).await
    }

    async fn entitlements_of_order(&self, order: OrderId) -> Result<Vec<Entitlement>, StoreError> {
        self.read_list(query(sql::ENTITLEMENTS_OF_ORDER).bind(order.uuid()), model::decode).await
    }

    async fn entitlements_of_user(&self, user: UserId, page: Page) -> Result<Vec<Entitlement>, StoreError> {
        let list = query(sql::ENTITLEMENTS_OF_USER).bind(user.uuid()).bind(before(page)).bind(limit(page));
        self.read_list(list, model::decode).await
    }
}

#[async_trait]
impl Links for PostgresStore {
    async fn link(&self, id: LinkId) -> Result<Option<Link>, StoreError> {
        self.read_one(query(sql::LINK).bind(id.uuid()), link::decode).await
    }

    async fn link_by_token(&self, token: &TokenHash) -> Result<Option<Link>, StoreError> {
        self.read_one(query(sql::LINK_BY_TOKEN).bind(token.as_bytes().to_vec()), link::decode).await
    }

    async fn redemption(&self, token: &TokenHash) -> Result<Option<Redemption>, StoreError> {
        Ok(Arc::clone(self.redemptions()).get(token.as_bytes().to_vec()).await?)
    }

    async fn download_session(&self, token: &TokenHash) -> Result<Option<DownloadSession>, StoreError> {
        self.read_one(query(sql::DOWNLOAD_SESSION).bind(token.as_bytes().to_vec()), link::decode_session)
            .await
    }

    async fn file_version(&self, id: FileVersionId) -> Result<Option<StoredFile>, StoreError> {
        self.read_one(query(catalog::FILE_VERSION).bind(id.uuid()), file::decode).await
    }
}
