//! Rows of `mkt_holds`.

use crate::{
    columns::{Fields, micros, text},
    error::Fault,
};
use marketplace_core::{
    id::{CreatorId, HoldId, OrderId},
    ledger::Hold,
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(hold: &Hold) -> Value {
    json!({
        "id": text(hold.id.uuid()),
        "creator_id": text(hold.creator.uuid()),
        "order_id": text(hold.order.uuid()),
        "amount_minor": hold.amount.minor(),
        "amount_currency": hold.amount.currency().code(),
        "reason": hold.reason.as_str(),
        "releases_at": hold.releases_at.as_micros(),
        "released_at": micros(hold.released_at),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Hold, Fault> {
    let fields = Fields::new(row, "mkt_holds", "id");
    Ok(Hold {
        id: HoldId::from_uuid(fields.uuid("id")?),
        creator: CreatorId::from_uuid(fields.uuid("creator_id")?),
        order: OrderId::from_uuid(fields.uuid("order_id")?),
        amount: fields.money("amount_minor", "amount_currency")?,
        reason: fields.parse("reason")?,
        releases_at: fields.time("releases_at")?,
        released_at: fields.time_maybe("released_at")?,
    })
}
