//! Rows of `mkt_holds`.

use crate::{
    columns::{Fields, blob, micros},
    error::{Fault, stale_if_none, taken_if_none},
    sql::ledger as sql,
};
use marketplace_core::{
    id::{CreatorId, HoldId, OrderId},
    ledger::Hold,
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn insert(connection: &mut SqliteConnection, hold: &Hold) -> Result<(), Fault> {
    let insert = query(sql::INSERT_HOLD)
        .bind(blob(hold.id.uuid()))
        .bind(blob(hold.creator.uuid()))
        .bind(blob(hold.order.uuid()))
        .bind(hold.amount.minor())
        .bind(hold.amount.currency().code())
        .bind(hold.reason.as_str())
        .bind(hold.releases_at.as_micros())
        .bind(micros(hold.released_at));
    taken_if_none(insert.execute(connection).await?.rows_affected())
}

pub(crate) async fn release(
    connection: &mut SqliteConnection,
    id: HoldId,
    at: Timestamp,
) -> Result<(), Fault> {
    let release = query(sql::RELEASE_HOLD).bind(blob(id.uuid())).bind(at.as_micros());
    stale_if_none(release.execute(connection).await?.rows_affected())
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
