//! Banks, and the names of accounts.

use serde_json::{Value, json};

use super::bench::{Bench, HOUR, json_of, request};
use super::shape::assert_like;

fn codes(body: &Value) -> Vec<&str> {
    body["data"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect()
}

async fn resolve(bench: &Bench, query: &str) -> (u16, Value) {
    let mut get = request("GET", "/bank/resolve");
    get.query = Some(query.to_owned());
    let answer = bench.send(get).await;
    (answer.status, json_of(&answer))
}

#[tokio::test]
async fn a_bank_is_like_the_sample() {
    let bench = Bench::new();
    let body = bench.list("/bank", "country=nigeria").await;
    assert_eq!(body["message"], "Banks retrieved");
    assert!(body.get("meta").is_none());
    let sample = json!({
        "name": "Abbey Mortgage Bank", "slug": "abbey-mortgage-bank", "code": "801", "longcode": "",
        "gateway": null, "pay_with_bank": false, "supports_transfer": true,
        "available_for_direct_debit": false, "active": true, "is_deleted": false, "country": "Nigeria",
        "currency": "NGN", "type": "nuban", "id": 174, "createdAt": "2020-12-07T16:19:09.000Z",
        "updatedAt": "2020-12-07T16:19:19.000Z"
    });
    for row in body["data"].as_array().unwrap() {
        assert_like(row, &sample);
        assert_eq!((&row["currency"], &row["country"]), (&json!("NGN"), &json!("Nigeria")));
    }
    let codes = codes(&body);
    for code in ["044", "035A", "001", "50211"] {
        assert!(codes.contains(&code), "{code}");
    }
    assert_eq!(codes.iter().filter(|code| **code == "645").count(), 2, "two houses share it");
}

#[tokio::test]
async fn banks_are_filtered_and_paged() {
    let bench = Bench::new();
    let telcos = bench.list("/bank", "currency=GHS&type=mobile_money").await;
    assert_eq!(codes(&telcos), ["MTN", "VOD", "ATL"]);
    let african = bench.list("/bank", "country=south%20africa").await;
    assert_eq!(african, bench.list("/bank", "country=south-africa").await);
    assert_eq!(african, bench.list("/bank", "currency=ZAR").await);

    let whole = bench.list("/bank", "currency=NGN&perPage=100").await;
    let whole = codes(&whole);
    let mut walked = Vec::new();
    let mut query = "currency=NGN&use_cursor=true&perPage=4".to_owned();
    loop {
        let body = bench.list("/bank", &query).await;
        assert_like(&body["meta"], &json!({"next": "YmFuazoxNjk=", "previous": null, "perPage": 5}));
        walked.extend(codes(&body).into_iter().map(str::to_owned));
        let Some(next) = body["meta"]["next"].as_str() else { break };
        query = format!("currency=NGN&use_cursor=true&perPage=4&next={next}");
    }
    assert_eq!(walked, whole);
    let second = bench.list("/bank", "currency=NGN&perPage=4&page=2").await;
    assert_eq!(codes(&second), whole[4..8]);
}

#[tokio::test]
async fn names_are_resolved() {
    let bench = Bench::new();
    let (status, body) = resolve(&bench, "account_number=0123456789&bank_code=001").await;
    assert_eq!((status, &body["message"]), (200, &json!("Account number resolved")));
    assert_like(
        &body["data"],
        &json!({"account_number": "0022728151", "account_name": "WES GIBBONS", "bank_id": 9}),
    );
    assert_eq!(body["data"]["account_number"], "0123456789");
    assert_eq!(resolve(&bench, "account_number=0551234987&bank_code=MTN").await.0, 200);

    let unresolved = "Could not resolve account name. Check parameters or try again.";
    for query in [
        "account_number=9999999999&bank_code=058",
        "account_number=123&bank_code=058",
        "account_number=01234567890&bank_code=001",
        "account_number=0123456789&bank_code=632005",
    ] {
        let (status, body) = resolve(&bench, query).await;
        assert_eq!(
            (status, &body["message"], &body["code"]),
            (422, &json!(unresolved), &json!("invalid_params")),
            "{query}"
        );
    }
    let (status, body) = resolve(&bench, "account_number=0123456789&bank_code=059").await;
    assert_eq!((status, &body["code"]), (400, &json!("invalid_bank_code")));
    assert_eq!(resolve(&bench, "bank_code=059").await.0, 400);
    assert!(bench.sandbox.records().is_empty());
}

#[tokio::test]
async fn test_mode_resolves_three_real_accounts_a_day_if_asked() {
    let bench = Bench::new();
    bench.sandbox.control().behave(|behaviour| behaviour.resolves_a_day = Some(3));
    for _ in 0..3 {
        assert_eq!(resolve(&bench, "account_number=0123456789&bank_code=058").await.0, 200);
    }
    let (status, body) = resolve(&bench, "account_number=0123456789&bank_code=058").await;
    assert_eq!(status, 429);
    let words = "Test mode daily limit of 3 live bank resolves exceeded. Use test bank codes 001 or upgrade to live mode.";
    assert_eq!(body["message"], words);
    assert_eq!(resolve(&bench, "account_number=0123456789&bank_code=001").await.0, 200, "never counts");
    bench.clock.advance(24 * HOUR);
    assert_eq!(resolve(&bench, "account_number=0123456789&bank_code=058").await.0, 200);
}
