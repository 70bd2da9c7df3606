//! Beginning to pay: the row of an attempt first, then the gateway.
//!
//! Guarantees: our own reference is stored, together with the sweep's first look at it, before the gateway hears of it; one
//! attempt of an order is open at a time; a command that died goes on with the attempt that it began.
//!
//! Does not: settle.
//!
//! Called by: checkout, and the route for another attempt.

use super::{
    Attempt, AttemptState, NextStep, PaymentError, Payments, StartPayment, Verified, next_look,
    service::IN_FLIGHT,
};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, Decision, DecisionKey, InputHash, Step, Subject},
    failpoint::failpoint,
    id::{JobId, OrderId, Reference},
    job::{NewJob, kinds},
    order::{Order, OrderState},
    time::Timestamp,
    version::Version,
};
use serde_json::json;
use uuid::Uuid;

impl Payments {
    /// Begins a new attempt for an order whose earlier ones are over. `serial` names the command: the same
    /// serial again goes on with the attempt that it began, or replaces it if that one came to nothing.
    ///
    /// The caller makes sure that a serial runs once at a time. On [`PaymentError::Gateway`] nothing was
    /// charged, and the same command may be sent again.
    pub async fn retry(&self, order: OrderId, serial: Uuid, actor: Actor) -> Result<Attempt, PaymentError> {
        let began = self.clock.now();
        let round = || async {
            let order = self.orders.order(order).await?.ok_or(PaymentError::NotFound)?;
            let attempts = self.rows.attempts_of(order.id).await?;
            // At most one of these is new: a serial never has more attempts than its order.
            let numbers = 0..=attempts.len();
            let names: Vec<Reference> = numbers.map(|number| Reference::of_command(serial, number)).collect();
            let mut changes = Vec::new();
            if let Some(open) = attempts.iter().find(|attempt| attempt.state.is_open()) {
                let own = names.contains(&open.reference);
                let is_known = open.state == AttemptState::Pending;
                if own && is_known {
                    return Ok(Step::Done((order, open.clone())));
                }
                // Before the gateway has answered the payer does not know how to pay. Its call died with its process if
                // the command is this very one, or if it has taken longer than any call takes.
                let dead = !is_known && (own || began.since(open.created_at) >= IN_FLIGHT);
                if !order.state.has_been_paid() && !dead {
                    return Err(PaymentError::StillOpen);
                }
                let to =
                    Attempt { state: AttemptState::Abandoned, version: open.version.next(), ..open.clone() };
                changes.push(Change::AdvanceAttempt { seen: open.version, to });
            }
            if order.state.has_been_paid() {
                return Err(PaymentError::AlreadyPaid);
            }
            if attempts.iter().any(|attempt| attempt.state == AttemptState::NeedsReview) {
                return Err(PaymentError::InReview);
            }
            if order.state != OrderState::Pending {
                return Err(PaymentError::OrderOver);
            }
            let free = |name: &&Reference| !attempts.iter().any(|attempt| attempt.reference == **name);
            let name = names.iter().find(free).ok_or(PaymentError::StillOpen)?;
            let attempt = self.new_attempt(&order, name.clone(), began);
            let head = Decision {
                key: DecisionKey::new("attempt", name),
                name: "begin-attempt",
                input: InputHash::of(&order.id),
                subject: Subject::of(order.id),
                actor,
                at: began,
            };
            changes.extend(attempt_changes(&attempt, JobId::generate(&*self.ids, began)));
            Ok(Step::Commit(ChangeSet::new(head, changes), (order, attempt)))
        };
        let ((order, attempt), _) = self.committer.run(round).await?;
        if attempt.state == AttemptState::Initiated { self.start(&order, attempt).await } else { Ok(attempt) }
    }

