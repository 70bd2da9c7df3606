//! What the gateway is told to do, and what was asked of it.

use super::GatewayDefect;
use crate::contract::gateway::{Operation, Trouble};
use marketplace_core::{
    id::Reference,
    money::Money,
    payment::{
        BankAccount, CreateRefund, DisputeSnapshot, Evidence, GatewayError, GatewayErrorKind, Mode,
        PaymentSnapshot, PaymentState, PayoutSnapshot, RefundSnapshot, RefundState, SendPayout, StartPayment,
    },
    refund::Refund,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    sync::{Mutex, PoisonError},
};

/// A call that the gateway got, faulty ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GatewayCall {
    /// A payment was begun.
    Start(StartPayment),
    /// A payment was asked about.
    Fetch(Reference),
    /// A refund was begun.
    CreateRefund(CreateRefund),
    /// A payout was sent.
    Send(SendPayout),
}

/// What goes wrong with the next call of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayFault {
    /// The call had no effect and failed so.
    Refused(GatewayErrorKind),
    /// The call had its effect, and its answer was lost.
    AnswerLost,
}

impl GatewayFault {
    /// What a trouble of the gateway's comes to for an adapter that is right.
    pub(super) fn of(operation: Operation, trouble: Trouble) -> Self {
        let unclear = |reading| if operation.writes() { GatewayErrorKind::UnknownOutcome } else { reading };
        match trouble {
            Trouble::AnswerLost => Self::AnswerLost,
            Trouble::Down => Self::Refused(unclear(GatewayErrorKind::Transient)),
            Trouble::Garbage => Self::Refused(unclear(GatewayErrorKind::Malformed)),
            Trouble::Limited(wait) => Self::Refused(GatewayErrorKind::RateLimited { after: Some(wait) }),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// By reference, oldest first in `order`.
    pub(super) payments: BTreeMap<String, PaymentSnapshot>,
    pub(super) order: Vec<String>,
    pub(super) refunds: Vec<RefundSnapshot>,
    pub(super) recipients: Vec<BankAccount>,
    pub(super) payouts: Vec<PayoutSnapshot>,
    pub(super) disputes: Vec<DisputeSnapshot>,
    pub(super) evidence: Vec<(String, Evidence)>,
    pub(super) balances: Vec<Money>,
    pub(super) faults: BTreeMap<Operation, VecDeque<GatewayFault>>,
    /// Calls whose next answer is in the other mode.
    pub(super) other_modes: BTreeSet<Operation>,
    pub(super) calls: Vec<GatewayCall>,
    counted: usize,
}

/// What a call meets.
pub(super) struct Met {
    fault: Option<GatewayFault>,
    operation: Operation,
}

impl Met {
    /// The failure of a call without effect.
    pub(super) fn refused(&self) -> Result<(), GatewayErrorKind> {
        match self.fault {
            Some(GatewayFault::Refused(kind)) => Err(kind),
            Some(GatewayFault::AnswerLost) | None => Ok(()),
        }
    }

    /// The answer of a call with effect.
    pub(super) fn answered<T>(&self, answer: T) -> Result<T, GatewayErrorKind> {
        match self.fault {
            Some(GatewayFault::AnswerLost) if self.operation.writes() => {
                Err(GatewayErrorKind::UnknownOutcome)
            }
            Some(GatewayFault::AnswerLost) => Err(GatewayErrorKind::Transient),
            Some(GatewayFault::Refused(_)) | None => Ok(answer),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.fault == Some(GatewayFault::AnswerLost)
    }
}

impl State {
    pub(super) fn meet(&mut self, operation: Operation) -> Met {
        let fault = self.faults.get_mut(&operation).and_then(VecDeque::pop_front);
        Met { fault, operation }
    }

    /// What the answer to this call makes of a mode.
    pub(super) fn modes(&mut self, operation: Operation) -> fn(Mode) -> Mode {
        let other = |mode| match mode {
            Mode::Test => Mode::Live,
            Mode::Live => Mode::Test,
        };
        if self.other_modes.remove(&operation) { other } else { |mode| mode }
    }

    /// The gateway's id of the next row.
    pub(super) fn next_id(&self) -> String {
        let rows = self.payments.len() + self.refunds.len() + self.payouts.len() + self.disputes.len();
        format!("scripted-{}", rows + 1)
    }
}

/// A payment gateway in memory. A payment that is begun waits for its payer until the test says otherwise.
pub struct ScriptedGateway {
    mode: Mode,
    secret: String,
    /// Whether the gateway knows the key of this adapter.
    pub(super) is_known: bool,
    defect: Option<GatewayDefect>,
    /// Whether payers are asked on their telephones.
    pub(super) pushes: bool,
    pub(super) state: Mutex<State>,
}

impl fmt::Debug for ScriptedGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ScriptedGateway");
        shown.field("mode", &self.mode);
        if self.has(GatewayDefect::ShowsItsKey) {
            shown.field("secret", &self.secret);
        }
        shown.finish_non_exhaustive()
    }
}

impl Default for ScriptedGateway {
    fn default() -> Self {
        Self::new()
    }
}

impl ScriptedGateway {
    /// A gateway for play money.
    pub fn new() -> Self {
        Self::in_mode(Mode::Test)
    }

