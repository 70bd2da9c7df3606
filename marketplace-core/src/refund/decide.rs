//! What becomes of refunds. Pure.
//!
//! | entry | lines |
//! |---|---|
//! | `unsettled`, with a payment's first refund | clearing − what is there, gateway fees − fee, refunds + what is owed |
//! | `refund`, when it is done | refunds − amount, clearing + amount |
//!
//! Called by: [`super::Repayments`] and operators' decisions, with rows that they have just read.

use super::{Refund, RefundStatus};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, Decision, DecisionKey, DerivedIds, InputHash, Subject},
    id::{EntryId, JobId, RefundId, ReviewId},
    job::{NewJob, kinds},
    ledger::{Account, Cause, EntryError, EntryKind, JournalEntry, Line},
    money::Money,
    payment::{Attempt, RefundSnapshot, RefundState, Review, ReviewReason},
    time::Timestamp,
    version::Version,
};
use serde_json::json;

/// What a refund of a payment that pays nothing is decided on.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) attempt: &'a Attempt,
    /// What is given back: all that is left of what was taken.
    pub(crate) amount: Money,
    /// What the gateway keeps of the payment.
    pub(crate) fee: Option<Money>,
    /// The refunds of it before, oldest first; none is under way.
    pub(crate) before: &'a [Refund],
    pub(crate) reason: &'a str,
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
}

/// The rows of a new refund: itself, what it says of the books, and the job that carries it out.
pub(crate) fn request(request: &Request<'_>, ids: &mut DerivedIds<'_>) -> Result<Vec<Change>, EntryError> {
    let Request { attempt, amount, actor, at, .. } = *request;
    let refund = Refund {
        id: RefundId::from_uuid(ids.next()),
        reference: attempt.reference.clone(),
        order: attempt.order,
        amount,
        status: RefundStatus::Requested,
        gateway_id: None,
        asked_at: None,
        reason: request.reason.to_owned(),
        requested_by: actor,
        requested_at: at,
        ended_at: None,
        version: Version::FIRST,
    };
    let job = job(&refund, JobId::from_uuid(ids.next()), json!({ "refund": refund.id }), at);
    let (kind, cause, lines) = match owed(request.before) {
        None => {
            // What the gateway keeps is lost: the payer gets all of it back.
            let fee = request.fee.filter(|fee| fee.currency() == amount.currency());
            let fee = fee.unwrap_or(Money::zero(amount.currency()));
            let lines = vec![
                Line { account: Account::CLEARING, amount: amount.checked_sub(fee)?.checked_neg()? },
                Line { account: Account::GATEWAY_FEES, amount: fee.checked_neg()? },
                Line { account: Account::REFUNDS, amount },
            ];
            (EntryKind::Unsettled, Cause::new(EntryKind::Unsettled, &attempt.reference), lines)
        }
        Some(owed) => {
            // What is not left any more went back on the gateway's own pages.
            let cause = Cause::new(EntryKind::Refund, format_args!("{}:elsewhere", refund.id));
            (EntryKind::Refund, cause, given_back(owed.checked_sub(amount)?)?)
        }
    };
    let mut changes = Vec::new();
    if lines.iter().any(|line| !line.amount.is_zero()) {
        let id = EntryId::from_uuid(ids.next());
        let entry = JournalEntry::new(id, kind, cause, Some(attempt.order), at, lines)?;
        changes.push(Change::Post(entry));
    }
    changes.extend([Change::InsertRefund(refund), job]);
    Ok(changes)
}

/// What the books hold as owed to the payer. Each refund is of all that was left then, and the books were told so; what is
/// done took it out.
fn owed(before: &[Refund]) -> Option<Money> {
    let last = before.last()?;
    let is_done = last.status == RefundStatus::Done;
    Some(if is_done { Money::zero(last.amount.currency()) } else { last.amount })
}

/// The lines of money that left.
fn given_back(amount: Money) -> Result<Vec<Line>, EntryError> {
    Ok(vec![
        Line { account: Account::REFUNDS, amount: amount.checked_neg()? },
        Line { account: Account::CLEARING, amount },
    ])
}

/// A job that looks at a refund once, beside the one that looks until it is over.
pub(crate) fn nudge(refund: &Refund, id: JobId, at: Timestamp) -> Change {
    job(refund, id, json!({ "refund": refund.id, "once": true }), at)
}

fn job(refund: &Refund, id: JobId, payload: serde_json::Value, at: Timestamp) -> Change {
    Change::Enqueue(NewJob {
        id,
        kind: kinds::REFUND.to_owned(),
        payload,
        subject: Subject::of(refund.order),
        unique: None,
        run_at: at,
        created_at: at,
    })
}

