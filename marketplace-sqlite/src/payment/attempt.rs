//! Rows of `mkt_attempts`.

use crate::{
    columns::{Fields, blob, micros, split},
    error::{Fault, stale_if_none, taken_if_none},
    sql::payment as sql,
};
use marketplace_core::{Version, id::OrderId, payment::Attempt};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn insert(connection: &mut SqliteConnection, attempt: &Attempt) -> Result<(), Fault> {
    let (fee, fee_currency) = split(attempt.gateway_fee);
    let insert = query(sql::INSERT_ATTEMPT)
        .bind(attempt.reference.as_str())
        .bind(blob(attempt.order.uuid()))
        .bind(attempt.amount.minor())
        .bind(attempt.amount.currency().code())
        .bind(attempt.state.as_str())
        .bind(attempt.gateway.as_str())
        .bind(attempt.mode.as_str())
        .bind(attempt.authorization_url.as_deref())
        .bind(attempt.gateway_id.as_deref())
        .bind(fee)
        .bind(fee_currency)
        .bind(attempt.created_at.as_micros())
        .bind(micros(attempt.paid_at))
        .bind(attempt.version.as_i64());
    taken_if_none(insert.execute(connection).await?.rows_affected())
}

/// An attempt that opens again beside another open one is `Taken`, too.
pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    seen: Version,
    to: &Attempt,
) -> Result<(), Fault> {
    let (fee, fee_currency) = split(to.gateway_fee);
    let advance = query(sql::ADVANCE_ATTEMPT)
        .bind(to.reference.as_str())
        .bind(seen.as_i64())
        .bind(to.amount.minor())
        .bind(to.amount.currency().code())
        .bind(to.state.as_str())
        .bind(to.gateway.as_str())
        .bind(to.mode.as_str())
        .bind(to.authorization_url.as_deref())
        .bind(to.gateway_id.as_deref())
        .bind(fee)
        .bind(fee_currency)
        .bind(micros(to.paid_at));
    stale_if_none(advance.execute(connection).await.map_err(Fault::of_unique)?.rows_affected())
}

pub(super) fn decode(row: &SqliteRow) -> Result<Attempt, Fault> {
    let fields = Fields::new(row, "mkt_attempts", "reference");
    Ok(Attempt {
        reference: fields.parse("reference")?,
        order: OrderId::from_uuid(fields.uuid("order_id")?),
        amount: fields.money("amount_minor", "amount_currency")?,
        state: fields.parse("state")?,
        gateway: fields.get("gateway")?,
        mode: fields.parse("mode")?,
        authorization_url: fields.get("authorization_url")?,
        gateway_id: fields.get("gateway_id")?,
        gateway_fee: fields.money_maybe("fee_minor", "fee_currency")?,
        created_at: fields.time("created_at")?,
        paid_at: fields.time_maybe("paid_at")?,
        version: fields.version()?,
    })
}
