//! Rows of `mkt_seals`: the hash chain.

use super::entry;
use crate::{
    columns::{Fields, integer},
    error::Fault,
    sql::ledger as sql,
    store::Bound,
};
use marketplace_core::{
    id::EntryId,
    ledger::{JournalEntry, Seal},
};
use sqlx::{postgres::PgRow, query};
use uuid::Uuid;

/// Makes the balances that [`append`] moves credits into. A statement of its own: it commits before.
pub(super) fn open_balances(seals: &[Seal]) -> Bound {
    let entries: Vec<Uuid> = seals.iter().map(|seal| seal.entry.uuid()).collect();
    query(sql::OPEN_BALANCES).bind(entries)
}

/// Appends links if they follow the stored ones, all or none.
pub(super) fn append(seals: &[Seal]) -> Result<Bound, Fault> {
    let numbers = seals.iter().map(|seal| integer(seal.number)).collect::<Result<Vec<i64>, _>>()?;
    let entries: Vec<Uuid> = seals.iter().map(|seal| seal.entry.uuid()).collect();
    let hashes: Vec<Vec<u8>> = seals.iter().map(|seal| seal.hash.to_vec()).collect();
    Ok(query(sql::APPEND_SEALS).bind(numbers).bind(entries).bind(hashes))
}

pub(super) fn decode(row: &PgRow) -> Result<Seal, Fault> {
    let fields = Fields::new(row, "mkt_seals", "number");
    Ok(Seal {
        number: fields.count("number")?,
        entry: EntryId::from_uuid(fields.uuid("entry_id")?),
        hash: fields.bytes("hash")?,
    })
}

/// Links with their entries, from rows that stand together by link, one row per line.
pub(super) fn decode_sealed(rows: &[PgRow]) -> Result<Vec<(Seal, Option<JournalEntry>)>, Fault> {
    let mut sealed = Vec::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let seal = decode(first)?;
        let mut length = 0_usize;
        for row in rest {
            if decode(row)?.number != seal.number {
                break;
            }
            length = length.saturating_add(1);
        }
        let (own, others) = rest.split_at(length.min(rest.len()));
        let gone = Fields::new(first, "mkt_entries", "number").is_null("id")?;
        sealed.push((seal, if gone { None } else { Some(entry::decode_one(own)?) }));
        rest = others;
    }
    Ok(sealed)
}
