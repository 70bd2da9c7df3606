//! From rows to steps. Pure.
//!
//! Called by: [`super::Timeline`], with rows that it has just read.

use super::model::{Scope, Step, StepKind};
use crate::{
    commit::Subject,
    delivery::{Entitlement, Link, RevokeReason, Visit, VisitKind, VisitResult},
    id::{CreatorId, EntitlementId, LinkId},
    job::{Job, JobState, kinds},
    order::{Order, OrderLine},
    payment::{Attempt, Review},
    refund::Refund,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// Everything that is told of an order, as it was read.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) order: Order,
    pub(super) attempts: Vec<Attempt>,
    pub(super) reviews: Vec<Review>,
    pub(super) refunds: Vec<Refund>,
    pub(super) rights: Vec<Entitlement>,
    pub(super) mails: Vec<Job>,
    pub(super) links: Vec<Link>,
    pub(super) visits: Vec<Visit>,
    pub(super) now: Timestamp,
}

/// All steps, in their order.
pub(super) fn steps(facts: &Facts) -> Vec<Step> {
    let mut steps = ordered(&facts.order);
    steps.extend(facts.attempts.iter().flat_map(paid));
    steps.extend(facts.reviews.iter().flat_map(reviewed));
    steps.extend(facts.refunds.iter().flat_map(refunded));
    steps.extend(facts.rights.iter().flat_map(|right| entitled(facts, right)));
    // Both come newest first; of what happens at one moment the older one comes first.
    steps.extend(facts.mails.iter().rev().map(|job| mailed(facts, job)));
    steps.extend(linked(facts));
    steps.sort_by_key(|step| (step.at, step.kind));
    steps
}

fn ordered(order: &Order) -> Vec<Step> {
    let placed = Step {
        buyer: Some(order.buyer.email.as_str().to_owned()),
        amount: Some(order.total),
        ..Step::new(Scope::Order, order.created_at, StepKind::OrderPlaced)
    };
    let paid = order.paid_at.map(|at| Step::new(Scope::Order, at, StepKind::OrderPaid));
    [placed].into_iter().chain(paid).collect()
}

fn paid(attempt: &Attempt) -> impl Iterator<Item = Step> {
    let about = |at, kind| Step {
        reference: Some(attempt.reference.to_string()),
        amount: Some(attempt.amount),
        ..Step::new(Scope::Payer, at, kind)
    };
    let begun = about(attempt.created_at, StepKind::PaymentBegun);
    let begun = Step { result: Some(attempt.state.as_str()), ..begun };
    [begun].into_iter().chain(attempt.paid_at.map(|at| about(at, StepKind::PaymentPaid)))
}

fn reviewed(review: &Review) -> impl Iterator<Item = Step> {
    let about =
        |at, kind| Step { reference: Some(review.reference.clone()), ..Step::new(Scope::Operator, at, kind) };
    let opened = Step {
        result: Some(review.reason.as_str()),
        amount: review.found,
        ..about(review.opened_at, StepKind::ReviewOpened)
    };
    let closed = review.closing.as_ref().map(|closing| Step {
        result: Some(closing.decision.as_str()),
        by: Some(closing.by.to_string()),
        reason: Some(closing.why.clone()),
        ..about(closing.at, StepKind::ReviewClosed)
    });
    [opened].into_iter().chain(closed)
}

fn refunded(refund: &Refund) -> impl Iterator<Item = Step> {
    let about = |at, kind| Step {
        reference: Some(refund.reference.to_string()),
        amount: Some(refund.amount),
        result: Some(refund.status.as_str()),
        ..Step::new(Scope::Payer, at, kind)
    };
    let requested = Step {
        by: Some(refund.requested_by.to_string()),
        reason: Some(refund.reason.clone()),
        ..about(refund.requested_at, StepKind::RefundRequested)
    };
    [requested].into_iter().chain(refund.ended_at.map(|at| about(at, StepKind::RefundEnded)))
}

fn line_of<'a>(facts: &'a Facts, right: &Entitlement) -> Option<&'a OrderLine> {
    facts.order.lines.iter().find(|line| line.id == right.line)
}

/// Whom a right concerns. One whose line is unknown, which no store has, concerns operators alone.
fn scope_of(facts: &Facts, right: &Entitlement) -> Scope {
    line_of(facts, right).map_or(Scope::Operator, |line| Scope::Line(line.creator))
}

