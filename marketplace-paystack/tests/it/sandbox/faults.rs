//! Every route can be made to fail, in every way.

use marketplace_paystack::sandbox::{Fault, Route};
use serde_json::{Value, json};

use super::bench::{Bench, header, json_of, order};
use super::transfers;

#[tokio::test]
async fn what_is_not_executed_does_nothing() {
    let (bench, to) = transfers::funded("0123456789").await;
    bench.paid("r").await;
    let control = bench.sandbox.control();
    let calls = [
        (Route::CreateRefund, "/refund", json!({"transaction": "r", "amount": 1000})),
        (Route::InitiateTransfer, "/transfer", transfers::order(&to)),
        (Route::CreateRecipient, "/transferrecipient", super::recipients::account("0100000010")),
    ];
    for (route, path, body) in calls {
        let before = bench.sandbox.records();
        for (fault, status) in [
            (Fault::Status(503), 503),
            (Fault::Html, 502),
            (Fault::EmptyJson, 200),
            (Fault::EmptyNotFound, 404),
            (Fault::RateLimited, 429),
        ] {
            control.answer_next(route, fault);
            let answer = bench.call("POST", path, &body).await;
            assert_eq!(answer.status, status, "{route:?} {fault:?}");
            if matches!(fault, Fault::EmptyJson | Fault::EmptyNotFound) {
                assert!(answer.body.is_empty());
                assert_eq!(header(&answer, "content-type"), Some("application/json; charset=utf-8"));
            }
        }
        assert_eq!(bench.sandbox.records(), before, "{route:?}");
        assert!(matches!(bench.call("POST", path, &body).await.status, 200 | 201), "{route:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_its_effect() {
    let (bench, to) = transfers::funded("0123456789").await;
    bench.paid("r").await;
    let control = bench.sandbox.control();
    control.answer_next(Route::InitiateTransfer, Fault::TimeoutAfterCommit);
    assert_eq!(bench.call("POST", "/transfer", &transfers::order(&to)).await.status, 504);
    assert_eq!(transfers::state(&bench).await, "pending");
    control.answer_next(Route::CreateRefund, Fault::Truncated);
    let answer = bench.call("POST", "/refund", &json!({"transaction": "r", "amount": 1000})).await;
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err() && !answer.body.is_empty());
    assert_eq!(bench.list("/refund", "").await["meta"]["total"], 1, "no key against doing it twice");
}

#[tokio::test]
async fn a_late_answer_is_the_right_one() {
    let bench = Bench::new();
    let control = bench.sandbox.control();
    control.answer_next(Route::Initialize, Fault::Late);
    let body = order("r");
    let late = bench.post_json(&body);
    let scenario = async {
        while bench.sandbox.records().is_empty() {
            tokio::task::yield_now().await;
        }
        control.release_hanging();
    };
    let (answer, ()) = tokio::join!(late, scenario);
    assert_eq!((answer.status, &json_of(&answer)["data"]["reference"]), (200, &json!("r")));
}

#[tokio::test]
async fn answers_can_say_what_nobody_has_heard_of() {
    let bench = Bench::new();
    bench.paid("r").await;
    let control = bench.sandbox.control();
    control.answer_next(Route::Verify, Fault::UnknownStatus);
    assert_eq!(bench.verified("r").await["status"], "somewhere-else");
    control.answer_next(Route::ListTransactions, Fault::ExtraFields);
    assert_eq!(bench.list("/transaction", "").await["data"][0]["a_new_flag"], true);
    assert_eq!(bench.verified("r").await["status"], "success");
}

#[tokio::test]
async fn faults_can_be_ordered_by_the_dozen() {
    let bench = Bench::new();
    bench.paid("r").await;
    bench.sandbox.control().answer_next_times(Route::Verify, Fault::Status(500), 3);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(bench.get("/transaction/verify/r").await.status);
    }
    assert_eq!(statuses, [500, 500, 500, 200, 200]);
}
