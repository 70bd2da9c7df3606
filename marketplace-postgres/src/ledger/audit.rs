//! The audit port: what does not add up, and the hash chain.

use super::{entry, seal};
use crate::{PostgresStore, columns::Fields, error::Fault, sql::ledger as sql};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    id::EntryId,
    ledger::{Audit, Imbalance, JournalEntry, Seal},
};
use sqlx::{postgres::PgRow, query};
use uuid::Uuid;

fn decode_imbalance(row: &PgRow) -> Result<Imbalance, Fault> {
    let fields = Fields::new(row, "mkt_lines", "subject");
    Ok(Imbalance {
        subject: fields.get("subject")?,
        expected: fields.get("expected")?,
        found: fields.get("found")?,
    })
}

#[async_trait]
impl Audit for PostgresStore {
    async fn imbalances(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError> {
        self.read_unhurried(query(sql::IMBALANCES).bind(i64::from(limit)), decode_imbalance).await
    }

    async fn misfolded(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError> {
        self.read_unhurried(query(sql::MISFOLDED).bind(i64::from(limit)), decode_imbalance).await
    }

    async fn unsealed(&self, after: Option<EntryId>, limit: u32) -> Result<Vec<JournalEntry>, StoreError> {
        // From the next id on; after the largest of all there is none.
        let next = after.map_or(Some(0), |after| after.uuid().as_u128().checked_add(1));
        let Some(first) = next.map(Uuid::from_u128) else { return Ok(Vec::new()) };
        let rows = self.read_rows(query(sql::UNSEALED).bind(first).bind(i64::from(limit))).await?;
        Ok(entry::decode(&rows)?)
    }

    async fn last_seal(&self) -> Result<Option<Seal>, StoreError> {
        self.read_one(query(sql::LAST_SEAL), seal::decode).await
    }

    async fn append_seals(&self, seals: Vec<Seal>) -> Result<bool, StoreError> {
        self.write(seal::open_balances(&seals)).await?;
        let rows = self.write(seal::append(&seals)?).await?.rows;
        let row = rows.first().ok_or_else(|| StoreError::defect("mkt_append_seals gave no row"))?;
        Ok(Fields::new(row, "mkt_seals", "appended").get("appended")?)
    }

    async fn sealed(&self, after: u64, limit: u32) -> Result<Vec<(Seal, Option<JournalEntry>)>, StoreError> {
        // No link has a number beyond a BIGINT, so nothing comes after such a one.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self.read_rows(query(sql::SEALED).bind(after).bind(i64::from(limit))).await?;
        Ok(seal::decode_sealed(&rows)?)
    }
}
