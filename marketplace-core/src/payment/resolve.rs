//! What operators decide about payments in review.
//!
//! Guarantees: a decision closes the reviews that the operator saw, and no others, with its author and reason, in the same
//! commit as its effect; the gateway is asked first, and what it says then counts: a payment that is right by now is
//! settled as any other, one of another amount only if it is the amount that the operator saw; an order is settled once,
//! under the key of any other settlement; what cannot be right (another currency, play money, an order that is paid, a
//! dispute) cannot be accepted. What is refunded pays nothing from then on, in the same commit, and all that the gateway has
//! left of it goes back. A refund that the gateway does not bring to an end is accepted as made otherwise.
//!
//! Does not: call for the refund (`refund` does), or give back what a settled order paid. What is dismissed and was taken is
//! given back at the gateway, by a person.
//!
//! Called by: the operator's route.

use super::{
    Attempt, AttemptState, GatewayErrorKind, PaymentError, PaymentLocator, PaymentSnapshot, PaymentState,
    Payments, RefundSnapshot, RefundState, Review, ReviewClosing, ReviewDecision, ReviewReason, SettleInput,
    SettleOutcome, Verified, look_job, next_look,
    settle::{accept, settle, shown},
};
use crate::{
    actor::Actor,
    commit::{
        Change, ChangeSet, CommitFailure, Committed, Decision, DecisionKey, DerivedIds, InputHash, Step,
        Subject,
    },
    error::{ErrorKind, Failure, FieldError, StoreError},
    failpoint::failpoint,
    id::{JobId, Reference, ReviewId},
    money::Money,
    refund::{Refund, RefundStatus, Request, done_otherwise, request as request_refund},
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 1_000;

/// Why a review could not be decided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// One of the reviews is none of this reference.
    #[error("no such payment in review")]
    NotFound,
    /// Another decision was made before.
    #[error("the payment is decided already")]
    Decided,
    /// A field is wrong.
    #[error("invalid decision")]
    Invalid([FieldError; 1]),
    /// What was taken cannot pay the order, or is not what the operator saw.
    #[error("the payment cannot be accepted")]
    NotAcceptable,
    /// There is nothing to give back, or it goes back already, or pays an order.
    #[error("the payment cannot be refunded")]
    NotRefundable,
    /// The gateway gives no money back, or not a part.
    #[error("the gateway does not refund this")]
    RefundsUnsupported,
    /// The payment could not be read, asked about or settled.
    #[error("the payment could not be settled")]
    Payment(#[from] PaymentError),
}

impl Failure for ResolveError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Decided | Self::NotAcceptable | Self::NotRefundable | Self::RefundsUnsupported => {
                ErrorKind::Conflict
            }
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Payment(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Decided => "already_decided",
            Self::NotAcceptable => "not_acceptable",
            Self::NotRefundable => "not_refundable",
            Self::RefundsUnsupported => "refunds_not_supported",
            Self::Invalid(_) => "invalid",
            Self::Payment(error) => error.code(),
        }
    }
    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}

impl From<CommitFailure> for ResolveError {
    fn from(failure: CommitFailure) -> Self {
        PaymentError::from(failure).into()
    }
}
impl From<StoreError> for ResolveError {
    fn from(error: StoreError) -> Self {
        PaymentError::from(error).into()
    }
}

/// A decision about a payment in review.
#[derive(Debug, Clone)]
pub struct Resolve<'a> {
    /// The reference of the payment, ours or not.
    pub reference: &'a str,
    /// The reviews that the operator saw; at least one.
    pub seen: &'a [ReviewId],
    /// What is decided.
    pub decision: ReviewDecision,
    /// Why; for the files.
    pub why: &'a str,
    /// Who decides. The caller has checked that they may.
    pub operator: Actor,
}

/// What a round of deciding looks at.
struct Case<'a> {
    reference: &'a str,
    /// Those that the operator saw, as far as they are open.
    seen: Vec<Review>,
    /// Those that are open beside them.
    others: Vec<Review>,
    known: Option<Verified>,
    closing: &'a ReviewClosing,
}

