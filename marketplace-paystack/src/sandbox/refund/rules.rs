//! What may be given back, and how that goes on.
//!
//! Guarantees that the refunds of a payment that did not fail never add up to more than was paid, and that
//! what is taken out of the balance comes back when a refund fails. Callers: `calls`, `control`, `dispute`, the
//! agenda.

use super::book::Refund;
use super::facts::{RefundCreated, RefundMoved, RefundOrigin, RefundStatus};
use super::wire;
use crate::sandbox::behaviour::micros;
use crate::sandbox::desk::Desk;
use crate::sandbox::instruments;
use crate::sandbox::ledger::{self, Cause};
use crate::sandbox::record::{Paid, Record};
use crate::sandbox::refusal::{ALL_PARAMS, CHECK_VALUES, Refusal, Refused, validation};
use crate::sandbox::state::{Status, Transaction};

const TRANSACTION_MISSING: Refusal = validation("Transaction is required", ALL_PARAMS, "missing_params");
const TRANSACTION_UNKNOWN: Refusal =
    validation("Transaction not found", CHECK_VALUES, "transaction_not_found").with_status(404);
const NOT_PAID: Refusal =
    validation("Only successful transactions can be refunded", CHECK_VALUES, "invalid_params");
const REVERSED: Refusal =
    validation("Transaction has been fully reversed", CHECK_VALUES, "transaction_reversed").of_api();
const CURRENCY: Refusal =
    validation("Transaction currency must match refund currency", CHECK_VALUES, "invalid_params");
const TOO_LITTLE: Refusal = validation("Refund amount is too small", CHECK_VALUES, "invalid_params");
const TOO_MUCH: Refusal = validation(
    "Total refund amount cannot exceed original transaction amount",
    CHECK_VALUES,
    "invalid_params",
);
const NO_BALANCE: Refusal = validation(
    "Insufficient balance to fulfill this refund. Please top up.",
    CHECK_VALUES,
    "insufficient_balance",
)
.of_api();

/// One unit of each currency, and half of one; seen for cedis, assumed for the others.
const MINIMUM: u64 = 100;
const LEAST: u64 = 50;
const FIRST_ID: u64 = 18_000_000;

/// What somebody wants given back.
pub(in crate::sandbox) struct Asked {
    /// The reference or the id of the transaction.
    pub(in crate::sandbox) transaction: Option<String>,
    /// All of it if nothing.
    pub(in crate::sandbox) amount: Option<u64>,
    pub(in crate::sandbox) currency: Option<String>,
    pub(in crate::sandbox) customer_note: Option<String>,
    pub(in crate::sandbox) merchant_note: Option<String>,
    pub(in crate::sandbox) origin: RefundOrigin,
}

fn paid(transaction: &Transaction) -> Result<&Paid, Refused> {
    if let Status::Success(paid) = &transaction.status { Ok(paid) } else { Err(NOT_PAID.into()) }
}

/// What is on its way back or has arrived.
fn given_back(desk: &Desk<'_>, transaction: &Transaction) -> u64 {
    let refunds = desk.state.refunds.of(transaction.opened.id);
    let alive = refunds.filter(|refund| refund.status != RefundStatus::Failed);
    alive.fold(0, |sum, refund| sum.saturating_add(refund.created.amount))
}

/// Begins a refund and gives back its id.
pub(in crate::sandbox) fn create(desk: &mut Desk<'_>, asked: Asked) -> Result<u64, Refused> {
    let name = asked.transaction.as_deref().ok_or(TRANSACTION_MISSING)?;
    let transaction = desk.state.named(name).ok_or(TRANSACTION_UNKNOWN)?;
    let paid = paid(transaction)?;
    let before = given_back(desk, transaction);
    if before >= paid.amount {
        return Err(REVERSED.into());
    }
    if asked.currency.as_deref().is_some_and(|currency| currency != paid.currency) {
        return Err(CURRENCY.into());
    }
    let amount = asked.amount.unwrap_or(paid.amount);
    at_least(amount, &paid.currency)?;
    if before.saturating_add(amount) > paid.amount {
        return Err(TOO_MUCH.into());
    }
    if transaction.settled && ledger::balance(desk, &paid.currency) < signed(amount) {
        return Err(NO_BALANCE.into());
    }
    let next_at = desk.at.saturating_add(micros(desk.behaviour.refund_step));
    let ends = instruments::of(paid.instrument.as_deref()).refunds;
    Ok(record(desk, transaction, paid, asked, amount, (RefundStatus::Pending, ends, Some(next_at))))
}

