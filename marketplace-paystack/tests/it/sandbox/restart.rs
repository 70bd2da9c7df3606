//! Restarts: everything that was answered is still true.

use std::fs::{self, OpenOptions};
use std::io::Write;

use marketplace_paystack::sandbox::{Record, SandboxError};
use serde_json::json;

use super::bench::{Bench, HOUR, ManualClock, builder, header, json_of, order};
use super::receiver::{Receiver, Reply};

#[tokio::test]
async fn a_payment_survives_restarts_in_every_state() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("sandbox/twin.jsonl");
    let receiver = Receiver::start([Reply::Status(500)]).await;
    let clock = ManualClock::new();

    let bench = Bench::start(&clock, 1, &receiver.url, &journal);
    let mut body = order("r");
    body["metadata"] = json!({"b": [1, {"a": null}], "a": 18_446_744_073_709_551_615_u64});
    let opened = bench.open(&body).await;
    let before = bench.verified("r").await;
    drop(bench);

    // Another seed: the address the payer was given still works.
    let bench = Bench::start(&clock, 2, &receiver.url, &journal);
    assert_eq!(bench.verified("r").await, before);
    assert_eq!(json_of(&bench.post_json(&order("r")).await)["code"], "duplicate_reference");
    assert_eq!(bench.choose(&opened.access_code, "pay").await.status, 302);
    let paid = bench.verified("r").await;
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    let records = bench.sandbox.records();
    drop(bench);

    // Refused once; the hour still counts from the first attempt, and the bytes are the same.
    let bench = Bench::start(&clock, 3, &receiver.url, &journal);
    assert_eq!(bench.sandbox.records(), records);
    assert_eq!(bench.verified("r").await, paid);
    assert_eq!(bench.sandbox.deliver_due().await, 0);
    assert_eq!(bench.choose(&opened.access_code, "pay").await.status, 302);
    assert_eq!(bench.payments().len(), 1);
    clock.advance(HOUR);
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    assert_eq!(receiver.received()[0].body, receiver.received()[1].body);
    drop(bench);

    // Acknowledged: not sent again. New transactions do not collide with the old ones.
    let bench = Bench::start(&clock, 1, &receiver.url, &journal);
    clock.advance(100 * HOUR);
    assert_eq!((bench.sandbox.deliver_due().await, bench.sandbox.next_delivery_at()), (0, None));
    let next = bench.open(&order("s")).await;
    assert!(next.id > opened.id && next.access_code != opened.access_code);
    assert_eq!(next.customer_code, opened.customer_code);
}

#[tokio::test]
async fn a_webhook_that_was_never_attempted_is_sent_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("twin.jsonl");
    let receiver = Receiver::start([]).await;
    let clock = ManualClock::new();
    let bench = Bench::start(&clock, 1, &receiver.url, &journal);
    let opened = bench.open(&order("r")).await;
    bench.choose(&opened.access_code, "pay").await;
    drop(bench);
    clock.advance(50 * HOUR);
    let bench = Bench::start(&clock, 1, &receiver.url, &journal);
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn a_torn_last_line_is_dropped_and_the_rest_kept() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("twin.jsonl");
    let clock = ManualClock::new();
    let bench = Bench::start(&clock, 1, "http://127.0.0.1:9/", &journal);
    let opened = bench.open(&order("r")).await;
    let whole = fs::read(&journal).unwrap();
    bench.choose(&opened.access_code, "pay").await;
    drop(bench);

    // The crash came while the payment was being written: it never happened, and can happen now.
    let with_payment = fs::read(&journal).unwrap();
    fs::write(&journal, &with_payment[..with_payment.len() - 20]).unwrap();
    let bench = Bench::start(&clock, 1, "http://127.0.0.1:9/", &journal);
    assert_eq!(fs::read(&journal).unwrap(), whole);
    assert_eq!(bench.verified("r").await["status"], "abandoned");
    assert_eq!(bench.sandbox.next_delivery_at(), None, "neither payment nor webhook, never one of the two");
    bench.choose(&opened.access_code, "pay").await;
    drop(bench);
    assert_eq!(fs::read(&journal).unwrap(), with_payment);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_or_shared_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("twin.jsonl");
    let clock = ManualClock::new();
    let bench = Bench::start(&clock, 1, "http://127.0.0.1:9/", &journal);
    bench.open(&order("r")).await;
    let error = builder(&clock).journal_file(Some(journal.clone())).build().unwrap_err();
    assert!(matches!(error, SandboxError::JournalInUse { .. }), "{error:?}");
    drop(bench);
    OpenOptions::new().append(true).open(&journal).unwrap().write_all(b"garbage\n").unwrap();
    let error = builder(&clock).journal_file(Some(journal)).build().unwrap_err();
    assert!(matches!(error, SandboxError::JournalCorrupt { line: 2, .. }), "{error:?}");
}

#[tokio::test]
async fn a_seed_determines_everything() {
    async fn play(seed: u64) -> (Vec<Record>, Vec<Option<String>>) {
        let clock = ManualClock::new();
        let bench = Bench { sandbox: builder(&clock).seed(seed).build().unwrap(), clock };
        let mut locations = Vec::new();
        for number in 0..5 {
            let body = json!({
                "email": format!("b{number}@example.com"), "amount": 5000 + number,
                "callback_url": "https://shop.example/"
            });
            let opened = bench.open(&body).await;
            let answer = bench.choose(&opened.access_code, "pay").await;
            locations.push(header(&answer, "location").map(str::to_owned));
        }
        (bench.sandbox.records(), locations)
    }
    let one = play(7).await;
    assert_eq!(one, play(7).await);
    assert_ne!(one, play(8).await);
    let unique: std::collections::HashSet<_> = one.1.iter().collect();
    assert_eq!(unique.len(), 5);
}