impl Case<'_> {
    fn closings(&self) -> Vec<Change> {
        let close = |review: &Review| Change::CloseReview { id: review.id, closing: self.closing.clone() };
        self.seen.iter().map(close).collect()
    }

    /// A decision of its own, of these changes. A review is closed once, so the reviews name it.
    fn decision(&self, name: &'static str, changes: Vec<Change>) -> ChangeSet {
        let order = self.known.as_ref().map(|known| known.order.id);
        let ids: Vec<String> = self.seen.iter().map(|review| review.id.to_string()).collect();
        let head = Decision {
            key: DecisionKey::new(name, ids.join(",")),
            name,
            input: InputHash::of(&self.reference),
            subject: order.map_or_else(|| Subject::of(self.reference), Subject::of),
            actor: self.closing.by,
            at: self.closing.at,
        };
        ChangeSet::new(head, changes)
    }
}

/// What was taken and is not given back yet: by what the gateway tells, and by what we know ourselves, whichever is less.
fn left_of(payment: &PaymentSnapshot, there: &[RefundSnapshot], ours: &[Refund]) -> Option<Money> {
    let currency = payment.charged.currency();
    let there = there.iter().filter(|refund| refund.state != RefundState::Failed).map(|refund| refund.amount);
    let ours = ours.iter().filter(|refund| refund.status == RefundStatus::Done).map(|refund| refund.amount);
    let (there, ours) = (Money::sum(currency, there).ok()?, Money::sum(currency, ours).ok()?);
    let gone = if ours.minor() > there.minor() { ours } else { there };
    payment.charged.checked_sub(gone).ok().filter(|left| left.minor() > 0)
}

/// Whether a review is of a refund that an operator decided.
const fn is_of_refund(review: &Review) -> bool {
    matches!(review.reason, ReviewReason::RefundFailed | ReviewReason::RefundStuck)
}

/// Whether a review is of money that goes back, or may.
const fn takes_back(review: &Review) -> bool {
    matches!(review.reason, ReviewReason::Disputed | ReviewReason::RefundedAtGateway)
}

impl Payments {
    /// Decides about a payment in review. Gives the reviews that were seen as they stand then. Idempotent: the same
    /// decision again is the same answer, another one is [`ResolveError::Decided`]. Cancellation: it may have been
    /// decided.
    pub async fn resolve(&self, command: Resolve<'_>) -> Result<Vec<Review>, ResolveError> {
        let Resolve { reference, seen, decision, why, operator } = command;
        let why = why.trim();
        if why.is_empty() || why.chars().count() > LONGEST_REASON || why.contains('\0') {
            let field = FieldError::new("reason", "invalid", "a reason has 1 to 1000 characters");
            return Err(ResolveError::Invalid([field]));
        }
        if seen.is_empty() {
            let field = FieldError::new("reviews", "empty", "at least one review is decided about");
            return Err(ResolveError::Invalid([field]));
        }
        let closing = ReviewClosing { decision, by: operator, why: why.to_owned(), at: self.clock.now() };
        let round = || self.decide_case(reference, seen, &closing);
        let mut committed = self.committer.run(round).await?.1;
        let mut reviews = self.seen(reference, seen).await?;
        if reviews.iter().any(|review| review.closing.is_none()) {
            // Somebody else settled under the same key meanwhile, and knew nothing of the reviews.
            committed = self.committer.run(round).await?.1;
            reviews = self.seen(reference, seen).await?;
        }
        if committed == Committed::Applied {
            failpoint!("settle.after-commit");
            tracing::info!(payment.reference = reference, review.decision = %decision, actor = %operator, "a review is decided");
        }
        Ok(reviews)
    }

    async fn seen(&self, reference: &str, seen: &[ReviewId]) -> Result<Vec<Review>, ResolveError> {
        let mut reviews = self.rows.reviews_of(reference).await?;
        reviews.retain(|review| seen.contains(&review.id));
        Ok(reviews)
    }

