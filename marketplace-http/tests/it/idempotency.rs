//! Keys: one order and one gateway call, whatever happens in between.

use crate::shop::{Answer, Fill, Shop};
use futures_util::{FutureExt, future::join_all};
use marketplace_core::payment::GatewayErrorKind;
use marketplace_http::{Method, Request};
use marketplace_testing::{contract::gateway::Operation, fake::GatewayFault};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

async fn stocked() -> (Shop, String) {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let product = shop.product(&seller, "2500.00", b"book").await;
    (shop, product)
}

fn cart(product: &str) -> Value {
    json!({ "items": [{ "product_id": product }], "email": "Guest@Mail.example" })
}

fn checkout(product: &str, key: &str) -> Request {
    Request::new(Method::Post, "/api/v1/checkout").key(key).json(&cart(product))
}

#[tokio::test]
async fn the_same_again_is_the_same_answer() {
    let (shop, product) = stocked().await;
    let first = shop.send(checkout(&product, "k")).await;
    first.expect(201);
    let again = shop.send(checkout(&product, "k")).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body), "byte for byte, token included");
    assert_eq!(first.header("idempotent-replay"), None);
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    assert_eq!(first.header("set-cookie"), again.header("set-cookie"));
    assert_eq!(shop.gateway.started().len(), 1);

    let other = json!({ "items": [{ "product_id": product }], "email": "guest@mail.example" });
    let reused = shop.send(Request::new(Method::Post, "/api/v1/checkout").key("k").json(&other)).await;
    assert_eq!((reused.status, reused.code().as_str()), (409, "idempotency_key_reused"));

    shop.send(checkout(&product, "k2")).await.expect(201);
    let token = shop.join("buyer", "customer").await;
    let own = shop.send(checkout(&product, "k").bearer(&token)).await.expect(201);
    assert_eq!(own.get("order_token"), None, "a user has a sign-in");
    assert_eq!(shop.gateway.started().len(), 3, "another key or actor is another order");

    shop.clock.advance(Duration::from_hours(30 * 24 + 1));
    let fresh = shop.send(checkout(&product, "k")).await;
    assert_eq!(fresh.header("idempotent-replay"), None, "a key is forgotten after 30 days");
}