fn decision(refund: &Refund, at: Timestamp) -> Decision {
    Decision {
        key: DecisionKey::new("refund", format_args!("{}:{}", refund.id, refund.version.as_i64())),
        name: "refund",
        input: InputHash::of(&refund.id),
        subject: Subject::of(refund.order),
        actor: Actor::System,
        at,
    }
}

/// Notes that the gateway is about to be asked for the first time, or did not answer clearly. `None`: it is over, or the
/// gateway has told of it.
pub(super) fn ask(refund: &Refund, at: Timestamp) -> Option<ChangeSet> {
    if !refund.status.is_open() || refund.gateway_id.is_some() {
        return None;
    }
    let to = Refund { asked_at: Some(at), version: refund.version.next(), ..refund.clone() };
    let change = Change::AdvanceRefund { seen: refund.version, to };
    Some(ChangeSet::new(decision(refund, at), vec![change]))
}

/// What the gateway says of a refund. `None`: nothing new.
pub(super) fn advance(
    refund: &Refund,
    snapshot: &RefundSnapshot,
    at: Timestamp,
) -> Result<Option<ChangeSet>, EntryError> {
    let status = match snapshot.state {
        RefundState::Requested => RefundStatus::Requested,
        RefundState::Processing => RefundStatus::Processing,
        RefundState::NeedsDetails => RefundStatus::NeedsDetails,
        RefundState::Done => RefundStatus::Done,
        RefundState::Failed => RefundStatus::Failed,
        RefundState::Unrecognised => refund.status,
    };
    let known = refund.gateway_id.as_ref() == Some(&snapshot.gateway_id);
    let is_news = match refund.status {
        // The gateway may have carried out what it seemed to refuse.
        RefundStatus::Failed => status == RefundStatus::Done,
        RefundStatus::Done => false,
        _ => !known || status != refund.status,
    };
    if !is_news {
        return Ok(None);
    }
    let to = Refund { gateway_id: Some(snapshot.gateway_id.clone()), ..refund.clone() };
    moved(refund, to, status, at).map(Some)
}

/// The rows of a refund that a person has made otherwise: done, whatever the gateway says.
pub(crate) fn done_otherwise(
    refund: &Refund,
    ids: &mut DerivedIds<'_>,
    at: Timestamp,
) -> Result<Vec<Change>, EntryError> {
    rows(refund, refund.clone(), RefundStatus::Done, ids, at)
}

/// The gateway refused to make it.
pub(super) fn fail(refund: &Refund, at: Timestamp) -> Result<ChangeSet, EntryError> {
    moved(refund, refund.clone(), RefundStatus::Failed, at)
}

fn moved(refund: &Refund, to: Refund, status: RefundStatus, at: Timestamp) -> Result<ChangeSet, EntryError> {
    let head = decision(refund, at);
    let changes = rows(refund, to, status, &mut DerivedIds::new(&head.key, at), at)?;
    Ok(ChangeSet::new(head, changes))
}

/// The rows of a refund that comes to a status: itself, and what the books or an operator have to know of it.
fn rows(
    refund: &Refund,
    to: Refund,
    status: RefundStatus,
    ids: &mut DerivedIds<'_>,
    at: Timestamp,
) -> Result<Vec<Change>, EntryError> {
    let ended_at = (!status.is_open()).then_some(at);
    let to = Refund { status, ended_at, version: refund.version.next(), ..to };
    let mut changes = vec![Change::AdvanceRefund { seen: refund.version, to }];
    match status {
        RefundStatus::Done => {
            let (id, cause) = (EntryId::from_uuid(ids.next()), Cause::new(EntryKind::Refund, refund.id));
            let lines = given_back(refund.amount)?;
            let entry = JournalEntry::new(id, EntryKind::Refund, cause, Some(refund.order), at, lines)?;
            changes.push(Change::Post(entry));
        }
        RefundStatus::Failed => changes.push(review(refund, ReviewReason::RefundFailed, ids, at)),
        RefundStatus::NeedsDetails => changes.push(review(refund, ReviewReason::RefundStuck, ids, at)),
        RefundStatus::Requested | RefundStatus::Processing => {}
    }
    Ok(changes)
}

fn review(refund: &Refund, reason: ReviewReason, ids: &mut DerivedIds<'_>, at: Timestamp) -> Change {
    Change::OpenReview(Review {
        id: ReviewId::from_uuid(ids.next()),
        reason,
        reference: refund.reference.to_string(),
        order: Some(refund.order),
        expected: Some(refund.amount),
        found: None,
        opened_at: at,
        closing: None,
    })
}