    async fn decide_case(
        &self,
        reference: &str,
        seen: &[ReviewId],
        closing: &ReviewClosing,
    ) -> Result<Step<()>, ResolveError> {
        let reviews = self.rows.reviews_of(reference).await?;
        if seen.iter().any(|id| !reviews.iter().any(|review| review.id == *id)) {
            return Err(ResolveError::NotFound);
        }
        let (mut seen, mut others): (Vec<Review>, Vec<Review>) =
            reviews.into_iter().partition(|review| seen.contains(&review.id));
        let before = seen.iter().filter_map(|review| review.closing.as_ref());
        if before.into_iter().any(|before| before.decision != closing.decision) {
            return Err(ResolveError::Decided);
        }
        seen.retain(|review| review.closing.is_none());
        others.retain(|review| review.closing.is_none());
        if seen.is_empty() {
            return Ok(Step::Done(()));
        }
        let known = match reference.parse::<Reference>() {
            Ok(reference) => self.rows.payment(&reference).await?,
            Err(_) => None,
        };
        let case = Case { reference, seen, others, known, closing };
        match closing.decision {
            ReviewDecision::Accept => self.accepted(&case).await,
            ReviewDecision::Refund => self.refunded(&case).await,
            ReviewDecision::Dismiss => self.dismissed(&case).await,
        }
    }

    async fn accepted(&self, case: &Case<'_>) -> Result<Step<()>, ResolveError> {
        let Some(Verified { order, attempt }) = &case.known else { return Err(ResolveError::NotAcceptable) };
        if case.seen.iter().all(is_of_refund) {
            return self.given_back_otherwise(case, attempt).await;
        }
        if case.seen.iter().any(takes_back) {
            return Err(ResolveError::NotAcceptable);
        }
        if attempt.state == AttemptState::Succeeded {
            // It was settled since: there is nothing left but to note it.
            return Ok(Step::Commit(case.decision("accept", case.closings()), ()));
        }
        if attempt.state == AttemptState::Dismissed || case.others.iter().any(takes_back) {
            return Err(ResolveError::NotAcceptable);
        }
        let snapshot = self.gateway.fetch(&attempt.locator()).await.map_err(PaymentError::from)?;
        // As if it were looked at for the first time.
        let open = Attempt { state: AttemptState::Pending, ..attempt.clone() };
        let input = SettleInput {
            attempt: &open,
            order,
            snapshot: &snapshot,
            rules: &self.rules,
            notice: None,
            actor: case.closing.by,
            at: case.closing.at,
        };
        let set = match settle(&input).map_err(PaymentError::from)? {
            SettleOutcome::Pay(set) => set.with(case.closings()),
            SettleOutcome::Review(_, ReviewReason::AmountMismatch) => {
                let is_shown = |review: &Review| {
                    review.reason == ReviewReason::AmountMismatch && review.found == Some(shown(&input))
                };
                let is_money = snapshot.charged.minor() > 0 && !order.state.has_been_paid();
                if !is_money || !case.seen.iter().any(is_shown) {
                    return Err(ResolveError::NotAcceptable);
                }
                accept(&input).map_err(PaymentError::from)?.with(case.closings())
            }
            _ => return Err(ResolveError::NotAcceptable),
        };
        failpoint!("settle.before-commit");
        Ok(Step::Commit(set, ()))
    }

    /// A refund that the gateway does not bring to an end was made in another way.
    async fn given_back_otherwise(
        &self,
        case: &Case<'_>,
        attempt: &Attempt,
    ) -> Result<Step<()>, ResolveError> {
        let refunds = self.refund_rows.refunds_of(&attempt.reference).await?;
        let last = refunds.last().ok_or(ResolveError::NotAcceptable)?;
        let set = case.decision("accept", case.closings());
        match last.status {
            // The gateway carried it out since: there is nothing left but to note it.
            RefundStatus::Done => return Ok(Step::Commit(set, ())),
            RefundStatus::Failed | RefundStatus::NeedsDetails => {}
            // It is under way: it may still come, and would then be the second.
            RefundStatus::Requested | RefundStatus::Processing => return Err(ResolveError::NotAcceptable),
        }
        let key = set.decision().key.clone();
        let mut ids = DerivedIds::new(&key, case.closing.at);
        let done = done_otherwise(last, &mut ids, case.closing.at).map_err(PaymentError::from)?;
        Ok(Step::Commit(set.with(done), ()))
    }

