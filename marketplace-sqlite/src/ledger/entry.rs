//! Rows of `mkt_entries` and `mkt_lines`, and what posting does to balances.

use crate::{
    columns::{Fields, blob},
    error::Fault,
    script::{Guard, Script, TAKEN, Value},
    sql::ledger as sql,
};
use marketplace_core::{
    commit::Refusal,
    id::{EntryId, OrderId, UserId},
    ledger::{Account, AccountKind, Cause, JournalEntry, Line},
    money::Money,
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn post(script: &mut Script, entry: &JournalEntry) {
    script
        .step(sql::INSERT_ENTRY, TAKEN)
        .bind(entry.id().uuid())
        .bind(entry.kind().as_str())
        .bind(entry.cause().as_str())
        .bind(entry.order().map(OrderId::uuid))
        .bind(entry.at());
    for line in entry.lines() {
        let (account, amount) = (line.account, line.amount);
        script
            .step(sql::INSERT_LINE, Guard::Certain("a line was there before its entry"))
            .bind(entry.id().uuid())
            .bind(owner(account))
            .bind(account.kind().as_str())
            .bind(amount.currency().code())
            .bind(amount.minor());
        // Nobody asks for the balance of the marketplace's own accounts but the audit, which sums their lines.
        if account.owner().is_none() {
            continue;
        }
        if account.kind().has_floor() && amount.is_negative() {
            debit(script, account, amount);
        } else {
            append(script, entry.id(), account, amount);
        }
    }
}

/// An account's owner as a column keeps it: empty for the marketplace.
fn owner(account: Account) -> Value {
    Value::Blob(account.owner().map(|owner| blob(owner.uuid())).unwrap_or_default())
}

fn append(script: &mut Script, entry: EntryId, account: Account, amount: Money) {
    script
        .step(sql::APPEND_UNFOLDED, Guard::None)
        .bind(owner(account))
        .bind(account.kind().as_str())
        .bind(amount.currency().code())
        .bind(entry.uuid())
        .bind(amount.minor());
}

/// Folds the account and takes `amount` (below zero) from it, if it has as much; then removes what was folded. Both
/// are taken back together when a later change is refused.
fn debit(script: &mut Script, account: Account, amount: Money) {
    let (kind, currency) = (account.kind().as_str(), amount.currency().code());
    script
        .step(sql::DEBIT, Guard::Changes(Refusal::BelowFloor))
        .bind(owner(account))
        .bind(kind)
        .bind(currency)
        .bind(amount.minor());
    script.step(sql::REMOVE_UNFOLDED, Guard::None).bind(owner(account)).bind(kind).bind(currency);
}

/// Entries from rows that stand together by entry, one row per line.
pub(super) fn decode(rows: &[SqliteRow]) -> Result<Vec<JournalEntry>, Fault> {
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
pub(super) fn decode_one(rows: &[SqliteRow]) -> Result<JournalEntry, Fault> {
    let first = rows.first().ok_or_else(|| Fault::defect("an entry without a row"))?;
    let fields = Fields::new(first, "mkt_entries", "id");
    let mut lines = Vec::new();
    for row in rows {
        let line = Fields::new(row, "mkt_lines", "id");
        if !line.is_null("owner")? {
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
    let account = if fields.get::<&[u8]>("owner")?.is_empty() {
        Account::of_platform(kind)
    } else {
        Account::of_creator(kind, UserId::from_uuid(fields.uuid("owner")?))
    };
    let account = account.ok_or_else(|| fields.damaged("owner", "the account's kind has no such owner"))?;
    Ok(Line { account, amount: fields.money("minor", "currency")? })
}
