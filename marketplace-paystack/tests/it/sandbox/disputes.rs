//! Disputes: what they look like, how they are answered, and what time does to them.

use marketplace_paystack::sandbox::{ControlError, DisputeCategory, DisputeOptions, Initialized, Record};
use serde_json::{Value, json};

use super::balance::balance;
use super::bench::{Bench, HOUR, json_of, order, request};
use super::shape::assert_like;

pub(crate) struct Case {
    pub(crate) bench: Bench,
    opened: Initialized,
    pub(crate) id: u64,
}

impl Case {
    pub(crate) async fn new(options: DisputeOptions) -> Self {
        let bench = Bench::with_webhooks("http://127.0.0.1:9/");
        let opened = bench.paid("r").await;
        let id = bench.sandbox.control().open_dispute("r", options).unwrap();
        Self { bench, opened, id }
    }

    async fn seen(&self) -> Value {
        let answer = self.bench.get(&format!("/dispute/{}", self.id)).await;
        assert_eq!(answer.status, 200);
        json_of(&answer)["data"].clone()
    }

    async fn resolve(&self, change: &Value) -> (u16, Value) {
        let mut body = json!({
            "resolution": "merchant-accepted", "message": "Merchant accepted", "refund_amount": 10_000,
            "uploaded_filename": "qesp8a4df1xejihd9x5q"
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = self.bench.call("PUT", &format!("/dispute/{}/resolve", self.id), &body).await;
        (answer.status, json_of(&answer))
    }

    fn names(&self) -> Vec<String> {
        self.bench.events().into_iter().map(|(name, _)| name).collect()
    }

    async fn transaction(&self) -> Value {
        self.bench.verified("r").await["status"].clone()
    }
}

fn customer() -> Value {
    json!({
        "id": 10207, "first_name": null, "last_name": null, "email": "x@y.com",
        "customer_code": "CUS_unz4q52yjsd6064", "phone": null, "metadata": null, "risk_action": "default",
        "international_format_phone": null
    })
}

pub(crate) fn transaction(more: &Value) -> Value {
    let mut sample = json!({
        "id": 5_991_760, "domain": "test", "status": "success", "reference": "asjck8gf76zd1dr",
        "amount": 39100, "message": null, "gateway_response": "Successful",
        "paid_at": "2017-11-09T00:01:56.000Z", "created_at": "2017-11-09T00:01:36.000Z", "channel": "card",
        "currency": "NGN", "ip_address": null, "metadata": "", "log": null, "fees": 587, "fees_split": null,
        "authorization": {}, "customer": null, "plan": {}, "subaccount": {}, "split": {}, "order_id": null,
        "paidAt": "2017-11-09T00:01:56.000Z"
    });
    sample.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sample
}

/// The transaction inside of the dispute's own object.
fn in_an_object() -> Value {
    transaction(&json!({
        "customer": {"international_format_phone": null}, "createdAt": "x", "requested_amount": null
    }))
}

pub(crate) fn dispute(transaction: &Value, more: &Value) -> Value {
    let mut sample = json!({
        "id": 2867, "refund_amount": 5800, "currency": "NGN", "status": "archived", "resolution": null,
        "domain": "test", "transaction": transaction, "transaction_reference": null,
        "category": "chargeback", "customer": customer(), "bin": "123456", "last4": "1234",
        "dueAt": "2017-11-16T16:12:24.000Z", "resolvedAt": null, "evidence": null, "attachments": "[]",
        "note": null,
        "history": [{"status": "pending", "by": "demo@test.co", "createdAt": "2017-11-16T16:12:24.000Z"}],
        "messages":
            [{"sender": "demo@test.co", "body": "test this", "createdAt": "2017-11-16T16:12:24.000Z"}]
    });
    sample.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sample
}

#[tokio::test]
async fn answers_are_like_the_samples() {
    let case = Case::new(DisputeOptions::default()).await;
    let bench = &case.bench;
    let times = json!({"createdAt": "x", "updatedAt": "x"});
    let object = in_an_object();
    let row = transaction(&json!({"createdAt": "x", "pos_transaction_data": null}));

    let seen = json_of(&bench.get(&format!("/dispute/{}", case.id)).await);
    assert_eq!(seen["message"], "Dispute retrieved");
    assert_like(&seen["data"], &dispute(&object, &times));
    assert_eq!(
        (&seen["data"]["status"], &seen["data"]["refund_amount"], &seen["data"]["dueAt"]),
        (&json!("awaiting-merchant-feedback"), &json!(30_050), &json!("2026-08-23T01:14:24.000Z"))
    );
    assert_eq!((&seen["data"]["bin"], &seen["data"]["last4"]), (&json!("408408"), &json!("4081")));

    let seen = bench.list("/dispute", "").await;
    assert_eq!(seen["message"], "Disputes retrieved");
    assert_like(&seen["data"][0], &dispute(&row, &times));
    assert_eq!(seen["meta"], json!({"total": 1, "skipped": 0, "perPage": 50, "page": 1, "pageCount": 1}));

    let seen = json_of(&bench.get(&format!("/dispute/transaction/{}", case.opened.id)).await);
    assert_eq!(seen["message"], "Dispute retrieved successfully");
    assert_like(
        &seen["data"],
        &json!({
            "history": [{
                "id": 6094, "dispute": 2867, "status": "pending", "by": "demo@test.co", "createdAt": "x",
                "updatedAt": "x"
            }],
            "messages": [{
                "sender": "demo@test.co", "body": "test this", "dispute": 2867, "id": 148, "is_deleted": 0,
                "createdAt": "x", "updatedAt": "x"
            }],
            "currency": null, "last4": null, "bin": null, "transaction_reference": null,
            "merchant_transaction_reference": null, "refund_amount": null, "status": "archived",
            "domain": "test", "resolution": null, "category": null, "note": null, "attachments": "[]",
            "id": 2867, "integration": 100_043, "transaction": object, "created_by": null, "evidence": null,
            "resolvedAt": null, "createdAt": "x", "updatedAt": "x", "dueAt": null
        }),
    );
    assert_eq!(bench.get("/dispute/7").await.status, 404);
    assert_eq!(bench.get("/dispute/transaction/7").await.status, 404);
}

#[tokio::test]
async fn the_merchant_is_reminded_and_then_has_accepted() {
    let case = Case::new(DisputeOptions::default()).await;
    case.bench.clock.advance(16 * HOUR - 1);
    assert_eq!(
        case.names()[1..],
        ["charge.dispute.create", "charge.dispute.remind", "charge.dispute.remind", "charge.dispute.remind"]
    );
    assert_eq!(
        (case.transaction().await, case.seen().await["status"].clone()),
        (json!("success"), json!("awaiting-merchant-feedback"))
    );
    case.bench.clock.advance(1);
    assert_eq!(case.transaction().await, "reversed");
    let seen = case.seen().await;
    assert_eq!((&seen["status"], &seen["resolution"]), (&json!("resolved"), &json!("auto-accepted")));
    let (name, data) = case.bench.events().pop().unwrap();
    assert_eq!(
        (name.as_str(), &data["transaction"]["status"]),
        ("charge.dispute.resolve", &json!("reversed"))
    );
    let refunds = case.bench.list("/refund", &format!("transaction={}", case.opened.id)).await;
    let row = &refunds["data"][0];
    assert_eq!(
        (&row["amount"], &row["dispute"], &row["status"]),
        (&json!(30_050), &json!(case.id), &json!("processed"))
    );
    case.bench.clock.advance(100 * HOUR);
    assert_eq!(case.names().len(), 6, "nothing follows");
    let reminders: Vec<i64> = case
        .bench
        .sandbox
        .records()
        .iter()
        .filter(|record| matches!(record, Record::DisputeReminded { .. }))
        .map(|record| record.at() - case.opened.at)
        .collect();
    assert_eq!(reminders, [4 * HOUR, 8 * HOUR, 12 * HOUR]);
}

#[tokio::test]
async fn accepting_gives_the_named_amount_back() {
    let case = Case::new(DisputeOptions::default()).await;
    case.bench.sandbox.control().settle("r").unwrap();
    let (status, body) = case.resolve(&json!({})).await;
    assert_eq!((status, &body["message"]), (200, &json!("Dispute successfully resolved")));
    let object = in_an_object();
    assert_like(
        &body["data"],
        &json!({
            "currency": "NGN", "last4": null, "bin": null, "transaction_reference": null,
            "merchant_transaction_reference": null, "refund_amount": 1002, "status": "resolved",
            "domain": "test", "resolution": "merchant-accepted", "category": "general", "note": null,
            "attachments": "attachment", "id": 624, "integration": 1, "transaction": object,
            "created_by": 30, "evidence": null, "resolvedAt": "x", "createdAt": "x", "updatedAt": "x",
            "dueAt": null,
            "message": {
                "dispute": 624, "sender": "demo@test.co", "body": "Merchant accepted", "id": 148,
                "createdAt": "x", "updatedAt": "x"
            }
        }),
    );
    assert_eq!(
        (&body["data"]["status"], &body["data"]["resolution"], &body["data"]["message"]["body"]),
        (&json!("resolved"), &json!("merchant-accepted"), &json!("Merchant accepted"))
    );
    assert_eq!(case.transaction().await, "reversal-pending", "a part of it");
    assert_eq!(balance(&case.bench, "NGN").await, 30_050 - 451 - 10_000);
    assert_eq!(case.resolve(&json!({})).await.0, 400, "it is over");
    assert_eq!(case.names().last().unwrap(), "charge.dispute.resolve");
    case.bench.clock.advance(100 * HOUR);
    assert_eq!(case.names().len(), 3, "no reminder of what is over");
}

#[tokio::test]
async fn declining_hands_it_to_the_bank() {
    for (won, resolution, word) in [(true, "declined", "success"), (false, "auto-accepted", "reversed")] {
        let case = Case::new(DisputeOptions::default()).await;
        let change = json!({"resolution": "declined", "message": "was delivered", "refund_amount": 0});
        let (status, body) = case.resolve(&change).await;
        assert_eq!((status, &body["data"]["status"]), (200, &json!("awaiting-bank-feedback")), "{body}");
        assert_eq!(case.resolve(&json!({})).await.0, 400, "answered once");
        case.bench.clock.advance(100 * HOUR);
        assert_eq!((case.names().len(), case.transaction().await), (2, json!("success")));
        case.bench.sandbox.control().decide_dispute(case.id, won).unwrap();
        let seen = case.seen().await;
        assert_eq!((&seen["status"], &seen["resolution"]), (&json!("resolved"), &json!(resolution)));
        assert_eq!(case.transaction().await, word);
        let (name, data) = case.bench.events().pop().unwrap();
        assert_eq!((name.as_str(), &data["resolution"]), ("charge.dispute.resolve", &json!(resolution)));
        let again = case.bench.sandbox.control().decide_dispute(case.id, won).unwrap_err();
        assert!(matches!(again, ControlError::Final), "{again:?}");
    }
}

#[tokio::test]
async fn evidence_is_kept_and_fraud_needs_it() {
    let case = Case::new(DisputeOptions::default().with_category(DisputeCategory::Fraud)).await;
    let declined = json!({"resolution": "declined", "message": "no", "refund_amount": 0});
    let (status, body) = case.resolve(&declined).await;
    assert_eq!((status, &body["message"]), (400, &json!("Evidence is required for fraud claims")));
    let path = format!("/dispute/{}/evidence", case.id);
    let mut told = json!({
        "customer_email": "cus@gmail.com", "customer_name": "Mensah King", "customer_phone": "0802345167",
        "service_details": "claim for buying product", "delivery_address": "3a ladoke street ogbomoso"
    });
    let answer = case.bench.call("POST", &path, &told).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Evidence created")));
    assert_like(
        &body["data"],
        &json!({
            "customer_email": "cus@gmail.com", "customer_name": "Mensah King",
            "customer_phone": "0802345167", "service_details": "claim", "delivery_address": "3a",
            "dispute": 624, "id": 21, "createdAt": "x", "updatedAt": "x"
        }),
    );
    assert_eq!(
        (&body["data"]["dispute"], &body["data"]["customer_name"]),
        (&json!(case.id), &json!("Mensah King"))
    );
    for name in ["customer_email", "customer_name", "customer_phone", "service_details"] {
        let kept = told[name].take();
        assert_eq!(case.bench.refused("POST", &path, &told).await.3, "missing_params", "{name}");
        told[name] = kept;
    }
    let mut with = declined.clone();
    with["evidence"] = json!(7);
    assert_eq!(case.resolve(&with).await.0, 400, "of no such evidence");
    with["evidence"] = body["data"]["id"].clone();
    assert_eq!(case.resolve(&with).await.0, 200);
    assert_eq!(case.seen().await["evidence"], body["data"]["id"]);
}

#[tokio::test]
async fn bad_answers_are_refused() {
    let case = Case::new(DisputeOptions::default()).await;
    let before = case.bench.sandbox.records();
    for (change, words) in [
        (json!({"resolution": "maybe"}), "\"resolution\" must be one of [merchant-accepted, declined]"),
        (json!({"message": ""}), "message is required"),
        (json!({"refund_amount": null}), "refund_amount is required"),
        (json!({"uploaded_filename": null}), "uploaded_filename is required"),
        (json!({"refund_amount": 30_051}), "Refund amount cannot be greater than initial amount"),
    ] {
        let (status, body) = case.resolve(&change).await;
        assert_eq!((status, &body["message"]), (400, &json!(words)), "{change}");
    }
    let path = format!("/dispute/{}", case.id);
    let refused = case.bench.refused("PUT", &path, &json!({"refund_amount": 30_051})).await;
    assert_eq!(refused.1, "Refund amount cannot be greater than initial amount");
    assert_eq!(case.bench.refused("PUT", "/dispute/7", &json!({"refund_amount": 1})).await.0, 404);
    assert_eq!(case.bench.sandbox.records(), before);
}

#[tokio::test]
async fn what_is_wanted_back_can_be_changed() {
    let case = Case::new(DisputeOptions::default()).await;
    case.bench.clock.advance(5 * HOUR);
    let body = json!({"refund_amount": 1002, "uploaded_filename": "file"});
    let answer = case.bench.call("PUT", &format!("/dispute/{}", case.id), &body).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Dispute updated successfully")));
    let object = in_an_object();
    assert_like(
        &body["data"],
        &json!([{
            "currency": "NGN", "last4": null, "bin": null, "transaction_reference": null,
            "merchant_transaction_reference": null, "refund_amount": 1002, "status": "resolved",
            "domain": "test", "resolution": "merchant-accepted", "source": "bank", "category": "general",
            "note": null, "attachments": "attachement", "id": 624, "transaction": object,
            "customer": customer(), "organization": 1, "evidence": null, "resolvedAt": "x",
            "createdAt": "x", "updatedAt": "x", "dueAt": null
        }]),
    );
    assert_eq!(body["data"][0]["refund_amount"], 1002);
    case.bench.clock.advance(11 * HOUR);
    assert_eq!(case.transaction().await, "reversal-pending", "that much went back when time was over");
    let reminders = case.names().into_iter().filter(|name| name == "charge.dispute.remind").count();
    assert_eq!(reminders, 3, "the change moved no reminder");
}

#[tokio::test]
async fn files_are_taken_once_for_thirty_minutes() {
    let case = Case::new(DisputeOptions::default()).await;
    let path = format!("/dispute/{}/upload_url", case.id);
    let offer = async || {
        let body = case.bench.list(&path, "upload_filename=receipt.PDF").await;
        assert_eq!(body["message"], "Upload url generated");
        assert_like(&body["data"], &json!({"signedUrl": "https://...", "fileName": "qesp8a4df1xejihd9x5q"}));
        let url = body["data"]["signedUrl"].as_str().unwrap().to_owned();
        let file = body["data"]["fileName"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("http://127.0.0.1:3000/dev/paystack/upload/{file}?")), "{url}");
        file
    };
    let put = async |file: &str| {
        let mut put = request("PUT", &format!("/upload/{file}"));
        put.headers.clear();
        put.body = b"%PDF-1.7".to_vec();
        let answer = case.bench.send(put).await;
        assert!(answer.body.is_empty());
        answer.status
    };
    let file = offer().await;
    assert_eq!((put(&file).await, put(&file).await, put("other").await), (200, 403, 403));
    assert!(matches!(case.bench.sandbox.records().last(), Some(Record::Uploaded { bytes: 8, .. })));
    let late = offer().await;
    assert_ne!(late, file);
    case.bench.advance_minutes(31);
    assert_eq!(put(&late).await, 403);
    for query in ["", "upload_filename=x.exe", "upload_filename=pdf"] {
        let mut get = request("GET", &path);
        get.query = Some(query.to_owned());
        assert_eq!(case.bench.send(get).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_only_payments_are_disputed() {
    let case = Case::new(DisputeOptions::default()).await;
    let (bench, control) = (&case.bench, case.bench.sandbox.control());
    bench.clock.advance(HOUR);
    let other = bench.paid("s").await;
    let second = control.open_dispute("s", DisputeOptions::default()).unwrap();
    control.decide_dispute(case.id, true).unwrap();
    let ids = async |query: &str| -> Vec<u64> {
        let body = bench.list("/dispute", query).await;
        body["data"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids("").await, [second, case.id]);
    assert_eq!(ids("status=resolved").await, [case.id]);
    assert_eq!(ids("status=awaiting-merchant-feedback").await, [second]);
    assert_eq!(ids(&format!("transaction={}", other.id)).await, [second]);
    assert_eq!(ids("from=2026-08-22T10:00:00Z").await, [second]);
    assert_eq!(ids("to=2026-08-22T10:00:00Z").await, [case.id]);
    assert_eq!(ids("perPage=1&page=2").await, [case.id]);
    bench.open(&order("open")).await;
    let error = control.open_dispute("open", DisputeOptions::default()).unwrap_err();
    assert!(matches!(error, ControlError::NotPaid), "{error:?}");
    let error = control.decide_dispute(7, true).unwrap_err();
    assert!(matches!(error, ControlError::UnknownDispute), "{error:?}");
}
