//! One-time passwords, and the webhooks of transfers.

use marketplace_paystack::sandbox::TransferStatus;
use serde_json::{Value, json};

use super::balance::balance;
use super::bench::{Bench, json_of};
use super::shape::assert_like;
use super::transfers::{REFERENCE, funded, order, state};

async fn waiting() -> (Bench, String) {
    let (bench, to) = funded("0123456789").await;
    bench.sandbox.control().behave(|behaviour| behaviour.transfer_otp = true);
    let answer = bench.call("POST", "/transfer", &order(&to)).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Transfer requires OTP to continue")));
    assert_like(
        &body["data"],
        &json!({
            "reference": "po-01j9-0000000001", "integration": 463_433, "domain": "test", "amount": 20000,
            "currency": "NGN", "source": "balance", "reason": "payout", "recipient": 10_751_086,
            "status": "otp", "transfer_code": "TRF_1aqrqhoomp0rjro", "id": 56_506_855, "createdAt": "x",
            "updatedAt": "x"
        }),
    );
    assert_eq!(body["data"]["status"], "otp");
    assert_eq!(balance(&bench, "NGN").await, 500_000, "nothing leaves yet");
    let code = body["data"]["transfer_code"].as_str().unwrap().to_owned();
    (bench, code)
}

#[tokio::test]
async fn the_right_password_sends_it() {
    let (bench, code) = waiting().await;
    let path = "/transfer/finalize_transfer";
    let sent = bench
        .call("POST", "/transfer/resend_otp", &json!({"transfer_code": code, "reason": "transfer"}))
        .await;
    assert_eq!(json_of(&sent), json!({"status": true, "message": "OTP has been resent"}));
    assert_eq!(bench.refused("POST", path, &json!({"transfer_code": "TRF_x", "otp": "123456"})).await.0, 404);
    assert_eq!(bench.refused("POST", path, &json!({"transfer_code": code})).await.3, "missing_params");
    let answer = bench.call("POST", path, &json!({"transfer_code": code, "otp": "123456"})).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("Transfer has been queued")));
    assert_like(
        &body["data"],
        &json!({
            "domain": "test", "amount": 1_000_000, "currency": "NGN", "reference": "n7ll9pzl6b",
            "source": "balance", "source_details": null, "reason": "E go better for you",
            "status": "success", "failures": null, "transfer_code": "TRF_zuirlnr9qblgfko",
            "titan_code": null, "transferred_at": null, "id": 529_410, "integration": 123_460,
            "recipient": 225_204, "createdAt": "2018-08-02T10:02:55.000Z",
            "updatedAt": "2018-08-02T10:12:05.000Z"
        }),
    );
    assert_eq!((&body["data"]["status"], balance(&bench, "NGN").await), (&json!("pending"), 399_000));
    let again = bench.refused("POST", path, &json!({"transfer_code": code, "otp": "123456"})).await;
    assert_eq!(again.1, "Transfer is not currently awaiting OTP");
    bench.advance_minutes(1);
    assert_eq!(state(&bench).await, "success");
}

#[tokio::test]
async fn the_wrong_password_ends_it() {
    let (bench, code) = waiting().await;
    let body = json!({"transfer_code": code, "otp": "000000"});
    let (status, words, kind, seen) = bench.refused("POST", "/transfer/finalize_transfer", &body).await;
    assert_eq!((status, words.as_str()), (400, "OTP could not be verified"));
    assert_eq!((kind.as_str(), seen.as_str()), ("api_error", "unknown"));
    assert_eq!((state(&bench).await, balance(&bench, "NGN").await), ("failed".to_owned(), 500_000));
}

