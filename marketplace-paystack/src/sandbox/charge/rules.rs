//! How a charge begins and goes on.
//!
//! Guarantees that a charge and its transaction are one batch of records, and that nobody is asked twice. Callers:
//! `calls`, `saved`, the agenda.

use super::accounts::{EFT, KUDA, PAYBILL, TRANSFER, USSD};
use super::book::Charge;
use super::channel::Channel;
use super::facts::{ChargeMoved, ChargeStarted, ChargeStatus};
use crate::sandbox::behaviour::micros;
use crate::sandbox::control::PayOptions;
use crate::sandbox::desk::Desk;
use crate::sandbox::error::ControlError;
use crate::sandbox::initialize::{self, Order};
use crate::sandbox::instruments::{Instrument, Step};
use crate::sandbox::record::{EntryPoint, Initialized, Record};
use crate::sandbox::refusal::{self, Refused};
use crate::sandbox::state::Status;
use crate::sandbox::transaction;

const MINUTE: i64 = 60_000_000;
/// How long a payer has at the telephone.
const AT_THE_TELEPHONE: i64 = 3 * MINUTE;
/// How long an account for one payment is open, at the least and at the most.
const OPEN: (i64, i64) = (15 * MINUTE, 480 * MINUTE);
const BY_TOKEN: i64 = MINUTE / 6;

const WRONG_PIN: &str = "Incorrect PIN";
const WRONG_TOKEN: &str = "Token Authorization Not Successful. Incorrect Token Supplied";
const WRONG: &str = "Transaction failed authentication";
const TOO_LATE: &str = "Transaction timed out";

/// What comes next.
#[derive(Clone, Copy)]
enum Next {
    Wait(ChargeStatus, Option<i64>),
    Pay,
    Fail(&'static str),
}

/// What a wrong answer to this question is called.
fn wrong(field: &str) -> &'static str {
    match field {
        "pin" => WRONG_PIN,
        "otp" => WRONG_TOKEN,
        _ => WRONG,
    }
}

/// A telephone has ten digits, and nobody lives where the code is all zeroes. Both are conventions of the twin.
fn fits(step: &Step, answer: &str) -> bool {
    match (step.answer, step.field) {
        (Some(right), _) => answer == right,
        (None, "phone") => answer.bytes().filter(u8::is_ascii_digit).count() >= 10,
        (None, "address") => answer != "00000",
        (None, _) => true,
    }
}

