//! The API: answers against literal JSON.

use marketplace_paystack::sandbox::{PayOptions, SandboxError};
use serde_json::{Value, json};

use super::bench::{Bench, HOUR, KEY, ManualClock, builder, header, initialize, json_of, order, request};

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
async fn without_the_key_nothing_is_answered() {
    let bench = Bench::new();
    let expected = json!({
        "status": false,
        "message": "Invalid key",
        "meta": {"nextStep": "Ensure that you provide the correct authorization key for the request"},
        "type": "validation_error",
        "code": "invalid_Key"
    });
    let keys = ["", "Bearer", "Bearer ", "Bearer sk_test_other", "Basic abc", KEY, &format!("Bearer {KEY}x")];
    for key in keys {
        for mut request in [initialize(&order("r")), request("GET", "/transaction/verify/r")] {
            request.headers.retain(|(name, _)| name != "Authorization");
            if !key.is_empty() {
                request.headers.push(("authorization".into(), key.to_owned()));
            }
            let answer = bench.send(request).await;
            assert_eq!((answer.status, json_of(&answer)), (401, expected.clone()), "{key}");
        }
    }
    assert!(bench.sandbox.records().is_empty());
}

#[tokio::test]
async fn a_reference_is_used_once_for_ever() {
    let bench = Bench::new();
    let expected = json!({
        "status": false,
        "message": "Duplicate Transaction Reference",
        "meta": {"nextStep": "Try and create the Transaction or Charge with a new reference"},
        "type": "validation_error",
        "code": "duplicate_reference",
        "errorCodeMappingNotFound": false
    });
    for (reference, outcome) in [("a", "abandon"), ("b", "pay"), ("c", "decline")] {
        let opened = bench.open(&order(reference)).await;
        bench.choose(&opened.access_code, outcome).await;
        let answer = bench.post_json(&order(reference)).await;
        assert_eq!((answer.status, json_of(&answer)), (400, expected.clone()));
    }
}

#[tokio::test]
async fn an_unknown_reference_is_not_found() {
    let bench = Bench::new();
    for reference in ["nope", "..", "%2e%2e", "a%2Fb", "%ff", ""] {
        let answer = bench.get(&format!("/transaction/verify/{reference}")).await;
        let expected = json!({
            "status": false,
            "message": "Transaction reference not found.",
            "meta": {
                "nextStep":
                    "Ensure that you're passing the reference of a transaction that exists on this integration"
            },
            "type": "validation_error",
            "code": "transaction_not_found"
        });
        assert_eq!((answer.status, json_of(&answer)), (404, expected), "{reference}");
    }
    bench.open(&order("a.b=c")).await;
    assert_eq!(bench.verified("a%2Eb%3dc").await["reference"], "a.b=c");
}

#[tokio::test]
async fn an_unknown_path_is_an_empty_404_that_says_json() {
    let bench = Bench::new();
    let wrong = [
        ("GET", "/"),
        ("GET", "/refund"),
        ("GET", "/transaction/initialize"),
        ("POST", "/transaction/verify/r"),
        ("GET", ""),
    ];
    for (method, path) in wrong {
        for with_key in [true, false] {
            let mut request = request(method, path);
            if !with_key {
                request.headers.clear();
            }
            let answer = bench.send(request).await;
            assert_eq!((answer.status, answer.body.len()), (404, 0), "{method} {path}");
            assert_eq!(header(&answer, "content-type"), Some("application/json; charset=utf-8"));
        }
    }
}

