//! The ports of entitlements, links and visits.

use super::{link, model, visit};
use crate::{
    PostgresStore,
    catalog::file,
    columns::{before, limit},
    sql::{catalog, delivery as sql},
};
use async_trait::async_trait;
use marketplace_core::{
    catalog::StoredFile,
    delivery::{
        DownloadSession, Entitlement, Entitlements, Link, Links, NewVisit, Redemption, Visit, Visits,
    },
    error::StoreError,
    id::{EntitlementId, FileVersionId, LinkId, OrderId, TokenHash, UserId},
    page::Page,
};
use sqlx::query;
use std::sync::Arc;
use uuid::Uuid;

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

    async fn links_of(&self, order: OrderId, limit: u32) -> Result<Vec<Link>, StoreError> {
        let list = query(sql::LINKS_OF).bind(order.uuid()).bind(i64::from(limit));
        self.read_list(list, link::decode).await
    }

    async fn file_version(&self, id: FileVersionId) -> Result<Option<StoredFile>, StoreError> {
        self.read_one(query(catalog::FILE_VERSION).bind(id.uuid()), file::decode).await
    }
}

#[async_trait]
impl Visits for PostgresStore {
    async fn note_visit(&self, visit: NewVisit) -> Result<(), StoreError> {
        let note = query(sql::NOTE_VISIT)
            .bind(visit.link.uuid())
            .bind(visit.kind.as_str())
            .bind(visit.agent.as_str())
            .bind(visit.result.as_str())
            .bind(visit.at.as_micros());
        self.write_one(note).await?;
        Ok(())
    }

    async fn visits_of(&self, links: &[LinkId]) -> Result<Vec<Visit>, StoreError> {
        let ids: Vec<Uuid> = links.iter().map(|link| link.uuid()).collect();
        self.read_list(query(sql::VISITS_OF).bind(ids), visit::decode).await
    }
}
