//! The charge API, card by card: what is asked, what is right, and what a wrong answer leaves.

use std::time::Duration;

use marketplace_paystack::sandbox::Record;
use serde_json::{Value, json};

use super::bench::{Bench, START, json_of};
use super::shape::assert_like;

pub(crate) fn charge(reference: &str, way: &Value) -> Value {
    let mut body = json!({"email": "b@example.com", "amount": 10_000, "reference": reference});
    body.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
    body
}

fn card(number: &str) -> Value {
    json!({"card": {"number": number, "cvv": "408", "expiry_month": "09", "expiry_year": "30"}})
}

/// Status and body of an answer.
async fn submit(bench: &Bench, field: &str, reference: &str, given: &str) -> (u16, Value) {
    let mut body = json!({"reference": reference});
    body[field] = json!(given);
    if field == "address" {
        body = json!({
            "reference": reference, "address": "140 N 2ND ST", "city": "Stroudsburg", "state": "PA",
            "zip_code": given
        });
    }
    let answer = bench.call("POST", &format!("/charge/submit_{field}"), &body).await;
    (answer.status, json_of(&answer))
}

/// By specification: `POST /charge`.
pub(crate) fn whole() -> Value {
    json!({
        "id": 2_046_671_778_u64, "domain": "test", "status": "success", "reference": "36xz3b9rie9ppvz",
        "receipt_number": null, "amount": 10_000, "message": null, "gateway_response": "Approved",
        "paid_at": "2022-08-24T12:00:18.000Z", "created_at": "2022-08-24T11:58:41.000Z", "channel": "bank",
        "currency": "NGN", "ip_address": "172.31.68.204", "metadata": "", "log": null, "fees": 50,
        "fees_split": null,
        "authorization": {
            "authorization_code": "AUTH_nrp5ly1goc", "bin": "000XXX", "last4": "X000", "exp_month": "12",
            "exp_year": "9999", "channel": "bank", "card_type": "", "bank": "Zenith Bank",
            "country_code": "NG", "brand": "Zenith Emandate", "reusable": false, "signature": null,
            "account_name": null
        },
        "customer": {
            "id": 44_494_174, "first_name": null, "last_name": null, "email": "charge@email.com",
            "customer_code": "CUS_cm4hqzmhg0u0ded", "phone": null, "metadata": null,
            "risk_action": "default", "international_format_phone": null
        },
        "plan": null, "split": {}, "order_id": null, "paidAt": "2022-08-24T12:00:18.000Z",
        "createdAt": "2022-08-24T11:58:41.000Z", "requested_amount": 10_000, "pos_transaction_data": null,
        "source": null, "fees_breakdown": null, "connect": null,
        "transaction_date": "2022-08-24T11:58:41.000Z", "plan_object": {}, "subaccount": {}
    })
}

#[tokio::test]
async fn a_card_that_asks_nothing_pays_at_once() {
    let bench = Bench::with_webhooks("http://127.0.0.1:9/");
    let answer = bench.call("POST", "/charge", &charge("r", &card("4084 0840 8408 4081"))).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Charge attempted")));
    assert_like(&body["data"], &whole());
    assert_eq!((&body["data"]["status"], &body["data"]["currency"]), (&json!("success"), &json!("NGN")));
    assert_eq!(bench.verified("r").await["status"], "success");
    let events = bench.events();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].0.as_str(), &events[0].1["source"]["entry_point"]),
        ("charge.success", &json!("charge"))
    );
    let refused = bench.refused("POST", "/charge", &charge("r", &card("4084084084084081"))).await;
    assert_eq!(refused.3, "duplicate_reference");
}

