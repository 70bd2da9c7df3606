//! Webhooks: what is sent, how it is signed, and when.

use std::future::pending;
use std::pin::pin;

use marketplace_paystack::sandbox::AttemptOutcome;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use tokio::sync::oneshot;

use super::bench::{Bench, HOUR, KEY, ManualClock, START, builder, http_client, order};
use super::receiver::{Receiver, Reply};

/// HMAC by its definition, so that the twin is not checked against itself.
fn hmac_sha512(key: &str, message: &[u8]) -> String {
    let mut block = [0_u8; 128];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let inner = Sha512::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    hex::encode(Sha512::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize())
}

async fn paid(bench: &Bench, reference: &str) {
    let opened = bench.open(&order(reference)).await;
    bench.choose(&opened.access_code, "pay").await;
}

#[tokio::test]
async fn charge_success_is_signed_over_the_bytes_sent() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    let opened = bench.open(&order("mkt-01j9-a1")).await;
    assert_eq!(bench.sandbox.next_delivery_at(), None);
    bench.choose(&opened.access_code, "pay").await;
    assert_eq!(bench.sandbox.next_delivery_at(), Some(START));
    assert_eq!(bench.sandbox.deliver_due().await, 1);

    let delivered = receiver.received().remove(0);
    assert!(delivered.head.starts_with("POST /hooks HTTP/1.1"), "{}", delivered.head);
    assert_eq!(delivered.header("content-type"), Some("application/json"));
    let signature = delivered.header("x-paystack-signature").unwrap();
    assert_eq!(signature, hmac_sha512(KEY, &delivered.body));

    let body: Value = serde_json::from_slice(&delivered.body).unwrap();
    assert_ne!(body.to_string().into_bytes(), delivered.body, "re-writing the JSON must break the signature");
    let paid = bench.payments().remove(0);
    assert_eq!(
        body,
        json!({
            "event": "charge.success",
            "data": {
                "id": opened.id, "domain": "test", "status": "success", "reference": "mkt-01j9-a1",
                "amount": 30050, "message": null, "gateway_response": "Approved",
                "paid_at": "2026-08-22T09:14:24.000Z", "created_at": "2026-08-22T09:14:24.000Z",
                "channel": "card", "currency": "NGN", "ip_address": null, "metadata": 0,
                "fees_breakdown": null, "log": null, "fees": 451, "fees_split": null,
                "authorization": {
                    "authorization_code": paid.authorization_code, "bin": "408408", "last4": "4081",
                    "exp_month": "12", "exp_year": "2030", "channel": "card", "card_type": "visa ",
                    "bank": "TEST BANK", "country_code": "NG", "brand": "visa", "reusable": true,
                    "signature": "SIG_yEXu7dLBeqG0kU7g95Ke", "account_name": null,
                    "receiver_bank_account_number": null, "receiver_bank": null
                },
                "customer": {
                    "id": opened.customer_id, "first_name": null, "last_name": null,
                    "email": "b@example.com", "customer_code": opened.customer_code, "phone": null,
                    "metadata": {}, "risk_action": "default", "international_format_phone": null
                },
                "plan": {}, "subaccount": {}, "split": {}, "order_id": null,
                "paidAt": "2026-08-22T09:14:24.000Z", "requested_amount": 30050,
                "pos_transaction_data": null,
                "source": {
                    "type": "api", "source": "merchant_api", "entry_point": "transaction_initialize",
                    "identifier": null
                }
            }
        })
    );
    assert_eq!(bench.attempts()[0].outcome, AttemptOutcome::Answered(200));
    assert_eq!((bench.sandbox.deliver_due().await, bench.sandbox.next_delivery_at()), (0, None));
}

#[tokio::test]
async fn metadata_of_an_object_is_echoed_and_declines_are_silent() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    let mut body = order("r");
    body["metadata"] = json!({"attempt": "ọ/1"});
    let opened = bench.open(&body).await;
    bench.choose(&opened.access_code, "pay").await;
    let other = bench.open(&order("s")).await;
    bench.choose(&other.access_code, "decline").await;
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    let delivered = receiver.received().remove(0);
    assert_eq!(delivered.header("x-paystack-signature").unwrap(), hmac_sha512(KEY, &delivered.body));
    let body: Value = serde_json::from_slice(&delivered.body).unwrap();
    assert_eq!(body["data"]["metadata"], json!({"attempt": "ọ/1"}));
}