#[tokio::test]
async fn bad_keys_are_400_and_other_routes_do_not_look() {
    let (shop, product) = stocked().await;
    let long = "k".repeat(256);
    for key in ["", "a b", "ключ", long.as_str()] {
        let answer = shop.send(checkout(&product, key)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "idempotency_key_invalid"), "{key}");
    }
    let login = json!({ "email": "seller@mail.example", "password": "correct horse" });
    let request = Request::new(Method::Post, "/api/v1/auth/login").key("a b").json(&login);
    assert_eq!(shop.send(request).await.status, 200);
    assert!(shop.gateway.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_are_one_order_and_one_payment() {
    let (shop, product) = stocked().await;
    let shop = Arc::new(shop);
    let calls = (0..64).map(|_| {
        let (shop, product) = (shop.clone(), product.clone());
        tokio::spawn(async move { shop.send(checkout(&product, "k")).await })
    });
    let answers: Vec<Answer> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    let (mut placed, mut waiting) = (Vec::new(), 0);
    for answer in answers {
        match (answer.status, answer.code().as_str()) {
            (201, _) => placed.push(answer.body),
            (409, "request_in_progress") => {
                assert_eq!(answer.header("retry-after"), Some("1"));
                waiting += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(placed.len() + waiting, 64);
    placed.dedup();
    assert_eq!(placed.len(), 1, "every answer is the same");
    assert_eq!(shop.gateway.started().len(), 1);
    assert_eq!(shop.send(checkout(&product, "k")).await.body, placed[0]);
}

#[tokio::test]
async fn a_gateway_that_is_down_leaves_the_order_to_go_on() {
    let (shop, product) = stocked().await;
    shop.gateway.fail(Operation::Start, GatewayFault::Refused(GatewayErrorKind::Transient));
    let down = shop.send(checkout(&product, "k")).await;
    assert_eq!((down.status, down.code().as_str()), (503, "gateway_unavailable"));
    assert!(down.header("retry-after").is_some());
    let up = shop.send(checkout(&product, "k")).await;
    let placed = up.expect(201);
    assert_eq!(up.header("idempotent-replay"), None);
    let started = shop.gateway.started();
    assert_eq!(started.len(), 2);
    assert_ne!(started[0].reference, started[1].reference, "a reference is used once");
    let first = shop.api.market().payments().stored(&started[0].reference).await.unwrap();
    assert_eq!(placed["order"]["id"], first.order.id.to_string(), "the same order goes on");
    assert_eq!(placed["payment"]["reference"], started[1].reference.as_str());
    let token = placed["order_token"].as_str().unwrap();
    let id = placed["order"]["id"].as_str().unwrap();
    assert_eq!(shop.get_as(token, &format!("/api/v1/orders/{id}")).await.expect(200)["status"], "pending");
}

#[tokio::test]
async fn a_refusal_frees_the_key() {
    let (shop, product) = stocked().await;
    let gone = shop.send(checkout("prd_none", "k")).await;
    assert_eq!(gone.status, 404);
    assert_eq!(shop.send(checkout(&product, "k")).await.status, 201);
}

#[tokio::test]
async fn a_dropped_request_holds_its_key_no_longer_than_the_lease() {
    let (shop, product) = stocked().await;
    // Polled until the store waits for the first time after the key was taken, then dropped: a client that
    // hangs up at any point must leave one order at the most.
    let mut dropped = 0;
    for polls in 1..40 {
        let key = format!("k{polls}");
        let before = shop.gateway.started().len();
        {
            let mut running = Box::pin(shop.api.handle(checkout(&product, &key)));
            let ended = (0..polls).any(|_| running.as_mut().now_or_never().is_some());
            dropped += usize::from(!ended);
        }
        shop.clock.advance(Duration::from_secs(61));
        let answer = shop.send(checkout(&product, &key)).await;
        let placed = answer.expect(201);
        let again = shop.send(checkout(&product, &key)).await.expect(201);
        assert_eq!(placed["order"]["id"], again["order"]["id"]);
        let references: std::collections::HashSet<String> =
            shop.gateway.started()[before..].iter().map(|payment| payment.reference.to_string()).collect();
        assert!(references.contains(placed["payment"]["reference"].as_str().unwrap()), "{polls}");
    }
    assert!((10..39).contains(&dropped), "some were dropped on the way, and some were not: {dropped}");
}

#[tokio::test]
async fn a_new_attempt_is_honoured_once() {
    let (shop, product) = stocked().await;
    let placed = shop.send(checkout(&product, "k")).await.expect(201);
    let (token, id) = (placed["order_token"].as_str().unwrap(), placed["order"]["id"].as_str().unwrap());
    let path = format!("/api/v1/orders/{id}/payments");
    let open = shop.post_as(token, &path, json!({})).await;
    assert_eq!((open.status, open.code().as_str()), (409, "payment_open"));

    let reference = placed["payment"]["reference"].as_str().unwrap().parse().unwrap();
    shop.gateway.decline(&reference);
    let verified =
        shop.post_as(token, &format!("/api/v1/payments/{reference}/verify"), json!({})).await.expect(200);
    assert_eq!(verified["payment"]["status"], "failed");
    let attempt = || Request::new(Method::Post, path.clone()).bearer(token).key("again");
    let first = shop.send(attempt().json(&json!({}))).await;
    assert_eq!(first.expect(201)["status"], "pending");
    let again = shop.send(attempt()).await;
    assert_eq!((&first.body, again.header("idempotent-replay")), (&again.body, Some("true")));
    assert_eq!(shop.gateway.started().len(), 2);
}
