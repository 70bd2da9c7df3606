//! The read port of events.

use super::model;
use crate::{SqliteStore, columns::Fields, sql::event as sql};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    event::{Event, Events},
};
use sqlx::query;

#[async_trait]
impl Events for SqliteStore {
    async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        // No event has a number beyond 63 bits, so nothing comes after such a one.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read_list(query(sql::EVENTS).bind(after).bind(limit), model::decode).await
    }

    async fn last_event(&self) -> Result<u64, StoreError> {
        let number = self
            .read_one(query(sql::LAST_EVENT), |row| Fields::new(row, "mkt_events", "number").count("number"));
        Ok(number.await?.unwrap_or(0))
    }
}
