//! Payments of the scripted gateway.

use super::{GatewayCall, GatewayDefect, ScriptedGateway};
use crate::contract::gateway::Operation;
use async_trait::async_trait;
use marketplace_core::{
    money::{Currency, Money},
    payment::{
        Capabilities, Collect, CurrencyRule, Descriptor, GatewayError, GatewayErrorKind, Listing, NextStep,
        PaymentLocator, PaymentSnapshot, PaymentState, StartPayment, Started, Window,
    },
};

/// The largest payment, in minor units.
const MAXIMUM: i64 = 1_000_000_000_000;

/// How many payments a page of a list holds.
const PAGE: usize = 2;

fn rule(currency: Currency) -> CurrencyRule {
    CurrencyRule { minimum: Money::new(1, currency), maximum: Money::new(MAXIMUM, currency) }
}

impl ScriptedGateway {
    /// How an adapter with the planted bug tells it.
    fn told(&self, payment: &PaymentSnapshot) -> PaymentSnapshot {
        let mut told = PaymentSnapshot { mode: self.told_mode(payment.mode), ..payment.clone() };
        let asked = payment.requested.unwrap_or(payment.charged);
        if self.has(GatewayDefect::IgnoresAmounts) && asked.currency() == told.charged.currency() {
            told.charged = asked;
        }
        if self.has(GatewayDefect::IgnoresCurrencies) {
            told.charged = Money::new(told.charged.minor(), asked.currency());
        }
        if self.has(GatewayDefect::FloatsAmounts) {
            let floated = (told.charged.minor() as f64 / 100.0) * 100.0;
            told.charged = Money::new(floated as i64, told.charged.currency());
        }
        if self.has(GatewayDefect::PaysTheUnheard) && told.state == PaymentState::Unrecognised {
            told.state = PaymentState::Paid;
        }
        if self.has(GatewayDefect::KeepsDeclinedOpen) && told.state == PaymentState::Declined {
            told.state = PaymentState::Open;
        }
        told
    }
}

#[async_trait]
impl Collect for ScriptedGateway {
    fn descriptor(&self) -> Descriptor {
        let currencies =
            [Currency::NGN, Currency::GHS, Currency::KES, Currency::ZAR, Currency::USD, Currency::XOF];
        let way = if self.pushes { Capabilities::pushing() } else { Capabilities::redirecting() };
        let can = way.with_notices().with_lists();
        Descriptor {
            name: "scripted",
            mode: self.mode(),
            currencies: currencies.into_iter().map(rule).collect(),
            capabilities: can.with_refunds(true).with_disputes().with_payouts(true),
        }
    }

    async fn start(&self, payment: StartPayment) -> Result<Started, GatewayError> {
        let renames = self.has(GatewayDefect::RenamesPayments);
        let rule = self.descriptor().rule(payment.amount.currency());
        self.call(|state| {
            state.calls.push(GatewayCall::Start(payment.clone()));
            let met = state.meet(Operation::Start);
            met.refused()?;
            let fits = |rule: CurrencyRule| {
                (rule.minimum.minor()..=rule.maximum.minor()).contains(&payment.amount.minor())
            };
            if !rule.is_some_and(fits) {
                return Err(GatewayErrorKind::InvalidRequest);
            }
            let reference = payment.reference.to_string();
            if state.payments.contains_key(&reference) {
                return Err(GatewayErrorKind::Duplicate);
            }
            let snapshot = PaymentSnapshot {
                reference: reference.clone(),
                gateway_id: Some(state.next_id()),
                mode: self.mode(),
                state: PaymentState::Open,
                requested: Some(payment.amount),
                charged: payment.amount,
                fee: None,
            };
            if renames && met.is_lost() {
                let other = format!("{reference}-2");
                state.order.push(other.clone());
                state
                    .payments
                    .insert(other.clone(), PaymentSnapshot { reference: other, ..snapshot.clone() });
            }
            let started = Started {
                next: if self.pushes {
                    NextStep::Confirm
                } else {
                    NextStep::Redirect { url: format!("https://gateway.example/pay/{reference}") }
                },
                gateway_id: snapshot.gateway_id.clone(),
            };
            state.order.push(reference.clone());
            state.payments.insert(reference, snapshot);
            met.answered(started)
        })
    }

    async fn fetch(&self, payment: &PaymentLocator) -> Result<PaymentSnapshot, GatewayError> {
        let snapshot = self.call(|state| {
            state.calls.push(GatewayCall::Fetch(payment.reference.clone()));
            let met = state.meet(Operation::Fetch);
            met.refused()?;
            let found = state.payments.get(payment.reference.as_str()).cloned();
            let found = found.ok_or(GatewayErrorKind::NotFound)?;
            met.answered(PaymentSnapshot { mode: state.modes(Operation::Fetch)(found.mode), ..found })
        });
        Ok(self.told(&snapshot?))
    }

    /// Two on a page, whenever they were begun: this gateway keeps no time.
    async fn list(&self, _: Window, page: Option<String>) -> Result<Listing<PaymentSnapshot>, GatewayError> {
        self.call(|state| {
            let met = state.meet(Operation::List);
            met.refused()?;
            let from = page.as_deref().unwrap_or("0").parse::<usize>();
            let from = from.map_err(|_| GatewayErrorKind::InvalidRequest)?;
            let mode = state.modes(Operation::List);
            let items = state.order.iter().skip(from).take(PAGE).filter_map(|name| state.payments.get(name));
            let wishes = self.has(GatewayDefect::ListsWishes);
            let told = |payment: &PaymentSnapshot| {
                let payment = PaymentSnapshot { mode: mode(payment.mode), ..payment.clone() };
                match self.told(&payment) {
                    told if wishes => PaymentSnapshot { state: PaymentState::Paid, ..told },
                    told => told,
                }
            };
            let items = items.map(told).collect();
            let is_last = from + PAGE >= state.order.len() || self.has(GatewayDefect::ListsOnePage);
            met.answered(Listing { items, next: (!is_last).then(|| (from + PAGE).to_string()) })
        })
    }
}
