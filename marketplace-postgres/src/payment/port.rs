//! The read port of payments.

use super::{attempt, notice, review};
use crate::{
    PostgresStore,
    columns::{before, limit},
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
impl PaymentRows for PostgresStore {
    async fn attempt(&self, reference: &Reference) -> Result<Option<Attempt>, StoreError> {
        self.read_one(query(sql::ATTEMPT).bind(reference.as_str().to_owned()), attempt::decode).await
    }

    async fn attempts_of(&self, order: OrderId) -> Result<Vec<Attempt>, StoreError> {
        self.read_list(query(sql::ATTEMPTS_OF).bind(order.uuid()), attempt::decode).await
    }

    async fn notice(&self, key: &str) -> Result<Option<Notice>, StoreError> {
        // No stored text holds a NUL, and the server refuses to look for one.
        if key.contains('\0') {
            return Ok(None);
        }
        self.read_one(query(sql::NOTICE).bind(key.to_owned()), notice::decode).await
    }

    async fn reviews(&self, page: Page) -> Result<Vec<Review>, StoreError> {
        self.read_list(query(sql::REVIEWS).bind(before(page)).bind(limit(page)), review::decode).await
    }
}
