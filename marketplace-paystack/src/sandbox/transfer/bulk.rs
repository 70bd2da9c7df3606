//! `POST /transfer/bulk`.
//!
//! Guarantees that all rows are taken in or none, but for one thing: rows whose recipient is not known are left out of
//! the answer and do not happen, so that a client has to compare what it asked for with what was taken. That, and the
//! words for passwords that are on, are conventions of the twin. A reference that is taken, or stands there twice,
//! refuses all with status 404, as the documentation shows. Caller: `api`.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::facts::TransferStatus;
use super::rules::{self, Order};
use super::{calls, wire};
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::desk::Desk;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::refusal::{self, ALL_PARAMS, CHECK_VALUES, Refusal, Refused, validation};

const NO_TRANSFERS: Refusal = validation("transfers is required", ALL_PARAMS, "missing_params");
const PASSWORDS: Refusal = validation(
    "OTP must be disabled to make bulk transfers",
    "Disable OTP for transfers on your dashboard",
    "invalid_params",
);
const DUPLICATES: Refusal =
    validation("Duplicate reference(s) found", CHECK_VALUES, "unknown").of_api().with_status(404);
const NOBODY: Refusal = validation(
    "Recipient specified is invalid",
    "Ensure that you're passing the code of a recipient that exists on this integration",
    "invalid_transfer_recipient",
);
/// More in one call are refused.
const MOST: usize = 100;
const TOO_MANY: Refusal =
    validation("You cannot send more than 100 transfers at once", CHECK_VALUES, "invalid_params");

pub(in crate::sandbox) fn bulk(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let fields = Fields::of_body(call.request)?;
    if fields.required("source")? != "balance" {
        return Err(calls::SOURCE.into());
    }
    let rows = fields.raw("transfers").and_then(Value::as_array).filter(|rows| !rows.is_empty());
    let rows = rows.ok_or(NO_TRANSFERS)?;
    if rows.len() > MOST {
        return Err(TOO_MANY.into());
    }
    let orders = rows.iter().map(|row| order(row, &fields)).collect::<Result<Vec<_>, _>>()?;
    let begun = call.sandbox.decide(|desk| begin(desk, orders))?;
    call.sandbox.catch_up();
    let shared = call.sandbox.lock();
    let payouts = &shared.state.payouts;
    let mut taken = Vec::new();
    for id in begun {
        let transfer = payouts.transfer(id).ok_or(refusal::BROKEN)?;
        let recipient = payouts.recipient(transfer.started.recipient).ok_or(refusal::BROKEN)?;
        taken.push(wire::row(transfer, recipient));
    }
    Ok(answer::list(&format!("{} transfers queued.", taken.len()), taken, None))
}

fn order(row: &Value, all: &Fields) -> Result<Order, Refused> {
    let row = row.as_object().cloned().unwrap_or_else(Map::new);
    let row = Fields::of(row);
    Ok(Order {
        amount: row.amount("amount")?.ok_or(refusal::AMOUNT_MISSING)?,
        recipient: row.required("recipient")?,
        reference: calls::reference(row.required("reference")?)?,
        currency: all.text("currency"),
        reason: row.text("reason"),
    })
}

fn begin(desk: &mut Desk<'_>, orders: Vec<Order>) -> Result<Vec<u64>, Refused> {
    if desk.behaviour.transfer_otp {
        return Err(PASSWORDS.into());
    }
    let mut seen = HashSet::new();
    let mut twice: Vec<&str> = Vec::new();
    for reference in orders.iter().map(|order| order.reference.as_str()) {
        let is_taken = desk.state.payouts.by_reference(reference).is_some() || !seen.insert(reference);
        if is_taken && !twice.contains(&reference) {
            twice.push(reference);
        }
    }
    if !twice.is_empty() {
        return Err(DUPLICATES.saying(format!("Duplicate reference(s) found: {}", twice.join(","))));
    }
    let mut begun = Vec::new();
    for order in orders {
        if desk.state.payouts.recipients().any(|known| known.code == order.recipient) {
            begun.push(rules::start(desk, order, TransferStatus::Received)?);
        }
    }
    if begun.is_empty() { Err(NOBODY.into()) } else { Ok(begun) }
}
