//! The control over HTTP.

use marketplace_paystack::sandbox::{Record, TwinRequest};
use serde_json::{Value, json};

use super::bench::{Bench, json_of, order};
use super::receiver::Receiver;

async fn command(bench: &Bench, body: &Value) -> (u16, Value) {
    let request = TwinRequest {
        method: "POST".into(),
        path: "/".into(),
        body: body.to_string().into_bytes(),
        ..TwinRequest::default()
    };
    let answer = bench.sandbox.control().handle(request).await;
    (answer.status, json_of(&answer))
}

async fn done(bench: &Bench, body: Value) -> Value {
    let (status, answer) = command(bench, &body).await;
    assert_eq!(status, 200, "{body}: {answer}");
    answer["done"].clone()
}

#[tokio::test]
async fn every_command_does_what_its_method_does() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    for reference in ["a", "b", "c"] {
        bench.open(&order(reference)).await;
    }
    done(&bench, json!({"hold_webhooks": {}})).await;
    done(&bench, json!({"damage_webhook": {"damage": "other_key"}})).await;
    done(&bench, json!({"duplicate_webhooks": {"count": 1}})).await;
    done(
        &bench,
        json!({"pay": {"reference": "a", "options": {"amount": 40_000, "instrument": "4084080000671902"}}}),
    )
    .await;
    assert_eq!(bench.verified("a").await["amount"], 40_000);
    done(&bench, json!({"abandon": {"reference": "b"}})).await;
    done(&bench, json!({"decline": {"reference": "b"}})).await;
    assert_eq!(bench.verified("b").await["status"], "failed");
    done(&bench, json!({"drop_webhooks": {"count": 1}})).await;
    done(&bench, json!({"pay": {"reference": "c"}})).await;

    let owed = done(&bench, json!({"owed_webhooks": {}})).await;
    let numbers: Vec<u64> =
        owed.as_array().unwrap().iter().map(|one| one["webhook"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2]);
    assert_eq!(done(&bench, json!({"deliver_in_order": {"webhooks": [2, 1]}})).await, 2);
    done(&bench, json!({"release_webhooks": {}})).await;
    done(&bench, json!({"resend_webhook": {"reference": "a"}})).await;
    done(&bench, json!({"resend_webhook": {"reference": "a", "event": "charge.success"}})).await;
    assert_eq!(done(&bench, json!({"deliver_due": {}})).await, 2);

    let refund = done(&bench, json!({"refund": {"reference": "a", "amount": 10_000}})).await;
    done(&bench, json!({"move_refund": {"id": refund, "status": "needs-attention"}})).await;
    assert_eq!(json_of(&bench.get(&format!("/refund/{refund}")).await)["data"]["status"], "needs-attention");
    let dispute =
        done(&bench, json!({"open_dispute": {"reference": "c", "options": {"category": "fraud"}}})).await;
    done(&bench, json!({"decide_dispute": {"id": dispute, "won": true}})).await;
    done(&bench, json!({"settle": {"reference": "c"}})).await;
    done(&bench, json!({"settle_all": {}})).await;
    done(&bench, json!({"top_up": {"currency": "NGN", "amount": 1_000_000}})).await;
    done(&bench, json!({"behave": {"transfer_time_seconds": 5, "short_refusals": true, "rate_limit": 0}}))
        .await;

    let to = super::transfers::recipient(&bench, "0123456789").await;
    bench.post("/transfer", &super::transfers::order(&to)).await;
    done(&bench, json!({"move_transfer": {"reference": super::transfers::REFERENCE, "status": "failed"}}))
        .await;
    assert_eq!(super::transfers::state(&bench).await, "failed");
    done(&bench, json!({"delay_webhook": {"seconds": 60}})).await;
    done(&bench, json!({"answer_next": {"route": "verify", "fault": {"status": 503}, "count": 2}})).await;
    done(&bench, json!({"answer_next": {"route": "verify", "fault": "html"}})).await;
    for status in [503, 503, 502, 200] {
        assert_eq!(bench.get("/transaction/verify/a").await.status, status);
    }
    done(&bench, json!({"release_hanging": {}})).await;
    let charges = json!({"saved_cards": "decline", "mobile_money_waits": true, "charge_time_seconds": 5});
    done(&bench, json!({"behave": charges})).await;
    let momo = json!({"mobile_money": {"provider": "mtn", "phone": "0551234987"}, "currency": "GHS"});
    let seen = bench.post("/charge", &super::charges::charge("momo", &momo)).await;
    assert_eq!(seen["status"], "pay_offline");
}

#[tokio::test]
async fn what_makes_no_sense_is_said_to() {
    let bench = Bench::new();
    let (status, answer) = command(&bench, &json!({"pay": {"reference": "nope"}})).await;
    assert_eq!((status, &answer["error"]), (409, &json!("no transaction has this reference")));
    for body in [
        json!({"fly": {}}),
        json!({"pay": {}}),
        json!({"pay": {"reference": "r", "extra": 1}}),
        json!({"behave": {"misspelt": true}}),
        json!([]),
    ] {
        assert_eq!(command(&bench, &body).await.0, 400, "{body}");
    }
    let wrong = TwinRequest { method: "GET".into(), path: "/other".into(), ..TwinRequest::default() };
    assert_eq!(bench.sandbox.control().handle(wrong).await.status, 404);
}

#[tokio::test]
async fn the_records_are_told() {
    let bench = Bench::new();
    bench.paid("r").await;
    let get = TwinRequest { method: "GET".into(), path: "/records".into(), ..TwinRequest::default() };
    let answer = bench.sandbox.control().handle(get).await;
    let records: Vec<Record> = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(records, bench.sandbox.records());
    assert_eq!(records.len(), 2);
}
