//! Rows of `mkt_holds`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::ledger as sql,
};
use marketplace_core::{
    id::{CreatorId, HoldId, OrderId},
    ledger::Hold,
    time::Timestamp,
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn insert(script: &mut Script, hold: &Hold) {
    script
        .step(sql::INSERT_HOLD, TAKEN)
        .bind(hold.id.uuid())
        .bind(hold.creator.uuid())
        .bind(hold.order.uuid())
        .bind(hold.amount.minor())
        .bind(hold.amount.currency().code())
        .bind(hold.reason.as_str())
        .bind(hold.releases_at)
        .bind(hold.released_at);
}

pub(crate) fn release(script: &mut Script, id: HoldId, at: Timestamp) {
    script.step(sql::RELEASE_HOLD, STALE).bind(id.uuid()).bind(at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<Hold, Fault> {
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