    /// A gateway in a mode.
    pub fn in_mode(mode: Mode) -> Self {
        let secret = "scripted-secret".to_owned();
        Self { mode, secret, is_known: true, defect: None, pushes: false, state: Mutex::default() }
    }

    /// A gateway for play money that has no page: it asks payers on their telephones.
    pub fn pushing() -> Self {
        Self { pushes: true, ..Self::new() }
    }

    /// A gateway whose adapter has a bug.
    pub fn with_defect(defect: GatewayDefect) -> Self {
        Self { defect: Some(defect), ..Self::new() }
    }

    /// The adapter of somebody whom no gateway knows.
    pub(super) fn stranger(&self) -> Self {
        Self { is_known: false, defect: self.defect, pushes: self.pushes, ..Self::new() }
    }

    pub(super) const fn mode(&self) -> Mode {
        self.mode
    }

    /// The mode of a row, as an adapter with the planted bug tells it.
    pub(super) fn told_mode(&self, mode: Mode) -> Mode {
        if self.has(GatewayDefect::CopiesItsMode) { self.mode } else { mode }
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    pub(super) fn has(&self, defect: GatewayDefect) -> bool {
        self.defect == Some(defect)
    }

    pub(super) fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Carries a call out, if the gateway knows us.
    pub(super) fn call<T>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, GatewayErrorKind>,
    ) -> Result<T, GatewayError> {
        let outcome = if self.is_known { self.locked(work) } else { Err(GatewayErrorKind::Authentication) };
        outcome.map_err(|kind| self.broken(kind))
    }

    fn broken(&self, kind: GatewayErrorKind) -> GatewayError {
        let told = match kind {
            GatewayErrorKind::UnknownOutcome if self.has(GatewayDefect::FailsTimeouts) => {
                GatewayErrorKind::Transient
            }
            GatewayErrorKind::Duplicate if self.has(GatewayDefect::MissesDuplicates) => {
                GatewayErrorKind::InvalidRequest
            }
            GatewayErrorKind::RateLimited { .. } if self.has(GatewayDefect::ForgetsWaits) => {
                GatewayErrorKind::RateLimited { after: None }
            }
            GatewayErrorKind::Authentication if self.has(GatewayDefect::RetriesWrongKeys) => {
                GatewayErrorKind::Transient
            }
            kind => kind,
        };
        GatewayError::new(told, "an answer of the test")
    }

    /// How many times anybody was counted.
    pub(super) fn count(&self) -> usize {
        self.locked(|state| {
            state.counted += 1;
            state.counted
        })
    }

    /// Every call so far, oldest first.
    pub fn calls(&self) -> Vec<GatewayCall> {
        self.locked(|state| state.calls.clone())
    }

    /// The payments that were begun, oldest first.
    pub fn started(&self) -> Vec<StartPayment> {
        let started = |call| match call {
            GatewayCall::Start(payment) => Some(payment),
            _ => None,
        };
        self.calls().into_iter().filter_map(started).collect()
    }

    /// The next call of this kind that has no fault yet meets this one.
    pub fn fail(&self, operation: Operation, fault: GatewayFault) {
        self.locked(|state| state.faults.entry(operation).or_default().push_back(fault));
    }

    /// How much of all payments is given back, or on its way back.
    pub fn alive_refunds(&self) -> i64 {
        let alive = |refund: &&RefundSnapshot| refund.state != RefundState::Failed;
        self.locked(|state| state.refunds.iter().filter(alive).map(|refund| refund.amount.minor()).sum())
    }

