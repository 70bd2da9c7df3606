//! Saved cards: who may charge them, and what comes of it.

use marketplace_paystack::sandbox::{PayOptions, SavedCards};
use serde_json::{Value, json};

use super::bench::{Bench, json_of};
use super::shape::assert_like;

const MISMATCH: &str = "Email does not match Authorization code. Authorization may be inactive or belong to a \
                        different email. Please confirm.";

async fn code(bench: &Bench, reference: &str, instrument: &str) -> String {
    bench.paid_with(reference, PayOptions::default().with_instrument(instrument)).await;
    let paid = bench.verified(reference).await;
    paid["authorization"]["authorization_code"].as_str().unwrap().to_owned()
}

fn again(code: &str, reference: &str) -> Value {
    json!({
        "email": "b@example.com", "amount": 300_000, "authorization_code": code, "reference": reference,
        "currency": "NGN"
    })
}

const PATH: &str = "/transaction/charge_authorization";

#[tokio::test]
async fn a_reusable_card_pays_again() {
    let bench = Bench::with_webhooks("http://127.0.0.1:9/");
    let first = code(&bench, "first", "4084084084084081").await;
    let answer = bench.call("POST", PATH, &again(&first, "second")).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Charge attempted")));
    assert_like(
        &body["data"],
        &json!({
            "amount": 300_000, "currency": "NGN", "transaction_date": "2020-05-27T11:45:03.000Z",
            "status": "success", "reference": "cn65lf4ixmkzvda", "domain": "test", "metadata": "",
            "gateway_response": "Approved", "message": null, "channel": "card", "ip_address": null,
            "log": null, "fees": 14_500,
            "authorization": {
                "authorization_code": "AUTH_pmx3mgawyd", "bin": "408408", "last4": "4081",
                "exp_month": "12", "exp_year": "2020", "channel": "card", "card_type": "visa DEBIT",
                "bank": "Test Bank", "country_code": "NG", "brand": "visa", "reusable": true,
                "signature": "SIG_2Gvc6pNuzJmj4TCchXfp", "account_name": null
            },
            "customer": {
                "id": 23_215_815, "first_name": null, "last_name": null, "email": "mail@mail.com",
                "customer_code": "CUS_wt0zmhzb0xqd4nr", "phone": null, "metadata": null,
                "risk_action": "default"
            },
            "plan": null, "id": 696_105_928
        }),
    );
    let card = &body["data"]["authorization"];
    assert_ne!(card["authorization_code"], first, "each use has its own");
    assert_eq!(card["signature"], bench.verified("first").await["authorization"]["signature"]);
    assert_eq!(bench.payments().len(), 2);
    assert_eq!(bench.events()[1].1["source"]["entry_point"], "charge_authorization");
    let charged = bench.post("/charge", &again(&first, "third")).await;
    assert_eq!(charged["status"], "success", "the charge API takes it, too");
}

#[tokio::test]
async fn a_refusal_creates_nothing_and_leaves_the_reference_free() {
    let bench = Bench::new();
    let good = code(&bench, "good", "4084084084084081").await;
    let account = code(&bench, "account", "1012204936").await;
    let before = bench.sandbox.records();
    let refusals = [
        (json!({"authorization_code": "AUTH_nobody"}), "Authorization code is invalid"),
        (json!({"email": "a@example.com"}), MISMATCH),
        (json!({"email": "B@example.com"}), MISMATCH),
        (json!({"authorization_code": account}), MISMATCH),
        (json!({"currency": "EUR"}), "Currency not supported by merchant"),
        (json!({"authorization_code": null}), "authorization_code is required"),
        (json!({"reference": "good"}), "Duplicate Transaction Reference"),
    ];
    for (change, words) in refusals {
        let mut body = again(&good, "again");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = bench.refused("POST", PATH, &body).await;
        assert_eq!((refused.0, refused.1.as_str()), (400, words), "{change}");
    }
    assert_eq!(bench.sandbox.records(), before);
    assert_eq!(bench.post(PATH, &again(&good, "again")).await["status"], "success");
}

#[tokio::test]
async fn a_deactivated_card_is_called_a_mismatch() {
    let bench = Bench::new();
    let code = code(&bench, "r", "4084084084084081").await;
    let body = json!({"authorization_code": code});
    let answer = bench.call("POST", "/customer/authorization/deactivate", &body).await;
    let expected = json!({"status": true, "message": "Authorization has been deactivated"});
    assert_eq!((answer.status, json_of(&answer)), (200, expected));
    assert_eq!(bench.refused("POST", PATH, &again(&code, "again")).await.1, MISMATCH);
    assert_eq!(bench.verified("r").await["authorization"]["reusable"], true, "it is still called so");
}

#[tokio::test]
async fn a_bank_can_decline_or_want_to_ask() {
    let bench = Bench::new();
    let code = code(&bench, "first", "4084084084084081").await;
    let control = bench.sandbox.control();
    control.behave(|behaviour| behaviour.saved_cards = SavedCards::Decline);
    let declined = bench.post(PATH, &again(&code, "declined")).await;
    assert_eq!((&declined["status"], &declined["gateway_response"]), (&json!("failed"), &json!("Declined")));
    control.behave(|behaviour| behaviour.saved_cards = SavedCards::Challenge);
    let paused = bench.post(PATH, &again(&code, "paused")).await;
    assert_eq!((&paused["paused"], &paused["reference"]), (&json!(true), &json!("paused")));
    let access_code = paused["access_code"].as_str().unwrap();
    assert!(paused["authorization_url"].as_str().unwrap().ends_with(access_code));
    assert_eq!(bench.verified("paused").await["status"], "abandoned");
    bench.choose(access_code, "pay").await;
    assert_eq!(bench.verified("paused").await["status"], "success");
}