#[tokio::test]
async fn without_a_password_it_is_abandoned_after_thirty_minutes() {
    let (bench, code) = waiting().await;
    bench.advance_minutes(29);
    assert_eq!(state(&bench).await, "otp");
    bench.advance_minutes(1);
    assert_eq!((state(&bench).await, balance(&bench, "NGN").await), ("abandoned".to_owned(), 500_000));
    let body = json!({"transfer_code": code, "otp": "123456"});
    assert_eq!(bench.refused("POST", "/transfer/finalize_transfer", &body).await.0, 400);
    assert!(bench.events().is_empty(), "no webhook tells of it");
}

#[tokio::test]
async fn a_password_does_not_help_an_empty_balance() {
    let (bench, code) = waiting().await;
    bench.sandbox.control().behave(|behaviour| behaviour.transfer_otp = false);
    let to = super::transfers::recipient(&bench, "0123456789").await;
    let mut other = order(&to);
    (other["reference"], other["amount"]) = (json!("po-01j9-0000000002"), json!(450_000));
    bench.post("/transfer", &other).await;
    let body = json!({"transfer_code": code, "otp": "123456"});
    let refused = bench.refused("POST", "/transfer/finalize_transfer", &body).await;
    assert_eq!(refused.1, "Your balance is not enough to fulfil this request");
    assert_eq!(state(&bench).await, "otp");
}

fn recipient() -> Value {
    json!({
        "active": true, "createdAt": "x", "currency": "NGN", "description": "", "domain": "test",
        "email": null, "id": 56_824_902, "integration": 463_433, "metadata": null, "name": "J P",
        "recipient_code": "RCP_gd9vgag7n5lr5ix", "type": "nuban", "updatedAt": "x", "is_deleted": false,
        "details": {
            "authorization_code": null, "account_number": "9876543210", "account_name": null,
            "bank_code": "044", "bank_name": "Access Bank"
        }
    })
}

fn sample(more: &Value) -> Value {
    let mut sample = json!({
        "amount": 100_000, "currency": "NGN", "domain": "test", "failures": null, "id": 860_703_114,
        "integration": {"id": 463_433, "is_live": true, "business_name": "Demo", "logo_path": "https://..."},
        "reason": "payout", "reference": "po-01j9-0000000001", "source": "balance", "source_details": null,
        "status": "success", "titan_code": null, "transfer_code": "TRF_v5tip3zx8nna9o78",
        "transferred_at": null, "recipient": recipient()
    });
    sample.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sample
}

#[tokio::test]
async fn webhooks_are_like_the_samples() {
    let success = sample(&json!({
        "createdAt": "x", "updatedAt": "x", "session": {"provider": null, "id": null}, "fee_charged": 0,
        "gateway_response": null
    }));
    let other = sample(&json!({
        "created_at": "x", "updated_at": "x", "session": {"provider": "nip", "id": "1101"}
    }));
    for (number, expected) in [
        ("0123456789", vec!["transfer.success"]),
        ("0000000011", vec!["transfer.failed"]),
        ("0000000012", vec!["transfer.success", "transfer.reversed"]),
        ("0000000013", vec![]),
    ] {
        let (bench, to) = funded(number).await;
        bench.post("/transfer", &order(&to)).await;
        bench.advance_minutes(10);
        let events = bench.events();
        assert_eq!(events.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expected);
        for (name, data) in &events {
            assert_like(data, if name == "transfer.success" { &success } else { &other });
            assert_eq!(format!("transfer.{}", data["status"].as_str().unwrap()), *name);
            assert_eq!((&data["reference"], &data["amount"]), (&json!(REFERENCE), &json!(100_000)));
        }
    }
}

#[tokio::test]
async fn what_is_moved_by_hand_is_told_too() {
    let (bench, to) = funded("0123456789").await;
    bench.post("/transfer", &order(&to)).await;
    let control = bench.sandbox.control();
    control.move_transfer(REFERENCE, TransferStatus::Success).unwrap();
    control.move_transfer(REFERENCE, TransferStatus::Reversed).unwrap();
    let names: Vec<_> = bench.events().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["transfer.success", "transfer.reversed"]);
}
