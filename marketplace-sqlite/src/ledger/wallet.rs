//! Rows of balances and wallet lines.

use crate::{columns::Fields, error::Fault};
use marketplace_core::{
    id::{EntryId, OrderId},
    ledger::{Balance, WalletLine},
    money::{Currency, Money},
};
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

pub(super) fn decode_balance(row: &SqliteRow) -> Result<Balance, Fault> {
    let fields = Fields::new(row, "mkt_balances", "kind");
    Ok(Balance { kind: fields.parse("kind")?, amount: fields.money("minor", "currency")? })
}

/// Sums of sales and single lines, as one sum per currency. Kept sums go round at 64 bits, and so does this one: it is
/// right whenever it fits.
pub(super) fn decode_earned(rows: &[SqliteRow]) -> Result<Vec<Money>, Fault> {
    let mut sums = BTreeMap::<Currency, i64>::new();
    for row in rows {
        let fields = Fields::new(row, "mkt_earnings", "currency");
        let net = fields.get::<i64>("gross")?.wrapping_sub(fields.get("fees")?);
        let sum = sums.entry(fields.parse("currency")?).or_default();
        *sum = sum.wrapping_add(net);
    }
    Ok(sums.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect())
}

pub(super) fn decode_line(row: &SqliteRow) -> Result<WalletLine, Fault> {
    let fields = Fields::new(row, "mkt_lines", "id");
    let amount = fields.money("minor", "currency")?;
    Ok(WalletLine {
        entry: EntryId::from_uuid(fields.uuid("id")?),
        kind: fields.parse("entry_kind")?,
        account: fields.parse("kind")?,
        amount,
        balance_after: Money::new(fields.get("balance_after")?, amount.currency()),
        order: fields.uuid_maybe("order_id")?.map(OrderId::from_uuid),
        at: fields.time("posted_at")?,
        releases_at: fields.time_maybe("releases_at")?,
    })
}
