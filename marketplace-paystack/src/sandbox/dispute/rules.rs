//! How a dispute is opened, and how it goes on.
//!
//! Guarantees that what is accepted is given back in the same batch of records, and that the webhook of the end
//! shows the transaction as it is after that. Callers: `control`, `answers`, the agenda.

use super::book::Dispute;
use super::facts::{DisputeCategory, DisputeMoved, DisputeOpened, DisputeStatus, Resolution};
use super::wire;
use crate::sandbox::desk::Desk;
use crate::sandbox::error::ControlError;
use crate::sandbox::record::Record;
use crate::sandbox::refund;
use crate::sandbox::state::Status;
use crate::sandbox::wire::word;

const HOUR: i64 = 3_600_000_000;
/// How long the merchant has.
const ANSWER: i64 = 16 * HOUR;
/// How often they are reminded.
const REMIND: i64 = 4 * HOUR;
const FIRST_ID: u64 = 358_000;

/// Opens a dispute about a paid transaction and gives back its id.
pub(in crate::sandbox) fn open(
    desk: &mut Desk<'_>,
    reference: &str,
    amount: Option<u64>,
    category: DisputeCategory,
) -> Result<u64, ControlError> {
    let transaction = desk.state.by_reference(reference).ok_or(ControlError::UnknownReference)?;
    let Status::Success(paid) = &transaction.status else {
        return Err(ControlError::NotPaid);
    };
    let id = desk.config.ids.after("dispute", desk.state.disputes.last_id(), FIRST_ID);
    let opened = DisputeOpened {
        at: desk.at,
        dispute: id,
        transaction: transaction.opened.id,
        reference: reference.to_owned(),
        refund_amount: amount.unwrap_or(paid.amount).min(paid.amount),
        currency: paid.currency.clone(),
        category,
        due_at: desk.at.saturating_add(ANSWER),
        next_at: desk.at.saturating_add(REMIND),
    };
    desk.record(Record::DisputeOpened(opened.clone()));
    notify(desk, &Dispute::new(&opened), "charge.dispute.create");
    Ok(id)
}

/// Tells the merchant of a dispute, with the transaction as it is after what was decided here.
fn notify(desk: &mut Desk<'_>, dispute: &Dispute, event: &str) {
    let reference = &dispute.opened.reference;
    let Some(transaction) = desk.state.by_reference(reference) else {
        return;
    };
    let given = desk.records().iter().find_map(|record| {
        if let Record::RefundCreated(created) = record { Some(created.amount) } else { None }
    });
    let standing = desk.state.standing_after(transaction, given.unwrap_or(0));
    let status = word(standing, desk.behaviour.reversals_with_underscore);
    let body = wire::notice(event, dispute, transaction, status);
    desk.notify(reference, event, &body);
}

/// Lets time act on a dispute: a reminder, or the end.
pub(in crate::sandbox) fn go_on(desk: &mut Desk<'_>, id: u64) {
    let Some(dispute) = desk.state.disputes.get(id) else {
        return;
    };
    let opened = &dispute.opened;
    if dispute.status != DisputeStatus::AwaitingMerchantFeedback {
        return;
    }
    if desk.at >= opened.due_at {
        let words = Some("Nobody answered in time".to_owned());
        let end = Move { by: "paystack".to_owned(), message: words, ..Move::to(Resolution::AutoAccepted) };
        move_on(desk, dispute, DisputeStatus::Resolved, end);
        return;
    }
    let (at, next_at) = (desk.at, desk.at.saturating_add(REMIND).min(opened.due_at));
    desk.record(Record::DisputeReminded { at, dispute: id, next_at });
    notify(desk, dispute, "charge.dispute.remind");
}

/// What changes with a step, apart from the status.
pub(super) struct Move {
    pub(super) resolution: Option<Resolution>,
    pub(super) refund_amount: Option<u64>,
    pub(super) by: String,
    pub(super) message: Option<String>,
    pub(super) attachment: Option<String>,
    pub(super) evidence: Option<u64>,
}

impl Move {
    pub(super) fn to(resolution: Resolution) -> Self {
        Self {
            resolution: Some(resolution),
            refund_amount: None,
            by: "merchant@example.com".to_owned(),
            message: None,
            attachment: None,
            evidence: None,
        }
    }
}

/// Moves a dispute, with everything that follows from it.
pub(super) fn move_on(desk: &mut Desk<'_>, dispute: &Dispute, status: DisputeStatus, step: Move) {
    let opened = &dispute.opened;
    let waits = status == DisputeStatus::AwaitingMerchantFeedback;
    let moved = DisputeMoved {
        at: desk.at,
        dispute: opened.dispute,
        status,
        resolution: step.resolution,
        refund_amount: step.refund_amount.unwrap_or(dispute.refund_amount),
        by: step.by,
        message: step.message,
        attachment: step.attachment,
        evidence: step.evidence,
        next_at: waits.then(|| next_reminder(opened, desk.at)),
    };
    desk.record(Record::DisputeMoved(moved.clone()));
    if status != DisputeStatus::Resolved {
        return;
    }
    if moved.resolution != Some(Resolution::Declined) {
        refund::by_dispute(desk, opened.dispute, &opened.reference, moved.refund_amount);
    }
    notify(desk, &dispute.clone().after(&moved), "charge.dispute.resolve");
}

fn next_reminder(opened: &DisputeOpened, now: i64) -> i64 {
    let past = now.saturating_sub(opened.at).max(0) / REMIND;
    let next = opened.at.saturating_add(past.saturating_add(1).saturating_mul(REMIND));
    next.min(opened.due_at)
}

/// The bank's answer to a merchant who declined, or to one who did not answer yet.
pub(in crate::sandbox) fn decide(desk: &mut Desk<'_>, id: u64, won: bool) -> Result<(), ControlError> {
    let dispute = desk.state.disputes.get(id).ok_or(ControlError::UnknownDispute)?;
    if dispute.status == DisputeStatus::Resolved {
        return Err(ControlError::Final);
    }
    let resolution = if won { Resolution::Declined } else { Resolution::AutoAccepted };
    let words = if won { "The claim was declined" } else { "The claim was accepted" };
    let end = Move {
        refund_amount: (!won).then_some(dispute.opened.refund_amount),
        by: "bank".to_owned(),
        message: Some(words.to_owned()),
        ..Move::to(resolution)
    };
    move_on(desk, dispute, DisputeStatus::Resolved, end);
    Ok(())
}
