//! What may happen to a transaction, and what follows from it.
//!
//! Guarantees that success and failure are final for a reference, and that a payment and the webhooks it owes
//! are one batch of records, committed under the lock that the state was read with, which is why parallel
//! payments charge once. Callers: `page` and `control`.

use crate::sandbox::control::PayOptions;
use crate::sandbox::desk::Desk;
use crate::sandbox::error::ControlError;
use crate::sandbox::instruments::{self, Instrument};
use crate::sandbox::ledger::{self, Cause};
use crate::sandbox::money;
use crate::sandbox::record::{Initialized, Paid, Record, WebhookQueued};
use crate::sandbox::refund::RefundStatus;
use crate::sandbox::state::{State, Status, Transaction};
use crate::sandbox::wire;

const CHARGE_SUCCESS: &str = "charge.success";
const TRANSFER_REJECTED: &str = "bank.transfer.rejected";

fn open<'a>(state: &'a State, reference: &str) -> Result<&'a Transaction, ControlError> {
    let transaction = state.by_reference(reference).ok_or(ControlError::UnknownReference)?;
    match transaction.status {
        Status::Open => Ok(transaction),
        Status::Success(_) | Status::Failed { .. } => Err(ControlError::Final),
    }
}

/// The payment, and what becomes of its webhook. An instrument that never pays declines the transaction.
pub(in crate::sandbox) fn pay(
    desk: &mut Desk<'_>,
    reference: &str,
    options: &PayOptions,
) -> Result<(), ControlError> {
    let transaction = open(desk.state, reference)?;
    let instrument = match (options.instrument.as_deref(), &transaction.charge) {
        (Some(number), _) => Some(instruments::find(number).ok_or(ControlError::UnknownInstrument)?),
        (None, Some(charge)) => Some(charge.instrument()),
        (None, None) => None,
    };
    take(desk, &transaction.opened, instrument, options)
}

/// The same for a transaction that this desk may have opened. No instrument is the usual card.
pub(in crate::sandbox) fn take(
    desk: &mut Desk<'_>,
    opened: &Initialized,
    instrument: Option<&'static Instrument>,
    options: &PayOptions,
) -> Result<(), ControlError> {
    if let Some(reason) = instrument.and_then(|instrument| instrument.declines) {
        refuse(desk, opened, Some(reason));
        return Ok(());
    }
    // A transfer of another amount is not taken: the sender gets it back.
    if let Some(amount) = options.amount.filter(|amount| *amount != opened.amount)
        && instrument.is_some_and(|instrument| instrument.channel == "bank_transfer")
    {
        let (at, reference) = (desk.at, opened.reference.clone());
        desk.record(Record::BankTransferRejected { at, reference, amount });
        desk.notify(&opened.reference, TRANSFER_REJECTED, &wire::transfer_rejected(opened, amount));
        return Ok(());
    }
    let currency = options.currency.clone().unwrap_or_else(|| opened.currency.clone());
    let fee = |amount| money::rules(&currency).map_or(0, |rules| rules.fee(amount));
    let requested_amount = options.requested_amount.unwrap_or(opened.amount);
    let (amount, fees) = match options.amount {
        Some(amount) => (amount, options.fees.unwrap_or_else(|| fee(amount))),
        None if desk.behaviour.fees_on_payer => {
            let fees = options.fees.unwrap_or_else(|| fee(opened.amount));
            (opened.amount.saturating_add(fees), fees)
        }
        None => (opened.amount, options.fees.unwrap_or_else(|| fee(opened.amount))),
    };
    let paid = Paid {
        at: desk.at,
        reference: opened.reference.clone(),
        amount,
        requested_amount,
        fees,
        currency,
        authorization_code: format!("AUTH_{}", desk.config.ids.text("authorization", opened.id, 10)),
        instrument: instrument.map(|instrument| instrument.number.to_owned()),
    };
    let body = wire::charge_success(opened, &paid)?;
    desk.record(Record::Paid(paid));
    desk.notify(&opened.reference, CHARGE_SUCCESS, &body);
    Ok(())
}

/// The end of a transaction that this desk may have opened.
pub(in crate::sandbox) fn refuse(desk: &mut Desk<'_>, opened: &Initialized, reason: Option<&str>) {
    let (at, reason) = (desk.at, reason.map(str::to_owned));
    desk.record(Record::Declined { at, reference: opened.reference.clone(), reason });
}

pub(in crate::sandbox) fn decline(
    desk: &mut Desk<'_>,
    reference: &str,
    reason: Option<&str>,
) -> Result<(), ControlError> {
    let transaction = open(desk.state, reference)?;
    refuse(desk, &transaction.opened, reason);
    Ok(())
}

pub(in crate::sandbox) fn abandon(desk: &mut Desk<'_>, reference: &str) -> Result<(), ControlError> {
    open(desk.state, reference)?;
    desk.record(Record::Abandoned { at: desk.at, reference: reference.to_owned() });
    Ok(())
}

/// The same bytes once more, undamaged, as a new webhook with a schedule of its own. The last one of this
/// reference, or the last one of this event.
pub(in crate::sandbox) fn resend(
    desk: &mut Desk<'_>,
    reference: &str,
    event: Option<&str>,
) -> Result<(), ControlError> {
    let last = desk.state.hooks().rev().find(|hook| {
        hook.queued.reference == reference && event.is_none_or(|event| event == hook.queued.event)
    });
    let queued = &last.ok_or(ControlError::NoWebhook)?.queued;
    let (at, webhook) = (desk.at, desk.next_webhook());
    let again = WebhookQueued { at, webhook, delay: 0, damage: None, ..queued.clone() };
    desk.record(Record::WebhookQueued(again));
    Ok(())
}

/// Adds what a payment brought to the balance: what was taken, without the fees and without what was given back
/// out of it. Once; a second time does nothing.
pub(in crate::sandbox) fn settle(desk: &mut Desk<'_>, reference: &str) -> Result<(), ControlError> {
    let transaction = desk.state.by_reference(reference).ok_or(ControlError::UnknownReference)?;
    let Status::Success(paid) = &transaction.status else {
        return Err(ControlError::NotPaid);
    };
    if transaction.settled {
        return Ok(());
    }
    let refunds = desk.state.refunds.of(transaction.opened.id);
    let given_back = refunds
        .filter(|refund| refund.status != RefundStatus::Failed)
        .fold(0_u64, |sum, refund| sum.saturating_add(refund.created.amount));
    let net = paid.amount.saturating_sub(paid.fees).saturating_sub(given_back);
    let net = i64::try_from(net).unwrap_or(i64::MAX);
    desk.record(Record::Settled { at: desk.at, reference: reference.to_owned() });
    ledger::post(desk, &paid.currency, net, "", (Cause::Transaction, transaction.opened.id));
    Ok(())
}
