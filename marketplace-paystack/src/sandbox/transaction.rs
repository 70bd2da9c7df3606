//! What may happen to a transaction, and what follows from it.
//!
//! Guarantees that success and failure are final for a reference, that a payment and the webhooks it owes are
//! one batch of records, and that nothing here touches state: the caller commits the batch under the lock it
//! read the state with, which is why parallel payments charge once. Callers: `twin`, for the payment page and
//! for `control`.

use super::control::{Controls, PayOptions};
use super::error::ControlError;
use super::ids::Ids;
use super::money;
use super::record::{Paid, Record, WebhookQueued};
use super::state::{State, Status, Transaction};
use super::wire;

const CHARGE_SUCCESS: &str = "charge.success";

fn open<'a>(state: &'a State, reference: &str) -> Result<&'a Transaction, ControlError> {
    let transaction = state.by_reference(reference).ok_or(ControlError::UnknownReference)?;
    match transaction.status {
        Status::Open => Ok(transaction),
        Status::Success(_) | Status::Failed { .. } => Err(ControlError::Final),
    }
}

/// The payment, and what becomes of its webhook. `notified` is whether the account has a webhook address.
pub(super) fn pay(
    state: &State,
    controls: &mut Controls,
    ids: &Ids,
    notified: bool,
    at: i64,
    reference: &str,
    options: &PayOptions,
) -> Result<Vec<Record>, ControlError> {
    let transaction = open(state, reference)?;
    let opened = &transaction.opened;
    let amount = options.amount.unwrap_or(opened.amount);
    let currency = options.currency.clone().unwrap_or_else(|| opened.currency.clone());
    let paid = Paid {
        at,
        reference: reference.to_owned(),
        amount,
        requested_amount: options.requested_amount.unwrap_or(opened.amount),
        fees: options.fees.unwrap_or_else(|| money::rules(&currency).map_or(0, |rules| rules.fee(amount))),
        currency,
        authorization_code: format!("AUTH_{}", ids.text("authorization", opened.id, 10)),
    };
    let mut records = vec![Record::Paid(paid.clone())];
    if notified {
        let body = wire::charge_success(opened, &paid)?;
        let (reference, event) = (reference.to_owned(), CHARGE_SUCCESS.to_owned());
        let copies = controls.copies_of_next_webhook();
        if copies == 0 {
            records.push(Record::WebhookDropped { at, reference: reference.clone(), event: event.clone() });
        }
        for copy in 0..copies {
            let webhook = state.next_webhook().saturating_add(copy);
            records.push(Record::WebhookQueued(WebhookQueued {
                at,
                webhook,
                reference: reference.clone(),
                event: event.clone(),
                body: body.clone(),
            }));
        }
    }
    Ok(records)
}

pub(super) fn decline(state: &State, at: i64, reference: &str) -> Result<Vec<Record>, ControlError> {
    open(state, reference)?;
    Ok(vec![Record::Declined { at, reference: reference.to_owned() }])
}

pub(super) fn abandon(state: &State, at: i64, reference: &str) -> Result<Vec<Record>, ControlError> {
    open(state, reference)?;
    Ok(vec![Record::Abandoned { at, reference: reference.to_owned() }])
}

/// The same bytes once more, as a new webhook with a schedule of its own.
pub(super) fn resend(state: &State, at: i64, reference: &str) -> Result<Vec<Record>, ControlError> {
    let last = state.hooks().rev().find(|hook| hook.queued.reference == reference);
    let queued = &last.ok_or(ControlError::NoWebhook)?.queued;
    let again = WebhookQueued { at, webhook: state.next_webhook(), ..queued.clone() };
    Ok(vec![Record::WebhookQueued(again)])
}
