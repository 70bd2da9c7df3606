//! Webhooks that come late, in another order, damaged, or again.

use std::time::Duration;

use marketplace_paystack::sandbox::{AttemptOutcome, ControlError, Damage, PayOptions, WebhookQueued};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::bench::{Bench, HOUR, KEY};
use super::receiver::{Received, Receiver, Reply};

/// HMAC by its definition, so that the twin is not checked against itself.
fn hmac_sha512(key: &str, message: &[u8]) -> String {
    let mut block = [0_u8; 128];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let inner = Sha512::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    hex::encode(Sha512::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize())
}

fn is_genuine(received: &Received) -> bool {
    received.header("x-paystack-signature") == Some(hmac_sha512(KEY, &received.body).as_str())
}

fn reference_of(received: &Received) -> String {
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    body["data"]["reference"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_delayed_webhook_is_attempted_later() {
    let receiver = Receiver::start([Reply::Status(500)]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    bench.sandbox.control().delay_webhook(Duration::from_secs(90));
    bench.paid("late").await;
    bench.paid("soon").await;
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    assert_eq!(reference_of(&receiver.received()[0]), "soon");
    bench.clock.advance(90_000_000 - 1);
    assert_eq!(bench.sandbox.deliver_due().await, 0);
    bench.clock.advance(1);
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    assert_eq!(reference_of(&receiver.received()[1]), "late");
}

#[tokio::test]
async fn webhooks_can_be_delivered_in_any_order() {
    let receiver = Receiver::start([Reply::Status(200), Reply::Status(500)]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    let control = bench.sandbox.control();
    control.hold_webhooks();
    for reference in ["a", "b", "c"] {
        bench.paid(reference).await;
    }
    let owed = control.owed_webhooks();
    let numbers: Vec<u64> = owed.iter().map(|queued: &WebhookQueued| queued.webhook).collect();
    assert_eq!(owed.iter().map(|queued| queued.reference.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let order = [numbers[2], numbers[0], 99, numbers[2]];
    assert_eq!(control.deliver_in_order(&order).await, 2, "unknown and acknowledged ones are passed over");
    let seen: Vec<String> = receiver.received().iter().map(reference_of).collect();
    assert_eq!(seen, ["c", "a"]);
    let owed: Vec<String> = control.owed_webhooks().into_iter().map(|queued| queued.reference).collect();
    assert_eq!(owed, ["a", "b"], "a was refused and is owed still");
    control.release_webhooks();
    assert_eq!(bench.sandbox.deliver_due().await, 1, "b; a waits for its hour");
}

#[tokio::test]
async fn a_damaged_webhook_is_not_genuine_and_whole_when_resent() {
    for damage in [Damage::Signature, Damage::NoSignature, Damage::OtherKey, Damage::Rewritten, Damage::Cut] {
        let receiver = Receiver::start([Reply::Status(401)]).await;
        let bench = Bench::with_webhooks(&receiver.url);
        let control = bench.sandbox.control();
        control.damage_webhook(damage);
        bench.paid("r").await;
        bench.paid("s").await;
        assert_eq!(bench.sandbox.deliver_due().await, 2);
        let all = receiver.received();
        let hit = all.iter().find(|one| !is_genuine(one)).unwrap();
        assert_eq!(all.iter().filter(|one| is_genuine(one)).count(), 1, "{damage:?}");
        match damage {
            Damage::NoSignature => assert_eq!(hit.header("x-paystack-signature"), None),
            Damage::Rewritten => {
                let seen: Value = serde_json::from_slice(&hit.body).unwrap();
                assert_eq!(seen.to_string().into_bytes(), hit.body, "sorted by name");
                assert_eq!(seen["data"]["reference"], "r");
            }
            Damage::Cut => assert!(serde_json::from_slice::<Value>(&hit.body).is_err()),
            _ => {
                assert_eq!(reference_of(hit), "r");
                assert_eq!(hit.header("x-paystack-signature").unwrap().len(), 128);
            }
        }
        bench.clock.advance(HOUR);
        bench.sandbox.deliver_due().await;
        control.resend_webhook("r").unwrap();
        bench.sandbox.deliver_due().await;
        let last = receiver.received().pop().unwrap();
        assert!(is_genuine(&last), "{damage:?}");
        assert_eq!(reference_of(&last), "r");
    }
}

#[tokio::test]
async fn orders_are_used_up_one_by_one_and_losses_use_up_nothing_else() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    let control = bench.sandbox.control();
    control.damage_webhook(Damage::OtherKey);
    control.drop_webhooks(1);
    bench.paid("lost").await;
    control.duplicate_webhooks(1);
    bench.paid("twice").await;
    bench.paid("plain").await;
    let damages: Vec<_> =
        control.owed_webhooks().iter().map(|one| (one.reference.clone(), one.damage)).collect();
    let twice = ("twice".to_owned(), Some(Damage::OtherKey));
    assert_eq!(damages, [twice.clone(), twice, ("plain".to_owned(), None)]);
}

#[tokio::test]
async fn an_old_event_can_come_again_after_a_newer_one() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    let control = bench.sandbox.control();
    bench.paid_with("r", PayOptions::default()).await;
    bench.post("/refund", &json!({"transaction": "r"})).await;
    bench.advance_minutes(10);
    control.resend_event("r", "charge.success").unwrap();
    let last = control.owed_webhooks().pop().unwrap();
    let first = control.owed_webhooks().remove(0);
    assert_eq!((last.event.as_str(), &last.body), ("charge.success", &first.body));
    let error = control.resend_event("r", "refund.failed").unwrap_err();
    assert!(matches!(error, ControlError::NoWebhook), "{error:?}");
    assert_eq!(bench.sandbox.deliver_due().await, 5);
    assert!(bench.attempts().iter().all(|one| one.outcome == AttemptOutcome::Answered(200)));
}
