//! Beginning payments and asking what became of them.
//!
//! Guarantees: an amount that Paystack would refuse, or a currency without a rule, is refused before the
//! call; the address for the payer is a web address that belongs to our own reference; a state that Paystack
//! invents later is `Unrecognised` and logged, never an error.
//!
//! Does not: compare a payment with ours (the core does), or repeat a call (the core's sweep does: a second
//! try within one request would need a clock of its own and gains nothing over the next look).
//!
//! Called by: checkout, the return page, the sweep and operators, through the core.

use crate::{
    client::Paystack,
    failure::{CallError, Effect},
    scale::{self, Fraction},
    wire::{self, Field, Initialize, Metadata, Transaction},
};
use async_trait::async_trait;
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    payment::{
        Collect, CurrencyRule, Descriptor, GatewayError, GatewayErrorKind, PaymentSnapshot, PaymentState,
        StartPayment, Started,
    },
};
use reqwest::Url;
use serde_json::Value;

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

#[async_trait]
impl Collect for Paystack {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "paystack",
            mode: self.mode(),
            currencies: MINIMUMS.into_iter().map(rule).collect(),
        }
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payment.start", skip_all, fields(payment.reference = %payment.reference))]
    async fn start(&self, payment: StartPayment) -> Result<Started, GatewayError> {
        let StartPayment { reference, amount, email, return_url, locale: _ } = payment;
        let not_sent = |why| GatewayError::new(GatewayErrorKind::InvalidRequest, CallError::NotSent(why));
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
        let data = self.post(&["transaction", "initialize"], &body).await?;
        let unclear = |what| GatewayError::new(Effect::Writes.unclear(), CallError::Field(what));
        if wire::text(&data, "reference") != Some(reference.as_str()) {
            return Err(unclear("reference"));
        }
        let url = wire::text(&data, "authorization_url").filter(|url| self.may_send_payers_to(url));
        let authorization_url = url.ok_or_else(|| unclear("authorization_url"))?.to_owned();
        Ok(Started { authorization_url, gateway_id: None })
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payment.fetch", skip_all, fields(payment.reference = %reference))]
    async fn fetch(&self, reference: &Reference) -> Result<PaymentSnapshot, GatewayError> {
        let data = self.get(&["transaction", "verify", reference.as_str()]).await?;
        snapshot(&data)
            .map_err(|field| GatewayError::new(GatewayErrorKind::Malformed, CallError::Field(field)))
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

/// The neutral form of a transaction, or the field that cannot be read.
fn snapshot(data: &Value) -> Result<PaymentSnapshot, &'static str> {
    let transaction = Transaction::of(data);
    let requested = match transaction.requested() {
        Field::Is(money) => Some(money),
        Field::Absent => None,
        Field::Unreadable => return Err("requested_amount"),
    };
    // Where Paystack says what was asked, a fraction that the payer's fee brought along (XOF has none) may
    // go: what was taken is then compared as "at least". Else it is the only number, and has to be exact.
    let fraction = if requested.is_some() { Fraction::Dropped } else { Fraction::Refused };
    let Field::Is(charged) = transaction.charged(fraction) else {
        return Err("amount");
    };
    let fee = match transaction.fee() {
        Field::Is(money) => Some(money),
        // A payment is not held up by what it cost.
        Field::Absent | Field::Unreadable => None,
    };
    Ok(PaymentSnapshot {
        reference: transaction.reference.ok_or("reference")?.to_owned(),
        mode: transaction.mode.ok_or("domain")?,
        state: state(transaction.status.ok_or("status")?),
        gateway_id: transaction.id,
        requested,
        charged,
        fee,
    })
}

fn state(status: &str) -> PaymentState {
    match status {
        // Also the state of a payment page that nobody has opened yet.
        "abandoned" => PaymentState::Open,
        "ongoing" | "pending" | "processing" | "queued" => PaymentState::InProgress,
        "success" => PaymentState::Paid,
        "failed" => PaymentState::Declined,
        "reversed" => PaymentState::Reversed,
        "reversal-pending" | "reversal_pending" => PaymentState::RefundInProgress,
        other => {
            let status = if wire::is_word(other) { other } else { "no word" };
            tracing::warn!(target: "marketplace::paystack", status, "unknown status of a transaction, kept open");
            PaymentState::Unrecognised
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::payment::Mode;
    use serde_json::json;

    fn paid() -> Value {
        json!({
            "id": 4_099_260_516_u64, "domain": "test", "status": "success", "reference": "mkt-0123456789abcdef",
            "receipt_number": null, "amount": 30050, "message": null, "gateway_response": "Successful",
            "channel": "card", "currency": "NGN", "metadata": "", "fees": 451, "fees_split": null,
            "authorization": {"card_type": "visa ", "reusable": true}, "customer": {"email": "b@example.com"},
            "plan": null, "split": {}, "requested_amount": 30050, "log": {"history": []}
        })
    }

    fn with(changes: &Value) -> Value {
        let mut data = paid();
        data.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        data
    }

    fn naira(minor: i64) -> Money {
        Money::new(minor, Currency::NGN)
    }

    #[test]
    fn a_paid_transaction() {
        let expected = PaymentSnapshot {
            reference: "mkt-0123456789abcdef".to_owned(),
            gateway_id: Some("4099260516".to_owned()),
            mode: Mode::Test,
            state: PaymentState::Paid,
            requested: Some(naira(30_050)),
            charged: naira(30_050),
            fee: Some(naira(451)),
        };
        assert_eq!(snapshot(&paid()), Ok(expected));
    }

    #[test]
    fn states_follow_the_table() {
        for (status, expected) in [
            ("abandoned", PaymentState::Open),
            ("ongoing", PaymentState::InProgress),
            ("pending", PaymentState::InProgress),
            ("processing", PaymentState::InProgress),
            ("queued", PaymentState::InProgress),
            ("success", PaymentState::Paid),
            ("failed", PaymentState::Declined),
            ("reversed", PaymentState::Reversed),
            ("reversal-pending", PaymentState::RefundInProgress),
            ("reversal_pending", PaymentState::RefundInProgress),
            ("SUCCESS", PaymentState::Unrecognised),
            ("success\n", PaymentState::Unrecognised),
            ("timeout", PaymentState::Unrecognised),
        ] {
            assert_eq!(snapshot(&with(&json!({"status": status}))).unwrap().state, expected, "{status}");
        }
    }

    #[test]
    fn loose_types_of_other_fields_do_not_matter() {
        for changes in [
            json!({"metadata": {"a": [1]}}),
            json!({"metadata": "{\"a\":1}"}),
            json!({"metadata": 0}),
            json!({"metadata": null}),
            json!({"authorization": null}),
            json!({"authorization": 0}),
            json!({"authorization": {"exp_month": 12}}),
            json!({"customer": null}),
            json!({"customer": {}}),
            json!({"plan": 0}),
            json!({"plan": {}}),
            json!({"split": 0}),
            json!({"subaccount": null}),
            json!({"log": []}),
            json!({"fees_breakdown": [{}]}),
            json!({"ip_address": "10.0.0.1, 10.0.0.2"}),
            json!({"a_new_field": {"deep": [null]}}),
            json!({"amount": "30050"}),
            json!({"requested_amount": "30050"}),
            json!({"fees": "451"}),
            json!({"id": "4099260516"}),
        ] {
            assert_eq!(snapshot(&with(&changes)), snapshot(&paid()), "{changes}");
        }
    }

    #[test]
    fn what_may_be_missing_is_missing() {
        let snapshot = snapshot(&with(&json!({"requested_amount": null, "fees": null, "id": null}))).unwrap();
        assert_eq!((snapshot.requested, snapshot.fee, snapshot.gateway_id), (None, None, None));
        assert_eq!(super::snapshot(&with(&json!({"fees": {"odd": 1}}))).unwrap().fee, None);
    }

    #[test]
    fn what_must_be_there_is_named_when_it_is_not() {
        for field in ["reference", "status", "domain", "amount"] {
            for value in [json!(null), json!(""), json!({}), json!(-1), json!(1.5)] {
                assert_eq!(snapshot(&with(&json!({field: value}))), Err(field), "{field} {value}");
            }
        }
        assert_eq!(snapshot(&with(&json!({"requested_amount": "x"}))), Err("requested_amount"));
        assert_eq!(snapshot(&with(&json!({"currency": "ngn"}))), Err("requested_amount"));
        assert_eq!(snapshot(&with(&json!({"currency": "???", "requested_amount": null}))), Err("amount"));
        assert_eq!(snapshot(&with(&json!({"amount": u64::MAX}))), Err("amount"));
        assert_eq!(snapshot(&json!([])), Err("amount"));
        assert_eq!(snapshot(&Value::Null), Err("amount"));
    }

    #[test]
    fn francs_have_no_fraction() {
        let francs = |minor| Money::new(minor, Currency::XOF);
        let changes =
            json!({"currency": "XOF", "amount": 108_360, "requested_amount": 105_000, "fees": 3_360});
        let snapshot = snapshot(&with(&changes)).unwrap();
        assert_eq!(snapshot.requested, Some(francs(1_050)));
        assert_eq!(snapshot.charged, francs(1_083), "the payer's share of the fee loses its fraction");
        assert_eq!(snapshot.fee, Some(francs(34)));
        let alone = json!({"currency": "XOF", "amount": 105_050, "requested_amount": null});
        assert_eq!(super::snapshot(&with(&alone)), Err("amount"));
        let asked = json!({"currency": "XOF", "amount": 105_050, "requested_amount": 105_050});
        assert_eq!(super::snapshot(&with(&asked)), Err("requested_amount"));
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