    /// The row of a new attempt.
    pub(crate) fn new_attempt(&self, order: &Order, reference: Reference, at: Timestamp) -> Attempt {
        let descriptor = self.gateway.descriptor();
        Attempt {
            reference,
            order: order.id,
            amount: order.total,
            state: AttemptState::Initiated,
            gateway: descriptor.name.to_owned(),
            mode: descriptor.mode,
            authorization_url: None,
            gateway_id: None,
            gateway_fee: None,
            created_at: at,
            paid_at: None,
            version: Version::FIRST,
        }
    }

    /// Calls the gateway for an attempt that is stored, and stores the answer.
    pub(crate) async fn start(&self, order: &Order, attempt: Attempt) -> Result<Attempt, PaymentError> {
        let reference = attempt.reference.clone();
        let payment = StartPayment {
            reference: reference.clone(),
            amount: attempt.amount,
            email: order.buyer.email.clone(),
            phone: order.buyer.phone.clone(),
            return_url: self.return_url.clone(),
            locale: order.locale.clone(),
        };
        let outcome = self.gateway.start(payment).await;
        failpoint!("checkout.after-gateway");
        let (started, error) = match outcome {
            Ok(started) => (Some(started), None),
            Err(error) => {
                tracing::warn!(payment.reference = %reference, error = %error, cause = %error.source, "a payment could not be begun");
                (None, Some(error))
            }
        };
        let at = self.clock.now();
        let round = || async {
            let Verified { order, attempt } = self.stored(&reference).await?;
            if attempt.state != AttemptState::Initiated {
                // A webhook was faster than the gateway's own answer.
                return Ok(Step::Done(attempt));
            }
            let to = match &started {
                Some(started) => Attempt {
                    state: AttemptState::Pending,
                    authorization_url: match &started.next {
                        NextStep::Redirect { url } => Some(url.clone()),
                        NextStep::Confirm => None,
                    },
                    gateway_id: started.gateway_id.clone(),
                    version: attempt.version.next(),
                    ..attempt.clone()
                },
                // Nobody has its address, so nobody can pay it; should it have begun, the sweep will see.
                None => Attempt {
                    state: AttemptState::Abandoned,
                    version: attempt.version.next(),
                    ..attempt.clone()
                },
            };
            let head = Decision {
                key: DecisionKey::new("started", &reference),
                name: "note-start",
                input: InputHash::of(&(&reference, to.state)),
                subject: Subject::of(order.id),
                actor: Actor::System,
                at,
            };
            let set =
                ChangeSet::new(head, vec![Change::AdvanceAttempt { seen: attempt.version, to: to.clone() }]);
            Ok::<_, PaymentError>(Step::Commit(set, to))
        };
        let noted = self.committer.run(round).await;
        match (error, noted) {
            (None, noted) => Ok(noted?.0),
            (Some(error), Ok((attempt, _))) if attempt.state == AttemptState::Succeeded => {
                tracing::info!(payment.reference = %reference, cause = %error.source, "paid although its start failed");
                Ok(attempt)
            }
            (Some(error), _) => Err(error.into()),
        }
    }
}

/// The rows of a new attempt: itself, and the sweep's first look.
pub(crate) fn attempt_changes(attempt: &Attempt, job: JobId) -> Vec<Change> {
    let first = next_look(attempt.created_at, attempt.created_at).unwrap_or(attempt.created_at);
    let look = look_job(attempt, job, first, attempt.created_at);
    vec![Change::InsertAttempt(attempt.clone()), Change::Enqueue(look)]
}

/// The sweep's next look at an attempt.
pub(crate) fn look_job(attempt: &Attempt, id: JobId, run_at: Timestamp, created_at: Timestamp) -> NewJob {
    NewJob {
        id,
        kind: kinds::LOOK.to_owned(),
        payload: json!({ "reference": attempt.reference }),
        subject: Subject::of(attempt.order),
        unique: Some(format!("{}:{}", kinds::LOOK, attempt.reference)),
        run_at,
        created_at,
    }
}
