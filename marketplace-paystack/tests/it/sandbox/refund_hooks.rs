//! The webhooks of refunds, in both forms, against the documented samples.

use std::time::Duration;

use marketplace_paystack::sandbox::{PayOptions, Record};
use serde_json::{Value, json};

use super::bench::{Bench, HOUR};
use super::shape::assert_like;

fn sample() -> Value {
    json!({
        "status": "pending", "transaction_reference": "T1", "refund_reference": "x", "amount": "10000",
        "currency": "NGN", "processor": "instant-transfer",
        "customer": {"first_name": null, "last_name": null, "email": "b@example.com"},
        "integration": 412_829, "domain": "test"
    })
}

fn with(mut sample: Value, more: &Value) -> Value {
    sample.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sample
}

fn without(mut sample: Value, name: &str) -> Value {
    sample.as_object_mut().unwrap().remove(name);
    sample
}

async fn bench_with(instrument: &str) -> Bench {
    let bench = Bench::with_webhooks("http://127.0.0.1:9/");
    let options = PayOptions::default().with_instrument(instrument);
    bench.paid_with("r", options).await;
    bench.post("/refund", &json!({"transaction": "r", "merchant_note": "refund rf-1"})).await;
    bench
}

#[tokio::test]
async fn the_long_form_tells_id_and_notes() {
    let bench = bench_with("4084084084084081").await;
    bench.advance_minutes(10);
    let events = bench.events();
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["charge.success", "refund.pending", "refund.processing", "refund.processed"]);
    let long = with(sample(), &json!({"id": 18_633_077, "customer_note": "x", "merchant_note": "x"}));
    for (name, data) in &events[1..] {
        assert_like(data, &long);
        assert_eq!(format!("refund.{}", data["status"].as_str().unwrap()), *name);
        assert_eq!((&data["amount"], &data["merchant_note"]), (&json!("30050"), &json!("refund rf-1")));
        assert!(data["id"].is_u64());
    }
    assert_eq!(events[1].1["refund_reference"], json!(null));
    assert!(events[3].1["refund_reference"].is_string());
}

#[tokio::test]
async fn the_short_form_tells_neither() {
    let bench = bench_with("4084084084084081").await;
    bench.sandbox.control().behave(|behaviour| behaviour.short_refund_hooks = true);
    bench.advance_minutes(10);
    for (_, data) in &bench.events()[2..] {
        assert_like(data, &sample());
    }
    assert_eq!(bench.events().len(), 4);
}

#[tokio::test]
async fn the_amount_of_a_failure_is_a_number() {
    let bench = bench_with("4084 0800 0067 1803").await;
    bench.advance_minutes(10);
    let (name, data) = bench.events().pop().unwrap();
    assert_eq!((name.as_str(), &data["amount"]), ("refund.failed", &json!(30_050)));
    assert!(data["refund_reference"].as_str().unwrap().starts_with("TRF_"));
}

#[tokio::test]
async fn a_call_for_attention_has_an_id_of_text_and_no_processor_in_both_forms() {
    for short in [false, true] {
        let bench = bench_with("1012204935").await;
        bench.sandbox.control().behave(|behaviour| behaviour.short_refund_hooks = short);
        assert_eq!(bench.verified("r").await["channel"], "eft");
        bench.advance_minutes(10);
        let (name, data) = bench.events().pop().unwrap();
        assert_eq!(name, "refund.needs-attention");
        let expected = json!({"id": "123456", "customer_note": "x", "merchant_note": "x"});
        assert_like(&data, &with(without(sample(), "processor"), &expected));
        assert!(data["id"].is_string());
    }
}

#[tokio::test]
async fn things_happen_at_their_own_time_however_far_the_clock_is_moved() {
    let bench = bench_with("4084084084084081").await;
    let begun = bench.clock.now();
    bench.clock.advance(100 * HOUR);
    bench.sandbox.control().behave(|behaviour| behaviour.refund_step = Duration::from_secs(1));
    let moved: Vec<i64> = bench
        .sandbox
        .records()
        .iter()
        .filter(|record| matches!(record, Record::RefundMoved(_)))
        .map(Record::at)
        .collect();
    assert_eq!(moved, [begun + 300_000_000, begun + 600_000_000]);
    let queued: Vec<i64> = bench
        .sandbox
        .records()
        .iter()
        .filter(|record| matches!(record, Record::WebhookQueued(_)))
        .map(Record::at)
        .collect();
    assert_eq!(queued[2..], moved, "so do their webhooks");
}