#[tokio::test]
async fn bad_fields_are_refused_with_the_published_codes() {
    let bench = Bench::new();
    let cases = [
        (json!({"email": null}), "Email Address is required", "missing_params"),
        (json!({"email": ""}), "Email Address is required", "missing_params"),
        (json!({"email": "b@example"}), "Invalid Email Address Passed", "invalid_email_address"),
        (json!({"email": 7}), "Invalid Email Address Passed", "invalid_email_address"),
        (json!({"amount": null}), "Amount is required", "missing_params"),
        (json!({"amount": 300.5}), "\"amount\" must be an integer", "invalid_amount"),
        (json!({"amount": "300.50"}), "\"amount\" must be an integer", "invalid_amount"),
        (json!({"amount": "NGN 5"}), "\"amount\" must be an integer", "invalid_amount"),
        (json!({"amount": true}), "\"amount\" must be an integer", "invalid_amount"),
        (json!({"amount": -1}), "Invalid Amount Sent", "invalid_amount"),
        (json!({"amount": 0}), "Invalid Amount Sent", "invalid_amount"),
        (json!({"amount": 4999}), "Invalid Amount Sent", "invalid_amount"),
        (json!({"amount": 1_000_000_001}), "Invalid Amount Sent", "invalid_amount"),
        (json!({"amount": "99999999999999999999999"}), "Invalid Amount Sent", "invalid_amount"),
        (json!({"currency": "EUR"}), "Currency not supported by merchant", "unsupported_currency"),
        (json!({"currency": "ngn"}), "Currency not supported by merchant", "unsupported_currency"),
        (json!({"currency": ""}), "Currency not supported by merchant", "unsupported_currency"),
    ];
    for (change, message, code) in cases {
        let mut body = order("r");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = bench.post_json(&body).await;
        let seen = json_of(&answer);
        assert_eq!(answer.status, 400, "{change}");
        assert_eq!(seen["status"], false);
        assert_eq!((&seen["message"], &seen["code"]), (&json!(message), &json!(code)), "{change}");
        assert_eq!(seen["type"], "validation_error");
        assert!(seen["meta"]["nextStep"].is_string());
    }
    for reference in [json!("a b"), json!("a/b"), json!("ọ"), json!("a\n"), json!(7)] {
        let mut body = order("r");
        body["reference"] = reference.clone();
        assert_eq!(bench.post_json(&body).await.status, 400, "{reference}");
    }
    for callback in ["javascript:alert(1)", "/relative", "back"] {
        let mut body = order("r");
        body["callback_url"] = json!(callback);
        assert_eq!(bench.post_json(&body).await.status, 400, "{callback}");
    }
    for body in ["{\"email\":", "[]", "null", "7", "\u{0}"] {
        let mut request = initialize(&json!({}));
        request.body = body.as_bytes().to_vec();
        assert_eq!(bench.send(request).await.status, 400, "{body}");
    }
    assert!(bench.sandbox.records().is_empty(), "a refused call leaves no trace");
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
async fn the_rate_limit_is_announced_and_enforced_if_asked() {
    let bench = Bench::new();
    for _ in 0..150 {
        let answer = bench.get("/transaction/verify/r").await;
        assert_eq!(answer.status, 404);
        assert_eq!(header(&answer, "x-ratelimit-limit"), Some("100"));
        assert_eq!(header(&answer, "x-ratelimit-reset"), Some("60"));
    }
    let clock = ManualClock::new();
    let bench = Bench { sandbox: builder(&clock).rate_limit(Some(2)).build().unwrap(), clock };
    for remaining in ["1", "0"] {
        let answer = bench.get("/transaction/verify/r").await;
        assert_eq!((answer.status, header(&answer, "x-ratelimit-remaining")), (404, Some(remaining)));
    }
    bench.clock.advance(20_000_000);
    let answer = bench.post_json(&order("r")).await;
    assert_eq!((answer.status, header(&answer, "x-ratelimit-reset")), (429, Some("40")));
    assert_eq!(
        json_of(&answer),
        json!({
            "status": false,
            "message": "Rate limit exceeded!",
            "meta": {"nextStep": "Wait a few minutes and try the API call again"},
            "type": "api_error",
            "code": "rate_limited"
        })
    );
    assert!(bench.sandbox.records().is_empty());
    bench.clock.advance(HOUR);
    assert_eq!(bench.post_json(&order("r")).await.status, 200);
}

#[test]
fn a_bad_configuration_is_refused() {
    let clock = ManualClock::new();
    for key in ["sk_live_0123", "pk_test_0123", "sk_test_", ""] {
        let error = builder(&clock).secret_key(key).build().unwrap_err();
        assert!(matches!(error, SandboxError::NotATestKey), "{key}");
    }
    let error = builder(&clock).public_url("/dev/paystack").build().unwrap_err();
    assert_eq!(error.to_string(), "the public address is not an absolute http address");
    let error = builder(&clock).webhook_url(Some("ftp://x/".into())).build().unwrap_err();
    assert!(matches!(error, SandboxError::BadAddress("webhook address")), "{error:?}");
    let error = builder(&clock).webhook_url(Some("http://x/".into())).build().unwrap_err();
    assert!(matches!(error, SandboxError::Missing("http client for webhooks")), "{error:?}");
    let error = builder(&clock).currencies(["NGN", "EUR"]).build().unwrap_err();
    assert!(matches!(error, SandboxError::UnknownCurrency(code) if code == "EUR"));
    let error = builder(&clock).currencies(Vec::<String>::new()).build().unwrap_err();
    assert!(matches!(error, SandboxError::NoCurrency), "{error:?}");
}

#[tokio::test]
async fn the_first_currency_of_the_account_is_its_default() {
    let clock = ManualClock::new();
    let bench = Bench { sandbox: builder(&clock).currencies(["GHS", "USD"]).build().unwrap(), clock };
    let opened = bench.open(&json!({"email": "b@example.com", "amount": 10, "currency": null})).await;
    assert_eq!(opened.currency, "GHS");
    assert_eq!(bench.post_json(&order("r")).await.status, 400, "naira is not enabled");
}

#[test]
fn debug_shows_no_secret() {
    let builder = builder(&ManualClock::new());
    let mut text = format!("{builder:?}");
    let sandbox = builder.build().unwrap();
    text.push_str(&format!("{sandbox:?} {:?}", sandbox.control()));
    assert!(text.contains("dev/paystack") && !text.contains("sk_test"), "{text}");
}