#[tokio::test]
async fn cards_ask_what_they_are_published_to_ask() {
    let bench = Bench::new();
    for (number, steps) in [
        ("507850785078507812", &[("pin", "1111")][..]),
        ("5060666666666666666", &[("pin", "1234"), ("otp", "123456")]),
        ("507850785078507804", &[("pin", "0000"), ("phone", "08012345678"), ("otp", "123456")]),
        ("4084080000009999", &[("address", "18360")]),
    ] {
        let mut seen = bench.post("/charge", &charge(number, &card(number))).await;
        for (field, given) in steps {
            assert_eq!(seen["status"], format!("send_{field}"), "{number}");
            let text = match *field {
                "otp" => json!("Please enter OTP (none will be sent to your phone)"),
                "phone" => json!("Kindly enter a mobile no (at least 10 digits)"),
                "address" => json!("Please enter your address"),
                _ => Value::Null,
            };
            assert_eq!(seen["display_text"], text, "{field}");
            assert_eq!(seen.as_object().unwrap().len(), if text.is_null() { 2 } else { 3 }, "{seen}");
            assert_eq!(bench.verified(number).await["status"], "ongoing");
            let checked = json_of(&bench.get(&format!("/charge/{number}")).await);
            assert_eq!(
                (&checked["message"], &checked["data"]),
                (&json!("Reference check successful"), &seen)
            );
            let (status, body) = submit(&bench, field, number, given).await;
            assert_eq!((status, &body["message"]), (200, &json!("Charge attempted")), "{body}");
            seen = body["data"].clone();
        }
        let mut sample = whole();
        for name in ["receipt_number", "connect"] {
            sample.as_object_mut().unwrap().remove(name);
        }
        assert_like(&seen, &sample);
        assert_eq!(seen["status"], "success", "{number}");
        let checked = json_of(&bench.get(&format!("/charge/{number}")).await);
        assert_eq!(
            (&checked["message"], &checked["data"]["status"]),
            (&json!("Charge attempted"), &json!("success"))
        );
    }
}

#[tokio::test]
async fn a_wrong_answer_is_an_error_and_kills_the_charge() {
    let bench = Bench::new();
    for (number, field, before, wrong, right, words) in [
        ("507850785078507812", "pin", None, "9999", "1111", "Incorrect PIN"),
        (
            "5060666666666666666",
            "otp",
            Some(("pin", "1234")),
            "000000",
            "123456",
            "Token Authorization Not Successful. Incorrect Token Supplied",
        ),
        ("4084080000009999", "address", None, "00000", "18360", "Transaction failed authentication"),
    ] {
        bench.post("/charge", &charge(field, &card(number))).await;
        if let Some((field_before, given)) = before {
            assert_eq!(submit(&bench, field_before, field, given).await.0, 200);
        }
        let dead = json!({"reference": field, "status": "failed", "message": words});
        let body = json!({"status": false, "message": "Charge attempted", "data": dead});
        assert_eq!(submit(&bench, field, field, wrong).await, (400, body.clone()));
        assert_eq!(submit(&bench, field, field, right).await, (400, body), "it is dead");
        let checked = bench.get(&format!("/charge/{field}")).await;
        assert_eq!((checked.status, &json_of(&checked)["data"]), (200, &dead));
        assert_eq!(bench.verified(field).await["status"], "failed");
    }
    assert!(bench.payments().is_empty());
}

#[tokio::test]
async fn a_telephone_number_that_is_too_short_fails_with_status_200() {
    let bench = Bench::new();
    bench.post("/charge", &charge("r", &card("507850785078507804"))).await;
    submit(&bench, "pin", "r", "0000").await;
    let (status, body) = submit(&bench, "phone", "r", "12345").await;
    assert_eq!((status, &body["status"], &body["data"]["status"]), (200, &json!(true), &json!("failed")));
    assert_eq!(bench.verified("r").await["status"], "failed");
}

#[tokio::test]
async fn what_is_not_asked_changes_nothing() {
    let bench = Bench::new();
    bench.post("/charge", &charge("r", &card("507850785078507812"))).await;
    bench.open(&super::bench::order("page")).await;
    bench.post("/charge", &charge("paid", &card("4084084084084081"))).await;
    let before = bench.sandbox.records();
    let short = |message: &str| json!({"status": false, "message": message});
    for (field, reference, words) in [
        ("otp", "r", "Charge is not waiting for this"),
        ("pin", "paid", "Charge is not waiting for this"),
        ("pin", "nobody", "Transaction reference is invalid"),
        ("otp", "page", "Transaction reference is invalid"),
    ] {
        assert_eq!(submit(&bench, field, reference, "1111").await, (400, short(words)), "{reference}");
    }
    let unknown = bench.get("/charge/nobody").await;
    assert_eq!((unknown.status, json_of(&unknown)), (400, short("Transaction reference is invalid")));
    let open = json_of(&bench.get("/charge/page").await);
    assert_eq!(open["data"], json!({"reference": "page", "status": "pending"}));
    let missing = bench.refused("POST", "/charge/submit_pin", &json!({"reference": "r"})).await;
    assert_eq!((missing.0, missing.1.as_str()), (400, "pin is required"));
    assert_eq!(bench.sandbox.records(), before);
}

