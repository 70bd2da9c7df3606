//! The endpoints of transfers.
//!
//! Guarantees that a transfer that was answered is committed, and that a hidden one is not found while its
//! reference is taken already: "not found" proves nothing. Caller: `api`.

use super::book::{Payouts, Transfer};
use super::facts::TransferStatus;
use super::rules::{self, Order};
use super::wire;
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::paging::Paging;
use crate::sandbox::refusal::{self, CHECK_VALUES, Refusal, Refused, validation};

pub(super) const SOURCE: Refusal = validation("Transfer source is invalid", CHECK_VALUES, "invalid_params");
const CHARACTERS: Refusal =
    validation("Your reference contains illegal special characters", CHECK_VALUES, "invalid_params");
const LENGTH: Refusal =
    validation("Your reference must have between 16 and 50 characters", CHECK_VALUES, "invalid_params");
const UNKNOWN: Refusal =
    validation("Transfer not found", CHECK_VALUES, "transfer_not_found").with_status(404);

pub(in crate::sandbox) fn initiate(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let fields = Fields::of_body(call.request)?;
    if fields.required("source")? != "balance" {
        return Err(SOURCE.into());
    }
    let order = Order {
        amount: fields.amount("amount")?.ok_or(refusal::AMOUNT_MISSING)?,
        recipient: fields.required("recipient")?,
        reference: reference(fields.required("reference")?)?,
        currency: fields.text("currency"),
        reason: fields.text("reason"),
    };
    let id = call.sandbox.decide(|desk| rules::start(desk, order, TransferStatus::Pending))?;
    // A transfer that takes no time has its end in its first answer.
    call.sandbox.catch_up();
    let shared = call.sandbox.lock();
    let transfer = shared.state.payouts.transfer(id).ok_or(refusal::BROKEN)?;
    Ok(if transfer.status == TransferStatus::Otp {
        answer::ok("Transfer requires OTP to continue", wire::waiting(transfer))
    } else {
        answer::ok("Transfer has been queued", wire::queued(transfer))
    })
}

pub(super) fn reference(text: String) -> Result<String, Refused> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if !text.bytes().all(fits) {
        return Err(CHARACTERS.into());
    }
    if !(16..=50).contains(&text.len()) {
        return Err(LENGTH.into());
    }
    Ok(text)
}

pub(in crate::sandbox) fn verify(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    show(call, |payouts| payouts.by_reference(call.argument))
}

pub(in crate::sandbox) fn fetch(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    show(call, |payouts| match call.argument.parse() {
        Ok(id) => payouts.transfer(id),
        Err(_) => payouts.by_code(call.argument),
    })
}

fn show(call: &Call<'_>, find: impl FnOnce(&Payouts) -> Option<&Transfer>) -> Result<TwinResponse, Refused> {
    let shared = call.sandbox.lock();
    let payouts = &shared.state.payouts;
    let transfer = find(payouts).filter(|found| found.started.hidden_until <= call.at).ok_or(UNKNOWN)?;
    let recipient = payouts.recipient(transfer.started.recipient).ok_or(refusal::BROKEN)?;
    Ok(answer::ok("Transfer retrieved", wire::fetched(transfer, recipient)))
}

pub(in crate::sandbox) fn list(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let query = Fields::of_query(call.request);
    let paging = Paging::read(&query, 1_000)?;
    let (from, to) = (query.time("from")?, query.time("to")?);
    let (to_whom, status) = (query.number("recipient"), query.text("status"));
    let shared = call.sandbox.lock();
    let payouts = &shared.state.payouts;
    let wanted = |transfer: &&Transfer| {
        let started = &transfer.started;
        started.hidden_until <= call.at
            && from.is_none_or(|from| from <= started.at)
            && to.is_none_or(|to| started.at <= to)
            && to_whom.is_none_or(|id| id == started.recipient)
            && status.as_deref().is_none_or(|status| status == transfer.status.as_str())
    };
    let mut rows = Vec::new();
    for transfer in payouts.transfers().rev().filter(wanted) {
        let recipient = payouts.recipient(transfer.started.recipient).ok_or(refusal::BROKEN)?;
        rows.push((transfer.started.transfer, wire::fetched(transfer, recipient)));
    }
    let page = paging.cut(rows);
    Ok(answer::list("Transfers retrieved", page.rows, Some(page.meta)))
}
