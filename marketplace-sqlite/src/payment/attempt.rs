//! Rows of `mkt_attempts`.

use crate::{
    columns::{Fields, split},
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::payment as sql,
};
use marketplace_core::{Version, id::OrderId, payment::Attempt};
use sqlx::sqlite::SqliteRow;

pub(crate) fn insert(script: &mut Script, attempt: &Attempt) {
    let (fee, fee_currency) = split(attempt.gateway_fee);
    script
        .step(sql::INSERT_ATTEMPT, TAKEN)
        .bind(attempt.reference.as_str())
        .bind(attempt.order.uuid())
        .bind(attempt.amount.minor())
        .bind(attempt.amount.currency().code())
        .bind(attempt.state.as_str())
        .bind(attempt.gateway.as_str())
        .bind(attempt.mode.as_str())
        .bind(attempt.authorization_url.as_deref())
        .bind(attempt.gateway_id.as_deref())
        .bind(fee)
        .bind(fee_currency)
        .bind(attempt.created_at)
        .bind(attempt.paid_at)
        .bind(attempt.version);
}

/// An attempt that opens again beside another open one is `Taken`, too.
pub(crate) fn advance(script: &mut Script, seen: Version, to: &Attempt) {
    let (fee, fee_currency) = split(to.gateway_fee);
    script
        .step(sql::ADVANCE_ATTEMPT, STALE)
        .unique()
        .bind(to.reference.as_str())
        .bind(seen)
        .bind(to.amount.minor())
        .bind(to.amount.currency().code())
        .bind(to.state.as_str())
        .bind(to.gateway.as_str())
        .bind(to.mode.as_str())
        .bind(to.authorization_url.as_deref())
        .bind(to.gateway_id.as_deref())
        .bind(fee)
        .bind(fee_currency)
        .bind(to.paid_at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<Attempt, Fault> {
    from_fields(&Fields::new(row, "mkt_attempts", "reference"))
}

pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Attempt, Fault> {
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
