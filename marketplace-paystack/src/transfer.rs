//! The transfer object, and its neutral form.
//!
//! Guarantees: a state that Paystack invents later is `Unrecognised` and logged, never an error, and never
//! one that lets another payout take its place; a field that must be there is named when it is not.
//!
//! Does not: compare a transfer with ours; the core does.
//!
//! Called by: `payouts`.

use crate::{
    scale::Fraction,
    wire::{self, Field},
};
use marketplace_core::payment::{PayoutSnapshot, PayoutState};
use serde_json::Value;

/// The neutral form of a transfer, or the field that cannot be read.
pub(crate) fn snapshot(data: &Value) -> Result<PayoutSnapshot, &'static str> {
    let currency = wire::currency(data);
    let Field::Is(amount) = wire::money(data, "amount", currency, Fraction::Refused) else {
        return Err("amount");
    };
    // A payout is not held up by what it cost.
    let fee = wire::money(data, "fee_charged", currency, Fraction::Raised).read();
    let code = wire::text(data, "transfer_code").filter(|code| wire::is_word(code));
    Ok(PayoutSnapshot {
        reference: wire::text(data, "reference").ok_or("reference")?.to_owned(),
        gateway_id: code.map(str::to_owned).or_else(|| wire::id(data)),
        mode: wire::mode(data).ok_or("domain")?,
        amount,
        fee,
        state: state(wire::text(data, "status").ok_or("status")?),
    })
}

fn state(status: &str) -> PayoutState {
    match status {
        "pending" | "received" => PayoutState::InProgress,
        "otp" => PayoutState::NeedsApproval,
        "success" => PayoutState::Paid,
        "failed" | "abandoned" | "blocked" | "rejected" => PayoutState::Failed,
        "reversed" => PayoutState::Reversed,
        other => {
            tracing::warn!(target: "marketplace::paystack", status = wire::shown(other), "unknown status of a transfer, kept open");
            PayoutState::Unrecognised
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::{
        money::{Currency, Money},
        payment::Mode,
    };
    use serde_json::json;

    fn transfer() -> Value {
        json!({
            "amount": 100_000, "createdAt": "2026-08-22T09:15:02.000Z", "currency": "NGN", "domain": "test",
            "failures": null, "id": 860_703_114, "integration": 463_433, "reason": "payout",
            "reference": "po-01j9-0000000001", "source": "balance", "source_details": null, "status": "success",
            "titan_code": null, "transfer_code": "TRF_v5tip3zx8nna9o78", "transferred_at": null,
            "recipient": {"active": true, "details": {"account_number": "0000000000", "bank_code": "044"}},
            "session": {"provider": null, "id": null}, "fee_charged": 1_000, "fees_breakdown": null,
            "gateway_response": null
        })
    }

    fn with(changes: &Value) -> Value {
        let mut data = transfer();
        data.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        data
    }

    fn naira(minor: i64) -> Money {
        Money::new(minor, Currency::NGN)
    }

    #[test]
    fn a_transfer() {
        let expected = PayoutSnapshot {
            reference: "po-01j9-0000000001".to_owned(),
            gateway_id: Some("TRF_v5tip3zx8nna9o78".to_owned()),
            mode: Mode::Test,
            amount: naira(100_000),
            fee: Some(naira(1_000)),
            state: PayoutState::Paid,
        };
        assert_eq!(snapshot(&transfer()), Ok(expected));
    }

    #[test]
    fn states_follow_the_table() {
        for (status, expected) in [
            ("pending", PayoutState::InProgress),
            ("received", PayoutState::InProgress),
            ("otp", PayoutState::NeedsApproval),
            ("success", PayoutState::Paid),
            ("failed", PayoutState::Failed),
            ("abandoned", PayoutState::Failed),
            ("blocked", PayoutState::Failed),
            ("rejected", PayoutState::Failed),
            ("reversed", PayoutState::Reversed),
            ("Failed", PayoutState::Unrecognised),
            ("queued", PayoutState::Unrecognised),
        ] {
            let state = snapshot(&with(&json!({"status": status}))).unwrap().state;
            assert_eq!(state, expected, "{status}");
            let over = ["failed", "abandoned", "blocked", "rejected", "reversed"].contains(&status);
            assert_eq!(state.is_over_without_payment(), over, "{status}");
        }
    }

    #[test]
    fn loose_types_do_not_matter() {
        for changes in [
            json!({"amount": "100000"}),
            json!({"fee_charged": "1000"}),
            json!({"id": "860703114"}),
            json!({"integration": {"id": 463_433, "is_live": true}}),
            json!({"recipient": 10_751_086}),
            json!({"recipient": null}),
            json!({"session": {"provider": "nip", "id": "1"}, "failures": {}}),
            json!({"fees_breakdown": [{}], "a_new_field": 0}),
        ] {
            assert_eq!(snapshot(&with(&changes)), snapshot(&transfer()), "{changes}");
        }
        let unnamed = snapshot(&with(&json!({"transfer_code": null, "fee_charged": null}))).unwrap();
        assert_eq!((unnamed.gateway_id.as_deref(), unnamed.fee), (Some("860703114"), None));
        assert_eq!(snapshot(&with(&json!({"fee_charged": [7]}))).unwrap().fee, None);
    }

    #[test]
    fn what_must_be_there_is_named_when_it_is_not() {
        for field in ["reference", "status", "domain", "amount"] {
            for value in [json!(null), json!(""), json!({}), json!(-1), json!(1.5)] {
                assert_eq!(snapshot(&with(&json!({field: value}))), Err(field), "{field} {value}");
            }
        }
        assert_eq!(snapshot(&with(&json!({"currency": null}))), Err("amount"));
        assert_eq!(snapshot(&json!([])), Err("amount"));
    }
}
