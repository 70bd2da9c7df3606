//! Restarts in the middle of refunds, transfers and disputes.

use marketplace_paystack::sandbox::{DisputeOptions, PayOptions, RefundStatus};
use serde_json::{Value, json};

use super::bench::{Bench, HOUR, ManualClock, json_of, request};
use super::transfers;

const NOWHERE: &str = "http://127.0.0.1:9/";

/// Everything that the twin tells of these topics.
async fn told(bench: &Bench) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["/transaction", "/refund", "/transfer", "/dispute", "/balance", "/balance/ledger"] {
        all.push(bench.list(path, "").await);
    }
    all
}

#[tokio::test]
async fn everything_is_the_same_after_a_restart_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("twin.jsonl");
    let clock = ManualClock::new();
    let bench = Bench::start(&clock, 1, NOWHERE, &journal);
    let control = bench.sandbox.control();
    for reference in ["failing", "asking", "plain", "disputed", "contested"] {
        let instrument = match reference {
            "failing" => "4084080000671803",
            "asking" => "4084080000671902",
            _ => "4084084084084081",
        };
        bench.paid_with(reference, PayOptions::default().with_instrument(instrument)).await;
    }
    control.settle("plain").unwrap();
    control.top_up("NGN", 1_000_000).unwrap();
    let mut refunds = Vec::new();
    for reference in ["failing", "asking", "plain"] {
        refunds.push(bench.post("/refund", &json!({"transaction": reference})).await["id"].clone());
    }
    let to = transfers::recipient(&bench, "0000000012").await;
    bench.post("/transfer", &transfers::order(&to)).await;
    let disputed = control.open_dispute("disputed", DisputeOptions::default()).unwrap();
    let contested = control.open_dispute("contested", DisputeOptions::default().with_amount(5_000)).unwrap();
    let evidence = json!({
        "customer_email": "a@b.com", "customer_name": "A", "customer_phone": "0", "service_details": "it"
    });
    bench.post(&format!("/dispute/{contested}/evidence"), &evidence).await;
    let url = bench.list(&format!("/dispute/{contested}/upload_url"), "upload_filename=a.pdf").await;
    let file = url["data"]["fileName"].as_str().unwrap().to_owned();
    let before = (told(&bench).await, bench.sandbox.records());
    drop((bench, control));

    let bench = Bench::start(&clock, 2, NOWHERE, &journal);
    assert_eq!((told(&bench).await, bench.sandbox.records()), before);
    let upload = request("PUT", &format!("/upload/{file}"));
    assert_eq!(bench.send(upload.clone()).await.status, 200);
    let refused = bench.refused("POST", "/transfer", &transfers::order(&to)).await;
    assert_eq!(refused.3, "duplicate_transfer_reference");
    assert_eq!(transfers::recipient(&bench, "0000000012").await, to, "the same account");
    assert_eq!(
        bench.refused("POST", "/refund", &json!({"transaction": "plain"})).await.3,
        "transaction_reversed"
    );
    clock.advance(90_000_000);
    let midway = (told(&bench).await, bench.sandbox.records());
    drop(bench);

    let bench = Bench::start(&clock, 3, NOWHERE, &journal);
    assert_eq!((told(&bench).await, bench.sandbox.records()), midway);
    assert_eq!(transfers::state(&bench).await, "success");
    assert_eq!(bench.send(upload).await.status, 403, "one file");
    clock.advance(HOUR);
    assert_eq!(transfers::state(&bench).await, "reversed");
    let mut states = Vec::new();
    for id in &refunds {
        states.push(json_of(&bench.get(&format!("/refund/{id}")).await)["data"]["status"].clone());
    }
    assert_eq!(states, ["failed", "needs-attention", "processed"]);
    drop(bench);

    let bench = Bench::start(&clock, 4, NOWHERE, &journal);
    let details = json!({
        "refund_account_details": {"currency": "NGN", "account_number": "1234567890", "bank_id": "9"}
    });
    bench.post(&format!("/refund/retry_with_customer_details/{}", refunds[1]), &details).await;
    drop(bench);
    let bench = Bench::start(&clock, 5, NOWHERE, &journal);
    clock.advance(16 * HOUR);
    let asked = json_of(&bench.get(&format!("/refund/{}", refunds[1])).await);
    assert_eq!(asked["data"]["status"], "processed", "the account that was told is not forgotten");
    for id in [disputed, contested] {
        let seen = json_of(&bench.get(&format!("/dispute/{id}")).await);
        assert_eq!(seen["data"]["resolution"], "auto-accepted");
    }
    assert_eq!(bench.verified("disputed").await["status"], "reversed");
    assert_eq!(bench.verified("contested").await["status"], "reversal-pending");
    let names: Vec<String> = bench.events().into_iter().map(|(name, _)| name).collect();
    let count = |name: &str| names.iter().filter(|one| *one == name).count();
    assert_eq!((count("charge.dispute.remind"), count("charge.dispute.resolve")), (6, 2));
    assert_eq!((count("refund.pending"), count("transfer.reversed")), (3, 1));
}

