//! Rows of balances and wallet lines.

use crate::{columns::Fields, error::Fault};
use marketplace_core::{
    id::{EntryId, OrderId},
    ledger::{Balance, WalletLine},
    money::Money,
};
use sqlx::postgres::PgRow;

pub(super) fn decode_balance(row: &PgRow) -> Result<Balance, Fault> {
    let fields = Fields::new(row, "mkt_balances", "kind");
    Ok(Balance { kind: fields.parse("kind")?, amount: fields.money("minor", "currency")? })
}

pub(super) fn decode_earned(row: &PgRow) -> Result<Money, Fault> {
    Fields::new(row, "mkt_lines", "currency").money("minor", "currency")
}

pub(super) fn decode_line(row: &PgRow) -> Result<WalletLine, Fault> {
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
