//! Rows of `mkt_entitlements`.

use crate::{
    columns::{Fields, micros, text},
    error::Fault,
};
use marketplace_core::{
    delivery::{Entitlement, RevokeReason},
    id::{EntitlementId, LineId, OrderId, ProductId, UserId},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(right: &Entitlement) -> Value {
    json!({
        "id": text(right.id.uuid()),
        "order_id": text(right.order.uuid()),
        "line_id": text(right.line.uuid()),
        "product_id": text(right.product.uuid()),
        "user_id": right.user.map(|id| text(id.uuid())),
        "email": right.email.as_str(),
        "state": right.state.as_str(),
        "granted_at": right.granted_at.as_micros(),
        "revoked_at": micros(right.revoked_at),
        "revoke_reason": right.revoke_reason.map(RevokeReason::as_str),
        "version": right.version.as_i64(),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Entitlement, Fault> {
    from_fields(&Fields::new(row, "mkt_entitlements", "id"))
}

pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Entitlement, Fault> {
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
