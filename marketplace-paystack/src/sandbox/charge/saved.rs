//! Saved cards: `POST /transaction/charge_authorization`, `POST /charge` with a code, and
//! `POST /customer/authorization/deactivate`.
//!
//! Guarantees that only a reusable code that was not deactivated pays, and only with the exact e-mail address of the
//! payment that it comes from; that one text stands for all three failures, as Paystack's does; and that a refusal
//! creates nothing. Callers: `api`, `calls`.

use serde_json::json;

use super::{rules, wire};
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::behaviour::SavedCards;
use crate::sandbox::desk::Desk;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::initialize::{self, Order};
use crate::sandbox::instruments::{self, Instrument};
use crate::sandbox::record::{EntryPoint, Initialized, Paid, Record};
use crate::sandbox::refusal::{self, CHECK_VALUES, Refusal, Refused, validation};
use crate::sandbox::state::Status;
use crate::sandbox::transaction;

const UNKNOWN: Refusal = validation("Authorization code is invalid", CHECK_VALUES, "invalid_params");
const MISMATCH: Refusal = validation(
    "Email does not match Authorization code. Authorization may be inactive or belong to a different email. \
     Please confirm.",
    CHECK_VALUES,
    "invalid_params",
);
const DECLINED: &str = "Declined";

pub(in crate::sandbox) fn charge(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let mut fields = Fields::of_body(call.request)?;
    let order = initialize::read(&mut fields, &call.sandbox.config().currencies)?;
    let code = fields.required("authorization_code")?;
    attempt(call, order, &code)
}

/// What a charge of a saved card came to.
enum Attempt {
    Done(String),
    Paused(Initialized),
}

pub(super) fn attempt(call: &Call<'_>, order: Order, code: &str) -> Result<TwinResponse, Refused> {
    let attempted = call.sandbox.decide(|desk| {
        let instrument = saved(desk, order.email(), code)?;
        let opened = initialize::open(desk, order, EntryPoint::ChargeAuthorization)?;
        desk.record(Record::Initialized(opened.clone()));
        match desk.behaviour.saved_cards {
            SavedCards::Pay => rules::pay(desk, &opened, instrument).map_err(|_| refusal::BROKEN)?,
            SavedCards::Decline => transaction::refuse(desk, &opened, Some(DECLINED)),
            SavedCards::Challenge => return Ok(Attempt::Paused(opened)),
        }
        Ok::<_, Refused>(Attempt::Done(opened.reference))
    })?;
    let reference = match attempted {
        Attempt::Done(reference) => reference,
        Attempt::Paused(opened) => {
            let data = json!({
                "authorization_url": initialize::page_of(call.sandbox.config(), &opened),
                "reference": opened.reference, "access_code": opened.access_code, "paused": true
            });
            let message = "Please, redirect your customer to the authorization url provided";
            return Ok(answer::ok(message, data));
        }
    };
    let shared = call.sandbox.lock();
    let transaction = shared.state.by_reference(&reference).ok_or(refusal::BROKEN)?;
    Ok(answer::ok("Charge attempted", wire::authorized(transaction)))
}

/// The payment that a code comes from.
fn source<'a>(desk: &Desk<'a>, code: &str) -> Option<(&'a Initialized, &'a Paid)> {
    desk.state.transactions().iter().find_map(|known| match &known.status {
        Status::Success(paid) if paid.authorization_code == code => Some((&known.opened, paid)),
        _ => None,
    })
}

fn saved(desk: &Desk<'_>, email: &str, code: &str) -> Result<&'static Instrument, Refused> {
    let (opened, paid) = source(desk, code).ok_or(UNKNOWN)?;
    let instrument = instruments::of(paid.instrument.as_deref());
    let may_be_charged = instrument.reusable && !desk.state.deactivated.contains(code);
    if may_be_charged && opened.email == email { Ok(instrument) } else { Err(MISMATCH.into()) }
}

pub(in crate::sandbox) fn deactivate(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let code = Fields::of_body(call.request)?.required("authorization_code")?;
    call.sandbox.decide(|desk| {
        source(desk, &code).ok_or(UNKNOWN)?;
        let at = desk.at;
        desk.record(Record::AuthorizationDeactivated { at, authorization_code: code });
        Ok::<_, Refused>(())
    })?;
    Ok(answer::done("Authorization has been deactivated"))
}
