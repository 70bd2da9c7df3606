//! One key, one effect.

use crate::place::{Place, everywhere};
use crate::stage::Stage;
use futures_util::future::join_all;
use marketplace_tests::Placed;
use serde_json::{Value, json};
use std::collections::BTreeSet;

everywhere! {
    a_repeat_gets_the_first_answer_and_another_body_none
    keys_that_are_none_are_400
    a_new_attempt_follows_only_a_failed_one_and_its_key_counts
    sixty_four_at_once_make_one_order_and_one_attempt
}

const CHECKOUT: &str = "/api/v1/checkout";

async fn a_repeat_gets_the_first_answer_and_another_body_none(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, book) = (&stage.client, &stage.book);
    let cart = json!({ "items": [{ "product_id": book.id }] });
    let send = |token: &str, body: &Value| client.post(CHECKOUT).bearer(token).key("k-1").json(body).send();
    let first = send(&stage.bob.token, &cart).await;
    assert_eq!(first.header("idempotent-replay"), None);
    for _ in 0..3 {
        let again = send(&stage.bob.token, &cart).await;
        assert_eq!(again.header("idempotent-replay"), Some("true"));
        assert_eq!((again.status, &again.body), (first.status, &first.body));
    }
    let other = json!({ "items": [{ "product_id": book.id }], "email": "gift@mail.example" });
    send(&stage.bob.token, &other).await.refused(409, "idempotency_key_reused");
    // The same bytes are the same body; the same meaning in other bytes need not be.
    let spaced = client.post(CHECKOUT).bearer(&stage.bob.token).key("k-1");
    let spaced = spaced.typed("application/json", serde_json::to_vec_pretty(&cart).unwrap()).send().await;
    assert!([201, 409].contains(&spaced.status), "{}", spaced.text());

    // Another person's key of the same text is another key, and so is a guest's.
    let theirs = send(&stage.mallory.token, &cart).await;
    assert_eq!(theirs.header("idempotent-replay"), None);
    assert_ne!(theirs.expect(201)["order"]["id"], first.expect(201)["order"]["id"]);
    let guest = |email: &str| json!({ "items": [{ "product_id": book.id }], "email": email });
    let one = client.post(CHECKOUT).key("k-1").json(&guest("one@mail.example")).send().await.expect(201);
    let two = client.post(CHECKOUT).key("k-1").json(&guest("two@mail.example")).send().await.expect(201);
    assert_ne!(one["order"]["id"], two["order"]["id"]);
    let again = client.post(CHECKOUT).key("k-1").json(&guest("one@mail.example")).send().await;
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    assert_eq!(again.expect(201), one, "the guest's token included");

    // A refusal is no answer to be kept: the key is free for the right request.
    let nothing = json!({ "items": [{ "product_id": "prd_00000000000000000000000000000000" }] });
    let ask = |body: &Value| client.post(CHECKOUT).bearer(&stage.bob.token).key("k-2").json(body).send();
    ask(&nothing).await.refused(404, "not_found");
    ask(&cart).await.expect(201);

    // Without a key, and under every new key, an order is a new one.
    let count = orders(&stage, &stage.bob.token).await.len();
    for _ in 0..2 {
        client.check_out(&stage.bob, book).await;
    }
    assert_eq!(orders(&stage, &stage.bob.token).await.len(), count + 2);
}

async fn orders(stage: &Stage, token: &str) -> Vec<Value> {
    let answer = stage.client.get("/api/v1/orders?limit=100").bearer(token).send().await.expect(200);
    answer["items"].as_array().unwrap().clone()
}

