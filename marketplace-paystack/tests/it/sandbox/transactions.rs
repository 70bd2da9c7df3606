//! Transactions asked for by id and in lists, against the documented samples.

use marketplace_paystack::sandbox::{Behaviour, PayOptions};
use serde_json::{Value, json};

use super::bench::{Bench, HOUR, ManualClock, builder, json_of, order};
use super::shape::assert_like;

fn log() -> Value {
    json!({
        "start_time": 1_724_318_098, "time_spent": 4, "attempts": 1, "errors": 0, "success": true,
        "mobile": false, "input": [],
        "history": [{"type": "action", "message": "Attempted to pay with card", "time": 3}]
    })
}

fn authorization() -> Value {
    json!({
        "authorization_code": "AUTH_uh8bcl3zbn", "bin": "408408", "last4": "4081", "exp_month": "12",
        "exp_year": "2030", "channel": "card", "card_type": "visa ", "bank": "TEST BANK",
        "country_code": "NG", "brand": "visa", "reusable": true, "signature": "SIG_yEXu7dLBeqG0kU7g95Ke",
        "account_name": null
    })
}

fn references(body: &Value) -> Vec<&str> {
    body["data"].as_array().unwrap().iter().map(|row| row["reference"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_fetched_transaction_is_like_the_sample() {
    let bench = Bench::new();
    let opened = bench.paid("r").await;
    let answer = bench.get(&format!("/transaction/{}", opened.id)).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Transaction retrieved")));
    assert_eq!((&body["data"]["id"], &body["data"]["reference"]), (&json!(opened.id), &json!("r")));
    assert_eq!((&body["data"]["status"], &body["data"]["amount"]), (&json!("success"), &json!(30_050)));
    assert_like(
        &body["data"],
        &json!({
            "id": 4_099_260_516_u64, "domain": "test", "status": "success", "reference": "re4lyvq3s3",
            "receipt_number": null, "amount": 40333, "message": null, "gateway_response": "Successful",
            "helpdesk_link": null, "paid_at": "2024-08-22T09:15:02.000Z",
            "created_at": "2024-08-22T09:14:24.000Z", "channel": "card", "currency": "NGN",
            "ip_address": "197.210.54.33", "metadata": "", "log": log(), "fees": 10283, "fees_split": null,
            "authorization": authorization(),
            "customer": {
                "id": 181_873_746, "first_name": null, "last_name": null, "email": "demo@test.com",
                "customer_code": "CUS_1rkzaqsv4rrhqo6", "phone": null, "metadata": {},
                "risk_action": "default", "international_format_phone": null
            },
            "plan": {}, "subaccount": {}, "split": {}, "order_id": null,
            "paidAt": "2024-08-22T09:15:02.000Z", "createdAt": "2024-08-22T09:14:24.000Z",
            "requested_amount": 30050, "pos_transaction_data": null,
            "source": {"type": "api", "source": "merchant_api", "identifier": null}, "fees_breakdown": null,
            "connect": null
        }),
    );
    let unknown = bench.get("/transaction/1").await;
    assert_eq!((unknown.status, &json_of(&unknown)["code"]), (404, &json!("transaction_not_found")));
    let beyond = bench.get("/transaction/99999999999999999999999").await;
    assert_eq!(beyond.status, 404);
}

#[tokio::test]
async fn a_listed_transaction_is_like_the_sample() {
    let bench = Bench::new();
    bench.paid("r").await;
    let body = bench.list("/transaction", "").await;
    assert_eq!(body["message"], "Transactions retrieved");
    assert_eq!(
        body["meta"],
        json!({"total": 1, "total_volume": 30050, "skipped": 0, "perPage": 50, "page": 1, "pageCount": 1})
    );
    assert_like(
        &body["data"][0],
        &json!({
            "id": 4_099_260_516_u64, "domain": "test", "status": "success", "reference": "re4lyvq3s3",
            "amount": 40333, "message": null, "gateway_response": "Successful",
            "paid_at": "2024-08-22T09:15:02.000Z", "created_at": "2024-08-22T09:14:24.000Z",
            "channel": "card", "currency": "NGN", "ip_address": "197.210.54.33", "metadata": null,
            "log": log(), "fees": 10283, "fees_split": null,
            "customer": {
                "id": 181_873_746, "first_name": null, "last_name": null, "email": "demo@test.com",
                "phone": null, "metadata": {}, "customer_code": "CUS_1rkzaqsv4rrhqo6",
                "risk_action": "default"
            },
            "authorization": authorization(), "plan": {}, "split": {}, "subaccount": {}, "order_id": null,
            "paidAt": "2024-08-22T09:15:02.000Z", "createdAt": "2024-08-22T09:14:24.000Z",
            "requested_amount": 30050,
            "source": {
                "source": "merchant_api", "type": "api", "identifier": null,
                "entry_point": "transaction_initialize"
            },
            "connect": null, "pos_transaction_data": null
        }),
    );
}

#[tokio::test]
async fn lists_are_newest_first_and_have_pages() {
    let bench = Bench::new();
    for reference in ["a", "b", "c", "d", "e"] {
        bench.open(&order(reference)).await;
        bench.clock.advance(HOUR);
    }
    let body = bench.list("/transaction", "perPage=2").await;
    assert_eq!(references(&body), ["e", "d"]);
    assert_eq!((&body["meta"]["pageCount"], &body["meta"]["total"]), (&json!(3), &json!(5)));
    assert_eq!(references(&bench.list("/transaction", "perPage=2&page=3").await), ["a"]);
    assert_eq!(references(&bench.list("/transaction", "perPage=2&page=4").await), [""; 0]);

    let mut query = "use_cursor=true&perPage=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let body = bench.list("/transaction", &query).await;
        seen.extend(references(&body).into_iter().map(str::to_owned));
        assert!(body["meta"].get("total").is_none());
        let Some(next) = body["meta"]["next"].as_str() else { break };
        query = format!("use_cursor=true&perPage=2&next={next}");
        bench.open(&order(&format!("later-{}", seen.len()))).await;
    }
    assert_eq!(seen, ["e", "d", "c", "b", "a"], "what came later is on no page of this walk");
}

#[tokio::test]
async fn lists_have_windows_and_filters() {
    let bench = Bench::new();
    let first = bench.open(&order("open")).await;
    bench.clock.advance(HOUR);
    bench.paid("paid").await;
    bench.clock.advance(24 * HOUR);
    bench.open(&json!({"email": "c@example.com", "amount": 7000, "reference": "declined"})).await;
    bench.sandbox.control().decline("declined").unwrap();

    let list = async |query: &str| {
        let body = bench.list("/transaction", query).await;
        references(&body).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(list("status=success").await, ["paid"]);
    assert_eq!(list("status=failed").await, ["declined"]);
    assert_eq!(list("status=abandoned").await, ["open"]);
    assert_eq!(list("from=2026-08-22T10:14:24.000Z&to=2026-08-22T10:14:24.000Z").await, ["paid"]);
    assert_eq!(list("from=2026-08-23").await, ["declined"]);
    assert_eq!(list("to=2026-08-23").await, ["paid", "open"]);
    assert_eq!(list("amount=7000").await, ["declined"]);
    assert_eq!(list(&format!("customer={}", first.customer_id)).await, ["paid", "open"]);
    assert_eq!(list("misspelt=1").await.len(), 3);
    let volume = bench.list("/transaction", "status=success").await["meta"]["total_volume"].clone();
    assert_eq!(volume, 30_050);

    let mut request = super::bench::request("GET", "/transaction");
    request.query = Some("from=yesterday".into());
    assert_eq!(bench.send(request).await.status, 400);
}

#[tokio::test]
async fn the_timeline_and_the_totals() {
    let bench = Bench::new();
    let opened = bench.paid("r").await;
    bench.open(&order("s")).await;
    for name in ["r".to_owned(), opened.id.to_string()] {
        let body = json_of(&bench.get(&format!("/transaction/timeline/{name}")).await);
        assert_eq!(body["message"], "Timeline retrieved");
        assert_like(&body["data"], &log());
        assert!(body["data"].is_object());
    }
    assert_eq!(json_of(&bench.get("/transaction/timeline/s").await)["data"], json!(null));
    bench.paid_with("t", PayOptions::default().with_currency("USD").with_amount(500)).await;
    let body = json_of(&bench.get("/transaction/totals").await);
    assert_eq!(
        body,
        json!({
            "status": true, "message": "Transaction totals",
            "data": {
                "total_transactions": 2, "total_volume": 30_550,
                "total_volume_by_currency":
                    [{"currency": "NGN", "amount": 30_050}, {"currency": "USD", "amount": 500}],
                "pending_transfers": 30_550,
                "pending_transfers_by_currency":
                    [{"currency": "NGN", "amount": 30_050}, {"currency": "USD", "amount": 500}]
            }
        })
    );
}

#[tokio::test]
async fn what_can_be_otherwise_can_be_switched() {
    let clock = ManualClock::new();
    let mut behaviour = Behaviour::default();
    behaviour.unknown_reference_status = 400;
    behaviour.short_refusals = true;
    behaviour.fees_on_payer = true;
    let bench = Bench { sandbox: builder(&clock).behaviour(behaviour).build().unwrap(), clock };
    assert_eq!(bench.get("/transaction/verify/r").await.status, 400);
    bench.paid("r").await;
    let seen = bench.verified("r").await;
    assert_eq!(
        (&seen["requested_amount"], &seen["amount"], &seen["fees"]),
        (&json!(30_050), &json!(30_501), &json!(451)),
        "what was taken is what was asked and the fees"
    );
    let mut stranger = super::bench::request("GET", "/transaction/verify/r");
    stranger.headers.clear();
    let answer = bench.send(stranger).await;
    assert_eq!((answer.status, json_of(&answer)), (401, json!({"status": false, "message": "Invalid key"})));
}
