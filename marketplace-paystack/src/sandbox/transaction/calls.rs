//! Asking for transactions: `GET /transaction/verify/{reference}`, `GET /transaction/{id}`, `GET /transaction`,
//! the timeline and the totals.
//!
//! Guarantees that lists are newest first and that their windows count from when a transaction was begun, ends
//! included. Filters that the twin knows nothing of are ignored, as Paystack ignores misspelt ones. Caller:
//! `api`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::paging::Paging;
use crate::sandbox::refusal::{self, Refused};
use crate::sandbox::state::{Standing, Status, Transaction};
use crate::sandbox::twin::Shared;
use crate::sandbox::wire;

fn status(shared: &Shared, transaction: &Transaction) -> &'static str {
    wire::word(shared.state.standing(transaction), shared.behaviour.reversals_with_underscore)
}

fn unknown(shared: &Shared) -> Refused {
    refusal::UNKNOWN_REFERENCE.with_status(shared.behaviour.unknown_reference_status).into()
}

pub(in crate::sandbox) fn verify(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let shared = call.sandbox.lock();
    let found = shared.state.by_reference(call.argument).ok_or_else(|| unknown(&shared))?;
    Ok(answer::ok("Verification successful", wire::verified(found, status(&shared, found))))
}

pub(in crate::sandbox) fn fetch(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let shared = call.sandbox.lock();
    let id = call.argument.parse().map_err(|_| unknown(&shared))?;
    let found = shared.state.by_id(id).ok_or_else(|| unknown(&shared))?;
    Ok(answer::ok("Transaction retrieved", wire::fetched(found, status(&shared, found))))
}

pub(in crate::sandbox) fn timeline(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let shared = call.sandbox.lock();
    let found = shared.state.named(call.argument).ok_or_else(|| unknown(&shared))?;
    Ok(answer::ok("Timeline retrieved", wire::timeline(found)))
}

fn amount(transaction: &Transaction) -> u64 {
    match &transaction.status {
        Status::Success(paid) => paid.amount,
        Status::Open | Status::Failed { .. } => transaction.opened.amount,
    }
}

pub(in crate::sandbox) fn list(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let query = Fields::of_query(call.request);
    let paging = Paging::read(&query, 1_000)?;
    let (from, to) = (query.time("from")?, query.time("to")?);
    let (word, customer) = (query.text("status"), query.number("customer"));
    let (code, wanted_amount) = (query.text("customer_code"), query.number("amount"));
    let shared = call.sandbox.lock();
    let wanted = |transaction: &&Transaction| {
        let opened = &transaction.opened;
        from.is_none_or(|from| from <= opened.at)
            && to.is_none_or(|to| opened.at <= to)
            && word.as_deref().is_none_or(|word| word == status(&shared, transaction))
            && customer.is_none_or(|id| id == opened.customer_id)
            && code.as_deref().is_none_or(|code| code == opened.customer_code)
            && wanted_amount.is_none_or(|wanted| wanted == amount(transaction))
    };
    let found: Vec<&Transaction> = shared.state.transactions().iter().rev().filter(wanted).collect();
    let volume = found.iter().fold(0_u64, |sum, one| sum.saturating_add(amount(one)));
    let rows = found.into_iter().map(|one| (one.opened.id, one)).collect();
    let page = paging.cut(rows).with("total_volume", json!(volume));
    let rows = page.rows.into_iter().map(|one| wire::listed(one, status(&shared, one))).collect();
    Ok(answer::list("Transactions retrieved", rows, Some(page.meta)))
}

/// What was taken in all. Transfers that are pending count as Paystack counts what it still owes: all of it,
/// because nothing settles in test mode.
pub(in crate::sandbox) fn totals(call: &Call<'_>) -> TwinResponse {
    let shared = call.sandbox.lock();
    let mut volumes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut count = 0_u64;
    for transaction in shared.state.transactions() {
        let Status::Success(paid) = &transaction.status else {
            continue;
        };
        if shared.state.standing(transaction) == Standing::Reversed {
            continue;
        }
        count = count.saturating_add(1);
        let (volume, pending) = volumes.entry(paid.currency.as_str()).or_default();
        *volume = volume.saturating_add(paid.amount);
        if !transaction.settled {
            *pending = pending.saturating_add(paid.amount);
        }
    }
    let sum = |pick: fn(&(u64, u64)) -> u64| volumes.values().map(pick).fold(0, u64::saturating_add);
    let each = |pick: fn(&(u64, u64)) -> u64| -> Vec<Value> {
        volumes.iter().map(|(code, both)| json!({"currency": code, "amount": pick(both)})).collect()
    };
    let data = json!({
        "total_transactions": count,
        "total_volume": sum(|both| both.0), "total_volume_by_currency": each(|both| both.0),
        "pending_transfers": sum(|both| both.1), "pending_transfers_by_currency": each(|both| both.1)
    });
    answer::ok("Transaction totals", data)
}
