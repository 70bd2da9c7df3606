//! The read port of events.
//!
//! A number that a transaction drew before its commit would be below numbers that are read already whenever it commits
//! late. So a commit leaves its events in a tail, and whoever reads numbers the tail first, one reader at a time. That is
//! why reading fails on a server that only reads.

use super::model;
use crate::{PostgresStore, columns::Fields, sql::event as sql};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    event::{Event, Events},
};
use sqlx::query;

/// How many are numbered in one transaction: many less than the server's time limit for a statement allows.
const PORTION: i64 = 5_000;

impl PostgresStore {
    async fn number_events(&self) -> Result<(), StoreError> {
        let waiting = self
            .read_one(query(sql::ANY_UNTOLD), |row| Fields::new(row, "mkt_untold", "any").get::<bool>("any"));
        if !waiting.await?.unwrap_or(false) {
            return Ok(());
        }
        loop {
            let done = self.write(query(sql::NUMBER_EVENTS).bind(PORTION)).await?;
            let row = done.rows.first().ok_or_else(|| StoreError::defect("mkt_number_events gave no row"))?;
            if Fields::new(row, "mkt_untold", "numbered").get::<i64>("numbered")? < PORTION {
                return Ok(());
            }
        }
    }
}

#[async_trait]
impl Events for PostgresStore {
    async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.number_events().await?;
        // No event has a number beyond a BIGINT, so nothing comes after such a one.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read_list(query(sql::EVENTS).bind(after).bind(i64::from(limit)), model::decode).await
    }

    async fn last_event(&self) -> Result<u64, StoreError> {
        self.number_events().await?;
        let number = self
            .read_one(query(sql::LAST_EVENT), |row| Fields::new(row, "mkt_events", "number").count("number"));
        Ok(number.await?.unwrap_or(0))
    }
}
