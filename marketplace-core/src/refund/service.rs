//! Carrying refunds out, and asking what became of them.
//!
//! Called by: the worker.

use super::{Refund, RefundStatus, decide};
use crate::{
    commit::{ChangeSet, CommitFailure, Step},
    error::{ErrorKind, Failure, StoreError},
    failpoint::failpoint,
    id::RefundId,
    ledger::EntryError,
    payment::{
        CreateRefund, GatewayError, GatewayErrorKind, PaymentError, Payments, RefundSnapshot, Refunds,
        ReviewReason,
    },
    time::Timestamp,
};
use std::time::Duration;

/// Why a refund could not be carried on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefundError {
    /// This marketplace has no port that gives money back.
    #[error("the gateway gives no money back")]
    Unsupported,
    /// What the gateway tells is another refund than ours.
    #[error("the gateway tells of another refund")]
    Mismatch,
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
            Self::Unsupported => ErrorKind::Conflict,
            Self::Mismatch | Self::Inconsistent(_) => ErrorKind::Internal,
            Self::Payment(error) => error.kind(),
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Unsupported => "refunds_not_supported",
            Self::Mismatch | Self::Inconsistent(_) => "internal",
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

impl Repayments {
    /// Does what is next for a refund: asks the gateway to make it, or what became of it. Idempotent. Returns when to look
    /// again; `None`: it is over, or there is none. Cancellation: the refund may have been made, and is found again.
    pub async fn carry_on(&self, id: RefundId) -> Result<Option<Timestamp>, RefundError> {
        let Some(gateway) = &self.payments.refunds else { return Err(RefundError::Unsupported) };
        let Some(refund) =
            self.payments.refund_rows.refund(id).await?.filter(|refund| refund.status.is_open())
        else {
            return Ok(None);
        };
        let told = match &refund.gateway_id {
            Some(gateway_id) => gateway.fetch(gateway_id).await.map(Some),
            None => self.make(&**gateway, &refund).await?,
        };
        let now = self.payments.clock.now();
        let age = now.since(refund.requested_at);
        let (wait, is_late) = match told {
            Ok(told) => {
                let status = match told {
                    Some(snapshot) => self.note(id, &snapshot).await?,
                    None => self.current(id).await?,
                };
                if !status.is_open() {
                    return Ok(None);
                }
                (Duration::ZERO, age >= STUCK)
            }
            Err(error) => {
                tracing::warn!(refund.id = %id, error = %error, cause = %error.source, "the gateway could not be asked about a refund");
                let wait = match error.kind {
                    GatewayErrorKind::RateLimited { after } => after.unwrap_or(Duration::ZERO),
                    _ => Duration::ZERO,
                };
                (wait, age >= UNHEARD)
            }
        };
        if is_late {
            self.report(&refund, ReviewReason::RefundStuck).await?;
        }
        Ok(Some(now.saturating_add(pause(age).max(wait))))
    }

    /// Asks for the refund. `Ok(None)`: it was refused for good, and that is noted.
    async fn make(
        &self,
        gateway: &dyn Refunds,
        refund: &Refund,
    ) -> Result<Result<Option<RefundSnapshot>, GatewayError>, RefundError> {
        let first = refund.asked_at.is_none();
        if first {
            let asked =
                || self.round(refund.id, |refund, at| Ok(decide::ask(refund, at).map(|(set, _)| set)));
            self.payments.committer.run(asked).await?;
        }
        let attempt = self.payments.stored(&refund.reference).await?.attempt;
        let locator = attempt.locator();
        let create = CreateRefund {
            id: refund.id,
            payment: locator.clone(),
            amount: refund.amount,
            reason: refund.reason.chars().take(100).collect(),
        };
        failpoint!("refund.before-gateway");
        let made = gateway.create(create).await;
        failpoint!("refund.after-gateway");
        let error = match made {
            Ok(snapshot) => return Ok(Ok(Some(snapshot))),
            Err(error) => error,
        };
        let is_refused = matches!(
            error.kind,
            GatewayErrorKind::InvalidRequest
                | GatewayErrorKind::Unsupported
                | GatewayErrorKind::Declined
                | GatewayErrorKind::WrongState
                | GatewayErrorKind::NotFound
        );
        if !is_refused {
            return Ok(Err(error));
        }
        if !first {
            // An earlier call may have made it: its refusal now says nothing of then.
            match gateway.find(&locator).await {
                Ok(all) => {
                    if let Some(ours) = all.into_iter().find(|other| other.id == Some(refund.id)) {
                        return Ok(Ok(Some(ours)));
                    }
                }
                Err(error) => return Ok(Err(error)),
            }
            let asked_at = refund.asked_at.unwrap_or(refund.requested_at);
            if self.payments.clock.now().since(asked_at) < UNSURE {
                return Ok(Err(error));
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
        Ok(Ok(None))
    }

    /// Notes what the gateway says, if it is ours.
    async fn note(&self, id: RefundId, snapshot: &RefundSnapshot) -> Result<RefundStatus, RefundError> {
        let Some(refund) = self.payments.refund_rows.refund(id).await? else {
            return Ok(RefundStatus::Failed);
        };
        let attempt = self.payments.stored(&refund.reference).await?.attempt;
        let is_ours = snapshot.amount == refund.amount
            && snapshot.mode == attempt.mode
            && snapshot.id.is_none_or(|told| told == id);
        if !is_ours {
            self.report(&refund, ReviewReason::RefundStuck).await?;
            return Err(RefundError::Mismatch);
        }
        let noted = || self.round(id, |refund, at| decide::advance(refund, snapshot, at));
        self.payments.committer.run(noted).await?;
        let status = self.current(id).await?;
        if !status.is_open() {
            tracing::info!(refund.id = %id, refund.status = %status, "a refund is over");
        }
        Ok(status)
    }

    async fn current(&self, id: RefundId) -> Result<RefundStatus, RefundError> {
        Ok(self.payments.refund_rows.refund(id).await?.map_or(RefundStatus::Failed, |refund| refund.status))
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

    async fn report(&self, refund: &Refund, reason: ReviewReason) -> Result<(), RefundError> {
        let known = self.payments.stored(&refund.reference).await?;
        let event = format!("{}:{}", refund.id, refund.status);
        self.payments
            .report(refund.reference.as_str(), Some(&known), Some(refund.amount), reason, &event)
            .await?;
        Ok(())
    }
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
