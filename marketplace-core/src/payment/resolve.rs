//! What operators decide about payments in review.
//!
//! Guarantees: a decision closes every open review of its reference, with its author and reason, in the same commit as
//! its effect; accepting asks the gateway first, and pays the order under the key of any other settlement, so an order
//! is settled once; what cannot be right (another currency, play money, an order that is paid) cannot be accepted.
//!
//! Does not: give money back. A payment that is dismissed is given back at the gateway, by a person.
//!
//! Called by: the operator's route.

use super::{
    Attempt, AttemptState, PaymentError, PaymentSnapshot, PaymentState, Payments, Review, ReviewClosing,
    ReviewDecision, ReviewReason, SettleInput, Verified, settle::accept,
};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, CommitFailure, Decision, DecisionKey, InputHash, Step, Subject},
    error::{ErrorKind, Failure, FieldError, StoreError},
    id::Reference,
    time::Timestamp,
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 1_000;

/// Why a review could not be decided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// Nothing of this reference was ever in review.
    #[error("no such payment in review")]
    NotFound,
    /// Another decision was made before.
    #[error("the payment is decided already")]
    Decided,
    /// There is no reason, or it is too long.
    #[error("a reason of at most a thousand characters is needed")]
    Reason([FieldError; 1]),
    /// What was taken cannot pay the order.
    #[error("the payment cannot be accepted")]
    NotAcceptable,
    /// The payment could not be read, asked about or settled.
    #[error("the payment could not be settled")]
    Payment(#[from] PaymentError),
}

impl Failure for ResolveError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Decided | Self::NotAcceptable => ErrorKind::Conflict,
            Self::Reason(_) => ErrorKind::Invalid,
            Self::Payment(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Decided => "already_decided",
            Self::NotAcceptable => "not_acceptable",
            Self::Reason(_) => "invalid",
            Self::Payment(error) => error.code(),
        }
    }
    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Reason(fields) => fields,
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

impl Payments {
    /// Decides about a payment in review, for an operator, whose rights the caller has checked. Gives its reviews as they
    /// stand then. Idempotent: the same decision again is the same answer, another one is
    /// [`ResolveError::Decided`]. Cancellation: it may have been decided.
    pub async fn resolve(
        &self,
        reference: &str,
        decision: ReviewDecision,
        why: &str,
        operator: Actor,
    ) -> Result<Vec<Review>, ResolveError> {
        let why = why.trim();
        if why.is_empty() || why.chars().count() > LONGEST_REASON || why.contains('\0') {
            let field = FieldError::new("reason", "invalid", "a reason has 1 to 1000 characters");
            return Err(ResolveError::Reason([field]));
        }
        let closing = ReviewClosing { decision, by: operator, why: why.to_owned(), at: self.clock.now() };
        let round = || self.decided(reference, &closing);
        self.committer.run(round).await?;
        Ok(self.rows.reviews_of(reference).await?)
    }

    async fn decided(&self, reference: &str, closing: &ReviewClosing) -> Result<Step<()>, ResolveError> {
        let reviews = self.rows.reviews_of(reference).await?;
        let open: Vec<&Review> = reviews.iter().filter(|review| review.closing.is_none()).collect();
        if open.is_empty() {
            let last = reviews.iter().filter_map(|review| review.closing.as_ref()).next_back();
            return match last {
                Some(last) if last.decision == closing.decision => Ok(Step::Done(())),
                Some(_) => Err(ResolveError::Decided),
                None => Err(ResolveError::NotFound),
            };
        }
        let known = match reference.parse::<Reference>() {
            Ok(reference) => self.rows.payment(&reference).await?,
            Err(_) => None,
        };
        let closings = open
            .iter()
            .map(|review| Change::CloseReview { id: review.id, closing: closing.clone() })
            .collect();
        match closing.decision {
            ReviewDecision::Accept => self.accepted(&open, known, closing, closings).await,
            ReviewDecision::Dismiss => Ok(dismissed(reference, known, closing, closings)),
        }
    }

    async fn accepted(
        &self,
        open: &[&Review],
        known: Option<Verified>,
        closing: &ReviewClosing,
        closings: Vec<Change>,
    ) -> Result<Step<()>, ResolveError> {
        let Some(Verified { order, attempt }) = known else { return Err(ResolveError::NotAcceptable) };
        let is_of_amount = open.iter().all(|review| review.reason == ReviewReason::AmountMismatch);
        if !is_of_amount || attempt.state != AttemptState::NeedsReview || order.state.has_been_paid() {
            return Err(ResolveError::NotAcceptable);
        }
        // What the review showed may have changed since.
        let snapshot = self.gateway.fetch(&attempt.locator()).await.map_err(PaymentError::from)?;
        if !is_ours(&attempt, &snapshot) {
            return Err(ResolveError::NotAcceptable);
        }
        let input = SettleInput {
            attempt: &attempt,
            order: &order,
            snapshot: &snapshot,
            rules: &self.rules,
            notice: None,
            actor: closing.by,
            at: closing.at,
        };
        let set = accept(&input, closings).map_err(PaymentError::from)?;
        Ok(Step::Commit(set, ()))
    }
}

/// Whether this is money that was taken for the attempt, in its currency.
fn is_ours(attempt: &Attempt, snapshot: &PaymentSnapshot) -> bool {
    snapshot.state == PaymentState::Paid
        && snapshot.reference == attempt.reference.as_str()
        && snapshot.mode == attempt.mode
        && snapshot.charged.currency() == attempt.amount.currency()
        && snapshot.charged.minor() > 0
}

fn dismissed(
    reference: &str,
    known: Option<Verified>,
    closing: &ReviewClosing,
    mut changes: Vec<Change>,
) -> Step<()> {
    let subject = known.as_ref().map_or_else(|| Subject::of(reference), |known| Subject::of(known.order.id));
    if let Some(Verified { attempt, .. }) = known
        && attempt.state == AttemptState::NeedsReview
    {
        let seen = attempt.version;
        let to = Attempt { state: AttemptState::Dismissed, version: seen.next(), ..attempt };
        changes.push(Change::AdvanceAttempt { seen, to });
    }
    let head = Decision {
        key: DecisionKey::new("dismiss", Moment(reference, closing.at)),
        name: "dismiss",
        input: InputHash::of(&(reference, closing.why.as_str())),
        subject,
        actor: closing.by,
        at: closing.at,
    };
    Step::Commit(ChangeSet::new(head, changes), ())
}

/// A reference may be in review, and be dismissed, more than once.
struct Moment<'a>(&'a str, Timestamp);

impl std::fmt::Display for Moment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.0, self.1.as_micros())
    }
}
