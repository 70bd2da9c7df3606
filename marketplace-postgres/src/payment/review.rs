//! Rows of `mkt_reviews`.

use crate::{
    columns::{Fields, split, text},
    error::Fault,
};
use marketplace_core::{
    id::{OrderId, ReviewId},
    payment::{Review, ReviewClosing},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(review: &Review) -> Value {
    let (expected, expected_currency) = split(review.expected);
    let (found, found_currency) = split(review.found);
    json!({
        "id": text(review.id.uuid()),
        "reason": review.reason.as_str(),
        "reference": review.reference,
        "order_id": review.order.map(|id| text(id.uuid())),
        "expected_minor": expected,
        "expected_currency": expected_currency,
        "found_minor": found,
        "found_currency": found_currency,
        "opened_at": review.opened_at.as_micros(),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Review, Fault> {
    let fields = Fields::new(row, "mkt_reviews", "id");
    Ok(Review {
        id: ReviewId::from_uuid(fields.uuid("id")?),
        reason: fields.parse("reason")?,
        reference: fields.get("reference")?,
        order: fields.uuid_maybe("order_id")?.map(OrderId::from_uuid),
        expected: fields.money_maybe("expected_minor", "expected_currency")?,
        found: fields.money_maybe("found_minor", "found_currency")?,
        opened_at: fields.time("opened_at")?,
        closing: closing(&fields)?,
    })
}

fn closing(fields: &Fields<'_>) -> Result<Option<ReviewClosing>, Fault> {
    let Some(at) = fields.time_maybe("closed_at")? else { return Ok(None) };
    Ok(Some(ReviewClosing {
        decision: fields.parse("decision")?,
        by: fields.parse("closed_by")?,
        why: fields.get("closed_why")?,
        at,
    }))
}
