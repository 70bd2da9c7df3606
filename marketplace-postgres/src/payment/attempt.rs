//! Rows of `mkt_attempts`.

use crate::{
    columns::{Fields, micros, split, text},
    error::Fault,
};
use marketplace_core::{id::OrderId, payment::Attempt};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(attempt: &Attempt) -> Value {
    let (fee, fee_currency) = split(attempt.gateway_fee);
    json!({
        "reference": attempt.reference.as_str(),
        "order_id": text(attempt.order.uuid()),
        "amount_minor": attempt.amount.minor(),
        "amount_currency": attempt.amount.currency().code(),
        "state": attempt.state.as_str(),
        "gateway": attempt.gateway,
        "mode": attempt.mode.as_str(),
        "authorization_url": attempt.authorization_url,
        "gateway_id": attempt.gateway_id,
        "fee_minor": fee,
        "fee_currency": fee_currency,
        "created_at": attempt.created_at.as_micros(),
        "paid_at": micros(attempt.paid_at),
        "version": attempt.version.as_i64(),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Attempt, Fault> {
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