    /// A refund turns out to have been made, and is done: the gateway did not show it until now.
    pub fn appears(&self, reference: &Reference, refund: &Refund) {
        let mode = self.mode();
        self.locked(|state| {
            let payment =
                state.payments.get(reference.as_str()).and_then(|payment| payment.gateway_id.clone());
            let gateway_id = state.next_id();
            let (id, amount, state_now) = (Some(refund.id), refund.amount, RefundState::Done);
            let snapshot = RefundSnapshot { gateway_id, id, payment, mode, amount, state: state_now };
            state.refunds.push(snapshot);
        });
    }

    /// From now on the gateway answers this about its reference, whether it was begun or not.
    pub fn answer(&self, snapshot: PaymentSnapshot) {
        self.locked(|state| {
            if !state.payments.contains_key(&snapshot.reference) {
                state.order.push(snapshot.reference.clone());
            }
            state.payments.insert(snapshot.reference.clone(), snapshot)
        });
    }

    /// What the gateway would answer now.
    pub fn snapshot(&self, reference: &Reference) -> Option<PaymentSnapshot> {
        self.locked(|state| state.payments.get(reference.as_str()).cloned())
    }

    /// The payer pays what was asked; the gateway keeps `fee`. Returns whether the payment was begun.
    pub fn pay(&self, reference: &Reference, fee: Option<Money>) -> bool {
        self.change(reference, |payment| {
            payment.state = PaymentState::Paid;
            payment.fee = fee;
        })
    }

    /// The gateway refuses the payer for good. Returns whether the payment was begun.
    pub fn decline(&self, reference: &Reference) -> bool {
        self.change(reference, |payment| payment.state = PaymentState::Declined)
    }

    /// Changes what the gateway answers about a payment. Returns whether the payment was begun.
    pub fn change(&self, reference: &Reference, how: impl FnOnce(&mut PaymentSnapshot)) -> bool {
        self.locked(|state| state.payments.get_mut(reference.as_str()).map(how).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Fixture;
    use marketplace_core::{order::Locale, payment::Collect as _};

    fn payment(fixture: &Fixture) -> StartPayment {
        StartPayment {
            reference: fixture.reference(),
            amount: fixture.naira(5_000),
            email: fixture.email(),
            phone: None,
            return_url: "https://shop.example/return".into(),
            locale: Locale::default(),
        }
    }

    #[tokio::test]
    async fn a_payment_waits_until_it_is_paid() {
        let (gateway, payment) = (ScriptedGateway::new(), payment(&Fixture::new(1)));
        let unknown = gateway.fetch(&payment.reference.clone().into()).await.expect_err("not begun yet");
        assert_eq!(unknown.kind, GatewayErrorKind::NotFound);
        assert!(!gateway.pay(&payment.reference, None), "what was not begun cannot be paid");
        gateway.start(payment.clone()).await.expect("begins");
        let again = gateway.start(payment.clone()).await.expect_err("a reference works once");
        assert_eq!(again.kind, GatewayErrorKind::Duplicate);
        assert_eq!(
            gateway.fetch(&payment.reference.clone().into()).await.expect("is known").state,
            PaymentState::Open
        );
        assert!(gateway.pay(&payment.reference, None));
        let paid = gateway.fetch(&payment.reference.clone().into()).await.expect("is known");
        assert_eq!((paid.state, paid.charged), (PaymentState::Paid, payment.amount));
        assert_eq!(gateway.started().len(), 2);
        assert_eq!(gateway.calls().len(), 5);
    }

    #[tokio::test]
    async fn a_lost_answer_has_its_effect_and_a_refusal_has_none() {
        let (gateway, payment) = (ScriptedGateway::new(), payment(&Fixture::new(1)));
        gateway.fail(Operation::Start, GatewayFault::Refused(GatewayErrorKind::Transient));
        gateway.fail(Operation::Start, GatewayFault::AnswerLost);
        let refused = gateway.start(payment.clone()).await.expect_err("is refused");
        assert_eq!((refused.kind, gateway.snapshot(&payment.reference)), (GatewayErrorKind::Transient, None));
        let lost = gateway.start(payment.clone()).await.expect_err("is lost");
        assert_eq!(lost.kind, GatewayErrorKind::UnknownOutcome);
        assert!(gateway.snapshot(&payment.reference).is_some());
    }
}
