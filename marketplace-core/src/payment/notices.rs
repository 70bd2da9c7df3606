//! The inbox: notices of the gateway, stored first, processed later.
//!
//! Guarantees: a notice is verified over its raw bytes before anything reads it or touches the store; what is
//! acknowledged is stored together with the job that processes it, once per event; processing asks the
//! gateway and settles by its answer; a well-signed notice that contradicts our own attempt, and that the
//! gateway does not set right, goes to an operator.
//!
//! Called by: the webhook route (receive) and the worker (process).

use super::{
    Attempt, Claimed, Collect, GatewayErrorKind, Notice, NoticeOutcome, Notices, OpenNotice, PaymentClaim,
    PaymentError, PaymentRows, PaymentSnapshot, PaymentState, Payments, RawNotice, Review, ReviewReason,
    Verified,
};
use crate::{
    actor::Actor,
    commit::{
        Change, ChangeSet, CommitFailure, Committed, Committer, Decision, DecisionKey, DerivedIds, InputHash,
        Step, Subject,
    },
    error::{ErrorKind, Failure},
    failpoint::failpoint,
    id::{JobId, ReviewId},
    job::{NewJob, kinds},
    money::Money,
    payment::{AttemptState, next_look},
    refund::{Refund, RefundStatus, nudge},
    time::Clock,
};
use serde_json::json;
use std::sync::Arc;

/// Why a notice was not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InboxError {
    /// Not signed by the gateway.
    #[error("the notice is not signed by the gateway")]
    BadSignature,
    /// It could not be stored; the gateway will send it again.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
}

impl Failure for InboxError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::BadSignature => ErrorKind::Unauthenticated,
            Self::Commit(failure) => failure.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::BadSignature => "invalid_signature",
            Self::Commit(failure) => failure.code(),
        }
    }
}

/// A notice is in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// For the first time.
    New,
    /// A copy came before.
    Duplicate,
}

/// What became of processing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Processed {
    /// Nothing is left to do.
    Done,
    /// The gateway does not confirm it yet; try again.
    NotConfirmed,
}

