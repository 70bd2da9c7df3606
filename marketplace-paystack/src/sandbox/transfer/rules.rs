//! What may be sent, and how that goes on.
//!
//! Guarantees that the balance pays amount and fee when a transfer is queued, and gets both back when it
//! fails, is blocked, rejected or reversed. That the fee comes back, too, is a convention of the twin. Callers:
//! `calls`, `otp`, `control`, the agenda.

use super::book::Transfer;
use super::facts::{RecipientCreated, TransferMoved, TransferStarted, TransferStatus};
use super::{magic, wire};
use crate::sandbox::behaviour::micros;
use crate::sandbox::desk::Desk;
use crate::sandbox::ledger::{self, Cause};
use crate::sandbox::money;
use crate::sandbox::record::Record;
use crate::sandbox::refusal::{CHECK_VALUES, Refusal, Refused, validation};

const STARTER: Refusal = validation(
    "You cannot initiate third party payouts as a starter business",
    "Upgrade your business to a registered business",
    "transfer_unavailable",
)
.of_api();
const RECIPIENT: Refusal = validation(
    "Recipient specified is invalid",
    "Ensure that you're passing the code of a recipient that exists on this integration",
    "invalid_transfer_recipient",
);
const DUPLICATE: Refusal = validation(
    "Please provide a unique reference. Reference already exists on a transfer",
    "Create a new reference for the new transfer",
    "duplicate_transfer_reference",
);
const CURRENCY: Refusal =
    validation("Transfer currency does not match the recipient's", CHECK_VALUES, "unsupported_currency");
const TOO_LITTLE: Refusal =
    validation("Amount is less than the minimum of a transfer", CHECK_VALUES, "invalid_amount");
/// Without a code of its own: a client has to know it by its words.
const NO_BALANCE: Refusal = validation(
    "Your balance is not enough to fulfil this request",
    "Top up your balance and try again",
    "unknown",
)
.of_api();

const FIRST_ID: u64 = 860_000_000;
/// How long a one-time password may take.
const OTP_TIME: i64 = 30 * 60 * 1_000_000;

/// Money that somebody wants to send, read and checked as far as that goes without the state.
pub(super) struct Order {
    pub(super) reference: String,
    pub(super) amount: u64,
    pub(super) recipient: String,
    pub(super) currency: Option<String>,
    pub(super) reason: Option<String>,
}

/// The last transfer, this desk's own ones included.
fn last(desk: &Desk<'_>) -> Option<u64> {
    let decided = desk.records().iter().rev().find_map(|record| match record {
        Record::TransferStarted(started) => Some(started.transfer),
        _ => None,
    });
    decided.or_else(|| desk.state.payouts.transfers().next_back().map(|known| known.started.transfer))
}

/// Begins a transfer and gives back its id. `first` is where it stands unless it waits for a password.
pub(super) fn start(desk: &mut Desk<'_>, order: Order, first: TransferStatus) -> Result<u64, Refused> {
    if desk.behaviour.starter_business {
        return Err(STARTER.into());
    }
    let payouts = &desk.state.payouts;
    let recipient = payouts.recipients().find(|known| known.code == order.recipient).ok_or(RECIPIENT)?;
    if payouts.by_reference(&order.reference).is_some() {
        return Err(DUPLICATE.with_status(desk.behaviour.duplicate_transfer_status).into());
    }
    let currency = order.currency.unwrap_or_else(|| "NGN".to_owned());
    if currency != recipient.currency {
        return Err(CURRENCY.into());
    }
    if order.amount < money::least_transfer(&currency) {
        return Err(TOO_LITTLE.into());
    }
    let fee = money::transfer_fee(&currency, order.amount, recipient.kind.starts_with("mobile_money"));
    covered(desk, &currency, order.amount, fee)?;

    let id = desk.config.ids.after("transfer", last(desk), FIRST_ID);
    let taken = |text: &str| payouts.transfers().any(|known| known.started.code.ends_with(text));
    let waits = desk.behaviour.transfer_otp;
    let time = if waits { OTP_TIME } else { micros(desk.behaviour.transfer_time) };
    let next_at = Some(desk.at.saturating_add(time));
    let started = TransferStarted {
        at: desk.at,
        transfer: id,
        code: format!("TRF_{}", desk.config.ids.unused("transfer-code", id, 16, taken)),
        reference: order.reference,
        recipient: recipient.recipient,
        amount: order.amount,
        currency,
        fee,
        reason: order.reason.unwrap_or_default(),
        status: if waits { TransferStatus::Otp } else { first },
        hidden_until: desk.at.saturating_add(micros(desk.behaviour.transfer_hidden)),
        next_at: if waits { next_at } else { next_at.filter(|_| ends(recipient).is_some()) },
    };
    desk.record(Record::TransferStarted(started.clone()));
    if !waits {
        pay(desk, &started);
    }
    Ok(id)
}

