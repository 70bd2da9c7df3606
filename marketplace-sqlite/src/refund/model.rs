//! Rows of `mkt_refunds`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::refund as sql,
};
use marketplace_core::{
    Version,
    id::{OrderId, RefundId},
    refund::Refund,
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn insert(script: &mut Script, refund: &Refund) {
    script
        .step(sql::INSERT_REFUND, TAKEN)
        .bind(refund.id.uuid())
        .bind(refund.reference.as_str())
        .bind(refund.order.uuid())
        .bind(refund.amount.minor())
        .bind(refund.amount.currency().code())
        .bind(refund.status.as_str())
        .bind(refund.gateway_id.as_deref())
        .bind(refund.asked_at)
        .bind(refund.reason.as_str())
        .bind(refund.requested_by.to_string())
        .bind(refund.requested_at)
        .bind(refund.ended_at)
        .bind(refund.version);
}

/// One that opens again beside another open one is `Taken`, too.
pub(crate) fn advance(script: &mut Script, seen: Version, to: &Refund) {
    script
        .step(sql::ADVANCE_REFUND, STALE)
        .unique()
        .bind(to.id.uuid())
        .bind(seen)
        .bind(to.status.as_str())
        .bind(to.gateway_id.as_deref())
        .bind(to.asked_at)
        .bind(to.ended_at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<Refund, Fault> {
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
