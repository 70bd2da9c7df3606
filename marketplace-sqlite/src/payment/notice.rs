//! Rows of `mkt_notices`. A notice has a claim if and only if it has a claimed reference.

use crate::{
    columns::{Fields, split},
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::payment as sql,
};
use marketplace_core::{
    payment::{Mode, Notice, NoticeOutcome, PaymentClaim},
    time::Timestamp,
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn insert(script: &mut Script, notice: &Notice) {
    let claim = notice.claim.as_ref();
    let (minor, currency) = split(claim.and_then(|claim| claim.amount));
    script
        .step(sql::INSERT_NOTICE, TAKEN)
        .bind(notice.key.as_str())
        .bind(notice.gateway.as_str())
        .bind(notice.body.as_slice())
        .bind(claim.map(|claim| claim.claimed.as_str()))
        .bind(claim.map(|claim| claim.reference.as_str()))
        .bind(claim.and_then(|claim| claim.mode).map(Mode::as_str))
        .bind(minor)
        .bind(currency)
        .bind(notice.received_at)
        .bind(notice.outcome.map(NoticeOutcome::as_str))
        .bind(notice.closed_at);
}

pub(crate) fn close(script: &mut Script, key: &str, outcome: NoticeOutcome, at: Timestamp) {
    script.step(sql::CLOSE_NOTICE, STALE).bind(key).bind(outcome.as_str()).bind(at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<Notice, Fault> {
    let fields = Fields::new(row, "mkt_notices", "key");
    let claim = claim(&fields)?;
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

pub(super) fn claim(fields: &Fields<'_>) -> Result<Option<PaymentClaim>, Fault> {
    let Some(reference) = fields.get::<Option<String>>("claim_reference")? else { return Ok(None) };
    Ok(Some(PaymentClaim {
        claimed: fields.parse("claim_kind")?,
        reference,
        mode: fields.parse_maybe("claim_mode")?,
        amount: fields.money_maybe("claim_minor", "claim_currency")?,
    }))
}
