//! The read port of payments.

use super::{attempt, notice, review};
use crate::{
    SqliteStore,
    columns::{before, blob},
    sql::payment as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    id::{OrderId, Reference},
    order::Orders as _,
    page::Page,
    payment::{Attempt, Notice, OpenNotice, PaymentRows, Review, Verified},
};
use sqlx::query;

#[async_trait]
impl PaymentRows for SqliteStore {
    async fn attempt(&self, reference: &Reference) -> Result<Option<Attempt>, StoreError> {
        self.read_one(query(sql::ATTEMPT).bind(reference.as_str().to_owned()), attempt::decode).await
    }

    async fn attempts_of(&self, order: OrderId) -> Result<Vec<Attempt>, StoreError> {
        self.read_list(query(sql::ATTEMPTS_OF).bind(blob(order.uuid())), attempt::decode).await
    }

    async fn payment(&self, reference: &Reference) -> Result<Option<Verified>, StoreError> {
        let Some(attempt) = self.attempt(reference).await? else { return Ok(None) };
        let order = self.order(attempt.order).await?;
        Ok(order.map(|order| Verified { order, attempt }))
    }

    async fn open_notice(&self, key: &str) -> Result<Option<OpenNotice>, StoreError> {
        let notice = self.notice(key).await?.filter(|notice| notice.closed_at.is_none());
        let Some(notice) = notice else { return Ok(None) };
        let reference = notice.claim.as_ref().and_then(|claim| claim.reference.parse().ok());
        let payment = match reference {
            Some(reference) => self.payment(&reference).await?,
            None => None,
        };
        Ok(Some(OpenNotice { claim: notice.claim, payment }))
    }

    async fn notice(&self, key: &str) -> Result<Option<Notice>, StoreError> {
        self.read_one(query(sql::NOTICE).bind(key.to_owned()), notice::decode).await
    }

    async fn reviews(&self, page: Page) -> Result<Vec<Review>, StoreError> {
        self.read_list(query(sql::REVIEWS).bind(before(page)).bind(page.limit), review::decode).await
    }
}
