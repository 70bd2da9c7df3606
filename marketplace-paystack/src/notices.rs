//! Webhooks: checked first, then read.
//!
//! Guarantees: nothing is parsed before the signature is proved; copies of one event have one key; an event
//! that tells of no payment, refund or dispute, or cannot be read, is a notice without a claim and never an error, so that
//! the host stores and acknowledges it and Paystack stops sending it.
//!
//! Does not: believe what a notice says. Its claim is a hint, and may contradict what we know; what counts
//! is the answer to `Collect::fetch`.
//!
//! Called by: the core's inbox, with the bytes that the host's route received.

use crate::{
    client::Paystack,
    disputes,
    scale::Fraction,
    transaction::Transaction,
    wire::{self, Field},
};
use marketplace_core::{
    money::Money,
    payment::{Claimed, DecodedNotice, NoticeRefused, Notices, PaymentClaim, RawNotice},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

impl Notices for Paystack {
    fn decode(&self, raw: RawNotice<'_>) -> Result<DecodedNotice, NoticeRefused> {
        if self.verifier().accepts(raw.headers, raw.body) { Ok(read(raw.body)) } else { Err(NoticeRefused) }
    }
}

fn read(body: &[u8]) -> DecodedNotice {
    let notice = serde_json::from_slice(body).unwrap_or(Value::Null);
    let data = notice.get("data").unwrap_or(&Value::Null);
    let event = wire::text(&notice, "event");
    let key = event.and_then(|event| key(event, data)).unwrap_or_else(|| fingerprint(body));
    let claim = match event {
        Some("charge.success") => paid(data),
        // One that failed left the money with us.
        Some("refund.pending" | "refund.processing" | "refund.processed" | "refund.needs-attention") => {
            refund(data)
        }
        Some("charge.dispute.create" | "charge.dispute.remind") => dispute(data),
        _ => None,
    };
    DecodedNotice { key, claim }
}

/// The key of an event that names its subject. Paystack gives events no id of their own.
fn key(event: &str, data: &Value) -> Option<String> {
    let id = wire::id(data)?;
    // Three words cannot exceed the 200 characters that a key may have.
    match data.get("status") {
        _ if !wire::is_word(event) => None,
        None | Some(Value::Null) => Some(format!("{event}:{id}")),
        Some(Value::String(status)) if wire::is_word(status) => Some(format!("{event}:{id}:{status}")),
        Some(_) => None,
    }
}

/// The key of everything else. Paystack sends the same bytes again when it repeats an event.
fn fingerprint(body: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(body)))
}

fn paid(data: &Value) -> Option<PaymentClaim> {
    let transaction = Transaction::of(data);
    let reference = transaction.reference.filter(|text| is_storable(text))?.to_owned();
    let amount = match transaction.requested() {
        Field::Absent => transaction.charged(Fraction::Refused),
        asked => asked,
    };
    Some(PaymentClaim {
        claimed: Claimed::Paid,
        reference,
        mode: transaction.mode,
        amount: read_only(amount),
    })
}

/// Refunds name their payment in a field of their own; the amount comes as a number or as a text.
fn refund(data: &Value) -> Option<PaymentClaim> {
    let reference = wire::text(data, "transaction_reference").filter(|text| is_storable(text))?.to_owned();
    let refund = Transaction::of(data);
    let amount = read_only(refund.charged(Fraction::Refused));
    Some(PaymentClaim { claimed: Claimed::Refund, reference, mode: refund.mode, amount })
}

/// Disputes hold the whole payment.
fn dispute(data: &Value) -> Option<PaymentClaim> {
    let reference = disputes::reference(data).filter(|text| is_storable(text))?.to_owned();
    let mode = wire::mode(data).or_else(|| wire::mode(data.get("transaction")?));
    Some(PaymentClaim { claimed: Claimed::Dispute, reference, mode, amount: disputes::amount(data) })
}

fn read_only(amount: Field<Money>) -> Option<Money> {
    match amount {
        Field::Is(money) => Some(money),
        Field::Absent | Field::Unreadable => None,
    }
}

