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
    page::Page,
    payment::{Attempt, Notice, PaymentRows, Review},
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

    async fn notice(&self, key: &str) -> Result<Option<Notice>, StoreError> {
        self.read_one(query(sql::NOTICE).bind(key.to_owned()), notice::decode).await
    }

    async fn reviews(&self, page: Page) -> Result<Vec<Review>, StoreError> {
        self.read_list(query(sql::REVIEWS).bind(before(page)).bind(page.limit), review::decode).await
    }
}