async fn keys_that_are_none_are_400(place: Place) {
    let stage = Stage::at(&place).await;
    let cart = json!({ "items": [{ "product_id": stage.book.id }] });
    let long = "k".repeat(256);
    let paths = [CHECKOUT.to_owned(), format!("/api/v1/orders/{}/payments", stage.sold.placed.order)];
    for (path, body) in paths.iter().zip([&cart, &json!({})]) {
        for key in ["", " ", "two words", "tab\there", &long] {
            let ask = stage.client.post(path).bearer(&stage.bob.token).key(key).json(body);
            ask.send().await.refused(400, "idempotency_key_invalid");
        }
        let ask = stage.client.post(path).bearer(&stage.bob.token).key("a").key("a").json(body);
        ask.send().await.refused(400, "idempotency_key_invalid");
    }
    assert_eq!(orders(&stage, &stage.bob.token).await.len(), 1);
    let longest = "k".repeat(255);
    let ask = stage.client.post(CHECKOUT).bearer(&stage.bob.token).key(&longest).json(&cart);
    ask.send().await.expect(201);
}

async fn sixty_four_at_once_make_one_order_and_one_attempt(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let before = stage.server.twin().facts("initialized").len();
    let cart = json!({ "items": [{ "product_id": stage.book.id }] });
    let send = || client.post(CHECKOUT).bearer(&stage.mallory.token).key("race").json(&cart).send();
    let answers = join_all((0..64).map(|_| send())).await;
    let mut placed = BTreeSet::new();
    let mut first = 0;
    for answer in &answers {
        match answer.status {
            201 => {
                first += usize::from(answer.header("idempotent-replay").is_none());
                placed.insert(answer.body.clone());
            }
            409 => {
                answer.refused(409, "request_in_progress");
                let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=60).contains(&after));
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert_eq!((first, placed.len()), (1, 1), "one ran, and all others that were answered have its answer");
    let late = send().await;
    assert_eq!(late.header("idempotent-replay"), Some("true"));
    assert!(placed.contains(&late.body));
    assert_eq!(orders(&stage, &stage.mallory.token).await.len(), 1);
    assert_eq!(stage.server.twin().facts("initialized").len(), before + 1, "the gateway was asked once");

    // The one order is as good as any.
    let placed = Placed::read(&late.expect(201), Some(&stage.mallory.token));
    client.pay(&placed).await;
}

async fn a_new_attempt_follows_only_a_failed_one_and_its_key_counts(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let placed = client.check_out(&stage.mallory, &stage.book).await;
    let path = format!("/api/v1/orders/{}/payments", placed.order);
    let send = |key: &str| client.post(&path).bearer(&stage.mallory.token).key(key).send();
    send("a").await.refused(409, "payment_open");
    // Leaving the page is not the end of it.
    client.at_the_gateway(&placed, "abandon").await;
    send("b").await.refused(409, "payment_open");

    assert_eq!(client.at_the_gateway(&placed, "decline").await.status, 200);
    let verify = format!("/api/v1/payments/{}/verify", placed.reference);
    client.post(&verify).bearer(&stage.mallory.token).send().await.expect(200);
    client.wait_for_payment(&placed, "failed").await;
    let answers = join_all((0..16).map(|_| send("c"))).await;
    let attempts: BTreeSet<String> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.json()["reference"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(attempts.len(), 1);
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)));
    let replayed = send("c").await;
    assert_eq!(replayed.header("idempotent-replay"), Some("true"));
    let attempt = replayed.expect(201);
    assert_ne!(attempt["reference"], placed.reference.as_str());
    send("d").await.refused(409, "payment_open");

    // The declined one cannot be paid any more, the new one can, and the order is paid once.
    client.at_the_gateway(&placed, "pay").await;
    assert_eq!(client.order(&placed).await["status"], "pending");
    let again = Placed {
        reference: attempt["reference"].as_str().unwrap().to_owned(),
        pay_at: attempt["authorization_url"].as_str().unwrap().to_owned(),
        ..placed
    };
    client.pay(&again).await;
    send("e").await.refused(409, "order_already_paid");
    assert_eq!(client.balance(&stage.ada, "NGN").await.unwrap()["pending"], "4500.00");
}
