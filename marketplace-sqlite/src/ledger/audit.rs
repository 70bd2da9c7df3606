//! The audit port: what does not add up, and the hash chain.

use super::{entry, seal};
use crate::{
    SqliteStore,
    columns::{Fields, blob},
    earnings::audit,
    error::Fault,
    sql::{earnings as sums, ledger as sql},
};
use async_trait::async_trait;
use marketplace_core::{
    commit::Refusal,
    error::StoreError,
    id::EntryId,
    ledger::{Audit, Imbalance, JournalEntry, Seal},
};
use sqlx::{query, sqlite::SqliteRow};
use uuid::Uuid;

fn decode_imbalance(row: &SqliteRow) -> Result<Imbalance, Fault> {
    let fields = Fields::new(row, "mkt_lines", "subject");
    Ok(Imbalance {
        subject: fields.get("subject")?,
        expected: fields.get("expected")?,
        found: fields.get("found")?,
    })
}

#[async_trait]
impl Audit for SqliteStore {
    async fn imbalances(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError> {
        self.read_list(query(sql::IMBALANCES).bind(limit), decode_imbalance).await
    }

    async fn misfolded(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError> {
        let rows = self.read_rows(query(sums::COMPARED)).await?;
        let mut found = audit::compare(&rows)?;
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn unsealed(&self, after: Option<EntryId>, limit: u32) -> Result<Vec<JournalEntry>, StoreError> {
        // From the next id on; after the largest of all there is none.
        let next = after.map_or(Some(0), |after| after.uuid().as_u128().checked_add(1));
        let Some(first) = next.map(Uuid::from_u128) else { return Ok(Vec::new()) };
        let rows = self.read_rows(query(sql::UNSEALED).bind(blob(first)).bind(limit)).await?;
        Ok(entry::decode(&rows)?)
    }

    async fn last_seal(&self) -> Result<Option<Seal>, StoreError> {
        self.read_one(query(sql::LAST_SEAL), seal::decode).await
    }

    async fn append_seals(&self, seals: Vec<Seal>) -> Result<bool, StoreError> {
        let appended = self.write(move |connection| {
            Box::pin(async move {
                // As a refusal, so that the links before the one that does not fit are rolled back.
                if seal::append(connection, &seals).await? {
                    Ok(())
                } else {
                    Err(Fault::Refused(Refusal::Stale))
                }
            })
        });
        match appended.await {
            Ok(()) => Ok(true),
            Err(Fault::Refused(_)) => Ok(false),
            Err(fault) => Err(fault.into()),
        }
    }

    async fn sealed(&self, after: u64, limit: u32) -> Result<Vec<(Seal, Option<JournalEntry>)>, StoreError> {
        // No link has a number beyond SQLite's integers, so nothing comes after such a one.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self.read_rows(query(sql::SEALED).bind(after).bind(limit)).await?;
        Ok(seal::decode_sealed(&rows)?)
    }
}
