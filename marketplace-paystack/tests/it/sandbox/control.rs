//! The handle for tests: webhooks on demand and injected faults.

use marketplace_paystack::sandbox::{ControlError, Fault, PayOptions, Record, Route};
use serde_json::json;

use super::bench::{Bench, HOUR, header, json_of, order, text_of};
use super::receiver::Receiver;

#[tokio::test]
async fn transactions_are_moved_like_on_the_page() {
    let bench = Bench::new();
    let control = bench.sandbox.control();
    let nothing = control.pay("r", PayOptions::default()).unwrap_err();
    assert!(matches!(nothing, ControlError::UnknownReference), "{nothing:?}");
    bench.open(&order("r")).await;
    control.abandon("r").unwrap();
    control.decline("r").unwrap();
    for result in [control.pay("r", PayOptions::default()), control.decline("r"), control.abandon("r")] {
        assert!(matches!(result.unwrap_err(), ControlError::Final));
    }
    assert_eq!(bench.verified("r").await["status"], "failed");
    bench.open(&order("s")).await;
    control.pay("s", PayOptions::default()).unwrap();
    assert_eq!(bench.verified("s").await["status"], "success");
}

#[tokio::test]
async fn webhooks_can_be_held_dropped_duplicated_and_resent() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    let control = bench.sandbox.control();
    for reference in ["held", "dropped", "twice", "normal"] {
        bench.open(&order(reference)).await;
    }
    let pay = |reference: &str| control.pay(reference, PayOptions::default()).unwrap();

    control.hold_webhooks();
    pay("held");
    assert_eq!((bench.sandbox.deliver_due().await, bench.sandbox.next_delivery_at()), (0, None));
    control.release_webhooks();
    assert_eq!(bench.sandbox.deliver_due().await, 1);

    control.drop_webhooks(1);
    pay("dropped");
    assert_eq!(bench.sandbox.deliver_due().await, 0);
    assert!(matches!(bench.sandbox.records().last(), Some(Record::WebhookDropped { .. })));
    assert!(matches!(control.resend_webhook("dropped").unwrap_err(), ControlError::NoWebhook));

    control.duplicate_webhooks(1);
    pay("twice");
    assert_eq!(bench.sandbox.deliver_due().await, 2);
    pay("normal");
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    control.resend_webhook("normal").unwrap();
    assert_eq!(bench.sandbox.deliver_due().await, 1);

    let delivered = receiver.received();
    assert_eq!(delivered.len(), 5);
    assert_eq!(delivered[1].body, delivered[2].body);
    assert_eq!(delivered[3].body, delivered[4].body);
}

#[tokio::test]
async fn faults_hit_the_route_they_were_ordered_for_once() {
    let bench = Bench::new();
    let control = bench.sandbox.control();
    for fault in [Fault::Status(503), Fault::Html, Fault::EmptyJson, Fault::RateLimited] {
        control.answer_next(Route::Initialize, fault);
    }
    assert_eq!(bench.get("/transaction/verify/r").await.status, 404, "another route is untouched");

    let answer = bench.post_json(&order("r")).await;
    assert_eq!((answer.status, &json_of(&answer)["status"]), (503, &json!(false)));
    let answer = bench.post_json(&order("r")).await;
    assert_eq!((answer.status, header(&answer, "content-type")), (502, Some("text/html")));
    assert!(text_of(&answer).starts_with("<html>"));
    let answer = bench.post_json(&order("r")).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(header(&answer, "content-type"), Some("application/json; charset=utf-8"));
    let answer = bench.post_json(&order("r")).await;
    assert_eq!((answer.status, &json_of(&answer)["code"]), (429, &json!("rate_limited")));
    assert_eq!(header(&answer, "x-ratelimit-reset"), Some("60"));
    assert!(bench.sandbox.records().is_empty(), "none of these was executed");
    assert_eq!(bench.post_json(&order("r")).await.status, 200);

    control.answer_next(Route::Verify, Fault::Status(500));
    assert_eq!(bench.get("/transaction/verify/r").await.status, 500);
    assert_eq!(bench.verified("r").await["status"], "abandoned");
}

#[tokio::test]
async fn a_timeout_after_commit_leaves_the_transaction() {
    let bench = Bench::new();
    let control = bench.sandbox.control();
    control.answer_next(Route::Initialize, Fault::TimeoutAfterCommit);
    assert_eq!(bench.post_json(&order("r")).await.status, 504);
    assert_eq!(json_of(&bench.post_json(&order("r")).await)["code"], "duplicate_reference");

    control.answer_next(Route::Initialize, Fault::HangAfterCommit);
    let body = order("s");
    let hanging = bench.post_json(&body);
    let scenario = async {
        while bench.sandbox.records().len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(bench.verified("s").await["status"], "abandoned");
        control.release_hanging();
    };
    let (answer, ()) = tokio::join!(hanging, scenario);
    assert_eq!(answer.status, 504);
}

#[tokio::test]
async fn a_payment_may_come_very_late_or_wrong() {
    let bench = Bench::new();
    bench.open(&order("r")).await;
    bench.clock.advance(1_000 * HOUR);
    let options = PayOptions::default().with_amount(100).with_currency("GHS").with_fees(7);
    bench.sandbox.control().pay("r", options).unwrap();
    let seen = bench.verified("r").await;
    assert_eq!(
        (&seen["amount"], &seen["currency"], &seen["fees"], &seen["requested_amount"]),
        (&json!(100), &json!("GHS"), &json!(7), &json!(30_050))
    );
    assert_eq!(seen["paid_at"], "2026-10-03T01:14:24.000Z");
    bench.open(&order("s")).await;
    let unknown = bench.sandbox.control().pay("s", PayOptions::default().with_instrument("4111"));
    assert!(matches!(unknown.unwrap_err(), ControlError::UnknownInstrument));
    let declining = PayOptions::default().with_instrument("4084 0800 0067 0037");
    bench.sandbox.control().pay("s", declining).unwrap();
    assert_eq!(bench.verified("s").await["gateway_response"], "Insufficient Funds");
}