fn ends(recipient: &RecipientCreated) -> Option<TransferStatus> {
    magic::after_pending(&recipient.account_number)
}

fn cost(amount: u64, fee: u64) -> i64 {
    i64::try_from(amount.saturating_add(fee)).unwrap_or(i64::MAX)
}

fn covered(desk: &Desk<'_>, currency: &str, amount: u64, fee: u64) -> Result<(), Refused> {
    if ledger::balance(desk, currency) < cost(amount, fee) { Err(NO_BALANCE.into()) } else { Ok(()) }
}

fn pay(desk: &mut Desk<'_>, started: &TransferStarted) {
    let out = cost(started.amount, started.fee).saturating_neg();
    ledger::post(desk, &started.currency, out, &started.reason, (Cause::Transfer, started.transfer));
}

/// The one-time password was right: queues the transfer.
pub(super) fn confirm(desk: &mut Desk<'_>, transfer: &Transfer) -> Result<(), Refused> {
    let started = &transfer.started;
    covered(desk, &started.currency, started.amount, started.fee)?;
    move_to(desk, transfer, TransferStatus::Pending);
    Ok(())
}

/// Lets time act on a transfer.
pub(in crate::sandbox) fn go_on(desk: &mut Desk<'_>, id: u64) {
    let payouts = &desk.state.payouts;
    let Some(transfer) = payouts.transfer(id) else {
        return;
    };
    let next = match transfer.status {
        TransferStatus::Otp => Some(TransferStatus::Abandoned),
        TransferStatus::Pending | TransferStatus::Received => {
            payouts.recipient(transfer.started.recipient).and_then(ends)
        }
        TransferStatus::Success => Some(TransferStatus::Reversed),
        _ => None,
    };
    if let Some(next) = next {
        move_to(desk, transfer, next);
    }
}

/// Moves a transfer, with everything that follows from it.
pub(in crate::sandbox) fn move_to(desk: &mut Desk<'_>, transfer: &Transfer, status: TransferStatus) {
    let started = &transfer.started;
    let Some(recipient) = desk.state.payouts.recipient(started.recipient) else {
        return;
    };
    let goes_on = match status {
        TransferStatus::Pending => ends(recipient).is_some(),
        TransferStatus::Success => magic::comes_back(&recipient.account_number),
        _ => false,
    };
    let next_at = goes_on.then(|| desk.at.saturating_add(micros(desk.behaviour.transfer_time)));
    let (at, id) = (desk.at, started.transfer);
    desk.record(Record::TransferMoved(TransferMoved { at, transfer: id, status, next_at }));
    let was_paid = transfer.status != TransferStatus::Otp;
    let is_paid = status == TransferStatus::Success || (status.is_open() && status != TransferStatus::Otp);
    if is_paid && !was_paid {
        pay(desk, started);
    } else if was_paid && !is_paid {
        let back = cost(started.amount, started.fee);
        ledger::post(desk, &started.currency, back, &started.reason, (Cause::Transfer, id));
    }
    if matches!(status, TransferStatus::Success | TransferStatus::Failed | TransferStatus::Reversed) {
        let body = wire::notice(started, recipient, status, desk.at);
        desk.notify(&started.reference, &format!("transfer.{}", status.as_str()), &body);
    }
}
