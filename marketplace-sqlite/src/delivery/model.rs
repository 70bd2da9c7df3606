//! Rows of `mkt_entitlements`.

use crate::{
    columns::{Fields, blob, micros},
    error::{Fault, stale_if_none, taken_if_none},
    sql::delivery as sql,
};
use marketplace_core::{
    Version,
    delivery::{Entitlement, EntitlementState, RevokeReason},
    id::{EntitlementId, LineId, OrderId, ProductId, UserId},
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn grant(connection: &mut SqliteConnection, right: &Entitlement) -> Result<(), Fault> {
    let grant = query(sql::GRANT)
        .bind(blob(right.id.uuid()))
        .bind(blob(right.order.uuid()))
        .bind(blob(right.line.uuid()))
        .bind(blob(right.product.uuid()))
        .bind(right.user.map(|user| blob(user.uuid())))
        .bind(right.email.as_str())
        .bind(right.state.as_str())
        .bind(right.granted_at.as_micros())
        .bind(micros(right.revoked_at))
        .bind(right.revoke_reason.map(RevokeReason::as_str))
        .bind(right.version.as_i64());
    taken_if_none(grant.execute(connection).await?.rows_affected())
}

pub(crate) async fn revoke(
    connection: &mut SqliteConnection,
    id: EntitlementId,
    seen: Version,
    reason: RevokeReason,
    at: Timestamp,
) -> Result<(), Fault> {
    let revoke = query(sql::REVOKE)
        .bind(blob(id.uuid()))
        .bind(seen.as_i64())
        .bind(EntitlementState::Revoked.as_str())
        .bind(at.as_micros())
        .bind(reason.as_str());
    stale_if_none(revoke.execute(connection).await?.rows_affected())
}

pub(super) fn decode(row: &SqliteRow) -> Result<Entitlement, Fault> {
    let fields = Fields::new(row, "mkt_entitlements", "id");
    Ok(Entitlement {
        id: EntitlementId::from_uuid(fields.uuid("id")?),
        order: OrderId::from_uuid(fields.uuid("order_id")?),
        line: LineId::from_uuid(fields.uuid("line_id")?),
        product: ProductId::from_uuid(fields.uuid("product_id")?),
        user: fields.uuid_maybe("user_id")?.map(UserId::from_uuid),
        email: fields.parse("email")?,
        state: fields.parse("state")?,
        granted_at: fields.time("granted_at")?,
        revoked_at: fields.time_maybe("revoked_at")?,
        revoke_reason: fields.parse_maybe("revoke_reason")?,
        version: fields.version()?,
    })
}
