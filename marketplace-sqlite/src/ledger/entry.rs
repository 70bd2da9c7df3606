//! Rows of `mkt_entries` and `mkt_lines`, and what posting does to balances.

use crate::{
    columns::{Fields, blob},
    error::{Fault, taken_if_none},
    sql::ledger as sql,
};
use marketplace_core::{
    commit::Refusal,
    id::{EntryId, OrderId, UserId},
    ledger::{Account, AccountKind, Cause, JournalEntry, Line},
    money::Money,
};
use sqlx::{SqliteConnection, query, query_scalar, sqlite::SqliteRow};

pub(crate) async fn post(connection: &mut SqliteConnection, entry: &JournalEntry) -> Result<(), Fault> {
    let insert = query(sql::INSERT_ENTRY)
        .bind(blob(entry.id().uuid()))
        .bind(entry.kind().as_str())
        .bind(entry.cause().as_str())
        .bind(entry.order().map(|order| blob(order.uuid())))
        .bind(entry.at().as_micros());
    taken_if_none(insert.execute(&mut *connection).await?.rows_affected())?;
    for line in entry.lines() {
        let (account, amount) = (line.account, line.amount);
        let insert = query(sql::INSERT_LINE)
            .bind(blob(entry.id().uuid()))
            .bind(account.owner().map(|owner| blob(owner.uuid())).unwrap_or_default())
            .bind(account.kind().as_str())
            .bind(amount.currency().code())
            .bind(amount.minor());
        if insert.execute(&mut *connection).await?.rows_affected() != 1 {
            return Err(Fault::defect(format!("a line of {} was there before its entry", entry.id())));
        }
        // Nobody asks for the balance of the marketplace's own accounts but the audit, which sums their lines.
        let Some(owner) = account.owner() else { continue };
        if account.kind().has_floor() && amount.is_negative() {
            debit(connection, owner, account.kind(), amount).await?;
        } else {
            append(connection, entry.id(), owner, account.kind(), amount).await?;
        }
    }
    Ok(())
}

async fn append(
    connection: &mut SqliteConnection,
    entry: EntryId,
    owner: UserId,
    kind: AccountKind,
    amount: Money,
) -> Result<(), Fault> {
    let append = query(sql::APPEND_UNFOLDED)
        .bind(blob(owner.uuid()))
        .bind(kind.as_str())
        .bind(amount.currency().code())
        .bind(blob(entry.uuid()))
        .bind(amount.minor());
    append.execute(connection).await?;
    Ok(())
}

/// Folds the account, then takes `amount` (below zero) from it. The transaction is rolled back on a refusal, so
/// folding first loses nothing.
async fn debit(
    connection: &mut SqliteConnection,
    owner: UserId,
    kind: AccountKind,
    amount: Money,
) -> Result<(), Fault> {
    let (owner, currency) = (blob(owner.uuid()), amount.currency().code());
    let taken: Vec<i64> = query_scalar(sql::TAKE_UNFOLDED)
        .bind(owner.as_slice())
        .bind(kind.as_str())
        .bind(currency)
        .fetch_all(&mut *connection)
        .await?;
    let folded: Option<i64> = query_scalar(sql::FOLDED)
        .bind(owner.as_slice())
        .bind(kind.as_str())
        .bind(currency)
        .fetch_optional(&mut *connection)
        .await?;
    let mut balance = folded.unwrap_or(0);
    for part in taken.into_iter().chain([amount.minor()]) {
        balance = balance.checked_add(part).ok_or_else(|| Fault::defect("a balance is out of range"))?;
    }
    if balance < 0 {
        return Err(Fault::Refused(Refusal::BelowFloor));
    }
    let set = query(sql::SET_FOLDED).bind(owner.as_slice()).bind(kind.as_str()).bind(currency).bind(balance);
    set.execute(connection).await?;
    Ok(())
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
