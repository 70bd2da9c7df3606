//! Rows of `mkt_entries` and `mkt_lines`.

use crate::{
    columns::{Fields, text},
    error::Fault,
};
use marketplace_core::{
    id::{EntryId, OrderId, UserId},
    ledger::{Account, AccountKind, Cause, JournalEntry, Line},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(entry: &JournalEntry) -> Value {
    json!({
        "id": text(entry.id().uuid()),
        "kind": entry.kind().as_str(),
        "cause": entry.cause().as_str(),
        "order_id": entry.order().map(|id| text(id.uuid())),
        "posted_at": entry.at().as_micros(),
    })
}

/// Whether the line takes from an account that must not fall below zero.
fn is_debit(line: &Line) -> bool {
    line.account.kind().has_floor() && line.amount.is_negative()
}

/// Whether posting locks any account.
pub(crate) fn has_debits(entry: &JournalEntry) -> bool {
    entry.lines().iter().any(is_debit)
}

/// The lines, with what the database needs to know of their accounts. Gives the key of each account to be locked.
pub(crate) fn line_rows(entry: &JournalEntry, mut lock: impl FnMut(String)) -> Value {
    let line_row = |line: &Line| {
        let (account, amount) = (line.account, line.amount);
        if is_debit(line)
            && let Some(owner) = account.owner()
        {
            lock(format!("{}:{}:{}", owner.uuid(), account.kind(), amount.currency().code()));
        }
        json!({
            "owner": account.owner().map(|id| text(id.uuid())),
            "kind": account.kind().as_str(),
            "currency": amount.currency().code(),
            "minor": amount.minor(),
            "floored": account.kind().has_floor(),
        })
    };
    entry.lines().iter().map(line_row).collect()
}

/// Entries from rows that stand together by entry, one row per line.
pub(super) fn decode(rows: &[PgRow]) -> Result<Vec<JournalEntry>, Fault> {
    let mut entries = Vec::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let id = Fields::new(first, "mkt_entries", "id").uuid("id")?;
        let mut length = 0_usize;
        for row in rest {
            if Fields::new(row, "mkt_entries", "id").uuid("id")? != id {
                break;
            }
            length = length.saturating_add(1);
        }
        let (own, others) = rest.split_at(length.min(rest.len()));
        entries.push(decode_one(own)?);
        rest = others;
    }
    Ok(entries)
}

/// The entry of these rows, at least one. An entry that no longer balances is damaged: it is no entry.
pub(super) fn decode_one(rows: &[PgRow]) -> Result<JournalEntry, Fault> {
    let first = rows.first().ok_or_else(|| Fault::defect("an entry without a row"))?;
    let fields = Fields::new(first, "mkt_entries", "id");
    let mut lines = Vec::new();
    for row in rows {
        let line = Fields::new(row, "mkt_lines", "id");
        if !line.is_null("line_kind")? {
            lines.push(decode_line(&line)?);
        }
    }
    JournalEntry::new(
        EntryId::from_uuid(fields.uuid("id")?),
        fields.parse("kind")?,
        Cause::from_text(fields.get::<String>("cause")?),
        fields.uuid_maybe("order_id")?.map(OrderId::from_uuid),
        fields.time("posted_at")?,
        lines,
    )
    .map_err(|error| Fields::new(first, "mkt_lines", "id").damaged("minor", error))
}

fn decode_line(fields: &Fields<'_>) -> Result<Line, Fault> {
    let kind: AccountKind = fields.parse("line_kind")?;
    let account = match fields.uuid_maybe("owner")? {
        None => Account::of_platform(kind),
        Some(owner) => Account::of_creator(kind, UserId::from_uuid(owner)),
    };
    let account = account.ok_or_else(|| fields.damaged("owner", "the account's kind has no such owner"))?;
    Ok(Line { account, amount: fields.money("minor", "currency")? })
}