    async fn refunded(&self, case: &Case<'_>) -> Result<Step<()>, ResolveError> {
        let Some(Verified { attempt, .. }) = &case.known else { return Err(ResolveError::NotRefundable) };
        let Some(gateway) = &self.refunds else { return Err(ResolveError::RefundsUnsupported) };
        // What a settled order paid goes back with rights and earnings, which is another decision; what was ever disputed
        // may go back that way.
        let pays_nothing = matches!(attempt.state, AttemptState::NeedsReview | AttemptState::Dismissed);
        let before = self.refund_rows.refunds_of(&attempt.reference).await?;
        if !pays_nothing
            || self.is_disputed(case.reference).await?
            || before.iter().any(|refund| refund.status.is_open())
        {
            return Err(ResolveError::NotRefundable);
        }
        let snapshot = self.gateway.fetch(&attempt.locator()).await.map_err(PaymentError::from)?;
        let is_ours = snapshot.reference == attempt.reference.as_str() && snapshot.mode == attempt.mode;
        // A gateway may call a payment so of which a part went back: what is left is told by its refunds.
        let is_there = matches!(snapshot.state, PaymentState::Paid | PaymentState::RefundInProgress);
        if !is_ours || !is_there {
            return Err(ResolveError::NotRefundable);
        }
        let gateway_id = snapshot.gateway_id.clone().or_else(|| attempt.gateway_id.clone());
        let there = PaymentLocator { reference: attempt.reference.clone(), gateway_id: gateway_id.clone() };
        let gone = gateway.find(&there).await.map_err(PaymentError::from)?;
        let amount = left_of(&snapshot, &gone, &before).ok_or(ResolveError::NotRefundable)?;
        if amount != snapshot.charged && !self.gateway.descriptor().capabilities.partial_refunds {
            return Err(ResolveError::RefundsUnsupported);
        }
        let set = case.decision("refund-unsettled", case.closings());
        let ReviewClosing { by: actor, why, at, .. } = case.closing;
        let to = Attempt {
            state: AttemptState::Dismissed,
            gateway_id,
            gateway_fee: snapshot.fee.or(attempt.gateway_fee),
            version: attempt.version.next(),
            ..attempt.clone()
        };
        let request = Request {
            attempt: &to,
            amount,
            fee: snapshot.fee,
            before: &before,
            reason: why,
            actor: *actor,
            at: *at,
        };
        let key = set.decision().key.clone();
        let mut ids = DerivedIds::new(&key, *at);
        let mut changes = request_refund(&request, &mut ids).map_err(PaymentError::from)?;
        // Somebody has to see when the order's time is over.
        let next = next_look(attempt.created_at, *at).unwrap_or(*at);
        let look = look_job(&to, JobId::from_uuid(ids.next()), next, *at);
        changes.extend([Change::AdvanceAttempt { seen: attempt.version, to }, Change::Enqueue(look)]);
        Ok(Step::Commit(set.with(changes), ()))
    }

    /// Whether its payer ever disputed it.
    pub(crate) async fn is_disputed(&self, reference: &str) -> Result<bool, StoreError> {
        let reviews = self.rows.reviews_of(reference).await?;
        Ok(reviews.iter().any(|review| review.reason == ReviewReason::Disputed))
    }

    async fn dismissed(&self, case: &Case<'_>) -> Result<Step<()>, ResolveError> {
        let mut changes = case.closings();
        if let Some(Verified { attempt, .. }) = &case.known
            && attempt.state == AttemptState::NeedsReview
            && case.others.is_empty()
        {
            let state = self.dismissed_state(attempt).await?;
            let seen = attempt.version;
            let to = Attempt { state, version: seen.next(), ..attempt.clone() };
            // Somebody has to see when the order's time is over, and a payment that is made after all.
            let next = next_look(attempt.created_at, case.closing.at).unwrap_or(case.closing.at);
            let job = look_job(&to, JobId::generate(&*self.ids, case.closing.at), next, case.closing.at);
            changes.extend([Change::AdvanceAttempt { seen, to }, Change::Enqueue(job)]);
        }
        Ok(Step::Commit(case.decision("dismiss", changes), ()))
    }

    /// Whose money was taken pays nothing any more; whose was not may still pay.
    async fn dismissed_state(&self, attempt: &Attempt) -> Result<AttemptState, ResolveError> {
        match self.gateway.fetch(&attempt.locator()).await {
            Ok(PaymentSnapshot { state, .. }) => Ok(match state {
                PaymentState::Paid | PaymentState::Reversed | PaymentState::RefundInProgress => {
                    AttemptState::Dismissed
                }
                _ => AttemptState::Failed,
            }),
            Err(error) if error.kind == GatewayErrorKind::NotFound => Ok(AttemptState::Failed),
            Err(error) => Err(PaymentError::from(error).into()),
        }
    }
}
