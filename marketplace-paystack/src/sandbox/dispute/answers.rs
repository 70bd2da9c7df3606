//! The merchant's side of a dispute: `PUT /dispute/{id}`, `POST /dispute/{id}/evidence`,
//! `PUT /dispute/{id}/resolve`.
//!
//! Guarantees that a dispute is answered once; that to accept gives the named amount back and ends it, and to
//! decline hands it to the bank; that a claim of fraud is declined with evidence only. Caller: `api`.

use super::book::Dispute;
use super::calls::{about, find, id};
use super::facts::{DisputeCategory, DisputeStatus, EvidenceAdded, Resolution};
use super::rules::{Move, move_on};
use super::{calls, wire};
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::desk::Desk;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::record::Record;
use crate::sandbox::refusal::{self, ALL_PARAMS, CHECK_VALUES, Refusal, Refused, validation};

const RESOLUTION: Refusal =
    validation("\"resolution\" must be one of [merchant-accepted, declined]", CHECK_VALUES, "invalid_params");
const TOO_MUCH: Refusal =
    validation("Refund amount cannot be greater than initial amount", CHECK_VALUES, "invalid_params");
const ANSWERED: Refusal = validation("Dispute has been answered already", CHECK_VALUES, "invalid_params");
const EVIDENCE_NEEDED: Refusal =
    validation("Evidence is required for fraud claims", ALL_PARAMS, "missing_params");
const EVIDENCE_UNKNOWN: Refusal = validation("Evidence not found", CHECK_VALUES, "invalid_params");

const FIRST_EVIDENCE: u64 = 20;

/// A dispute that waits for the merchant, and what they would give back.
fn answerable<'a>(desk: &Desk<'a>, id: u64, amount: u64) -> Result<&'a Dispute, Refused> {
    let dispute = desk.state.disputes.get(id).ok_or(calls::UNKNOWN)?;
    if dispute.status != DisputeStatus::AwaitingMerchantFeedback {
        return Err(ANSWERED.into());
    }
    if amount > dispute.opened.refund_amount {
        return Err(TOO_MUCH.into());
    }
    Ok(dispute)
}

/// The amount that is to be given back, which has to be named.
fn amount(fields: &Fields) -> Result<u64, Refused> {
    let amount = fields.amount("refund_amount")?;
    amount.ok_or_else(|| refusal::MISSING.saying("refund_amount is required".to_owned()))
}

pub(in crate::sandbox) fn update(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let (id, fields) = (id(call)?, Fields::of_body(call.request)?);
    let amount = amount(&fields)?;
    call.sandbox.decide(|desk| {
        let dispute = answerable(desk, id, amount)?;
        let step = Move {
            resolution: None,
            refund_amount: Some(amount),
            attachment: fields.text("uploaded_filename"),
            ..Move::to(Resolution::Declined)
        };
        move_on(desk, dispute, dispute.status, step);
        Ok::<_, Refused>(())
    })?;
    let shared = call.sandbox.lock();
    let dispute = find(&shared, id)?;
    let (transaction, status) = about(&shared, dispute)?;
    Ok(answer::ok("Dispute updated successfully", wire::updated(dispute, transaction, status)))
}

pub(in crate::sandbox) fn evidence(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let (id, fields) = (id(call)?, Fields::of_body(call.request)?);
    let told = call.sandbox.decide(|desk| {
        answerable(desk, id, 0)?;
        let last = desk.state.disputes.last_evidence();
        let told = EvidenceAdded {
            at: desk.at,
            dispute: id,
            evidence: desk.config.ids.after("evidence", last, FIRST_EVIDENCE),
            customer_email: fields.required("customer_email")?,
            customer_name: fields.required("customer_name")?,
            customer_phone: fields.required("customer_phone")?,
            service_details: fields.required("service_details")?,
            delivery_address: fields.text("delivery_address"),
            delivery_date: fields.text("delivery_date"),
        };
        desk.record(Record::EvidenceAdded(told.clone()));
        Ok::<_, Refused>(told)
    })?;
    Ok(answer::ok("Evidence created", wire::evidence(&told)))
}

pub(in crate::sandbox) fn resolve(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let (id, fields) = (id(call)?, Fields::of_body(call.request)?);
    let (resolution, status) = match fields.required("resolution")?.as_str() {
        "merchant-accepted" => (Resolution::MerchantAccepted, DisputeStatus::Resolved),
        "declined" => (Resolution::Declined, DisputeStatus::AwaitingBankFeedback),
        _ => return Err(RESOLUTION.into()),
    };
    let message = fields.required("message")?;
    let amount = amount(&fields)?;
    let file = fields.required("uploaded_filename")?;
    let evidence = fields.number("evidence");
    call.sandbox.decide(|desk| {
        let dispute = answerable(desk, id, amount)?;
        if evidence.is_some_and(|evidence| desk.state.disputes.evidence(id, evidence).is_none()) {
            return Err(Refused::from(EVIDENCE_UNKNOWN));
        }
        let is_fraud = dispute.opened.category == DisputeCategory::Fraud;
        if is_fraud && status != DisputeStatus::Resolved && evidence.is_none() {
            return Err(EVIDENCE_NEEDED.into());
        }
        let step = Move {
            refund_amount: Some(amount),
            message: Some(message),
            attachment: Some(file),
            evidence,
            ..Move::to(resolution)
        };
        move_on(desk, dispute, status, step);
        Ok(())
    })?;
    let shared = call.sandbox.lock();
    let dispute = shared.state.disputes.get(id).ok_or(refusal::BROKEN)?;
    let (transaction, status) = about(&shared, dispute)?;
    Ok(answer::ok("Dispute successfully resolved", wire::resolved(dispute, transaction, status)))
}
