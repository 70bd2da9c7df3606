//! The API: answers against literal JSON.

use marketplace_paystack::sandbox::PayOptions;
use serde_json::{Value, json};

use super::bench::{Bench, ManualClock, builder, header, json_of, order, request};

#[tokio::test]
async fn initialize_answers_as_documented() {
    let bench = Bench::new();
    let answer = bench.post_json(&order("mkt-01j9-a1")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(header(&answer, "content-type"), Some("application/json; charset=utf-8"));
    let body = json_of(&answer);
    let code = body["data"]["access_code"].as_str().unwrap();
    assert!(code.len() == 15 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    assert_eq!(
        body,
        json!({
            "status": true,
            "message": "Authorization URL created",
            "data": {
                "authorization_url": format!("http://127.0.0.1:3000/dev/paystack/{code}"),
                "access_code": code,
                "reference": "mkt-01j9-a1"
            }
        })
    );
}

#[tokio::test]
async fn a_fresh_transaction_is_abandoned() {
    let bench = Bench::new();
    let opened = bench.open(&order("mkt-01j9-a1")).await;
    let answer = bench.get("/transaction/verify/mkt-01j9-a1").await;
    assert_eq!(
        json_of(&answer),
        json!({
            "status": true,
            "message": "Verification successful",
            "data": {
                "id": opened.id, "domain": "test", "status": "abandoned", "reference": "mkt-01j9-a1",
                "receipt_number": null, "amount": 30050, "message": null,
                "gateway_response": "The transaction was not completed", "paid_at": null,
                "created_at": "2026-08-22T09:14:24.000Z", "channel": "card", "currency": "NGN",
                "ip_address": null, "metadata": "", "log": null, "fees": null, "fees_split": null,
                "authorization": {},
                "customer": {
                    "id": opened.customer_id, "first_name": null, "last_name": null,
                    "email": "b@example.com", "customer_code": opened.customer_code, "phone": null,
                    "metadata": null, "risk_action": "default", "international_format_phone": null
                },
                "plan": null, "split": {}, "order_id": null, "paidAt": null,
                "createdAt": "2026-08-22T09:14:24.000Z", "requested_amount": 30050,
                "pos_transaction_data": null, "source": null, "fees_breakdown": null, "connect": null,
                "transaction_date": "2026-08-22T09:14:24.000Z", "plan_object": {}, "subaccount": {}
            }
        })
    );
    assert!(opened.id > u64::from(u32::MAX));
}

#[tokio::test]
async fn a_paid_transaction_has_every_documented_field() {
    let bench = Bench::new();
    let opened = bench.open(&order("mkt-01j9-a1")).await;
    bench.clock.advance(38_000_000);
    bench.choose(&opened.access_code, "pay").await;
    let code = bench.payments()[0].authorization_code.clone();
    assert_eq!(
        bench.verified("mkt-01j9-a1").await,
        json!({
            "id": opened.id, "domain": "test", "status": "success", "reference": "mkt-01j9-a1",
            "receipt_number": null, "amount": 30050, "message": null, "gateway_response": "Successful",
            "paid_at": "2026-08-22T09:15:02.000Z", "created_at": "2026-08-22T09:14:24.000Z",
            "channel": "card", "currency": "NGN", "ip_address": "192.0.2.33", "metadata": "",
            "log": {
                "start_time": 1_787_390_098, "time_spent": 4, "attempts": 1, "errors": 0, "success": true,
                "mobile": false, "input": [],
                "history": [
                    {"type": "action", "message": "Attempted to pay with card", "time": 3},
                    {"type": "success", "message": "Successfully paid with card", "time": 4}
                ]
            },
            "fees": 451, "fees_split": null,
            "authorization": {
                "authorization_code": code, "bin": "408408", "last4": "4081", "exp_month": "12",
                "exp_year": "2030", "channel": "card", "card_type": "visa ", "bank": "TEST BANK",
                "country_code": "NG", "brand": "visa", "reusable": true,
                "signature": "SIG_yEXu7dLBeqG0kU7g95Ke", "account_name": null
            },
            "customer": {
                "id": opened.customer_id, "first_name": null, "last_name": null, "email": "b@example.com",
                "customer_code": opened.customer_code, "phone": null, "metadata": null,
                "risk_action": "default", "international_format_phone": null
            },
            "plan": null, "split": {}, "order_id": null, "paidAt": "2026-08-22T09:15:02.000Z",
            "createdAt": "2026-08-22T09:14:24.000Z", "requested_amount": 30050,
            "pos_transaction_data": null, "source": null, "fees_breakdown": null, "connect": null,
            "transaction_date": "2026-08-22T09:14:24.000Z", "plan_object": {}, "subaccount": {}
        })
    );
}

#[tokio::test]
async fn the_accepted_forms() {
    let bench = Bench::new();
    let opened = bench.open(&json!({"email": "b@example.com", "amount": "20000"})).await;
    assert_eq!(
        (opened.amount, opened.currency.as_str()),
        (20_000, "NGN"),
        "a missing currency is the default"
    );
    assert_eq!(opened.reference.len(), 10, "a reference of its own");

    let opened = bench.open(&json!({"email": "B@example.com", "amount": 150, "currency": "XOF"})).await;
    assert_eq!(opened.amount, 100, "the fraction of a franc is ignored");

    let mut request = request("POST", "/transaction/initialize");
    request.headers.push(("Content-Type".into(), "application/x-www-form-urlencoded; charset=utf-8".into()));
    request.body = b"email=b%40example.com&amount=5000&reference=form&metadata=%7B%22a%22%3A1%7D".to_vec();
    assert_eq!(bench.send(request).await.status, 200);
    assert_eq!(bench.verified("form").await["metadata"], json!({"a": 1}));

    let verified = bench.verified(&opened.reference).await;
    let other = bench.verified("form").await;
    assert_eq!(verified["customer"]["id"], other["customer"]["id"], "one customer per address");
    assert!(verified["id"].as_u64() < other["id"].as_u64());
}

#[tokio::test]
async fn metadata_comes_back_as_it_was() {
    let bench = Bench::new();
    let cases = [
        ("a", json!({"attempt": "x", "n": [1, null]}), json!({"attempt": "x", "n": [1, null]})),
        ("b", json!("{\"k\":1}"), json!({"k": 1})),
        ("c", json!("just text"), json!("just text")),
        ("d", Value::Null, json!("")),
        ("e", json!(0), json!(0)),
    ];
    for (reference, sent, expected) in cases {
        let mut body = order(reference);
        body["metadata"] = sent;
        bench.open(&body).await;
        assert_eq!(bench.verified(reference).await["metadata"], expected);
    }
}

#[tokio::test]
async fn overridden_payments_show_what_was_taken_and_what_was_asked() {
    let bench = Bench::new();
    bench.open(&order("r")).await;
    let options = PayOptions::default().with_amount(40_333).with_fees(10_283).with_currency("GHS");
    bench.sandbox.control().pay("r", options).unwrap();
    let seen = bench.verified("r").await;
    assert_eq!(
        (&seen["amount"], &seen["requested_amount"], &seen["fees"], &seen["currency"]),
        (&json!(40_333), &json!(30_050), &json!(10_283), &json!("GHS"))
    );
    bench.open(&order("s")).await;
    bench.sandbox.control().pay("s", PayOptions::default().with_requested_amount(1)).unwrap();
    let seen = bench.verified("s").await;
    assert_eq!((&seen["amount"], &seen["requested_amount"]), (&json!(30_050), &json!(1)));
}

#[tokio::test]
async fn the_first_currency_of_the_account_is_its_default() {
    let clock = ManualClock::new();
    let bench = Bench { sandbox: builder(&clock).currencies(["GHS", "USD"]).build().unwrap(), clock };
    let opened = bench.open(&json!({"email": "b@example.com", "amount": 10, "currency": null})).await;
    assert_eq!(opened.currency, "GHS");
    assert_eq!(bench.post_json(&order("r")).await.status, 400, "naira is not enabled");
}
