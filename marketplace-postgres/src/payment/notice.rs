//! Rows of `mkt_notices`. A notice has a claim if and only if it has a claimed reference.

use crate::{
    columns::{Fields, hex, micros, split},
    error::Fault,
};
use marketplace_core::payment::{Mode, Notice, NoticeOutcome, PaymentClaim};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(notice: &Notice) -> Value {
    let claim = notice.claim.as_ref();
    let (minor, currency) = split(claim.and_then(|claim| claim.amount));
    json!({
        "key": notice.key,
        "gateway": notice.gateway,
        "body": hex(&notice.body),
        "claim_kind": claim.map(|claim| claim.claimed.as_str()),
        "claim_reference": claim.map(|claim| claim.reference.as_str()),
        "claim_mode": claim.and_then(|claim| claim.mode).map(Mode::as_str),
        "claim_minor": minor,
        "claim_currency": currency,
        "received_at": notice.received_at.as_micros(),
        "outcome": notice.outcome.map(NoticeOutcome::as_str),
        "closed_at": micros(notice.closed_at),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Notice, Fault> {
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
    let mode = fields.parse_maybe("claim_mode")?;
    let (claimed, amount) =
        (fields.parse("claim_kind")?, fields.money_maybe("claim_minor", "claim_currency")?);
    Ok(Some(PaymentClaim { claimed, reference, mode, amount }))
}