/// Gives back what a lost dispute costs, at once, and be it out of an empty balance. Less than asked if less is
/// left, and nothing if nothing is. Sends no webhook of its own: the dispute's says it.
pub(in crate::sandbox) fn by_dispute(desk: &mut Desk<'_>, dispute: u64, reference: &str, amount: u64) {
    let Some(transaction) = desk.state.by_reference(reference) else {
        return;
    };
    let Ok(paid) = paid(transaction) else {
        return;
    };
    let amount = amount.min(paid.amount.saturating_sub(given_back(desk, transaction)));
    if amount == 0 {
        return;
    }
    let asked = Asked {
        transaction: None,
        amount: None,
        currency: None,
        customer_note: None,
        merchant_note: Some(format!("Refund for dispute {dispute}")),
        origin: RefundOrigin::Dispute(dispute),
    };
    record(desk, transaction, paid, asked, amount, (RefundStatus::Processed, RefundStatus::Processed, None));
}

fn record(
    desk: &mut Desk<'_>,
    transaction: &Transaction,
    paid: &Paid,
    asked: Asked,
    amount: u64,
    (status, ends, next_at): (RefundStatus, RefundStatus, Option<i64>),
) -> u64 {
    let id = desk.config.ids.after("refund", desk.state.refunds.last_id(), FIRST_ID);
    let reference = &transaction.opened.reference;
    let note = |sent: Option<String>, by: &str| {
        sent.unwrap_or_else(|| format!("Refund for transaction {reference}{by}"))
    };
    let created = RefundCreated {
        at: desk.at,
        refund: id,
        transaction: transaction.opened.id,
        reference: reference.clone(),
        amount,
        currency: paid.currency.clone(),
        customer_note: note(asked.customer_note, ""),
        merchant_note: note(asked.merchant_note, " by owner"),
        origin: asked.origin,
        from_balance: transaction.settled,
        status,
        ends,
        next_at,
    };
    desk.record(Record::RefundCreated(created.clone()));
    if created.from_balance {
        let out = signed(amount).saturating_neg();
        ledger::post(desk, &created.currency, out, "", (Cause::Refund, id));
    }
    if status == RefundStatus::Pending {
        notify(desk, &created, status);
    }
    id
}

fn at_least(amount: u64, currency: &str) -> Result<(), Refused> {
    if amount < LEAST {
        return Err(TOO_LITTLE.saying(format!("Cannot refund less than {currency}0.5")));
    }
    if amount < MINIMUM {
        let text =
            format!("The minimum amount you may send in a single refund at this time is: {currency}1.00");
        return Err(TOO_LITTLE.saying(text));
    }
    Ok(())
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// Lets time act on a refund.
pub(in crate::sandbox) fn go_on(desk: &mut Desk<'_>, id: u64) {
    let Some(refund) = desk.state.refunds.get(id) else {
        return;
    };
    let next = match refund.status {
        RefundStatus::Pending => RefundStatus::Processing,
        RefundStatus::Processing if refund.told => RefundStatus::Processed,
        RefundStatus::Processing => refund.created.ends,
        _ => return,
    };
    move_to(desk, refund, next, None);
}

/// Moves a refund, with everything that follows from it.
pub(in crate::sandbox) fn move_to(
    desk: &mut Desk<'_>,
    refund: &Refund,
    status: RefundStatus,
    to_account: Option<String>,
) {
    let created = &refund.created;
    let goes_on = matches!(status, RefundStatus::Pending | RefundStatus::Processing);
    let next_at = goes_on.then(|| desk.at.saturating_add(micros(desk.behaviour.refund_step)));
    let (at, id) = (desk.at, created.refund);
    desk.record(Record::RefundMoved(RefundMoved { at, refund: id, status, to_account, next_at }));
    // Also what was taken out of a payout before it reached the balance.
    let settled = desk.state.by_reference(&created.reference).is_some_and(|known| known.settled);
    if status == RefundStatus::Failed && settled {
        ledger::post(desk, &created.currency, signed(created.amount), "", (Cause::Refund, id));
    }
    notify(desk, created, status);
}

fn notify(desk: &mut Desk<'_>, created: &RefundCreated, status: RefundStatus) {
    let Some(transaction) = desk.state.by_reference(&created.reference) else {
        return;
    };
    let body = wire::notice(created, status, &transaction.opened, desk.behaviour.short_refund_hooks);
    desk.notify(&created.reference, &format!("refund.{}", status.as_str()), &body);
}
