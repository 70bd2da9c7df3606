//! Carrying refunds out, and asking what became of them.
//!
//! Called by: the worker.

use super::{Refund, RefundStatus, decide};
use crate::{
    commit::{ChangeSet, CommitFailure, Committed, Step},
    error::{ErrorKind, Failure, StoreError},
    failpoint::failpoint,
    id::RefundId,
    ledger::EntryError,
    payment::{
        Attempt, CreateRefund, GatewayError, GatewayErrorKind, PaymentError, Payments, RefundSnapshot,
        Refunds, ReviewReason,
    },
    time::Timestamp,
};
use std::time::Duration;

/// Why a refund could not be carried on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefundError {
    /// The refund's own numbers do not add up.
    #[error("the refund's numbers do not add up")]
    Inconsistent(#[from] EntryError),
    /// The payment could not be read, or put before an operator.
    #[error("the refund's payment could not be handled")]
    Payment(#[from] PaymentError),
    /// A commit failed.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Failure for RefundError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Inconsistent(_) => ErrorKind::Internal,
            Self::Payment(error) => error.kind(),
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Inconsistent(_) => "internal",
            Self::Payment(error) => error.code(),
            Self::Commit(failure) => failure.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// What refunds need.
#[derive(Debug, Clone)]
pub struct Repayments {
    /// The payments that are given back, with their gateway and their refunds.
    pub payments: Payments,
}

/// How long a refund that the gateway may have taken in, and does not show, is looked for.
const UNSURE: Duration = Duration::from_hours(24);

/// After which time an operator looks at a refund that is not over. Banks take up to ten working days.
const STUCK: Duration = Duration::from_hours(14 * 24);

/// After which time an operator looks at a refund that the gateway does not even take in, or that asks for money of ours.
const UNHEARD: Duration = Duration::from_hours(24);

/// How often an operator who has seen that a refund stands still is told that it still does.
const WEEK: u64 = 7 * 24 * 3600;

/// What payers are told. The operator's own words stay here.
const NOTE: &str = "This payment did not pay for an order";

/// What the gateway says of a refund.
enum Told {
    /// This.
    Snapshot(RefundSnapshot),
    /// It was refused for good, and that is noted.
    Refused,
    /// Nothing that helps.
    Nothing(GatewayError),
    /// It was not asked.
    Unasked,
}

impl Repayments {
    /// Does what is next for a refund: asks the gateway to make it, or what became of it. Idempotent. Returns when to look
    /// again; `None`: it is over, or there is none. Cancellation: the refund may have been made, and is found again.
    pub async fn carry_on(&self, id: RefundId) -> Result<Option<Timestamp>, RefundError> {
        self.step(id, true).await
    }

    /// Asks what became of a refund, and makes none. Also of one that failed: the gateway may have carried out what it
    /// seemed to refuse. Idempotent.
    pub async fn ask_again(&self, id: RefundId) -> Result<(), RefundError> {
        self.step(id, false).await.map(|_| ())
    }

    async fn step(&self, id: RefundId, makes: bool) -> Result<Option<Timestamp>, RefundError> {
        let Some(refund) = self.payments.refund_rows.refund(id).await? else { return Ok(None) };
        let is_open = refund.status.is_open();
        if refund.status == RefundStatus::Done || (makes && !is_open) {
            return Ok(None);
        }
        let told = match &self.payments.refunds {
            None => Told::Unasked,
            Some(gateway) => self.told(&**gateway, &refund, makes && is_open).await?,
        };
        let now = self.payments.clock.now();
        let age = now.since(refund.requested_at);
        let mut wait = Duration::ZERO;
        let is_late = match told {
            Told::Snapshot(snapshot) => {
                let is_ours = self.note(&refund, &snapshot).await?;
                !is_ours || age >= STUCK
            }
            Told::Refused => false,
            Told::Unasked => age >= UNHEARD,
            Told::Nothing(error) => {
                tracing::warn!(refund.id = %id, error = %error, cause = %error.source, "the gateway could not be asked about a refund");
                if let GatewayErrorKind::RateLimited { after: Some(after) } = error.kind {
                    wait = after;
                }
                age >= UNHEARD
            }
        };
        let Some(refund) = self.payments.refund_rows.refund(id).await? else { return Ok(None) };
        if !refund.status.is_open() {
            return Ok(None);
        }
        if is_late {
            self.report(&refund, age).await?;
        }
        Ok(Some(now.saturating_add(pause(age).max(wait))))
    }

    async fn told(&self, gateway: &dyn Refunds, refund: &Refund, makes: bool) -> Result<Told, RefundError> {
        if let Some(gateway_id) = &refund.gateway_id {
            return Ok(gateway.fetch(gateway_id).await.map_or_else(Told::Nothing, Told::Snapshot));
        }
        let attempt = self.payments.stored(&refund.reference).await?.attempt;
        if !makes {
            return Ok(match ours(gateway, refund, &attempt).await {
                Ok(Some(ours)) => Told::Snapshot(ours),
                Ok(None) => Told::Unasked,
                Err(error) => Told::Nothing(error),
            });
        }
        // Who disputes may get it back that way: an operator who answers that hears of this one, too.
        if self.payments.is_disputed(refund.reference.as_str()).await? {
            return Ok(Told::Unasked);
        }
        self.make(gateway, refund, &attempt).await
    }

    async fn make(
        &self,
        gateway: &dyn Refunds,
        refund: &Refund,
        attempt: &Attempt,
    ) -> Result<Told, RefundError> {
        // Whoever notes the first call may take its refusal for one; a second worker, or a second life, may not.
        let first = refund.asked_at.is_none() && self.note_asked(refund).await? == Committed::Applied;
        let create = CreateRefund {
            id: refund.id,
            payment: attempt.locator(),
            amount: refund.amount,
            reason: NOTE.to_owned(),
        };
        failpoint!("refund.before-gateway");
        let made = gateway.create(create).await;
        failpoint!("refund.after-gateway");
        let error = match made {
            Ok(snapshot) => return Ok(Told::Snapshot(snapshot)),
            Err(error) => error,
        };
        match error.kind {
            GatewayErrorKind::InvalidRequest
            | GatewayErrorKind::Unsupported
            | GatewayErrorKind::Declined
            | GatewayErrorKind::WrongState
            | GatewayErrorKind::NotFound => {}
            GatewayErrorKind::UnknownOutcome | GatewayErrorKind::Duplicate | GatewayErrorKind::Malformed => {
                // The time in which it may turn up begins anew.
                self.note_asked(refund).await?;
                return Ok(Told::Nothing(error));
            }
            _ => return Ok(Told::Nothing(error)),
        }
        if !first {
            // An earlier call may have made it: its refusal now says nothing of then.
            match ours(gateway, refund, attempt).await {
                Ok(Some(ours)) => return Ok(Told::Snapshot(ours)),
                Ok(None) => {}
                Err(error) => return Ok(Told::Nothing(error)),
            }
            let asked_at = refund.asked_at.unwrap_or(refund.requested_at);
            if self.payments.clock.now().since(asked_at) < UNSURE {
                return Ok(Told::Nothing(error));
            }
        }
        tracing::warn!(refund.id = %refund.id, error = %error, cause = %error.source, "the gateway refuses a refund");
        let failed = || {
            self.round(refund.id, |refund, at| {
                if refund.status.is_open() && refund.gateway_id.is_none() {
                    return decide::fail(refund, at).map(Some);
                }
                Ok(None)
            })
        };
        self.payments.committer.run(failed).await?;
        Ok(Told::Refused)
    }

    async fn note_asked(&self, refund: &Refund) -> Result<Committed, RefundError> {
        let asked = || self.round(refund.id, |refund, at| Ok(decide::ask(refund, at)));
        Ok(self.payments.committer.run(asked).await?.1)
    }

    /// Notes what the gateway says. Returns whether it is ours at all.
    async fn note(&self, refund: &Refund, snapshot: &RefundSnapshot) -> Result<bool, RefundError> {
        let attempt = self.payments.stored(&refund.reference).await?.attempt;
        let same = |told: &Option<String>, known: &Option<String>| {
            told.is_none() || known.is_none() || told == known
        };
        let is_ours = snapshot.amount == refund.amount
            && snapshot.mode == attempt.mode
            && snapshot.id.is_none_or(|told| told == refund.id)
            && same(&snapshot.payment, &attempt.gateway_id)
            && refund.gateway_id.as_ref().is_none_or(|known| *known == snapshot.gateway_id);
        if !is_ours {
            tracing::error!(refund.id = %refund.id, "the gateway tells of another refund than ours");
            return Ok(false);
        }
        let noted = || self.round(refund.id, |refund, at| decide::advance(refund, snapshot, at));
        let ((), committed) = self.payments.committer.run(noted).await?;
        if committed == Committed::Applied {
            tracing::info!(refund.id = %refund.id, refund.state = %snapshot.state, "a refund went on");
        }
        Ok(true)
    }

    async fn round(
        &self,
        id: RefundId,
        decide: impl Fn(&Refund, Timestamp) -> Result<Option<ChangeSet>, EntryError> + Send,
    ) -> Result<Step<()>, RefundError> {
        let Some(refund) = self.payments.refund_rows.refund(id).await? else { return Ok(Step::Done(())) };
        Ok(match decide(&refund, self.payments.clock.now())? {
            Some(set) => Step::Commit(set, ()),
            None => Step::Done(()),
        })
    }

    /// Puts a refund that stands still before an operator, once a week.
    async fn report(&self, refund: &Refund, age: Duration) -> Result<(), RefundError> {
        let known = self.payments.stored(&refund.reference).await?;
        let event = format!("{}:{}", refund.id, age.as_secs() / WEEK);
        let (reference, amount) = (refund.reference.as_str(), Some(refund.amount));
        self.payments.report(reference, Some(&known), amount, ReviewReason::RefundStuck, &event).await?;
        Ok(())
    }
}

/// The refund at the gateway that carries our id.
async fn ours(
    gateway: &dyn Refunds,
    refund: &Refund,
    attempt: &Attempt,
) -> Result<Option<RefundSnapshot>, GatewayError> {
    let all = gateway.find(&attempt.locator()).await?;
    Ok(all.into_iter().find(|other| other.id == Some(refund.id)))
}

/// How long to leave a refund of this age alone.
fn pause(age: Duration) -> Duration {
    if age < Duration::from_hours(1) {
        Duration::from_mins(10)
    } else if age < Duration::from_hours(24) {
        Duration::from_hours(1)
    } else {
        Duration::from_hours(6)
    }
}
