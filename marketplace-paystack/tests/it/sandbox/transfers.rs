//! Transfers: what is accepted, and how they go on.

use std::time::Duration;

use marketplace_paystack::sandbox::{ControlError, TransferStatus};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::balance::balance;
use super::bench::{Bench, HOUR, json_of};
use super::recipients::account;
use super::shape::assert_like;

pub(crate) const REFERENCE: &str = "po-01j9-0000000001";

pub(crate) async fn recipient(bench: &Bench, number: &str) -> String {
    let data = bench.post("/transferrecipient", &account(number)).await;
    data["recipient_code"].as_str().unwrap().to_owned()
}

pub(crate) fn order(recipient: &str) -> Value {
    json!({
        "source": "balance", "amount": 100_000, "recipient": recipient, "reference": REFERENCE,
        "reason": "payout", "currency": "NGN"
    })
}

/// A thousand naira and more in the balance, and somebody to pay.
pub(crate) async fn funded(number: &str) -> (Bench, String) {
    let bench = Bench::with_webhooks("http://127.0.0.1:9/");
    bench.sandbox.control().top_up("NGN", 500_000).unwrap();
    let recipient = recipient(&bench, number).await;
    (bench, recipient)
}

pub(crate) async fn state(bench: &Bench) -> String {
    let answer = bench.get(&format!("/transfer/verify/{REFERENCE}")).await;
    assert_eq!(answer.status, 200);
    json_of(&answer)["data"]["status"].as_str().unwrap().to_owned()
}

fn details() -> Value {
    json!({
        "active": true, "createdAt": "2023-07-11T15:42:27.000Z", "currency": "NGN", "description": "",
        "domain": "test", "email": null, "id": 56_824_902, "integration": 463_433, "metadata": null,
        "name": "Jekanmo Padie", "recipient_code": "RCP_gd9vgag7n5lr5ix", "type": "nuban",
        "updatedAt": "2023-07-11T15:42:27.000Z", "is_deleted": false, "isDeleted": false,
        "details": {
            "authorization_code": null, "account_number": "9876543210", "account_name": null,
            "bank_code": "044", "bank_name": "Access Bank"
        }
    })
}

#[tokio::test]
async fn a_transfer_is_like_the_samples_and_costs_its_fee() {
    let (bench, to) = funded("0123456789").await;
    let answer = bench.call("POST", "/transfer", &order(&to)).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Transfer has been queued")));
    assert_like(
        &body["data"],
        &json!({
            "transfersessionid": [], "transfertrials": [], "domain": "test", "amount": 100_000,
            "currency": "NGN", "reference": "acv_9ee55786-2323-4760-98e2-6380c9cb3f68", "source": "balance",
            "source_details": null, "reason": "Bonus for the week", "status": "success", "failures": null,
            "transfer_code": "TRF_v5tip3zx8nna9o78", "titan_code": null, "transferred_at": null,
            "id": 860_703_114, "integration": 463_433, "request": 1_068_439_313, "recipient": 56_824_902,
            "createdAt": "2025-08-04T10:32:40.000Z", "updatedAt": "2025-08-04T10:32:40.000Z"
        }),
    );
    assert_eq!(body["data"]["status"], "pending");
    assert_eq!(balance(&bench, "NGN").await, 500_000 - 100_000 - 1_000);

    let code = body["data"]["transfer_code"].as_str().unwrap();
    let sample = json!({
        "amount": 100_000, "createdAt": "2025-08-04T09:59:19.000Z", "currency": "NGN", "domain": "test",
        "failures": null, "id": 860_670_817, "integration": 463_433, "reason": "Bonus for the week",
        "reference": "acv_9ee55786-2323-4760-98e2-6380c9cb3f67", "source": "balance",
        "source_details": null, "status": "success", "titan_code": null,
        "transfer_code": "TRF_8opchtrhtjlfz90n", "request": 1_068_403_325, "transferred_at": null,
        "updatedAt": "2025-08-04T09:59:19.000Z", "recipient": details(),
        "session": {"provider": null, "id": null}, "fee_charged": 1000, "fees_breakdown": null,
        "gateway_response": null
    });
    for path in [
        format!("/transfer/verify/{REFERENCE}"),
        format!("/transfer/{code}"),
        format!("/transfer/{}", body["data"]["id"]),
    ] {
        let seen = json_of(&bench.get(&path).await);
        assert_eq!(seen["message"], "Transfer retrieved", "{path}");
        assert_like(&seen["data"], &sample);
        assert_eq!(
            (&seen["data"]["transfer_code"], &seen["data"]["fee_charged"]),
            (&json!(code), &json!(1_000))
        );
    }
    let listed = bench.list("/transfer", "status=pending").await;
    assert_like(&listed["data"], &json!([sample]));
    assert_eq!(listed["meta"]["total"], 1);
    assert_eq!(bench.list("/transfer", "status=success").await["meta"]["total"], 0);

    bench.advance_minutes(1);
    assert_eq!(state(&bench).await, "success");
    assert_eq!(balance(&bench, "NGN").await, 399_000);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let bench = Bench::new();
    for path in ["/transfer/verify/po-01j9-0000000001", "/transfer/TRF_x", "/transfer/7", "/transfer/verify/"]
    {
        let answer = bench.get(path).await;
        let body = json_of(&answer);
        assert_eq!((answer.status, &body["message"]), (404, &json!("Transfer not found")), "{path}");
    }
}