#[tokio::test]
async fn retried_hourly_for_ten_hours_with_the_same_bytes() {
    let receiver = Receiver::start([Reply::Status(500); 11]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    paid(&bench, "r").await;
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    for hour in 1..=10 {
        let due = START + hour * HOUR;
        assert_eq!(bench.sandbox.next_delivery_at(), Some(due));
        bench.clock.advance(HOUR - 1);
        assert_eq!(bench.sandbox.deliver_due().await, 0);
        bench.clock.advance(1);
        assert_eq!(bench.sandbox.deliver_due().await, 1);
    }
    bench.clock.advance(1000 * HOUR);
    assert_eq!((bench.sandbox.deliver_due().await, bench.sandbox.next_delivery_at()), (0, None));
    let delivered = receiver.received();
    assert_eq!(delivered.len(), 11);
    assert!(delivered.iter().all(|one| one.body == delivered[0].body));
    let attempts = bench.attempts();
    assert_eq!(attempts.iter().map(|one| one.attempt).collect::<Vec<_>>(), (1..=11).collect::<Vec<_>>());
    assert_eq!(attempts.last().unwrap().next_at, None);
}

#[tokio::test]
async fn only_200_acknowledges() {
    let script = [Reply::Status(201), Reply::Status(204), Reply::Redirect, Reply::Hangup, Reply::Status(401)];
    let receiver = Receiver::start(script).await;
    let bench = Bench::with_webhooks(&receiver.url);
    paid(&bench, "r").await;
    for _ in 0..6 {
        assert_eq!(bench.sandbox.deliver_due().await, 1);
        bench.clock.advance(HOUR);
    }
    assert_eq!(bench.sandbox.deliver_due().await, 0);
    let outcomes: Vec<_> = bench.attempts().into_iter().map(|one| one.outcome).collect();
    let answered = AttemptOutcome::Answered;
    assert_eq!(
        outcomes,
        [
            answered(201),
            answered(204),
            answered(302),
            AttemptOutcome::Unreachable,
            answered(401),
            answered(200)
        ]
    );
    assert_eq!(receiver.received().len(), 6, "the redirect was not followed");
}

#[tokio::test]
async fn a_client_that_follows_redirects_acknowledges_nothing() {
    let receiver = Receiver::start([Reply::Redirect]).await;
    let clock = ManualClock::new();
    let sandbox = builder(&clock)
        .webhook_url(Some(format!("{}#part", receiver.url)))
        .http_client(http_client(reqwest::redirect::Policy::limited(3)))
        .build()
        .unwrap();
    let bench = Bench { sandbox, clock };
    paid(&bench, "r").await;
    bench.sandbox.deliver_due().await;
    assert_eq!(bench.attempts()[0].outcome, AttemptOutcome::Redirected);
    bench.clock.advance(HOUR);
    bench.sandbox.deliver_due().await;
    assert_eq!(bench.attempts()[1].outcome, AttemptOutcome::Answered(200));
}

#[tokio::test]
async fn without_an_address_nothing_is_owed() {
    let bench = Bench::new();
    paid(&bench, "r").await;
    assert_eq!(bench.sandbox.records().len(), 2);
    assert_eq!((bench.sandbox.deliver_due().await, bench.sandbox.next_delivery_at()), (0, None));
}

#[tokio::test]
async fn run_delivers_at_once_and_when_the_clock_was_moved() {
    let receiver = Receiver::start([Reply::Status(503)]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = bench.sandbox.run(async {
        stopped.await.ok();
    });
    let scenario = async {
        paid(&bench, "r").await;
        receiver.wait_for(1).await;
        until(&bench, 1).await;
        bench.clock.advance(HOUR);
        bench.sandbox.wake();
        receiver.wait_for(2).await;
        until(&bench, 2).await;
        stop.send(()).unwrap();
    };
    tokio::join!(running, scenario);
    assert_eq!(bench.attempts()[1].outcome, AttemptOutcome::Answered(200));
}

/// Lets `run` go on until it has recorded so many attempts.
async fn until(bench: &Bench, attempts: usize) {
    while bench.attempts().len() < attempts {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_silent_receiver_holds_up_nobody_and_an_attempt_cut_off_is_made_again() {
    let receiver = Receiver::start([Reply::Silence]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    paid(&bench, "r").await;
    {
        let mut running = pin!(bench.sandbox.run(pending()));
        let scenario = async {
            receiver.wait_for(1).await;
            paid(&bench, "s").await;
            receiver.wait_for(2).await;
            until(&bench, 1).await;
        };
        tokio::select! {
            () = &mut running => panic!("run ended without being told to"),
            () = scenario => {}
        }
    }
    assert_eq!(bench.attempts()[0].webhook, 2, "the second one is through while the first one waits");
    assert_eq!(bench.sandbox.next_delivery_at(), Some(START), "the first one is still owed");
    assert_eq!(bench.sandbox.deliver_due().await, 1);
    assert_eq!(bench.attempts()[1].webhook, 1);
    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test]
async fn many_due_webhooks_are_all_attempted() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::with_webhooks(&receiver.url);
    for number in 0..40 {
        paid(&bench, &format!("r{number}")).await;
    }
    assert_eq!(bench.sandbox.deliver_due().await, 40);
    assert_eq!(bench.sandbox.next_delivery_at(), None);
}