#[tokio::test]
async fn one_long_step_of_the_clock_is_like_many_short_ones() {
    async fn play(step: i64) -> (Vec<Value>, Vec<String>) {
        let (bench, to) = transfers::funded("0000000012").await;
        bench.paid("r").await;
        bench.paid("s").await;
        bench.post("/refund", &json!({"transaction": "r"})).await;
        bench.post("/transfer", &transfers::order(&to)).await;
        bench.sandbox.control().open_dispute("s", DisputeOptions::default()).unwrap();
        let mut left = 20 * HOUR;
        while left > 0 {
            bench.clock.advance(step.min(left));
            left -= step;
            bench.get("/balance").await;
        }
        let told = told(&bench).await;
        (told, bench.sandbox.records().iter().map(|record| format!("{record:?}")).collect())
    }
    let whole = play(20 * HOUR).await;
    assert_eq!(play(7 * 60_000_000).await, whole);
    assert_eq!(play(3 * HOUR).await, whole);
}

#[tokio::test]
async fn a_clock_set_back_brings_nothing_twice() {
    let bench = Bench::new();
    bench.paid("r").await;
    let id = bench.sandbox.control().refund_on_dashboard("r", None).unwrap();
    bench.clock.advance(HOUR);
    let records = bench.sandbox.records();
    bench.clock.advance(-HOUR);
    assert_eq!(bench.sandbox.records(), records);
    bench.clock.advance(HOUR);
    assert_eq!(bench.sandbox.records(), records);
    assert!(bench.sandbox.control().move_refund(id, RefundStatus::Failed).is_err());
}

#[tokio::test]
async fn a_journal_of_an_earlier_version_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("twin.jsonl");
    let opened = |id: u64, reference: &str| {
        json!([{"initialized": {
            "at": 1, "id": id, "access_code": format!("{reference:a<15}"), "reference": reference,
            "email": "b@example.com", "amount": 5000, "currency": "NGN", "callback_url": null,
            "metadata": "", "customer_id": 7, "customer_code": "CUS_7"
        }}])
    };
    let lines = [
        opened(4_300_000_001, "paid"),
        json!([
            {"paid": {
                "at": 2, "reference": "paid", "amount": 5000, "requested_amount": 5000, "currency": "NGN",
                "fees": 75, "authorization_code": "AUTH_1"
            }},
            {"webhook_queued": {
                "at": 2, "webhook": 1, "reference": "paid", "event": "charge.success", "body": "{}"
            }}
        ]),
        opened(4_300_000_002, "declined"),
        json!([{"declined": {"at": 3, "reference": "declined"}}]),
    ];
    std::fs::write(&journal, lines.map(|line| format!("{line}\n")).concat()).unwrap();
    let bench = Bench::start(&ManualClock::new(), 1, NOWHERE, &journal);
    let seen = bench.verified("paid").await;
    assert_eq!((&seen["status"], &seen["authorization"]["last4"]), (&json!("success"), &json!("4081")));
    let seen = bench.verified("declined").await;
    assert_eq!((&seen["status"], &seen["gateway_response"]), (&json!("failed"), &json!("Declined")));
    assert_eq!(bench.sandbox.next_delivery_at(), Some(2));
    bench.post("/refund", &json!({"transaction": "paid"})).await;
}
