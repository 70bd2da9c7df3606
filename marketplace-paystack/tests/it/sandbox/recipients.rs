//! Recipients of transfers.

use serde_json::{Value, json};

use super::bench::{Bench, json_of};
use super::shape::assert_like;

pub(crate) fn account(number: &str) -> Value {
    json!({
        "type": "nuban", "name": "Tolu Robert", "account_number": number, "bank_code": "058",
        "currency": "NGN"
    })
}

#[tokio::test]
async fn a_recipient_is_like_the_samples() {
    let bench = Bench::new();
    let answer = bench.call("POST", "/transferrecipient", &account("0100000010")).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (201, &json!("Transfer recipient created successfully")));
    // The sample of the reference, and the four fields that the specification adds.
    assert_like(
        &body["data"],
        &json!({
            "active": true, "createdAt": "2021-11-05T11:27:53.131Z", "currency": "NGN", "domain": "test",
            "id": 20_317_609, "integration": 463_433, "name": "Tolu Robert",
            "recipient_code": "RCP_m7ljkv8leesep7p", "type": "nuban",
            "updatedAt": "2021-11-05T11:27:53.131Z", "is_deleted": false,
            "details": {
                "authorization_code": null, "account_number": "01000000010", "account_name": "Tolu Robert",
                "bank_code": "058", "bank_name": "Guaranty Trust Bank"
            },
            "description": "x", "email": "x", "metadata": {}, "isDeleted": false
        }),
    );
    let code = body["data"]["recipient_code"].as_str().unwrap();
    assert!(code.starts_with("RCP_") && code.len() == 19, "{code}");
    assert_eq!(body["data"]["details"]["bank_name"], "Guaranty Trust Bank");
}

#[tokio::test]
async fn the_same_account_is_the_old_record() {
    let bench = Bench::new();
    let first = bench.post("/transferrecipient", &account("0100000010")).await;
    bench.advance_minutes(1);
    let mut again = account("0100000010");
    again["name"] = json!("Somebody Else");
    let answer = bench.call("POST", "/transferrecipient", &again).await;
    assert_eq!((answer.status, &json_of(&answer)["data"]), (200, &first));
    let other = bench.post("/transferrecipient", &account("0100000011")).await;
    assert_ne!((&other["id"], &other["recipient_code"]), (&first["id"], &first["recipient_code"]));
    let mut elsewhere = account("0100000010");
    elsewhere["bank_code"] = json!("035A");
    assert_ne!(bench.post("/transferrecipient", &elsewhere).await["id"], first["id"]);
    assert_eq!(bench.sandbox.records().len(), 3);
}

#[tokio::test]
async fn what_is_no_account_is_refused() {
    let bench = Bench::new();
    let cases = [
        (json!({"type": null}), "missing_params"),
        (json!({"name": ""}), "missing_params"),
        (json!({"account_number": null}), "missing_params"),
        (json!({"bank_code": null}), "missing_params"),
        (json!({"type": "iban"}), "invalid_params"),
        (json!({"bank_code": "44"}), "invalid_bank_code"),
        (json!({"bank_code": "099"}), "invalid_bank_code"),
        (json!({"account_number": "01-00"}), "invalid_params"),
        (json!({"currency": "GHS"}), "unsupported_currency"),
    ];
    for (change, code) in cases {
        let mut body = account("0100000010");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, _, _, seen) = bench.refused("POST", "/transferrecipient", &body).await;
        assert_eq!((status, seen.as_str()), (400, code), "{change}");
    }
    assert!(bench.sandbox.records().is_empty());
    let telco = json!({
        "type": "mobile_money", "name": "Ama", "account_number": "0551234987", "bank_code": "MTN"
    });
    assert_eq!(
        bench.post("/transferrecipient", &telco).await["currency"],
        "GHS",
        "the bank's, if none is named"
    );
}
