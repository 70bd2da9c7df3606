//! A payment: rows of `mkt_attempts`, `mkt_orders` and `mkt_order_lines` that were read together.

use super::attempt;
use crate::{columns::Fields, error::Fault, order};
use marketplace_core::payment::Verified;
use sqlx::sqlite::SqliteRow;

/// The payment of these rows, one per line of its order; `None` where there is none.
pub(super) fn decode(rows: &[SqliteRow]) -> Result<Option<Verified>, Fault> {
    let Some(first) = rows.first() else { return Ok(None) };
    let fields = Fields::new(first, "mkt_attempts", "reference").prefixed("attempt_");
    if fields.is_null("reference")? {
        return Ok(None);
    }
    let order = order::decode(rows)?.pop();
    let order = order.ok_or_else(|| Fault::defect("an attempt without an order"))?;
    Ok(Some(Verified { order, attempt: attempt::from_fields(&fields)? }))
}
