//! Rows of `mkt_refunds`.

use crate::{
    columns::{Fields, micros, text},
    error::Fault,
};
use marketplace_core::{
    id::{OrderId, RefundId},
    refund::Refund,
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(refund: &Refund) -> Value {
    json!({
        "id": text(refund.id.uuid()),
        "reference": refund.reference.as_str(),
        "order_id": text(refund.order.uuid()),
        "amount_minor": refund.amount.minor(),
        "amount_currency": refund.amount.currency().code(),
        "status": refund.status.as_str(),
        "gateway_id": refund.gateway_id,
        "asked_at": micros(refund.asked_at),
        "reason": refund.reason,
        "requested_by": refund.requested_by.to_string(),
        "requested_at": refund.requested_at.as_micros(),
        "ended_at": micros(refund.ended_at),
        "version": refund.version.as_i64(),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Refund, Fault> {
    let fields = Fields::new(row, "mkt_refunds", "id");
    Ok(Refund {
        id: RefundId::from_uuid(fields.uuid("id")?),
        reference: fields.parse("reference")?,
        order: OrderId::from_uuid(fields.uuid("order_id")?),
        amount: fields.money("amount_minor", "amount_currency")?,
        status: fields.parse("status")?,
        gateway_id: fields.get("gateway_id")?,
        asked_at: fields.time_maybe("asked_at")?,
        reason: fields.get("reason")?,
        requested_by: fields.parse("requested_by")?,
        requested_at: fields.time("requested_at")?,
        ended_at: fields.time_maybe("ended_at")?,
        version: fields.version()?,
    })
}
