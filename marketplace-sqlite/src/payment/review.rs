//! Rows of `mkt_reviews`.

use crate::{
    columns::{Fields, split},
    error::Fault,
    script::{Guard, Script},
    sql::payment as sql,
};
use marketplace_core::{
    commit::Refusal,
    id::{OrderId, ReviewId},
    payment::{Review, ReviewClosing},
};
use sqlx::sqlite::SqliteRow;

/// A second review of one reference for one reason is left out; one whose id exists is taken.
pub(crate) fn open(script: &mut Script, review: &Review) {
    let (expected, expected_currency) = split(review.expected);
    let (found, found_currency) = split(review.found);
    script
        .step(sql::OPEN_REVIEW, Guard::None)
        .bind(review.id.uuid())
        .bind(review.reason.as_str())
        .bind(review.reference.as_str())
        .bind(review.order.map(OrderId::uuid))
        .bind(expected)
        .bind(expected_currency)
        .bind(found)
        .bind(found_currency)
        .bind(review.opened_at);
    script.step(sql::REVIEW_TAKEN, Guard::FindsNone(Refusal::Taken)).bind(review.id.uuid());
}

pub(crate) fn close(script: &mut Script, id: ReviewId, closing: &ReviewClosing) {
    script
        .step(sql::CLOSE_REVIEW, Guard::Changes(Refusal::Stale))
        .bind(id.uuid())
        .bind(closing.decision.as_str())
        .bind(closing.by.to_string())
        .bind(closing.why.as_str())
        .bind(closing.at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<Review, Fault> {
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
