//! Rows of `mkt_reviews`.

use crate::{
    columns::{Fields, blob, split},
    error::Fault,
    sql::payment as sql,
};
use marketplace_core::{
    commit::Refusal,
    id::{OrderId, ReviewId},
    payment::Review,
};
use sqlx::{SqliteConnection, query, query_scalar, sqlite::SqliteRow};

/// A second review of one reference for one reason is left out; one whose id exists is taken.
pub(crate) async fn open(connection: &mut SqliteConnection, review: &Review) -> Result<(), Fault> {
    let (expected, expected_currency) = split(review.expected);
    let (found, found_currency) = split(review.found);
    let open = query(sql::OPEN_REVIEW)
        .bind(blob(review.id.uuid()))
        .bind(review.reason.as_str())
        .bind(review.reference.as_str())
        .bind(review.order.map(|order| blob(order.uuid())))
        .bind(expected)
        .bind(expected_currency)
        .bind(found)
        .bind(found_currency)
        .bind(review.opened_at.as_micros());
    if open.execute(&mut *connection).await?.rows_affected() > 0 {
        return Ok(());
    }
    let id_exists: bool =
        query_scalar(sql::REVIEW_EXISTS).bind(blob(review.id.uuid())).fetch_one(connection).await?;
    if id_exists { Err(Fault::Refused(Refusal::Taken)) } else { Ok(()) }
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
    })
}
