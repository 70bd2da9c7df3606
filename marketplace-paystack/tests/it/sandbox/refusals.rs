//! What the API refuses, and how.

use serde_json::json;

use super::bench::{Bench, HOUR, KEY, ManualClock, builder, header, initialize, json_of, order, request};

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
    let keys = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer sk_test_other",
        "Basic abc",
        &format!("Basic {KEY}"),
        KEY,
        &format!("Bearer {KEY}x"),
    ];
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
        ("GET", "/subaccount"),
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
