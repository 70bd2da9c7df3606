//! Rows of `mkt_notices`. A notice has a claim if and only if it has a claimed reference.

use crate::{
    columns::{Fields, micros, split},
    error::{Fault, stale_if_none, taken_if_none},
    sql::payment as sql,
};
use marketplace_core::{
    payment::{Mode, Notice, NoticeOutcome, PaymentClaim},
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn insert(connection: &mut SqliteConnection, notice: &Notice) -> Result<(), Fault> {
    let claim = notice.claim.as_ref();
    let (minor, currency) = split(claim.and_then(|claim| claim.amount));
    let insert = query(sql::INSERT_NOTICE)
        .bind(notice.key.as_str())
        .bind(notice.gateway.as_str())
        .bind(notice.body.as_slice())
        .bind(claim.map(|claim| claim.reference.as_str()))
        .bind(claim.and_then(|claim| claim.mode).map(Mode::as_str))
        .bind(minor)
        .bind(currency)
        .bind(notice.received_at.as_micros())
        .bind(notice.outcome.map(NoticeOutcome::as_str))
        .bind(micros(notice.closed_at));
    taken_if_none(insert.execute(connection).await?.rows_affected())
}

pub(crate) async fn close(
    connection: &mut SqliteConnection,
    key: &str,
    outcome: NoticeOutcome,
    at: Timestamp,
) -> Result<(), Fault> {
    let close = query(sql::CLOSE_NOTICE).bind(key).bind(outcome.as_str()).bind(at.as_micros());
    stale_if_none(close.execute(connection).await?.rows_affected())
}

pub(super) fn decode(row: &SqliteRow) -> Result<Notice, Fault> {
    let fields = Fields::new(row, "mkt_notices", "key");
    let claim = match fields.get::<Option<String>>("claim_reference")? {
        Some(reference) => Some(PaymentClaim {
            reference,
            mode: fields.parse_maybe("claim_mode")?,
            amount: fields.money_maybe("claim_minor", "claim_currency")?,
        }),
        None => None,
    };
    Ok(Notice {
        key: fields.get("key")?,
        gateway: fields.get("gateway")?,
        body: fields.get("body")?,
        claim,
        received_at: fields.time("received_at")?,
        outcome: fields.parse_maybe("outcome")?,
        closed_at: fields.time_maybe("closed_at")?,
    })
}
