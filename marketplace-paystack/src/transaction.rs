//! The transaction object of verify, of the list and of `charge.success`, and its neutral form.
//!
//! Guarantees: a state that Paystack invents later is `Unrecognised` and logged, never an error; what was
//! asked and what was taken are kept apart; a field that must be there is named when it is not.
//!
//! Does not: compare a payment with ours; the core does.
//!
//! Called by: `collect`, `notices`.

use crate::{
    scale::Fraction,
    wire::{self, Field},
};
use marketplace_core::{
    money::{Currency, Money},
    payment::{Mode, PaymentSnapshot, PaymentState},
};
use serde_json::Value;

/// What is read of a transaction.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    data: &'a Value,
    pub(crate) id: Option<String>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) mode: Option<Mode>,
    pub(crate) currency: Option<Currency>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn of(data: &'a Value) -> Self {
        Self {
            data,
            id: wire::id(data),
            reference: wire::text(data, "reference"),
            status: wire::text(data, "status"),
            mode: wire::mode(data),
            currency: wire::currency(data),
        }
    }

    /// What was asked of the payer.
    pub(crate) fn requested(&self) -> Field<Money> {
        wire::money(self.data, "requested_amount", self.currency, Fraction::Refused)
    }

    /// What was taken. `fraction` says what becomes of a part of a minor unit.
    pub(crate) fn charged(&self, fraction: Fraction) -> Field<Money> {
        wire::money(self.data, "amount", self.currency, fraction)
    }

    /// What Paystack keeps; a part of a minor unit counts as a whole one, because a cost that is booked too
    /// low leaves money in the books that never arrives.
    pub(crate) fn fee(&self) -> Field<Money> {
        wire::money(self.data, "fees", self.currency, Fraction::Raised)
    }
}

/// The neutral form of a transaction, or the field that cannot be read.
pub(crate) fn snapshot(data: &Value) -> Result<PaymentSnapshot, &'static str> {
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
    // A payment is not held up by what it cost.
    let fee = transaction.fee().read();
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
            tracing::warn!(target: "marketplace::paystack", status = wire::shown(other), "unknown status of a transaction, kept open");
            PaymentState::Unrecognised
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(snapshot(&with(&json!({"currency": null}))), Err("requested_amount"), "never a default");
        let mut bare = paid();
        bare.as_object_mut().unwrap().remove("currency");
        assert_eq!(snapshot(&bare), Err("requested_amount"));
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
}
