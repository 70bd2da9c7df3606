//! A gateway that does what the test says.

use async_trait::async_trait;
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    payment::{
        Collect, CurrencyRule, Descriptor, GatewayError, GatewayErrorKind, Mode, PaymentSnapshot,
        PaymentState, StartPayment, Started,
    },
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

/// A call that the gateway got, faulty ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayCall {
    /// A payment was begun.
    Start(StartPayment),
    /// A payment was asked about.
    Fetch(Reference),
}

/// What goes wrong with the next call of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayFault {
    /// The call had no effect and failed so.
    Refused(GatewayErrorKind),
    /// The call had its effect, and its answer was lost.
    AnswerLost,
}

#[derive(Debug, Default)]
struct State {
    payments: BTreeMap<String, PaymentSnapshot>,
    start_faults: VecDeque<GatewayFault>,
    fetch_faults: VecDeque<GatewayFault>,
    calls: Vec<GatewayCall>,
}

/// A payment gateway in memory. A payment that is begun waits for its payer until the test says otherwise.
#[derive(Debug)]
pub struct ScriptedGateway {
    mode: Mode,
    secret: String,
    state: Mutex<State>,
}

impl Default for ScriptedGateway {
    fn default() -> Self {
        Self::new()
    }
}

fn broken(kind: GatewayErrorKind) -> GatewayError {
    GatewayError::new(kind, "an answer of the test")
}

fn struck(fault: Option<GatewayFault>) -> Option<GatewayError> {
    match fault? {
        GatewayFault::Refused(kind) => Some(broken(kind)),
        GatewayFault::AnswerLost => Some(broken(GatewayErrorKind::UnknownOutcome)),
    }
}

impl ScriptedGateway {
    /// A gateway for play money.
    pub fn new() -> Self {
        Self::in_mode(Mode::Test)
    }

    /// A gateway in a mode. Its notices carry the secret `scripted-secret`.
    pub fn in_mode(mode: Mode) -> Self {
        Self { mode, secret: "scripted-secret".to_owned(), state: Mutex::default() }
    }

    pub(super) const fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every call so far, oldest first.
    pub fn calls(&self) -> Vec<GatewayCall> {
        self.locked(|state| state.calls.clone())
    }

    /// The payments that were begun, oldest first.
    pub fn started(&self) -> Vec<StartPayment> {
        let started = |call| match call {
            GatewayCall::Start(payment) => Some(payment),
            GatewayCall::Fetch(_) => None,
        };
        self.calls().into_iter().filter_map(started).collect()
    }

    /// The next `start` that has no fault yet meets this one.
    pub fn fail_start(&self, fault: GatewayFault) {
        self.locked(|state| state.start_faults.push_back(fault));
    }

    /// The next `fetch` that has no fault yet meets this one.
    pub fn fail_fetch(&self, fault: GatewayFault) {
        self.locked(|state| state.fetch_faults.push_back(fault));
    }

    /// From now on the gateway answers this about its reference, whether it was begun or not.
    pub fn answer(&self, snapshot: PaymentSnapshot) {
        self.locked(|state| state.payments.insert(snapshot.reference.clone(), snapshot));
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

#[async_trait]
impl Collect for ScriptedGateway {
    fn descriptor(&self) -> Descriptor {
        let rule = |currency| CurrencyRule {
            minimum: Money::new(1, currency),
            maximum: Money::new(1_000_000_000_000, currency),
        };
        let currencies =
            [Currency::NGN, Currency::GHS, Currency::KES, Currency::ZAR, Currency::USD, Currency::XOF];
        Descriptor {
            name: "scripted",
            mode: self.mode,
            currencies: currencies.into_iter().map(rule).collect(),
        }
    }

    async fn start(&self, payment: StartPayment) -> Result<Started, GatewayError> {
        self.locked(|state| {
            state.calls.push(GatewayCall::Start(payment.clone()));
            let fault = state.start_faults.pop_front();
            if let Some(GatewayFault::Refused(kind)) = fault {
                return Err(broken(kind));
            }
            let reference = payment.reference.to_string();
            if state.payments.contains_key(&reference) {
                return Err(broken(GatewayErrorKind::Duplicate));
            }
            let snapshot = PaymentSnapshot {
                reference: reference.clone(),
                gateway_id: Some(format!("scripted-{}", state.payments.len() + 1)),
                mode: self.mode,
                state: PaymentState::Open,
                requested: Some(payment.amount),
                charged: payment.amount,
                fee: None,
            };
            let started = Started {
                authorization_url: format!("https://gateway.example/pay/{reference}"),
                gateway_id: snapshot.gateway_id.clone(),
            };
            state.payments.insert(reference, snapshot);
            struck(fault).map_or(Ok(started), Err)
        })
    }

    async fn fetch(&self, reference: &Reference) -> Result<PaymentSnapshot, GatewayError> {
        self.locked(|state| {
            state.calls.push(GatewayCall::Fetch(reference.clone()));
            if let Some(error) = struck(state.fetch_faults.pop_front()) {
                return Err(error);
            }
            state.payments.get(reference.as_str()).cloned().ok_or_else(|| broken(GatewayErrorKind::NotFound))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Fixture;
    use marketplace_core::order::Locale;

    fn payment(fixture: &Fixture) -> StartPayment {
        StartPayment {
            reference: fixture.reference(),
            amount: fixture.naira(5_000),
            email: fixture.email(),
            return_url: "https://shop.example/return".into(),
            locale: Locale::default(),
        }
    }

    #[tokio::test]
    async fn a_payment_waits_until_it_is_paid() {
        let (gateway, payment) = (ScriptedGateway::new(), payment(&Fixture::new(1)));
        let unknown = gateway.fetch(&payment.reference).await.expect_err("not begun yet");
        assert_eq!(unknown.kind, GatewayErrorKind::NotFound);
        assert!(!gateway.pay(&payment.reference, None), "what was not begun cannot be paid");
        gateway.start(payment.clone()).await.expect("begins");
        let again = gateway.start(payment.clone()).await.expect_err("a reference works once");
        assert_eq!(again.kind, GatewayErrorKind::Duplicate);
        assert_eq!(gateway.fetch(&payment.reference).await.expect("is known").state, PaymentState::Open);
        assert!(gateway.pay(&payment.reference, None));
        let paid = gateway.fetch(&payment.reference).await.expect("is known");
        assert_eq!((paid.state, paid.charged), (PaymentState::Paid, payment.amount));
        assert_eq!(gateway.started().len(), 2);
        assert_eq!(gateway.calls().len(), 5);
    }

    #[tokio::test]
    async fn a_lost_answer_has_its_effect_and_a_refusal_has_none() {
        let (gateway, payment) = (ScriptedGateway::new(), payment(&Fixture::new(1)));
        gateway.fail_start(GatewayFault::Refused(GatewayErrorKind::Transient));
        gateway.fail_start(GatewayFault::AnswerLost);
        let refused = gateway.start(payment.clone()).await.expect_err("is refused");
        assert_eq!((refused.kind, gateway.snapshot(&payment.reference)), (GatewayErrorKind::Transient, None));
        let lost = gateway.start(payment.clone()).await.expect_err("is lost");
        assert_eq!(lost.kind, GatewayErrorKind::UnknownOutcome);
        assert!(gateway.snapshot(&payment.reference).is_some());
    }
}