#[tokio::test]
async fn bad_orders_are_refused_and_leave_no_trace() {
    let (bench, to) = funded("0123456789").await;
    let before = bench.sandbox.records();
    let long = "a".repeat(51);
    let cases = [
        (json!({"source": "card"}), "Transfer source is invalid", "invalid_params"),
        (json!({"amount": null}), "Amount is required", "missing_params"),
        (json!({"amount": 10.5}), "\"amount\" must be an integer", "invalid_amount"),
        (json!({"amount": 9_999}), "Amount is less than the minimum of a transfer", "invalid_amount"),
        (json!({"recipient": null}), "recipient is required", "missing_params"),
        (json!({"recipient": "RCP_x"}), "Recipient specified is invalid", "invalid_transfer_recipient"),
        (json!({"reference": null}), "reference is required", "missing_params"),
        (
            json!({"reference": "rApY3-0123456789abc"}),
            "Your reference contains illegal special characters",
            "invalid_params",
        ),
        (
            json!({"reference": "po.01j9.0000000001"}),
            "Your reference contains illegal special characters",
            "invalid_params",
        ),
        (
            json!({"reference": "po-01j9-0000000"}),
            "Your reference must have between 16 and 50 characters",
            "invalid_params",
        ),
        (
            json!({"reference": long}),
            "Your reference must have between 16 and 50 characters",
            "invalid_params",
        ),
        (
            json!({"currency": "GHS"}),
            "Transfer currency does not match the recipient's",
            "unsupported_currency",
        ),
    ];
    for (change, message, code) in cases {
        let mut body = order(&to);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, words, _, seen) = bench.refused("POST", "/transfer", &body).await;
        assert_eq!((status, words.as_str(), seen.as_str()), (400, message, code), "{change}");
    }
    let mut short = order(&to);
    short["amount"] = json!(499_001);
    let (status, words, kind, _) = bench.refused("POST", "/transfer", &short).await;
    assert_eq!((status, kind.as_str()), (400, "api_error"));
    assert_eq!(words, "Your balance is not enough to fulfil this request", "amount and fee");
    bench.sandbox.control().behave(|behaviour| behaviour.starter_business = true);
    assert_eq!(
        bench.refused("POST", "/transfer", &order(&to)).await,
        (
            400,
            "You cannot initiate third party payouts as a starter business".to_owned(),
            "api_error".to_owned(),
            "transfer_unavailable".to_owned()
        )
    );
    assert_eq!(bench.sandbox.records(), before);
}

