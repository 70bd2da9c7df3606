//! Rows of `mkt_seals`: the hash chain.

use super::entry;
use crate::{
    columns::{Fields, blob, integer},
    earnings::fold,
    error::Fault,
    sql::ledger as sql,
};
use marketplace_core::{
    id::EntryId,
    ledger::{JournalEntry, Seal},
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

/// Appends links that follow the stored ones, one by one, and adds their entries to the sums of what was sold and their
/// credits to the balances. `false`: they do not, and nothing of this transaction may stay.
pub(super) async fn append(connection: &mut SqliteConnection, seals: &[Seal]) -> Result<bool, Fault> {
    let last = query(sql::LAST_SEAL).fetch_optional(&mut *connection).await?;
    let mut number = last.as_ref().map(decode).transpose()?.map_or(0, |seal| seal.number);
    for seal in seals {
        if number.checked_add(1) != Some(seal.number) {
            return Ok(false);
        }
        number = seal.number;
        let insert = query(sql::INSERT_SEAL)
            .bind(integer(seal.number)?)
            .bind(blob(seal.entry.uuid()))
            .bind(seal.hash.to_vec());
        // The number is free, so a conflict is an entry that another link has already.
        if insert.execute(&mut *connection).await?.rows_affected() == 0 {
            return Ok(false);
        }
        query(sql::LEAVE_TAIL).bind(blob(seal.entry.uuid())).execute(&mut *connection).await?;
        fold::add(connection, seal.entry).await?;
    }
    if let [first, ..] = seals {
        fold_credits(connection, integer(first.number)?, integer(number)?).await?;
    }
    Ok(true)
}

/// Moves the credits of accounts that these links credit into their balances, so that what a wallet's read adds up is
/// what is not chained yet, also for a creator who is never debited. Nobody else writes in between.
async fn fold_credits(connection: &mut SqliteConnection, first: i64, last: i64) -> Result<(), Fault> {
    for row in query(sql::TO_FOLD).bind(first).bind(last).fetch_all(&mut *connection).await? {
        let fields = Fields::new(&row, "mkt_unfolded", "kind");
        let owner = fields.get::<Vec<u8>>("owner")?;
        let (kind, currency) = (fields.get::<String>("kind")?, fields.get::<String>("currency")?);
        for text in [sql::FOLD, sql::REMOVE_UNFOLDED] {
            let step = query(text).bind(owner.clone()).bind(kind.clone()).bind(currency.clone());
            step.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

pub(super) fn decode(row: &SqliteRow) -> Result<Seal, Fault> {
    let fields = Fields::new(row, "mkt_seals", "number");
    Ok(Seal {
        number: fields.count("number")?,
        entry: EntryId::from_uuid(fields.uuid("entry_id")?),
        hash: fields.bytes("hash")?,
    })
}

/// Links with their entries, from rows that stand together by link, one row per line.
pub(super) fn decode_sealed(rows: &[SqliteRow]) -> Result<Vec<(Seal, Option<JournalEntry>)>, Fault> {
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
