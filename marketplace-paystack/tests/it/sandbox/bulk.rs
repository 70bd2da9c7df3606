//! Transfers in bulk, and the switch of one-time passwords that they need.

use marketplace_paystack::sandbox::{Record, TransferStatus};
use serde_json::{Value, json};

use super::balance::balance;
use super::bench::{Bench, json_of};
use super::shape::assert_like;
use super::transfers::{REFERENCE, funded, order, recipient};

const PATH: &str = "/transfer/bulk";

fn row(to: &str, reference: &str) -> Value {
    json!({"amount": 100_000, "recipient": to, "reference": reference, "reason": "payout"})
}

fn bulk(rows: &[Value]) -> Value {
    json!({"source": "balance", "currency": "NGN", "transfers": rows})
}

async fn state(bench: &Bench, reference: &str) -> Value {
    json_of(&bench.get(&format!("/transfer/verify/{reference}")).await)["data"]["status"].clone()
}

const ONE: &str = "po-bulk-0000000001";
const OTHER: &str = "po-bulk-0000000002";

#[tokio::test]
async fn many_transfers_are_received_and_then_go_out() {
    let (bench, to) = funded("0123456789").await;
    let failing = recipient(&bench, "0000000011").await;
    let answer = bench.call("POST", PATH, &bulk(&[row(&to, ONE), row(&failing, OTHER)])).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["message"]), (200, &json!("2 transfers queued.")));
    assert_like(
        &body["data"],
        &json!([{
            "reference": "588YtfftReF355894J", "recipient": "RCP_2tn9clt23s7qr28", "amount": 20_000,
            "transfer_code": "TRF_ful4rvpbiuaph4fo", "currency": "NGN", "status": "received"
        }]),
    );
    let rows = body["data"].as_array().unwrap();
    assert_eq!((&rows[0]["reference"], &rows[1]["recipient"]), (&json!(ONE), &json!(failing)));
    assert_ne!(rows[0]["transfer_code"], rows[1]["transfer_code"]);
    assert!(rows.iter().all(|row| row["status"] == "received"), "{rows:?}");
    assert_eq!(balance(&bench, "NGN").await, 500_000 - 2 * 101_000);
    bench.advance_minutes(1);
    assert_eq!((state(&bench, ONE).await, state(&bench, OTHER).await), (json!("success"), json!("failed")));
    assert_eq!(balance(&bench, "NGN").await, 500_000 - 101_000);
    let events: Vec<_> = bench.events().into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["transfer.success", "transfer.failed"]);
}

#[tokio::test]
async fn one_duplicate_refuses_all_with_404() {
    let (bench, to) = funded("0123456789").await;
    bench.post("/transfer", &order(&to)).await;
    let before = bench.sandbox.records();
    let refused = |names: &str| {
        (404, format!("Duplicate reference(s) found: {names}"), "api_error".to_owned(), "unknown".to_owned())
    };
    let known = bulk(&[row(&to, ONE), row(&to, REFERENCE)]);
    assert_eq!(bench.refused("POST", PATH, &known).await, refused(REFERENCE));
    let twice = bulk(&[row(&to, ONE), row(&to, OTHER), row(&to, ONE), row(&to, OTHER), row(&to, ONE)]);
    assert_eq!(bench.refused("POST", PATH, &twice).await, refused(&format!("{ONE},{OTHER}")));
    assert_eq!(bench.sandbox.records(), before, "none of them");
}

#[tokio::test]
async fn rows_of_unknown_recipients_are_left_out() {
    let (bench, to) = funded("0123456789").await;
    let body = bulk(&[row("RCP_nobody", ONE), row(&to, OTHER)]);
    let answer = json_of(&bench.call("POST", PATH, &body).await);
    assert_eq!(answer["message"], "1 transfers queued.");
    assert_eq!(answer["data"].as_array().unwrap().len(), 1);
    assert_eq!(answer["data"][0]["reference"], OTHER);
    assert_eq!(bench.get(&format!("/transfer/verify/{ONE}")).await.status, 404);
    let refused = bench.refused("POST", PATH, &bulk(&[row("RCP_nobody", ONE)])).await;
    assert_eq!(refused.3, "invalid_transfer_recipient");
}

#[tokio::test]
async fn bad_bulks_are_refused_whole() {
    let (bench, to) = funded("0123456789").await;
    let before = bench.sandbox.records();
    let mut little = row(&to, OTHER);
    little["amount"] = json!(9_999);
    let mut much = row(&to, OTHER);
    much["amount"] = json!(400_000);
    let many: Vec<_> = (0..101).map(|number| row(&to, &format!("po-bulk-{number:010}"))).collect();
    for (body, code) in [
        (json!({"source": "balance"}), "missing_params"),
        (bulk(&[]), "missing_params"),
        (json!({"source": "card", "transfers": [row(&to, ONE)]}), "invalid_params"),
        (bulk(&[json!("x")]), "missing_params"),
        (bulk(&[row(&to, ONE), row(&to, "short")]), "invalid_params"),
        (bulk(&[row(&to, ONE), little]), "invalid_amount"),
        (bulk(&[row(&to, ONE), much]), "unknown"),
        (bulk(&many), "invalid_params"),
    ] {
        let refused = bench.refused("POST", PATH, &body).await;
        assert_eq!((refused.0, refused.3.as_str()), (400, code), "{body}");
    }
    assert_eq!(bench.sandbox.records(), before);
}

#[tokio::test]
async fn passwords_have_to_be_off() {
    let (bench, to) = funded("0123456789").await;
    let told = async |path: &str, body: Value| {
        let answer = bench.call("POST", path, &body).await;
        (answer.status, json_of(&answer)["message"].as_str().unwrap().to_owned())
    };
    let enabled = (200, "OTP requirement for transfers has been enabled".to_owned());
    assert_eq!(told("/transfer/enable_otp", json!({})).await, enabled);
    let refused = bench.refused("POST", PATH, &bulk(&[row(&to, ONE)])).await;
    assert_eq!((refused.0, refused.1.as_str()), (400, "OTP must be disabled to make bulk transfers"));
    assert_eq!(told("/transfer/disable_otp", json!({})).await.0, 200);
    let wrong = told("/transfer/disable_otp_finalize", json!({"otp": "1"})).await;
    assert_eq!(wrong, (400, "OTP could not be verified".to_owned()));
    assert_eq!(bench.refused("POST", PATH, &bulk(&[row(&to, ONE)])).await.0, 400, "still on");
    let disabled = (200, "OTP requirement for transfers has been disabled".to_owned());
    assert_eq!(told("/transfer/disable_otp_finalize", json!({"otp": "123456"})).await, disabled);
    assert_eq!(told(PATH, bulk(&[row(&to, ONE)])).await.0, 200);
    let started = |record: &Record| match record {
        Record::TransferStarted(started) => Some(started.status),
        _ => None,
    };
    let states: Vec<_> = bench.sandbox.records().iter().filter_map(started).collect();
    assert_eq!(states, [TransferStatus::Received]);
}
