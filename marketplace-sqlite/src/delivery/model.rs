//! Rows of `mkt_entitlements`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::delivery as sql,
};
use marketplace_core::{
    Version,
    delivery::{Entitlement, EntitlementState, RevokeReason},
    id::{EntitlementId, LineId, OrderId, ProductId, UserId},
    time::Timestamp,
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn grant(script: &mut Script, right: &Entitlement) {
    script
        .step(sql::GRANT, TAKEN)
        .bind(right.id.uuid())
        .bind(right.order.uuid())
        .bind(right.line.uuid())
        .bind(right.product.uuid())
        .bind(right.user.map(UserId::uuid))
        .bind(right.email.as_str())
        .bind(right.state.as_str())
        .bind(right.granted_at)
        .bind(right.revoked_at)
        .bind(right.revoke_reason.map(RevokeReason::as_str))
        .bind(right.version);
}

pub(crate) fn revoke(
    script: &mut Script,
    id: EntitlementId,
    seen: Version,
    reason: RevokeReason,
    at: Timestamp,
) {
    script
        .step(sql::REVOKE, STALE)
        .bind(id.uuid())
        .bind(seen)
        .bind(EntitlementState::Revoked.as_str())
        .bind(at)
        .bind(reason.as_str());
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
