//! Beginning payments, asking what became of them, and listing them.
//!
//! Guarantees: an amount that Paystack would refuse, or a currency without a rule, is refused before the
//! call; the address for the payer is a web address that belongs to our own reference; a list has whatever
//! was begun in its window, also what others began with the same key, and no page of it fails because of one
//! row.
//!
//! Does not: compare a payment with ours (the core does), or repeat a call (`failure` says why).
//!
//! Called by: checkout, the return page, the sweep, reconciliation and operators, through the core.

use crate::{
    client::Paystack,
    failure::{Effect, not_sent},
    scale, transaction, wire,
};
use async_trait::async_trait;
use marketplace_core::{
    money::{Currency, Money},
    payment::{
        Capabilities, Collect, CurrencyRule, Descriptor, GatewayError, Listing, NextStep, PaymentLocator,
        PaymentSnapshot, StartPayment, Started, Window,
    },
};
use reqwest::Url;
use serde::Serialize;

/// What Paystack publishes as the smallest payment, in minor units.
const MINIMUMS: [(Currency, i64); 6] = [
    (Currency::NGN, 50_00),
    (Currency::USD, 2_00),
    (Currency::GHS, 10),
    (Currency::ZAR, 1_00),
    (Currency::KES, 3_00),
    (Currency::XOF, 1),
];

/// The largest payment in every currency, in whole units.
const MAXIMUM: i64 = 10_000_000;

fn rule((currency, minimum): (Currency, i64)) -> CurrencyRule {
    let unit = 10_i64.saturating_pow(currency.digits());
    let maximum = Money::new(MAXIMUM.saturating_mul(unit), currency);
    CurrencyRule { minimum: Money::new(minimum, currency), maximum }
}

/// Everything, and names of accounts in the countries where Paystack looks them up (`payouts`).
fn capabilities() -> Capabilities {
    Capabilities::redirecting()
        .with_notices()
        .with_lists()
        .with_refunds(true)
        .with_disputes()
        .with_payouts(true)
}

/// The body of `POST /transaction/initialize`.
#[derive(Debug, Serialize)]
struct Initialize<'a> {
    email: &'a str,
    /// Subunits, as an integer.
    amount: u64,
    currency: &'static str,
    reference: &'a str,
    callback_url: &'a str,
    metadata: Metadata<'a>,
}

/// What comes back untouched with the payment: our reference and nothing about the payer.
#[derive(Debug, Serialize)]
struct Metadata<'a> {
    reference: &'a str,
}

#[async_trait]
impl Collect for Paystack {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "paystack",
            mode: self.mode(),
            currencies: MINIMUMS.into_iter().map(rule).collect(),
            capabilities: capabilities(),
        }
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payment.start", skip_all, fields(payment.reference = %payment.reference))]
    async fn start(&self, payment: StartPayment) -> Result<Started, GatewayError> {
        let StartPayment { reference, amount, email, return_url, phone: _, locale: _ } = payment;
        let rule = self
            .descriptor()
            .rule(amount.currency())
            .ok_or_else(|| not_sent("paystack has no such currency"))?;
        if !(rule.minimum.minor()..=rule.maximum.minor()).contains(&amount.minor()) {
            return Err(not_sent("the amount is outside what paystack takes"));
        }
        let subunits =
            scale::to_wire(amount).ok_or_else(|| not_sent("the amount has no form on the wire"))?;
        let body = Initialize {
            email: email.as_str(),
            amount: subunits,
            currency: amount.currency().code(),
            reference: reference.as_str(),
            callback_url: &return_url,
            metadata: Metadata { reference: reference.as_str() },
        };
        let data = self.post(Effect::Writes, &["transaction", "initialize"], &body).await?;
        if wire::text(&data, "reference") != Some(reference.as_str()) {
            return Err(Effect::Writes.unread("reference"));
        }
        let url = wire::text(&data, "authorization_url").filter(|url| self.may_send_payers_to(url));
        let url = url.ok_or_else(|| Effect::Writes.unread("authorization_url"))?.to_owned();
        Ok(Started { next: NextStep::Redirect { url }, gateway_id: None })
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payment.fetch", skip_all, fields(payment.reference = %payment.reference))]
    async fn fetch(&self, payment: &PaymentLocator) -> Result<PaymentSnapshot, GatewayError> {
        let reference = &payment.reference;
        let data = self.get(&["transaction", "verify", reference.as_str()], &[]).await?;
        transaction::snapshot(&data).map_err(|field| Effect::Reads.unread(field))
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payment.list", skip_all, fields(window.from = %window.from, window.until = %window.until))]
    async fn list(
        &self,
        window: Window,
        page: Option<String>,
    ) -> Result<Listing<PaymentSnapshot>, GatewayError> {
        self.window(&["transaction"], window, page, transaction::snapshot).await
    }
}

impl Paystack {
    /// Payers go to web addresses only, in the clear only where the gateway itself is on this machine.
    fn may_send_payers_to(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else {
            return false;
        };
        url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && self.is_local()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initialize_is_exactly_this() {
        let body = Initialize {
            email: "b@example.com",
            amount: 250_000,
            currency: "NGN",
            reference: "mkt-0123456789abcdef",
            callback_url: "https://shop.example/pay/return?x=1",
            metadata: Metadata { reference: "mkt-0123456789abcdef" },
        };
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"email":"b@example.com","amount":250000,"currency":"NGN","reference":"mkt-0123456789abcdef","callback_url":"https://shop.example/pay/return?x=1","metadata":{"reference":"mkt-0123456789abcdef"}}"#
        );
    }

    #[test]
    fn rules_are_in_minor_units_of_their_currency() {
        let rules: Vec<String> =
            MINIMUMS.into_iter().map(rule).map(|rule| format!("{} {}", rule.minimum, rule.maximum)).collect();
        assert_eq!(
            rules,
            [
                "NGN 50.00 NGN 10000000.00",
                "USD 2.00 USD 10000000.00",
                "GHS 0.10 GHS 10000000.00",
                "ZAR 1.00 ZAR 10000000.00",
                "KES 3.00 KES 10000000.00",
                "XOF 1 XOF 10000000",
            ]
        );
    }
}
