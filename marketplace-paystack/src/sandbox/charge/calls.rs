//! `POST /charge`, `GET /charge/{reference}` and `POST /charge/submit_…`.
//!
//! Guarantees that what was answered is committed, a failure with status 400 included: after a wrong PIN or password
//! the charge is dead although the answer is an error. Caller: `api`.

use super::book::Charge;
use super::facts::ChargeStatus;
use super::{channel, rules, saved, wire};
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::initialize;
use crate::sandbox::refusal::{self, CHECK_VALUES, Refusal, Refused, validation};
use crate::sandbox::state::{Status, Transaction};

const ATTEMPTED: &str = "Charge attempted";
const CHECKED: &str = "Reference check successful";
const UNKNOWN: Refusal = validation("Transaction reference is invalid", CHECK_VALUES, "invalid_params");
const NOT_ASKED: Refusal = validation("Charge is not waiting for this", CHECK_VALUES, "invalid_params");
/// The smallest bank transfer.
const LEAST_TRANSFER: u64 = 10_000;

pub(in crate::sandbox) fn create(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let mut fields = Fields::of_body(call.request)?;
    let order = initialize::read(&mut fields, &call.sandbox.config().currencies)?;
    if let Some(code) = fields.text("authorization_code") {
        return saved::attempt(call, order, &code);
    }
    let channel = channel::read(&fields, order.currency)?;
    if channel.instrument.channel == "bank_transfer" && order.amount < LEAST_TRANSFER {
        return Err(refusal::AMOUNT_OUT_OF_RANGE.into());
    }
    let reference = call.sandbox.decide(|desk| rules::begin(desk, order, &channel))?;
    call.sandbox.catch_up();
    tell(call, &reference, |transaction, charge| {
        answer::ok(ATTEMPTED, wire::stands(call.sandbox.config(), transaction, charge, wire::Whole::Charged))
    })
}

pub(in crate::sandbox) fn check(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    tell(call, call.argument, |transaction, charge| {
        let is_paid = matches!(transaction.status, Status::Success(_));
        let message = if is_paid { ATTEMPTED } else { CHECKED };
        answer::ok(message, wire::stands(call.sandbox.config(), transaction, charge, wire::Whole::Charged))
    })
}

/// What was found of a charge, in the words of one call.
fn tell(
    call: &Call<'_>,
    reference: &str,
    words: impl FnOnce(&Transaction, Option<&Charge>) -> TwinResponse,
) -> Result<TwinResponse, Refused> {
    let shared = call.sandbox.lock();
    let transaction = shared.state.by_reference(reference).ok_or_else(|| UNKNOWN.bare())?;
    Ok(words(transaction, transaction.charge.as_ref()))
}

/// The payer's answer to what `field` asks for.
pub(in crate::sandbox) fn submit(call: &Call<'_>, field: &'static str) -> Result<TwinResponse, Refused> {
    let fields = Fields::of_body(call.request)?;
    let reference = fields.required("reference")?;
    let given = fields.required(field)?;
    // Of an address only the code is looked at.
    let given = if field == "address" {
        fields.required("city")?;
        fields.required("state")?;
        fields.required("zip_code")?
    } else {
        given
    };
    let is_right = call.sandbox.decide(|desk| {
        let transaction = desk.state.by_reference(&reference).ok_or_else(|| UNKNOWN.bare())?;
        let charge = transaction.charge.as_ref().ok_or_else(|| UNKNOWN.bare())?;
        match transaction.status {
            // Dead: what is answered now changes nothing.
            Status::Failed { .. } => Ok(false),
            Status::Open if charge.status == ChargeStatus::asking(field) => {
                rules::answer(desk, &transaction.opened, charge, &given)
            }
            Status::Open | Status::Success(_) => Err(NOT_ASKED.bare()),
        }
    })?;
    call.sandbox.catch_up();
    tell(call, &reference, |transaction, charge| {
        let data = wire::stands(call.sandbox.config(), transaction, charge, wire::Whole::Submitted);
        // A telephone number that is too short fails like a charge, and not like a call.
        if is_right || field == "phone" {
            answer::ok(ATTEMPTED, data)
        } else {
            answer::failed(ATTEMPTED, data)
        }
    })
}
