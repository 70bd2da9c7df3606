//! The read port of orders.

use super::model;
use crate::{
    PostgresStore,
    columns::{before, limit},
    sql::order as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    id::{OrderId, TokenHash, UserId},
    order::{Order, Orders},
    page::Page,
};
use sqlx::query;

#[async_trait]
impl Orders for PostgresStore {
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let rows = self.read_rows(query(sql::ORDER).bind(id.uuid())).await?;
        Ok(model::decode(&rows)?.pop())
    }

    async fn order_by_token(&self, token: &TokenHash) -> Result<Option<Order>, StoreError> {
        let rows = self.read_rows(query(sql::ORDER_BY_TOKEN).bind(token.as_bytes().to_vec())).await?;
        Ok(model::decode(&rows)?.pop())
    }

    async fn orders_of(&self, user: UserId, page: Page) -> Result<Vec<Order>, StoreError> {
        let list = query(sql::ORDERS_OF).bind(user.uuid()).bind(before(page)).bind(limit(page));
        Ok(model::decode(&self.read_rows(list).await?)?)
    }
}