/// What the inbox needs.
#[derive(Debug, Clone)]
pub struct Inbox {
    /// Verifies and reads notices.
    pub notices: Arc<dyn Notices>,
    /// Asks the gateway.
    pub gateway: Arc<dyn Collect>,
    /// Reads notices and attempts.
    pub rows: Arc<dyn PaymentRows>,
    /// Settles.
    pub payments: Payments,
    /// Commits decisions.
    pub committer: Committer,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Inbox {
    /// Takes a notice in. Once this returns `Ok`, the notice is durable and will be processed; copies are
    /// known by their key. Cancellation: it may have been stored; sent again it is a duplicate.
    pub async fn receive(&self, raw: RawNotice<'_>) -> Result<Received, InboxError> {
        let mut decoded = self.notices.decode(raw).map_err(|_| InboxError::BadSignature)?;
        // No store keeps a NUL in a text alike, and no reference of ours has one.
        decoded.key.retain(|character| character != '\0');
        if let Some(claim) = &mut decoded.claim {
            claim.reference.retain(|character| character != '\0');
        }
        let gateway = self.gateway.descriptor().name.to_owned();
        let at = self.clock.now();
        let head = Decision {
            key: DecisionKey::new("notice", format_args!("{gateway}:{}", decoded.key)),
            name: "receive-notice",
            // Copies of one event may differ in their bytes; the first one is kept.
            input: InputHash::of(&decoded.key),
            subject: Subject::of(format_args!("{gateway}:{}", decoded.key)),
            actor: Actor::Gateway,
            at,
        };
        let job = NewJob {
            id: JobId::from_uuid(DerivedIds::new(&head.key, at).next()),
            kind: kinds::PROCESS_NOTICE.to_owned(),
            payload: json!({ "notice": decoded.key }),
            subject: head.subject.clone(),
            unique: None,
            run_at: at,
            created_at: at,
        };
        let notice = Notice {
            key: decoded.key,
            gateway,
            body: raw.body.to_vec(),
            claim: decoded.claim,
            received_at: at,
            outcome: None,
            closed_at: None,
        };
        let set = ChangeSet::new(head, vec![Change::InsertNotice(notice), Change::Enqueue(job)]);
        let committed = self.committer.send(&set).await?;
        failpoint!("notice.after-store");
        Ok(if committed == Committed::Applied { Received::New } else { Received::Duplicate })
    }

    /// Processes a stored notice. Idempotent. With `last_try` a notice that the gateway does not confirm is
    /// closed, and left to the sweep.
    pub(crate) async fn process(&self, key: &str, last_try: bool) -> Result<Processed, PaymentError> {
        failpoint!("notice.before-process");
        let Some(OpenNotice { claim, payment }) = self.rows.open_notice(key).await? else {
            return Ok(Processed::Done);
        };
        let Some(claim) = claim else {
            return self.close(key, NoticeOutcome::Ignored, None).await;
        };
        let Some(known) = payment else {
            if claim.claimed != Claimed::Paid {
                // Of a payment that is none of ours.
                return self.close(key, NoticeOutcome::Ignored, None).await;
            }
            return self
                .close(key, NoticeOutcome::Review, Some((&claim, ReviewReason::UnknownReference)))
                .await;
        };
        match claim.claimed {
            Claimed::Paid => {}
            Claimed::Refund | Claimed::Dispute => return self.told(key, &claim, &known, last_try).await,
        }
        let attempt = known.attempt.clone();
        let snapshot = match self.gateway.fetch(&attempt.locator()).await {
            Ok(snapshot) => Some(snapshot),
            Err(error) if error.kind == GatewayErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        if let Some(snapshot) = &snapshot {
            let settled = self.payments.apply(known.clone(), snapshot, Some(key), Actor::Gateway).await?;
            if settled.now && settled.state != AttemptState::Failed {
                return Ok(Processed::Done);
            }
            match settled.state {
                AttemptState::Succeeded => return self.close(key, NoticeOutcome::Settled, None).await,
                AttemptState::NeedsReview | AttemptState::Dismissed => {
                    return self.close(key, NoticeOutcome::Review, None).await;
                }
                AttemptState::Initiated
                | AttemptState::Pending
                | AttemptState::Abandoned
                | AttemptState::Failed => {}
            }
        }
        if let Some(reason) = contradiction(&claim, &attempt) {
            let claimed = as_snapshot(&claim, &attempt);
            self.payments.put_in_review(known, &claimed, reason, key).await?;
            return self.close(key, NoticeOutcome::Review, None).await;
        }
        if last_try && next_look(attempt.created_at, self.clock.now()).is_some() {
            // The sweep goes on asking.
            return self.close(key, NoticeOutcome::Unconfirmed, None).await;
        }
        if last_try {
            // Nobody would ever ask again, so a person has to.
            self.payments
                .report(&claim.reference, Some(&known), claim.amount, ReviewReason::Unconfirmed, key)
                .await?;
            return self.close(key, NoticeOutcome::Review, None).await;
        }
        Ok(Processed::NotConfirmed)
    }

    /// Tells an operator that money goes back or may go back. A payment that is not settled yet is asked about first:
    /// this notice may have been faster than that of the payment.
    async fn told(
        &self,
        key: &str,
        claim: &PaymentClaim,
        known: &Verified,
        last_try: bool,
    ) -> Result<Processed, PaymentError> {
        let mut state = known.attempt.state;
        if !state.is_decided() {
            match self.gateway.fetch(&known.attempt.locator()).await {
                Ok(snapshot) => {
                    state = self.payments.apply(known.clone(), &snapshot, None, Actor::Gateway).await?.state;
                }
                Err(error) if error.kind == GatewayErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        if !state.is_decided() && !last_try {
            return Ok(Processed::NotConfirmed);
        }
        let reason = match claim.claimed {
            Claimed::Dispute => ReviewReason::Disputed,
            _ => ReviewReason::RefundedAtGateway,
        };
        // Nothing was granted for one in review, and its review tells of the money that went back.
        let is_known = claim.claimed == Claimed::Refund
            && matches!(state, AttemptState::NeedsReview | AttemptState::Dismissed);
        if is_known {
            let refunds = self.payments.refund_rows.refunds_of(&known.attempt.reference).await?;
            // Also one that seemed to fail: that would be news.
            let under_way = refunds.iter().rev().find(|refund| refund.status != RefundStatus::Done);
            return self.close_and_nudge(key, NoticeOutcome::Ignored, None, under_way).await;
        }
        self.payments.report(&claim.reference, Some(known), claim.amount, reason, key).await?;
        self.close(key, NoticeOutcome::Review, None).await
    }

    /// Notes what became of a notice, unless that was noted together with its effect.
    async fn close(
        &self,
        key: &str,
        outcome: NoticeOutcome,
        review: Option<(&PaymentClaim, ReviewReason)>,
    ) -> Result<Processed, PaymentError> {
        self.close_and_nudge(key, outcome, review, None).await
    }

    /// Likewise; and has a refund looked at that it told of.
    async fn close_and_nudge(
        &self,
        key: &str,
        outcome: NoticeOutcome,
        review: Option<(&PaymentClaim, ReviewReason)>,
        refund: Option<&Refund>,
    ) -> Result<Processed, PaymentError> {
        let at = self.clock.now();
        let round = || async {
            let Some(notice) = self.rows.notice(key).await?.filter(|notice| notice.outcome.is_none()) else {
                return Ok(Step::Done(Processed::Done));
            };
            let head = Decision {
                key: DecisionKey::new("close-notice", format_args!("{}:{key}", notice.gateway)),
                name: "close-notice",
                input: InputHash::of(&outcome),
                subject: match review {
                    Some((claim, _)) => Subject::of(&claim.reference),
                    None => Subject::of(format_args!("{}:{key}", notice.gateway)),
                },
                actor: Actor::System,
                at,
            };
            let mut changes = Vec::new();
            let mut ids = DerivedIds::new(&head.key, at);
            if let Some(refund) = refund {
                changes.push(nudge(refund, JobId::from_uuid(ids.next()), at));
            }
            if let Some((claim, reason)) = review {
                changes.push(Change::OpenReview(Review {
                    id: ReviewId::from_uuid(ids.next()),
                    reason,
                    reference: claim.reference.clone(),
                    order: None,
                    expected: None,
                    found: claim.amount,
                    opened_at: at,
                    closing: None,
                }));
            }
            changes.push(Change::CloseNotice { key: key.to_owned(), outcome, at });
            Ok::<_, PaymentError>(Step::Commit(ChangeSet::new(head, changes), Processed::Done))
        };
        Ok(self.committer.run(round).await?.0)
    }
}

/// Where a claim contradicts our own attempt.
fn contradiction(claim: &PaymentClaim, attempt: &Attempt) -> Option<ReviewReason> {
    if claim.mode.is_some_and(|mode| mode != attempt.mode) {
        return Some(ReviewReason::ModeMismatch);
    }
    let amount = claim.amount?;
    if amount.currency() != attempt.amount.currency() {
        return Some(ReviewReason::CurrencyMismatch);
    }
    (amount != attempt.amount).then_some(ReviewReason::AmountMismatch)
}

/// A claim in the shape of an answer, to show both sides of a mismatch.
fn as_snapshot(claim: &PaymentClaim, attempt: &Attempt) -> PaymentSnapshot {
    PaymentSnapshot {
        reference: claim.reference.clone(),
        gateway_id: None,
        mode: claim.mode.unwrap_or(attempt.mode),
        state: PaymentState::Unrecognised,
        requested: claim.amount,
        charged: claim.amount.unwrap_or(Money::zero(attempt.amount.currency())),
        fee: None,
    }
}
