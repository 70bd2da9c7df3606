//! The balance and its ledger.

use marketplace_paystack::sandbox::{ControlError, PayOptions};
use serde_json::{Value, json};

use super::bench::{Bench, builder, json_of, order};
use super::shape::assert_like;

pub(crate) async fn balance(bench: &Bench, currency: &str) -> i64 {
    let body = json_of(&bench.get("/balance").await);
    let rows = body["data"].as_array().unwrap();
    rows.iter().find(|row| row["currency"] == currency).unwrap()["balance"].as_i64().unwrap()
}

async fn ledger(bench: &Bench) -> Vec<Value> {
    bench.list("/balance/ledger", "").await["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_account_begins_with_nothing() {
    let clock = super::bench::ManualClock::new();
    let sandbox = builder(&clock).currencies(["NGN", "GHS"]).build().unwrap();
    let bench = Bench { sandbox, clock };
    assert_eq!(
        json_of(&bench.get("/balance").await),
        json!({
            "status": true, "message": "Balances retrieved",
            "data": [{"currency": "NGN", "balance": 0}, {"currency": "GHS", "balance": 0}]
        })
    );
    assert!(ledger(&bench).await.is_empty());
}

#[tokio::test]
async fn payments_reach_the_balance_when_somebody_settles_them() {
    let bench = Bench::new();
    let opened = bench.paid("r").await;
    bench.paid_with("s", PayOptions::default().with_amount(10_000)).await;
    bench.open(&order("open")).await;
    let control = bench.sandbox.control();
    assert_eq!(balance(&bench, "NGN").await, 0, "nothing settles in test mode");
    control.settle("r").unwrap();
    control.settle("r").unwrap();
    assert_eq!(balance(&bench, "NGN").await, 30_050 - 451);
    control.settle_all().unwrap();
    control.settle_all().unwrap();
    assert_eq!(balance(&bench, "NGN").await, 30_050 - 451 + 10_000 - 150);
    control.top_up("GHS", 5_000).unwrap();
    assert_eq!((balance(&bench, "NGN").await, balance(&bench, "GHS").await), (39_449, 5_000));
    assert!(matches!(control.settle("open").unwrap_err(), ControlError::NotPaid));
    assert!(matches!(control.settle("nope").unwrap_err(), ControlError::UnknownReference));
    assert!(matches!(control.top_up("EUR", 1).unwrap_err(), ControlError::UnknownCurrency));

    let rows = ledger(&bench).await;
    let sample = json!({
        "integration": 463_433, "domain": "test", "balance": 2_078_224_968_i64, "currency": "NGN",
        "difference": -50000, "reason": "Who dey breet?", "model_responsible": "Transfer",
        "model_row": 56_610_600, "id": 149_411_613, "createdAt": "2021-04-08T09:39:49.000Z",
        "updatedAt": "2021-04-08T09:39:49.000Z"
    });
    for row in &rows {
        assert_like(row, &sample);
    }
    let differences: Vec<_> = rows.iter().map(|row| row["difference"].as_i64().unwrap()).collect();
    assert_eq!(differences, [5_000, 9_850, 29_599], "newest first");
    assert_eq!(rows[2]["model_row"], opened.id);
    let ids: Vec<_> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|later, earlier| later > earlier), "{ids:?}");
}

#[tokio::test]
async fn refunds_of_settled_payments_come_out_of_the_balance_and_back_if_they_fail() {
    let bench = Bench::new();
    let control = bench.sandbox.control();
    bench.paid_with("r", PayOptions::default().with_instrument("4084080000671803")).await;
    control.settle("r").unwrap();
    let (status, words, kind, _) =
        bench.refused("POST", "/refund", &json!({"transaction": "r", "amount": 30_050})).await;
    assert_eq!((status, kind.as_str()), (400, "api_error"));
    assert!(words.starts_with("Insufficient balance"), "{words}");
    bench.post("/refund", &json!({"transaction": "r", "amount": 20_000})).await;
    assert_eq!(balance(&bench, "NGN").await, 9_599);
    bench.advance_minutes(10);
    assert_eq!(balance(&bench, "NGN").await, 29_599, "it failed");
    let causes: Vec<_> = ledger(&bench).await.iter().map(|row| row["model_responsible"].clone()).collect();
    assert_eq!(causes, ["Refund", "Refund", "Transaction"]);
}

#[tokio::test]
async fn refunds_of_unsettled_payments_come_out_of_what_will_be_settled() {
    let bench = Bench::new();
    let control = bench.sandbox.control();
    bench.paid("r").await;
    bench.post("/refund", &json!({"transaction": "r", "amount": 20_000})).await;
    assert_eq!(balance(&bench, "NGN").await, 0);
    control.settle("r").unwrap();
    assert_eq!(balance(&bench, "NGN").await, 30_050 - 451 - 20_000);

    bench.paid_with("s", PayOptions::default().with_instrument("1012204936")).await;
    bench.post("/refund", &json!({"transaction": "s", "amount": 20_000})).await;
    control.settle("s").unwrap();
    bench.advance_minutes(10);
    assert_eq!(balance(&bench, "NGN").await, 9_599 + 29_599, "what failed comes to the balance");
}
