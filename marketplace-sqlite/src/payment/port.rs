//! The read port of payments.

use super::{attempt, notice, review, verified};
use crate::{
    SqliteStore,
    columns::{Fields, before, blob},
    sql::payment as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    id::{OrderId, Reference, ReviewId},
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
        let rows = self.read_rows(query(sql::PAYMENT).bind(reference.as_str().to_owned())).await?;
        Ok(verified::decode(&rows)?)
    }

    async fn open_notice(&self, key: &str) -> Result<Option<OpenNotice>, StoreError> {
        let rows = self.read_rows(query(sql::OPEN_NOTICE).bind(key.to_owned())).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let claim = notice::claim(&Fields::new(first, "mkt_notices", "notice_key"))?;
        Ok(Some(OpenNotice { claim, payment: verified::decode(&rows)? }))
    }

    async fn notice(&self, key: &str) -> Result<Option<Notice>, StoreError> {
        self.read_one(query(sql::NOTICE).bind(key.to_owned()), notice::decode).await
    }

    async fn reviews(&self, page: Page) -> Result<Vec<Review>, StoreError> {
        self.read_list(query(sql::REVIEWS).bind(before(page)).bind(page.limit), review::decode).await
    }

    async fn review(&self, id: ReviewId) -> Result<Option<Review>, StoreError> {
        self.read_one(query(sql::REVIEW).bind(blob(id.uuid())), review::decode).await
    }

    async fn reviews_of(&self, reference: &str) -> Result<Vec<Review>, StoreError> {
        self.read_list(query(sql::REVIEWS_OF).bind(reference.to_owned()), review::decode).await
    }
}
