//! The read port of refunds.

use super::model;
use crate::{
    PostgresStore,
    columns::{before, limit},
    sql::refund as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    id::{Reference, RefundId},
    page::Page,
    refund::{Refund, RefundRows},
};
use sqlx::query;

#[async_trait]
impl RefundRows for PostgresStore {
    async fn refund(&self, id: RefundId) -> Result<Option<Refund>, StoreError> {
        self.read_one(query(sql::REFUND).bind(id.uuid()), model::decode).await
    }

    async fn refunds_of(&self, reference: &Reference) -> Result<Vec<Refund>, StoreError> {
        self.read_list(query(sql::REFUNDS_OF).bind(reference.as_str().to_owned()), model::decode).await
    }

    async fn refunds(&self, page: Page) -> Result<Vec<Refund>, StoreError> {
        self.read_list(query(sql::REFUNDS).bind(before(page)).bind(limit(page)), model::decode).await
    }
}
