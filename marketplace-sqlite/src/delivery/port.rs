//! The ports of entitlements, links and visits.

use super::{link, model, visit};
use crate::{
    SqliteStore,
    catalog::file,
    columns::{before, blob},
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

#[async_trait]
impl Entitlements for SqliteStore {
    async fn entitlement(&self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError> {
        self.read_one(query(sql::ENTITLEMENT).bind(blob(id.uuid())), model::decode).await
    }

    async fn entitlements_of_order(&self, order: OrderId) -> Result<Vec<Entitlement>, StoreError> {
        self.read_list(query(sql::ENTITLEMENTS_OF_ORDER).bind(blob(order.uuid())), model::decode).await
    }

    async fn entitlements_of_user(&self, user: UserId, page: Page) -> Result<Vec<Entitlement>, StoreError> {
        let list =
            query(sql::ENTITLEMENTS_OF_USER).bind(blob(user.uuid())).bind(before(page)).bind(page.limit);
        self.read_list(list, model::decode).await
    }
}

#[async_trait]
impl Links for SqliteStore {
    async fn link(&self, id: LinkId) -> Result<Option<Link>, StoreError> {
        self.read_one(query(sql::LINK).bind(blob(id.uuid())), link::decode).await
    }

    async fn link_by_token(&self, token: &TokenHash) -> Result<Option<Link>, StoreError> {
        self.read_one(query(sql::LINK_BY_TOKEN).bind(token.as_bytes().to_vec()), link::decode).await
    }

    async fn redemption(&self, token: &TokenHash) -> Result<Option<Redemption>, StoreError> {
        let Some(link) = self.link_by_token(token).await? else { return Ok(None) };
        let entitlement = self.entitlement(link.entitlement).await?;
        let file = self.read_one(query(catalog::FILE).bind(blob(link.file.uuid())), file::decode).await?;
        Ok(entitlement.zip(file).map(|(entitlement, file)| Redemption { link, entitlement, file }))
    }

    async fn download_session(&self, token: &TokenHash) -> Result<Option<DownloadSession>, StoreError> {
        self.read_one(query(sql::DOWNLOAD_SESSION).bind(token.as_bytes().to_vec()), link::decode_session)
            .await
    }

    async fn links_of(&self, order: OrderId, limit: u32) -> Result<Vec<Link>, StoreError> {
        self.read_list(query(sql::LINKS_OF).bind(blob(order.uuid())).bind(limit), link::decode).await
    }

    async fn file_version(&self, id: FileVersionId) -> Result<Option<StoredFile>, StoreError> {
        self.read_one(query(catalog::FILE_VERSION).bind(blob(id.uuid())), file::decode).await
    }
}

#[async_trait]
impl Visits for SqliteStore {
    async fn note_visit(&self, visit: NewVisit) -> Result<(), StoreError> {
        let note = query(sql::NOTE_VISIT)
            .bind(blob(visit.link.uuid()))
            .bind(visit.kind.as_str())
            .bind(visit.agent.as_str())
            .bind(visit.result.as_str())
            .bind(visit.at.as_micros());
        self.write_one(note).await?;
        Ok(())
    }

    async fn visits_of(&self, links: &[LinkId]) -> Result<Vec<Visit>, StoreError> {
        let ids = links.iter().map(|link| link.uuid().simple().to_string().into());
        let ids = serde_json::Value::Array(ids.collect()).to_string();
        self.read_list(query(sql::VISITS_OF).bind(ids), visit::decode).await
    }
}