#[tokio::test]
async fn cards_that_never_pay_fail_in_a_call_that_succeeds() {
    let bench = Bench::new();
    for (number, words) in [
        ("4084080000005408", "Declined"),
        ("4084080000670037", "Insufficient Funds"),
        (
            "4111111111111111",
            "Declined. Please use the published test instruments since you are doing a test transaction",
        ),
    ] {
        let answer = bench.call("POST", "/charge", &charge(number, &card(number))).await;
        let body = json_of(&answer);
        assert_eq!((answer.status, &body["status"]), (200, &json!(true)));
        assert_eq!(body["data"], json!({"reference": number, "status": "failed", "message": words}));
        assert_eq!(bench.verified(number).await["gateway_response"], words);
    }
}

#[tokio::test]
async fn a_bank_that_asks_does_so_on_its_page() {
    let bench = Bench::new();
    let seen = bench.post("/charge", &charge("r", &card("5192602720584796"))).await;
    assert_eq!(seen["status"], "open_url");
    let url = seen["url"].as_str().unwrap();
    let code = url.rsplit('/').next().unwrap();
    assert!(url.starts_with("http://127.0.0.1:3000/dev/paystack/"), "{url}");
    assert_eq!(bench.choose(code, "pay").await.status, 200, "it asks");
    assert_eq!(bench.verified("r").await["status"], "ongoing");
    bench.choose(code, "pay&bank=success").await;
    let paid = bench.verified("r").await;
    assert_eq!((&paid["status"], &paid["authorization"]["last4"]), (&json!("success"), &json!("4796")));
}

#[tokio::test]
async fn a_charge_can_be_pending_for_a_while() {
    let bench = Bench::new();
    bench.sandbox.control().behave(|behaviour| behaviour.charge_time = Duration::from_mins(1));
    let seen = bench.post("/charge", &charge("r", &card("4084084084084081"))).await;
    assert_eq!(seen, json!({"reference": "r", "status": "pending"}));
    assert_eq!(bench.verified("r").await["status"], "pending");
    bench.clock.advance(59_999_999);
    let body = json_of(&bench.get("/charge/r").await);
    assert_eq!(
        (&body["message"], &body["data"]["status"]),
        (&json!("Reference check successful"), &json!("pending"))
    );
    bench.clock.advance(1);
    assert_eq!(json_of(&bench.get("/charge/r").await)["data"]["status"], "success");
    assert_eq!(bench.payments()[0].at, START + 60_000_000, "at its time");
}

/// What payers type is in no record.
#[tokio::test]
async fn secrets_of_payers_are_not_kept() {
    let bench = Bench::new();
    bench.post("/charge", &charge("r", &card("507850785078507804"))).await;
    for (field, given) in [("pin", "0000"), ("phone", "08098765432"), ("otp", "123456")] {
        submit(&bench, field, "r", given).await;
    }
    assert!(matches!(bench.sandbox.records().last(), Some(Record::Paid(_))));
    let text = serde_json::to_string(&bench.sandbox.records()).unwrap();
    assert!(
        !text.contains("08098765432") && !text.contains("\"0000\"") && !text.contains("123456"),
        "{text}"
    );
}

#[tokio::test]
async fn equal_seeds_charge_equally() {
    let told = async || {
        let bench = Bench::with_webhooks("http://127.0.0.1:9/");
        bench.post("/charge", &charge("r", &card("507850785078507812"))).await;
        submit(&bench, "pin", "r", "1111").await;
        let transfer = json!({"bank_transfer": {"account_expires_at": null}});
        let seen = bench.post("/charge", &charge("s", &transfer)).await;
        (seen, bench.sandbox.records(), bench.sandbox.calls())
    };
    assert_eq!(told().await, told().await);
}
