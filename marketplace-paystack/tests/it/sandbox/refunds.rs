//! Refunds: the observed rules, and how they go on.

use marketplace_paystack::sandbox::{ControlError, PayOptions, Record, RefundOrigin, RefundStatus};
use serde_json::{Value, json};

use super::bench::{Bench, json_of, order};
use super::shape::assert_like;

const FAILS: &str = "4084080000671803";
const ASKS: &str = "4084080000671902";

async fn status(bench: &Bench, reference: &str) -> String {
    bench.verified(reference).await["status"].as_str().unwrap().to_owned()
}

async fn refund(bench: &Bench, reference: &str, amount: u64) -> u64 {
    let data = bench.post("/refund", &json!({"transaction": reference, "amount": amount})).await;
    data["id"].as_u64().unwrap()
}

async fn state_of(bench: &Bench, id: u64) -> String {
    let body = json_of(&bench.get(&format!("/refund/{id}")).await);
    body["data"]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_created_refund_is_like_the_sample() {
    let bench = Bench::new();
    let opened = bench.paid("r").await;
    let body = json!({
        "transaction": "r", "amount": 10_000, "currency": "NGN", "merchant_note": "refund rf-1",
        "customer_note": "sorry"
    });
    let answer = bench.call("POST", "/refund", &body).await;
    let seen = json_of(&answer);
    assert_eq!((answer.status, &seen["message"]), (200, &json!("Refund has been queued for processing")));
    let data = &seen["data"];
    assert_like(
        data,
        &json!({
            "transaction": {
                "id": 1_004_723_697, "domain": "live", "reference": "T685312322670591", "amount": 10000,
                "paid_at": "2021-08-20T18:34:11.000Z", "channel": "apple_pay", "currency": "NGN",
                "authorization": {"exp_month": null, "exp_year": null, "account_name": null},
                "customer": {"international_format_phone": null}, "plan": {},
                "subaccount": {"currency": null}, "split": {}, "order_id": null,
                "paidAt": "2021-08-20T18:34:11.000Z", "pos_transaction_data": null, "source": null,
                "fees_breakdown": null
            },
            "integration": 412_829, "deducted_amount": 0, "channel": null, "merchant_note": "x",
            "customer_note": "x", "status": "pending", "refunded_by": "test@me.com",
            "expected_at": "2021-12-16T09:21:17.016Z", "currency": "NGN", "domain": "live", "amount": 10000,
            "fully_deducted": false, "id": 3_018_284, "createdAt": "2021-12-07T09:21:17.122Z",
            "updatedAt": "2021-12-07T09:21:17.122Z"
        }),
    );
    assert_eq!((&data["status"], &data["amount"]), (&json!("pending"), &json!(10_000)));
    assert_eq!((&data["merchant_note"], &data["customer_note"]), (&json!("refund rf-1"), &json!("sorry")));
    assert_eq!(data["transaction"]["id"], opened.id);

    let fetched = json_of(&bench.get(&format!("/refund/{}", data["id"])).await);
    assert_eq!(fetched["message"], "Refund retrieved");
    assert_eq!(fetched["data"]["transaction"], opened.id, "a number here");
    assert_like(
        &fetched["data"],
        &json!({
            "integration": 100_982, "transaction": 1641, "dispute": null, "settlement": null,
            "domain": "live", "amount": 500_000, "deducted_amount": 500_000, "fully_deducted": true,
            "currency": "NGN", "channel": "migs", "status": "processed", "refunded_by": "x@gmail.com",
            "refunded_at": "2018-01-12T10:54:47.000Z", "expected_at": "2017-10-01T21:10:59.000Z",
            "customer_note": "xxx", "merchant_note": "xxx", "id": 1,
            "createdAt": "2017-09-24T21:10:59.000Z", "updatedAt": "2018-01-18T11:59:56.000Z"
        }),
    );
    assert_eq!(bench.get("/refund/1").await.status, 404);
    assert_eq!(bench.get("/refund/x").await.status, 404);
}

#[tokio::test]
async fn notes_that_are_missing_are_filled_in() {
    let bench = Bench::new();
    let opened = bench.paid("r").await;
    let data = bench.post("/refund", &json!({"transaction": opened.id, "customer_note": ""})).await;
    assert_eq!(data["customer_note"], "Refund for transaction r");
    assert_eq!(data["merchant_note"], "Refund for transaction r by owner");
    assert_eq!(data["amount"], 30_050, "without an amount it is all of it");
}

#[tokio::test]
async fn a_listed_refund_is_like_the_sample_and_found_by_number_only() {
    let bench = Bench::new();
    let one = bench.paid("r").await;
    bench.paid("s").await;
    refund(&bench, "r", 10_000).await;
    bench.advance_minutes(1);
    refund(&bench, "s", 5_000).await;
    bench.advance_minutes(1);
    refund(&bench, "r", 20_000).await;

    let amounts = async |query: &str| -> Vec<Value> {
        let body = bench.list("/refund", query).await;
        body["data"].as_array().unwrap().iter().map(|row| row["amount"].clone()).collect()
    };
    assert_eq!(amounts("").await, [20_000, 5_000, 10_000]);
    assert_eq!(amounts(&format!("transaction={}", one.id)).await, [20_000, 10_000]);
    assert_eq!(amounts("transaction=r").await, [0; 0], "a reference finds nothing");
    assert_eq!(amounts("currency=USD").await.len(), 3, "the filter by currency is ignored");
    assert_eq!(amounts("from=2026-08-22T09:15:24.000Z&to=2026-08-22T09:15:24.000Z").await, [5_000]);
    let body = bench.list("/refund", "perPage=2&page=2").await;
    assert_eq!(body["data"].as_array().unwrap().len(), 1);
    assert_eq!((&body["meta"]["total"], &body["meta"]["pageCount"]), (&json!(3), &json!(2)));

    bench.advance_minutes(9);
    let body = bench.list("/refund", "").await;
    let sample = json!({
        "id": 1, "integration": 100_982, "domain": "live", "transaction": 1641, "dispute": 20,
        "amount": 500_000, "deducted_amount": 500_000, "currency": "NGN", "channel": "migs",
        "fully_deducted": 1, "refunded_by": "customer@gmail.com", "refunded_at": "2018-01-12T10:54:47.000Z",
        "expected_at": "2017-10-01T21:10:59.000Z", "settlement": null, "customer_note": "xxx",
        "merchant_note": "xxx", "created_at": "2017-09-24T21:10:59.000Z",
        "updated_at": "2018-01-18T11:59:56.000Z", "status": "processed"
    });
    for row in body["data"].as_array().unwrap() {
        assert_like(row, &sample);
    }
    assert_eq!(
        (&body["data"][2]["fully_deducted"], &body["data"][0]["fully_deducted"]),
        (&json!(1), &json!(null))
    );
}

#[tokio::test]
async fn all_of_it_given_back_makes_it_reversed() {
    let bench = Bench::new();
    bench.paid("r").await;
    let id = refund(&bench, "r", 30_050).await;
    assert_eq!(
        (status(&bench, "r").await, state_of(&bench, id).await),
        ("reversal-pending".into(), "pending".into())
    );
    bench.advance_minutes(5);
    assert_eq!(state_of(&bench, id).await, "processing");
    assert_eq!(status(&bench, "r").await, "reversal-pending");
    bench.advance_minutes(5);
    assert_eq!(
        (status(&bench, "r").await, state_of(&bench, id).await),
        ("reversed".into(), "processed".into())
    );
    let seen = json_of(&bench.get(&format!("/refund/{id}")).await);
    assert_eq!(
        (&seen["data"]["deducted_amount"], &seen["data"]["fully_deducted"]),
        (&json!(30_050), &json!(true))
    );
    bench.sandbox.control().behave(|behaviour| behaviour.reversals_with_underscore = true);
    assert_eq!(status(&bench, "r").await, "reversed");
}

#[tokio::test]
async fn parts_add_up_to_no_more_than_the_whole() {
    let bench = Bench::new();
    bench.paid("r").await;
    refund(&bench, "r", 10_000).await;
    let too_much = (
        400,
        "Total refund amount cannot exceed original transaction amount".to_owned(),
        "validation_error".to_owned(),
        "invalid_params".to_owned(),
    );
    for body in [json!({"transaction": "r", "amount": 20_051}), json!({"transaction": "r"})] {
        assert_eq!(bench.refused("POST", "/refund", &body).await, too_much, "{body}");
    }
    bench.advance_minutes(10);
    assert_eq!(status(&bench, "r").await, "reversal-pending", "a part that is through");
    bench.sandbox.control().behave(|behaviour| behaviour.reversals_with_underscore = true);
    assert_eq!(status(&bench, "r").await, "reversal_pending");
    bench.sandbox.control().behave(|behaviour| behaviour.reversals_with_underscore = false);
    refund(&bench, "r", 20_050).await;
    let refused = bench.refused("POST", "/refund", &json!({"transaction": "r", "amount": 100})).await;
    assert_eq!(
        refused,
        (
            400,
            "Transaction has been fully reversed".to_owned(),
            "api_error".to_owned(),
            "transaction_reversed".to_owned()
        )
    );
    bench.advance_minutes(10);
    assert_eq!(status(&bench, "r").await, "reversed");
}

#[tokio::test]
async fn what_is_refused_leaves_no_trace() {
    let bench = Bench::new();
    bench.paid("r").await;
    bench.open(&order("open")).await;
    let before = bench.sandbox.records();
    let cases = [
        (json!({}), 400, "Transaction is required"),
        (json!({"transaction": "nope"}), 404, "Transaction not found"),
        (json!({"transaction": 7}), 404, "Transaction not found"),
        (json!({"transaction": "open"}), 400, "Only successful transactions can be refunded"),
        (
            json!({"transaction": "r", "currency": "USD"}),
            400,
            "Transaction currency must match refund currency",
        ),
        (json!({"transaction": "r", "amount": 49}), 400, "Cannot refund less than NGN0.5"),
        (
            json!({"transaction": "r", "amount": 99}),
            400,
            "The minimum amount you may send in a single refund at this time is: NGN1.00",
        ),
        (json!({"transaction": "r", "amount": 1.5}), 400, "\"amount\" must be an integer"),
        (json!({"transaction": "r", "amount": "10.00"}), 400, "\"amount\" must be an integer"),
        (json!({"transaction": "r", "amount": -5}), 400, "Invalid Amount Sent"),
    ];
    for (body, status, message) in cases {
        let (seen, text, ..) = bench.refused("POST", "/refund", &body).await;
        assert_eq!((seen, text.as_str()), (status, message), "{body}");
    }
    assert_eq!(bench.sandbox.records(), before);
    assert_eq!(status(&bench, "r").await, "success");
}

#[tokio::test]
async fn a_refund_that_fails_makes_it_a_success_again() {
    let bench = Bench::new();
    bench.paid_with("r", PayOptions::default().with_instrument(FAILS)).await;
    assert_eq!(bench.verified("r").await["authorization"]["last4"], "1803");
    let id = refund(&bench, "r", 30_050).await;
    bench.advance_minutes(10);
    assert_eq!((status(&bench, "r").await, state_of(&bench, id).await), ("success".into(), "failed".into()));
    refund(&bench, "r", 30_050).await;
    assert_eq!(status(&bench, "r").await, "reversal-pending");
}

#[tokio::test]
async fn a_refund_that_needs_attention_goes_on_with_an_account() {
    let bench = Bench::new();
    bench.paid_with("r", PayOptions::default().with_instrument(ASKS)).await;
    let id = refund(&bench, "r", 30_050).await;
    let path = format!("/refund/retry_with_customer_details/{id}");
    let details = json!({
        "refund_account_details": {"currency": "NGN", "account_number": "1234567890", "bank_id": "9"}
    });
    let wrong_state = (
        422,
        "Invalid Refund state, refund status should be \"needs-attention\"".to_owned(),
        "validation_error".to_owned(),
        "invalid_params".to_owned(),
    );
    assert_eq!(bench.refused("POST", &path, &details).await, wrong_state);
    bench.advance_minutes(10);
    assert_eq!(state_of(&bench, id).await, "needs-attention");
    assert_eq!(status(&bench, "r").await, "reversal-pending");
    assert_eq!(bench.refused("POST", &path, &json!({})).await.0, 400);
    assert_eq!(bench.refused("POST", "/refund/retry_with_customer_details/7", &details).await.0, 404);

    let answer = bench.call("POST", &path, &details).await;
    let seen = json_of(&answer);
    assert_eq!(seen["message"], "Refund retried and has been queued for processing");
    assert_like(
        &seen["data"],
        &json!({
            "integration": 123_456, "transaction": 3_298_598_423_u64, "dispute": null, "settlement": null,
            "id": 1_234_567, "domain": "live", "currency": "NGN", "amount": 20000, "status": "processing",
            "refunded_at": null, "expected_at": "2025-10-13T16:02:18.000Z", "channel": "isw_3ds",
            "refunded_by": "x@email.com", "customer_note": "x", "merchant_note": "x",
            "deducted_amount": 20000, "fully_deducted": true, "bank_reference": null,
            "reason": "PROCESSING", "customer": null, "initiated_by": "x@email.com", "reversed_at": null,
            "session_id": null
        }),
    );
    assert_eq!(seen["data"]["status"], "processing");
    assert_eq!(bench.refused("POST", &path, &details).await, wrong_state);
    bench.advance_minutes(5);
    assert_eq!(
        (status(&bench, "r").await, state_of(&bench, id).await),
        ("reversed".into(), "processed".into())
    );
}

#[tokio::test]
async fn the_dashboard_and_the_hand_of_the_test() {
    let bench = Bench::new();
    bench.paid("r").await;
    let control = bench.sandbox.control();
    let id = control.refund_on_dashboard("r", Some(10_000)).unwrap();
    let created = bench.sandbox.records().into_iter().find_map(|record| match record {
        Record::RefundCreated(created) => Some(created),
        _ => None,
    });
    assert_eq!(created.map(|created| created.origin), Some(RefundOrigin::Dashboard));
    let error = control.refund_on_dashboard("r", None).unwrap_err();
    assert!(matches!(&error, ControlError::Refused(words) if words.starts_with("Total refund")), "{error:?}");

    control.move_refund(id, RefundStatus::NeedsAttention).unwrap();
    assert_eq!(state_of(&bench, id).await, "needs-attention");
    bench.advance_minutes(100);
    assert_eq!(state_of(&bench, id).await, "needs-attention", "it does not go on by itself");
    control.move_refund(id, RefundStatus::Processed).unwrap();
    assert_eq!(state_of(&bench, id).await, "processed");
    assert!(matches!(control.move_refund(id, RefundStatus::Failed).unwrap_err(), ControlError::Final));
    assert!(matches!(control.move_refund(7, RefundStatus::Failed).unwrap_err(), ControlError::UnknownRefund));
}