fn entitled(facts: &Facts, right: &Entitlement) -> impl Iterator<Item = Step> {
    let about = |at, kind| Step {
        product: Some(right.product),
        title: line_of(facts, right).map(|line| line.title.clone()),
        ..Step::new(scope_of(facts, right), at, kind)
    };
    let granted = about(right.granted_at, StepKind::AccessGranted);
    let revoked = right.revoked_at.map(|at| Step {
        result: right.revoke_reason.map(RevokeReason::as_str),
        ..about(at, StepKind::AccessRevoked)
    });
    [granted].into_iter().chain(revoked)
}

fn mailed(facts: &Facts, job: &Job) -> Step {
    let right = facts.rights.iter().find(|right| Subject::of(right.id) == job.new.subject);
    let scope = match job.new.kind.as_str() {
        kinds::MAIL_PURCHASE => Scope::Order,
        kinds::MAIL_FRESH_LINK => right.map_or(Scope::Operator, |right| scope_of(facts, right)),
        kinds::MAIL_SOLD => creator_of(job).map_or(Scope::Operator, Scope::Creator),
        _ => Scope::Operator,
    };
    let ended = job.ended_at.unwrap_or(job.new.run_at);
    let (at, result) = match job.state {
        JobState::Ready | JobState::Running => (job.new.created_at, "waiting"),
        JobState::Done if was_needless(facts, job, right, ended) => (ended, "not_needed"),
        JobState::Done => (ended, "sent"),
        JobState::Dead => (ended, "failed"),
    };
    Step {
        result: Some(result),
        mail: job.new.kind.strip_prefix("mail.").map(|kind| kind.replace('-', "_")),
        product: right.map(|right| right.product),
        next_try: (job.state == JobState::Ready).then_some(job.new.run_at),
        failures: (job.attempts > 0).then_some(job.attempts),
        reason: (job.state != JobState::Done).then(|| job.last_error.clone()).flatten(),
        job: Some(job.new.id),
        ..Step::new(scope, at, StepKind::Mail)
    }
}

fn creator_of(job: &Job) -> Option<CreatorId> {
    job.new.payload.get("creator")?.as_str()?.parse().ok()
}

/// Whether nothing was sent because every right that it is about was taken away before. One that is taken away while the
/// mail is on its way counts as later if its job had ended by then.
fn was_needless(facts: &Facts, job: &Job, right: Option<&Entitlement>, ended: Timestamp) -> bool {
    let gone = |right: &Entitlement| right.revoked_at.is_some_and(|at| at < ended);
    match job.new.kind.as_str() {
        kinds::MAIL_PURCHASE => !facts.rights.is_empty() && facts.rights.iter().all(gone),
        kinds::MAIL_FRESH_LINK => right.is_some_and(gone),
        _ => false,
    }
}

fn linked(facts: &Facts) -> Vec<Step> {
    let rights: BTreeMap<EntitlementId, &Entitlement> =
        facts.rights.iter().map(|right| (right.id, right)).collect();
    let mut visits: BTreeMap<LinkId, Vec<&Visit>> = BTreeMap::new();
    for visit in &facts.visits {
        visits.entry(visit.link).or_default().push(visit);
    }
    let mut steps = Vec::new();
    for link in facts.links.iter().rev() {
        let right = rights.get(&link.entitlement).copied();
        let about = |at, kind| Step {
            product: right.map(|right| right.product),
            file: Some(link.file),
            link: Some(link.id),
            ..Step::new(right.map_or(Scope::Operator, |right| scope_of(facts, right)), at, kind)
        };
        steps.push(Step { until: Some(link.expires_at), ..about(link.created_at, StepKind::LinkIssued) });
        let visits = visits.get(&link.id).map(Vec::as_slice).unwrap_or_default();
        let opener = visits.iter().find(|visit| is_opening(visit));
        if let Some(at) = link.claimed_at {
            steps.push(Step { agent: opener.map(|visit| visit.agent), ..about(at, StepKind::LinkClaimed) });
        } else if link.expires_at <= facts.now {
            steps.push(about(link.expires_at, StepKind::LinkExpired));
        }
        for visit in visits.iter().filter(|visit| !is_opening(visit)) {
            let kind = match visit.kind {
                VisitKind::Look => StepKind::LinkLooked,
                VisitKind::Claim => StepKind::LinkRefused,
                VisitKind::Download => StepKind::Download,
            };
            steps.push(Step {
                last_at: Some(visit.last_at),
                count: Some(visit.count),
                result: Some(visit.result.as_str()),
                agent: Some(visit.agent),
                ..about(visit.first_at, kind)
            });
        }
    }
    steps
}

/// Whether this is the claim that the link's own row tells of.
fn is_opening(visit: &Visit) -> bool {
    visit.kind == VisitKind::Claim && visit.result == VisitResult::Opened
}
