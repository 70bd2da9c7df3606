//! Asking the gateway, and settling by its answer.
//!
//! Guarantees: an order is paid by [`Payments::apply`] and by an operator's acceptance alone, both under one key; what
//! the gateway does not answer leaves everything as it stands.
//!
//! Does not: begin payments (`begin`), or believe a notice (`notices`).
//!
//! Called by: the return page, the inbox, the sweep, operators.

use super::{
    Attempt, AttemptState, Collect, GatewayError, GatewayErrorKind, PaymentRows, PaymentSnapshot, Refunds,
    ReviewReason, SettleInput, SettleOutcome, Silence, Verified, settle,
};
use crate::{
    actor::Actor,
    commit::{
        Change, ChangeSet, CommitFailure, Committed, Committer, Decision, DecisionKey, InputHash, Step,
        Subject,
    },
    error::{ErrorKind, Failure, StoreError},
    failpoint::failpoint,
    id::{IdGen, Reference},
    ledger::EntryError,
    limiter::{Allowance, RateClass, RateLimiter},
    market::Rules,
    order::{Order, OrderState, Orders},
    payment::next_look,
    refund::RefundRows,
    time::{Clock, Timer, Timestamp},
};
use std::{sync::Arc, time::Duration};

/// Why a payment could not be begun or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaymentError {
    /// No such payment, or not yours.
    #[error("no such payment")]
    NotFound,
    /// The order is paid.
    #[error("the order is already paid")]
    AlreadyPaid,
    /// The payer may still pay an earlier attempt.
    #[error("an earlier attempt is still open")]
    StillOpen,
    /// The order cannot be paid any more.
    #[error("the order cannot be paid any more")]
    OrderOver,
    /// A payment of this order waits for an operator.
    #[error("a payment of this order is in review")]
    InReview,
    /// The gateway is down or did not answer; nothing was charged.
    #[error("the payment gateway is not available")]
    Gateway(#[from] GatewayError),
    /// The order's own numbers do not add up.
    #[error("the order's numbers do not add up")]
    Inconsistent(#[from] EntryError),
    /// A commit failed.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Failure for PaymentError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::AlreadyPaid | Self::StillOpen | Self::OrderOver | Self::InReview => ErrorKind::Conflict,
            Self::Gateway(_) => ErrorKind::Unavailable,
            Self::Inconsistent(_) => ErrorKind::Internal,
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AlreadyPaid => "order_already_paid",
            Self::StillOpen => "payment_open",
            Self::OrderOver => "order_over",
            Self::InReview => "payment_in_review",
            Self::Gateway(_) => "gateway_unavailable",
            Self::Inconsistent(_) => "internal",
            Self::Commit(failure) => failure.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// What stands after a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The attempt's state.
    pub(crate) state: AttemptState,
    /// Whether this very call brought it about, and closed its notice.
    pub(crate) now: bool,
}

/// What payments need.
#[derive(Debug, Clone)]
pub struct Payments {
    /// Reads attempts.
    pub rows: Arc<dyn PaymentRows>,
    /// Reads orders.
    pub orders: Arc<dyn Orders>,
    /// Commits decisions.
    pub committer: Committer,
    /// The gateway.
    pub gateway: Arc<dyn Collect>,
    /// Keeps buyers from asking the gateway too often.
    pub limiter: Arc<dyn RateLimiter>,
    /// Limits how long a return page waits.
    pub timer: Arc<dyn Timer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdGen>,
    /// Fee, hold and gateway-fee rules.
    pub rules: Arc<Rules>,
    /// Reads refunds.
    pub refund_rows: Arc<dyn RefundRows>,
    /// The gateway, if it gives money back.
    pub refunds: Option<Arc<dyn Refunds>>,
    /// Counts payments that no notice told of.
    pub silence: Silence,
    /// Where the payer's browser comes back to.
    pub return_url: String,
}

/// How often one payment may be asked about at the gateway on behalf of its buyer.
const ASK: RateClass = RateClass { name: "gateway-ask", burst: 1, per: Duration::from_secs(2) };

/// How long an attempt may wait for the gateway's first answer: longer than any gateway call takes.
pub(super) const IN_FLIGHT: Duration = Duration::from_mins(2);

impl Payments {
    /// The state of a payment, asked from the gateway now, but at most every two seconds; otherwise, and when
    /// the gateway is down or takes longer than `patience`, as stored. Idempotent.
    ///
    /// The caller has made sure that the asker may see the order.
    pub async fn verify(
        &self,
        reference: &Reference,
        patience: Duration,
        actor: Actor,
    ) -> Result<Verified, PaymentError> {
        let verified = self.stored(reference).await?;
        if verified.attempt.state == AttemptState::Succeeded
            || self.limiter.take(&ASK, reference.as_str()).await != Allowance::Granted
        {
            return Ok(verified);
        }
        let locator = verified.attempt.locator();
        let asked =
            futures_util::future::select(self.gateway.fetch(&locator), self.timer.sleep(patience)).await;
        let answer = match asked {
            futures_util::future::Either::Left((answer, _)) => answer,
            futures_util::future::Either::Right(_) => return Ok(verified),
        };
        match answer {
            Ok(snapshot) => {
                self.apply(verified, &snapshot, None, actor).await?;
                self.stored(reference).await
            }
            Err(error) => {
                tracing::warn!(payment.reference = %reference, error = %error, cause = %error.source, "the gateway could not be asked");
                Ok(verified)
            }
        }
    }

    /// An attempt and its order as stored.
    pub async fn stored(&self, reference: &Reference) -> Result<Verified, PaymentError> {
        self.rows.payment(reference).await?.ok_or(PaymentError::NotFound)
    }

    /// Settles by what the gateway said about `known`, rows that were just read. The one way to pay an order;
    /// safe to call any number of times, from anywhere, at once. With `notice` that notice is closed in the
    /// same commit.
    pub(crate) async fn apply(
        &self,
        known: Verified,
        snapshot: &PaymentSnapshot,
        notice: Option<&str>,
        actor: Actor,
    ) -> Result<Settled, PaymentError> {
        self.decide(known, actor, |attempt, order, at| {
            settle(&SettleInput { attempt, order, snapshot, rules: &self.rules, notice, actor, at })
        })
        .await
    }

    /// Puts an attempt before an operator, for a notice that contradicts it.
    pub(crate) async fn put_in_review(
        &self,
        known: Verified,
        snapshot: &PaymentSnapshot,
        reason: ReviewReason,
        notice: &str,
    ) -> Result<Settled, PaymentError> {
        let (actor, notice) = (Actor::Gateway, Some(notice));
        self.decide(known, actor, |attempt, order, at| {
            if attempt.state.is_decided() {
                return Ok(SettleOutcome::Over);
            }
            let input = SettleInput { attempt, order, snapshot, rules: &self.rules, notice, actor, at };
            Ok(super::settle::review(&input, reason))
        })
        .await
    }

    async fn decide(
        &self,
        known: Verified,
        actor: Actor,
        decide: impl Fn(&Attempt, &Order, Timestamp) -> Result<SettleOutcome, EntryError> + Send + Sync,
    ) -> Result<Settled, PaymentError> {
        let at = self.clock.now();
        let reference = known.attempt.reference.clone();
        // The first round decides on the rows at hand; what has changed since, their versions catch.
        let mut known = Some(known);
        let round = || {
            let known = known.take();
            let (reference, decide) = (&reference, &decide);
            async move {
                let Verified { order, attempt } = match known {
                    Some(known) => known,
                    None => self.stored(reference).await?,
                };
                Ok::<_, PaymentError>(match decide(&attempt, &order, at)? {
                    SettleOutcome::Open | SettleOutcome::Over => Step::Done(attempt.state),
                    SettleOutcome::Decline(set) => Step::Commit(set, AttemptState::Failed),
                    SettleOutcome::Review(set, reason) => {
                        tracing::warn!(payment.reference = %reference, review.reason = %reason, "a payment needs review");
                        Step::Commit(set, AttemptState::NeedsReview)
                    }
                    SettleOutcome::Pay(set) => {
                        failpoint!("settle.before-commit");
                        Step::Commit(set, AttemptState::Succeeded)
                    }
                })
            }
        };
        let (state, committed) = self.committer.run(round).await?;
        let now = committed == Committed::Applied;
        if state == AttemptState::Succeeded && now {
            failpoint!("settle.after-commit");
            tracing::info!(payment.reference = %reference, actor = %actor, "an order is paid");
        }
        Ok(Settled { state, now })
    }

    /// Asks about an attempt that nobody told of (the sweep). Returns when to ask again, if that is to be.
    pub(crate) async fn look(&self, reference: &Reference) -> Result<Option<Timestamp>, PaymentError> {
        let known = self.stored(reference).await?;
        let attempt = known.attempt.clone();
        if attempt.state == AttemptState::Dismissed {
            // Its order may still be paid by another attempt, until its time is over.
            let next = next_look(attempt.created_at, self.clock.now());
            if next.is_none() {
                self.abandon(reference, true).await?;
            }
            return Ok(next);
        }
        if attempt.state.is_decided() {
            return Ok(None);
        }
        let found = match self.gateway.fetch(&attempt.locator()).await {
            Ok(snapshot) => Some(snapshot),
            Err(error) if error.kind == GatewayErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let state = match &found {
            Some(snapshot) => {
                let settled = self.apply(known, snapshot, None, Actor::System).await?;
                let notices = self.gateway.descriptor().capabilities.sends_notices;
                if settled.now && settled.state == AttemptState::Succeeded && notices {
                    self.silence.heard_nothing(reference);
                }
                settled.state
            }
            None => attempt.state,
        };
        if state.is_decided() {
            return Ok(None);
        }
        let now = self.clock.now();
        let next = next_look(attempt.created_at, now);
        let unreachable =
            attempt.state == AttemptState::Initiated && now.since(attempt.created_at) >= IN_FLIGHT;
        if next.is_none() || unreachable {
            self.abandon(reference, next.is_none()).await?;
        }
        Ok(next)
    }

    /// When to ask again after the gateway could not be asked: by the schedule; after its end hourly, until the
    /// gateway has answered once more.
    pub(crate) async fn look_after_failure(&self, reference: &Reference) -> Result<Timestamp, PaymentError> {
        let began = self.stored(reference).await?.attempt.created_at;
        let now = self.clock.now();
        Ok(next_look(began, now).unwrap_or_else(|| now.saturating_add(Duration::from_hours(1))))
    }

    /// Closes an attempt that nobody paid; with `expire` its order, too, unless another attempt is open. A
    /// late success is still honoured.
    async fn abandon(&self, reference: &Reference, expire: bool) -> Result<(), PaymentError> {
        let at = self.clock.now();
        let round = || async {
            let Verified { order, attempt } = self.stored(reference).await?;
            let mut changes = Vec::new();
            if attempt.state.is_open() {
                let to = Attempt {
                    state: AttemptState::Abandoned,
                    version: attempt.version.next(),
                    ..attempt.clone()
                };
                changes.push(Change::AdvanceAttempt { seen: attempt.version, to });
            }
            if expire && order.state == OrderState::Pending {
                let others = self.rows.attempts_of(order.id).await?;
                let waiting =
                    |other: &Attempt| other.state.is_open() || other.state == AttemptState::NeedsReview;
                if !others.iter().any(|other| other.reference != *reference && waiting(other)) {
                    changes.push(Change::AdvanceOrder {
                        id: order.id,
                        seen: order.version,
                        to: OrderState::Expired,
                        at,
                    });
                }
            }
            if changes.is_empty() {
                return Ok(Step::Done(()));
            }
            let head = Decision {
                key: DecisionKey::new("abandon", format_args!("{reference}:{expire}")),
                name: "abandon",
                input: InputHash::of(reference),
                subject: Subject::of(order.id),
                actor: Actor::System,
                at,
            };
            Ok::<_, PaymentError>(Step::Commit(ChangeSet::new(head, changes), ()))
        };
        self.committer.run(round).await?;
        Ok(())
    }
}