/// A reference of somebody else's may be shown to an operator, but not any text of any length.
fn is_storable(reference: &str) -> bool {
    reference.len() <= 200 && !reference.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::{money::Currency, payment::Mode};
    use serde_json::json;

    fn notice(value: &Value) -> DecodedNotice {
        read(value.to_string().as_bytes())
    }

    fn success(changes: &Value) -> Value {
        let mut data = json!({
            "id": 302_961, "domain": "test", "status": "success", "reference": "mkt-0001-a1",
            "amount": 10_000, "currency": "NGN", "metadata": 0
        });
        data.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        json!({"event": "charge.success", "data": data})
    }

    fn naira(minor: i64) -> Money {
        Money::new(minor, Currency::NGN)
    }

    #[test]
    fn a_successful_charge_claims_its_payment() {
        let claim = PaymentClaim {
            claimed: Claimed::Paid,
            reference: "mkt-0001-a1".to_owned(),
            mode: Some(Mode::Test),
            amount: Some(naira(10_000)),
        };
        let expected = DecodedNotice { key: "charge.success:302961:success".to_owned(), claim: Some(claim) };
        assert_eq!(notice(&success(&json!({}))), expected);
    }

    #[test]
    fn the_claimed_amount_is_what_was_asked() {
        for (changes, amount) in [
            (json!({"requested_amount": 9_000}), Some(naira(9_000))),
            (json!({"requested_amount": null}), Some(naira(10_000))),
            (json!({"requested_amount": "odd"}), None),
            (json!({"amount": "10000"}), Some(naira(10_000))),
            (json!({"amount": null}), None),
            (json!({"amount": -1}), None),
            (json!({"currency": "ZZZ"}), None),
            (json!({"currency": null}), None),
            (json!({"currency": "XOF"}), Some(Money::new(100, Currency::XOF))),
            (json!({"currency": "XOF", "amount": 10_050}), None),
        ] {
            assert_eq!(notice(&success(&changes)).claim.unwrap().amount, amount, "{changes}");
        }
    }

    #[test]
    fn modes_and_references_are_told_as_they_are() {
        for (domain, mode) in [
            (json!("live"), Some(Mode::Live)),
            (json!("test"), Some(Mode::Test)),
            (json!("x"), None),
            (json!(null), None),
        ] {
            assert_eq!(notice(&success(&json!({"domain": domain}))).claim.unwrap().mode, mode);
        }
        for reference in [json!(null), json!(""), json!(7), json!("a\u{0}b"), json!("x".repeat(201))] {
            let decoded = notice(&success(&json!({"reference": reference})));
            assert_eq!((decoded.key.as_str(), decoded.claim), ("charge.success:302961:success", None));
        }
    }

    #[test]
    fn keys_name_the_event_and_its_subject() {
        for (body, key) in [
            (
                json!({"event": "refund.processed", "data": {"id": "18633077", "status": "processed"}}),
                "refund.processed:18633077:processed",
            ),
            (
                json!({"event": "refund.failed", "data": {"id": 18_633_077, "status": "failed", "amount": 10_000}}),
                "refund.failed:18633077:failed",
            ),
            (
                json!({"event": "refund.pending", "data": {"id": 18_633_077, "status": "pending", "amount": "10000",
                    "refund_reference": null, "customer": {"first_name": null}, "merchant_note": "refund rfd_1"}}),
                "refund.pending:18633077:pending",
            ),
            (
                json!({"event": "transfer.success", "data": {"id": 860_703_114, "status": "success",
                    "integration": {"id": 463_433, "is_live": true}, "recipient": {"details": {}}}}),
                "transfer.success:860703114:success",
            ),
            (
                json!({"event": "charge.dispute.create", "data": {"id": 358_950, "transaction": {"customer": {}},
                    "status": "awaiting-merchant-feedback", "dueAt": null}}),
                "charge.dispute.create:358950:awaiting-merchant-feedback",
            ),
            (json!({"event": "invoice.create", "data": {"id": 5}}), "invoice.create:5"),
            (json!({"event": "invoice.create", "data": {"id": 5, "status": null}}), "invoice.create:5"),
        ] {
            let decoded = notice(&body);
            assert_eq!((decoded.key.as_str(), decoded.claim), (key, None));
        }
    }

    #[test]
    fn refunds_and_disputes_claim_the_payment_that_they_are_of() {
        let (short, long) = (json!({}), json!({"id": 18_633_077_u64, "merchant_note": "refund rfd_1"}));
        for (event, claims) in [
            ("refund.pending", true),
            ("refund.processing", true),
            ("refund.processed", true),
            ("refund.needs-attention", true),
            ("refund.failed", false),
        ] {
            for (amount, more) in [(json!("10000"), &short), (json!(10_000), &long)] {
                let mut data = json!({
                    "status": "x", "transaction_reference": "mkt-0001-a1", "refund_reference": null, "amount": amount,
                    "currency": "NGN", "domain": "test", "customer": null
                });
                data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                let claim = notice(&json!({"event": event, "data": data})).claim;
                let expected = PaymentClaim {
                    claimed: Claimed::Refund,
                    reference: "mkt-0001-a1".to_owned(),
                    mode: Some(Mode::Test),
                    amount: Some(naira(10_000)),
                };
                assert_eq!(claim, claims.then_some(expected), "{event}");
            }
        }
        let transaction =
            json!({"reference": "mkt-0001-a1", "amount": 5_800, "currency": "NGN", "domain": "test"});
        for (event, data, claims) in [
            (
                "charge.dispute.create",
                json!({"id": 1, "domain": "test", "refund_amount": 5_800, "transaction": transaction}),
                true,
            ),
            (
                "charge.dispute.remind",
                json!({"id": 1, "refund_amount": "5800", "transaction": transaction}),
                true,
            ),
            ("charge.dispute.resolve", json!({"id": 1, "transaction": transaction}), false),
            ("charge.dispute.create", json!({"id": 1, "transaction": null}), false),
        ] {
            let claim = notice(&json!({"event": event, "data": data})).claim;
            let expected = PaymentClaim {
                claimed: Claimed::Dispute,
                reference: "mkt-0001-a1".to_owned(),
                mode: Some(Mode::Test),
                amount: Some(naira(5_800)),
            };
            assert_eq!(claim, claims.then_some(expected), "{event} {data}");
        }
    }

    #[test]
    fn everything_else_is_kept_under_its_fingerprint() {
        let long = "e".repeat(61);
        for body in [
            "",
            "null",
            "[]",
            "7",
            "{",
            "<html>",
            "{\"event\":\"charge.success\"}",
            "{\"event\":\"charge.success\",\"data\":null}",
            "{\"event\":\"subscription.expiring_cards\",\"data\":[{\"id\":1}]}",
            "{\"event\":7,\"data\":{\"id\":1}}",
            "{\"event\":\"\",\"data\":{\"id\":1}}",
            "{\"event\":\"a:b\",\"data\":{\"id\":1}}",
            "{\"event\":\"a\",\"data\":{\"id\":1,\"status\":\"b:c\"}}",
            "{\"event\":\"a\",\"data\":{\"id\":1,\"status\":7}}",
            "{\"event\":\"a\",\"data\":{\"id\":1.5}}",
            &format!("{{\"event\":\"{long}\",\"data\":{{\"id\":1}}}}"),
            &"[".repeat(100_000),
        ] {
            let decoded = read(body.as_bytes());
            assert_eq!(
                decoded,
                DecodedNotice { key: fingerprint(body.as_bytes()), claim: None },
                "{body:.80}"
            );
            assert!(decoded.key.len() <= 200);
        }
        assert_eq!(read(b"\xff\xfe").claim, None);
        assert_ne!(fingerprint(b"a"), fingerprint(b"b"));
    }

    #[test]
    fn the_longest_key_fits() {
        let word = "w".repeat(60);
        let decoded = notice(&json!({"event": word, "data": {"id": word, "status": word}}));
        assert_eq!(decoded.key.len(), 182);
    }
}
