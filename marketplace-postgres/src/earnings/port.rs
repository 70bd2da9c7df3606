//! The port of what was sold.

use super::model;
use crate::{
    PostgresStore,
    columns::{before, limit},
    sql::earnings as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    earnings::{Figures, Sales, SalesFilter, SoldOrder},
    error::StoreError,
    id::{ProductId, UserId},
    money::Currency,
    page::Page,
    time::Timestamp,
};
use sqlx::query;

#[async_trait]
impl Sales for PostgresStore {
    async fn figures(
        &self,
        creator: UserId,
        currency: Currency,
        bounds: &[Timestamp],
    ) -> Result<Vec<Figures>, StoreError> {
        // Of no bounds the server finds no place.
        if bounds.len() < 2 {
            return Ok(Vec::new());
        }
        let bounds: Vec<i64> = bounds.iter().map(|bound| bound.as_micros()).collect();
        let list = query(sql::FIGURES).bind(creator.uuid()).bind(currency.code()).bind(bounds);
        self.read_list(list, |row| model::figures(row, currency)).await
    }

    async fn sold(
        &self,
        creator: UserId,
        filter: SalesFilter,
        page: Page,
    ) -> Result<Vec<SoldOrder>, StoreError> {
        let (low, high) = filter.ids();
        let list = query(sql::SOLD)
            .bind(creator.uuid())
            .bind(filter.product.map(ProductId::uuid))
            .bind(low)
            .bind(high.min(before(page)))
            .bind(filter.from.map_or(i64::MIN, Timestamp::as_micros))
            .bind(filter.to.map_or(i64::MAX, Timestamp::as_micros))
            .bind(limit(page));
        Ok(model::sold(&self.read_rows(list).await?)?)
    }
}