/// Asks the first of these that is not answered yet.
fn ask(
    desk: &Desk<'_>,
    instrument: &Instrument,
    steps: &[Step],
    told: &[(&'static str, String)],
    end: Next,
) -> Next {
    for step in steps {
        match told.iter().find(|(field, _)| *field == step.field) {
            None => return Next::Wait(ChargeStatus::asking(step.field), None),
            Some((_, answer)) if !fits(step, answer) => return Next::Fail(wrong(step.field)),
            Some(_) => {}
        }
    }
    if let Some(reason) = instrument.declines {
        return Next::Fail(reason);
    }
    let time = micros(desk.behaviour.charge_time).max(if instrument.number == KUDA { BY_TOKEN } else { 0 });
    match end {
        Next::Pay if time > 0 => Next::Wait(ChargeStatus::Pending, Some(desk.at.saturating_add(time))),
        end => end,
    }
}

/// What comes when nothing is left to ask.
fn end(desk: &Desk<'_>, instrument: &Instrument, closes_at: Option<i64>) -> Next {
    let later = |time: i64| Some(desk.at.saturating_add(time));
    match instrument.number {
        USSD | PAYBILL => Next::Wait(ChargeStatus::PayOffline, None),
        EFT => Next::Wait(ChargeStatus::OpenUrl, None),
        TRANSFER => {
            let open = closes_at.map_or(OPEN.1, |at| at.saturating_sub(desk.at)).clamp(OPEN.0, OPEN.1);
            Next::Wait(ChargeStatus::PendingBankTransfer, later(open))
        }
        _ if instrument.channel == "mobile_money" && desk.behaviour.mobile_money_waits => {
            Next::Wait(ChargeStatus::PayOffline, later(AT_THE_TELEPHONE))
        }
        _ => Next::Pay,
    }
}

/// What the payer needs to pay elsewhere.
fn destination(desk: &Desk<'_>, instrument: &Instrument, id: u64) -> Option<String> {
    let number = |label: &str, limit: u32| desk.config.ids.below(label, id, limit);
    match instrument.number {
        USSD => Some(format!("*737*33*4*{:05}#", number("ussd", 100_000))),
        TRANSFER => Some(format!("12{:08}", number("account", 100_000_000))),
        PAYBILL => Some(desk.config.ids.text("bill", id, 10).to_uppercase()),
        _ => None,
    }
}

/// Begins a transaction and its charge, and gives back the reference.
pub(super) fn begin(desk: &mut Desk<'_>, order: Order, channel: &Channel) -> Result<String, Refused> {
    let opened = initialize::open(desk, order, EntryPoint::Charge)?;
    let instrument = channel.instrument;
    let ended = end(desk, instrument, channel.closes_at);
    let next = match channel.dead {
        Some(reason) => Next::Fail(reason),
        None => ask(desk, instrument, instrument.steps, &channel.told, ended),
    };
    desk.record(Record::Initialized(opened.clone()));
    let (status, next_at) = match next {
        Next::Wait(status, next_at) => (status, next_at),
        Next::Pay | Next::Fail(_) => (ChargeStatus::Pending, None),
    };
    desk.record(Record::ChargeStarted(ChargeStarted {
        at: desk.at,
        reference: opened.reference.clone(),
        instrument: instrument.number.to_owned(),
        status,
        next_at,
        destination: destination(desk, instrument, opened.id),
    }));
    finish(desk, &opened, instrument, next)?;
    Ok(opened.reference)
}

fn finish(
    desk: &mut Desk<'_>,
    opened: &Initialized,
    instrument: &'static Instrument,
    next: Next,
) -> Result<(), Refused> {
    match next {
        Next::Wait(..) => {}
        Next::Pay => pay(desk, opened, instrument).map_err(|_| refusal::BROKEN)?,
        Next::Fail(reason) => transaction::refuse(desk, opened, Some(reason)),
    }
    Ok(())
}

/// A payment of what was asked.
pub(super) fn pay(
    desk: &mut Desk<'_>,
    opened: &Initialized,
    instrument: &'static Instrument,
) -> Result<(), ControlError> {
    transaction::take(desk, opened, Some(instrument), &PayOptions::default())
}

/// Takes the payer's answer to what was asked. Says whether it was right.
pub(super) fn answer(
    desk: &mut Desk<'_>,
    opened: &Initialized,
    charge: &Charge,
    given: &str,
) -> Result<bool, Refused> {
    let Some((step, rest)) = charge.asked() else {
        return Err(refusal::BROKEN.into());
    };
    let instrument = charge.instrument();
    if !fits(step, given) {
        transaction::refuse(desk, opened, Some(wrong(step.field)));
        return Ok(false);
    }
    let ended = end(desk, instrument, None);
    let next = ask(desk, instrument, rest, &[], ended);
    if let Next::Wait(status, next_at) = next {
        let (at, reference) = (desk.at, opened.reference.clone());
        desk.record(Record::ChargeMoved(ChargeMoved { at, reference, status, next_at }));
    }
    finish(desk, opened, instrument, next)?;
    Ok(true)
}

/// Lets time act on a charge.
pub(in crate::sandbox) fn go_on(desk: &mut Desk<'_>, id: u64) {
    let Some(transaction) = desk.state.by_id(id) else {
        return;
    };
    let (Some(charge), Status::Open) = (&transaction.charge, &transaction.status) else {
        return;
    };
    let opened = &transaction.opened;
    if charge.status == ChargeStatus::Pending {
        // It fails only where its webhook cannot be written, and then nothing happens.
        pay(desk, opened, charge.instrument()).ok();
        return;
    }
    let (at, reference, status) = (desk.at, opened.reference.clone(), ChargeStatus::Timeout);
    desk.record(Record::ChargeMoved(ChargeMoved { at, reference, status, next_at: None }));
    transaction::refuse(desk, opened, Some(TOO_LATE));
}
