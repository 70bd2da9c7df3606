//! The gateway adapter over real HTTP: against scripted answers and against the twin.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

pub(crate) mod answers;
mod broken;
mod disputes;
mod lists;
mod logs;
mod payouts;
mod refunds;
mod secrecy;
pub(crate) mod server;
mod twin;

use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    order::Locale,
    payment::{
        Capabilities, Collect, Disputes, Gateway, GatewayError, NextStep, Payouts, Refunds, StartPayment,
        Started,
    },
};
use marketplace_paystack::{Paystack, PaystackConfig, SecretString};

const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";
const REFERENCE: &str = "mkt-0123456789abcdef";

fn config(base_url: &str) -> PaystackConfig {
    PaystackConfig::new(SecretString::from(KEY)).with_base_url(base_url)
}

fn gateway(base_url: &str) -> Paystack {
    Paystack::new(config(base_url)).unwrap()
}

fn reference() -> Reference {
    REFERENCE.parse().unwrap()
}

fn payment(minor: i64, currency: Currency) -> StartPayment {
    StartPayment {
        reference: reference(),
        amount: Money::new(minor, currency),
        email: "b@example.com".parse().unwrap(),
        phone: None,
        return_url: "https://shop.example/pay/return".to_owned(),
        locale: Locale::default(),
    }
}

/// Where the payer is sent.
fn address(started: Started) -> String {
    match started.next {
        NextStep::Redirect { url } => url,
        NextStep::Confirm => panic!("paystack has a page"),
    }
}

/// Whatever an error says to those who look at its causes.
fn chain(error: &GatewayError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[test]
fn it_is_a_gateway_behind_a_pointer() {
    let gateway: std::sync::Arc<dyn Gateway> = std::sync::Arc::new(gateway("https://api.paystack.co"));
    assert_eq!(gateway.descriptor().name, "paystack");
}

#[test]
fn what_it_can_is_what_it_implements() {
    let gateway = std::sync::Arc::new(gateway("https://api.paystack.co"));
    let _: std::sync::Arc<dyn Refunds> = gateway.clone();
    let _: std::sync::Arc<dyn Disputes> = gateway.clone();
    let _: std::sync::Arc<dyn Payouts> = gateway.clone();
    let can = gateway.descriptor().capabilities;
    let expected = Capabilities::redirecting().with_notices().with_lists();
    assert_eq!(can, expected.with_refunds(true).with_disputes().with_payouts(true));
}