#[tokio::test]
async fn a_reference_is_paid_once_for_ever() {
    let (bench, to) = funded("0000000011").await;
    bench.post("/transfer", &order(&to)).await;
    let duplicate = |status: u16| {
        (
            status,
            "Please provide a unique reference. Reference already exists on a transfer".to_owned(),
            "validation_error".to_owned(),
            "duplicate_transfer_reference".to_owned(),
        )
    };
    assert_eq!(bench.refused("POST", "/transfer", &order(&to)).await, duplicate(400));
    bench.advance_minutes(1);
    assert_eq!(state(&bench).await, "failed");
    bench.sandbox.control().behave(|behaviour| behaviour.duplicate_transfer_status = 404);
    assert_eq!(bench.refused("POST", "/transfer", &order(&to)).await, duplicate(404), "also after it failed");
    assert_eq!(balance(&bench, "NGN").await, 500_000, "amount and fee are back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_transfers_of_one_reference_pay_once() {
    let (bench, to) = funded("0123456789").await;
    let mut callers = JoinSet::new();
    for _ in 0..32 {
        let (bench, body) = (bench.clone(), order(&to));
        callers.spawn(async move { bench.call("POST", "/transfer", &body).await.status });
    }
    let statuses = callers.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(balance(&bench, "NGN").await, 399_000);
}

#[tokio::test]
async fn not_found_proves_nothing() {
    let (bench, to) = funded("0123456789").await;
    bench.sandbox.control().behave(|behaviour| behaviour.transfer_hidden = Duration::from_secs(30));
    let begun = bench.post("/transfer", &order(&to)).await;
    let code = begun["transfer_code"].as_str().unwrap();
    for path in [format!("/transfer/verify/{REFERENCE}"), format!("/transfer/{code}")] {
        assert_eq!(bench.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(bench.list("/transfer", "").await["meta"]["total"], 0);
    assert_eq!(bench.refused("POST", "/transfer", &order(&to)).await.3, "duplicate_transfer_reference");
    bench.clock.advance(30_000_000);
    assert_eq!(state(&bench).await, "pending");
}

#[tokio::test]
async fn a_transfer_that_takes_no_time_is_through_at_once() {
    let (bench, to) = funded("0123456789").await;
    bench.sandbox.control().behave(|behaviour| behaviour.transfer_time = Duration::ZERO);
    assert_eq!(bench.post("/transfer", &order(&to)).await["status"], "success");
}

#[tokio::test]
async fn some_recipients_end_badly() {
    for (number, expected, left) in [
        ("0000000011", "failed", 500_000),
        ("0000000013", "blocked", 500_000),
        ("0000000014", "rejected", 500_000),
        ("0000000015", "pending", 399_000),
    ] {
        let (bench, to) = funded(number).await;
        bench.post("/transfer", &order(&to)).await;
        bench.clock.advance(72 * HOUR);
        assert_eq!((state(&bench).await, balance(&bench, "NGN").await), (expected.to_owned(), left));
    }
    let (bench, to) = funded("0000000012").await;
    bench.post("/transfer", &order(&to)).await;
    bench.advance_minutes(1);
    assert_eq!((state(&bench).await, balance(&bench, "NGN").await), ("success".to_owned(), 399_000));
    bench.advance_minutes(1);
    assert_eq!((state(&bench).await, balance(&bench, "NGN").await), ("reversed".to_owned(), 500_000));
}

#[tokio::test]
async fn a_transfer_can_be_moved_by_hand() {
    let (bench, to) = funded("0000000015").await;
    let control = bench.sandbox.control();
    let unknown = control.move_transfer(REFERENCE, TransferStatus::Success).unwrap_err();
    assert!(matches!(unknown, ControlError::UnknownTransfer), "{unknown:?}");
    bench.post("/transfer", &order(&to)).await;
    control.move_transfer(REFERENCE, TransferStatus::Success).unwrap();
    assert_eq!(balance(&bench, "NGN").await, 399_000);
    let error = control.move_transfer(REFERENCE, TransferStatus::Failed).unwrap_err();
    assert!(matches!(error, ControlError::Final), "what succeeded comes back or stays: {error:?}");
    control.move_transfer(REFERENCE, TransferStatus::Reversed).unwrap();
    assert_eq!((state(&bench).await, balance(&bench, "NGN").await), ("reversed".to_owned(), 500_000));
    assert!(control.move_transfer(REFERENCE, TransferStatus::Success).is_err());
}
