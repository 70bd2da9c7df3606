//! Too much is 429, with the time to come back.

use crate::shop::{Answer, Fill, Fitting, Shop};
use marketplace_core::payment::GatewayErrorKind;
use marketplace_core::runtime::LocalLimiter;
use marketplace_http::{HttpOptions, Method, Request};
use marketplace_testing::{
    contract::gateway::Operation,
    fake::{GatewayCall, GatewayFault},
};
use serde_json::{Value, json};
use std::{net::IpAddr, sync::Arc, time::Duration};

fn limited() -> Shop {
    Shop::fitted(Fitting {
        limiter: |clock| Arc::new(LocalLimiter::new(clock)),
        options: HttpOptions::default().with_trusted_proxies(vec!["10.0.0.0/8".parse().unwrap()]),
        ..Fitting::default()
    })
}

fn from(peer: &str, mut request: Request) -> Request {
    request.peer = Some(peer.parse::<IpAddr>().unwrap());
    request
}

fn login(email: &str) -> Request {
    let body: Value = json!({ "email": email, "password": "wrong horse" });
    Request::new(Method::Post, "/api/v1/auth/login").json(&body)
}

fn is_limited(answer: &Answer) -> bool {
    if answer.status == 429 {
        assert_eq!(answer.code(), "too_many_requests");
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    }
    answer.status == 429
}

#[tokio::test]
async fn sign_ins_are_counted_by_client_and_by_account() {
    let shop = limited();
    // One account from many clients, in every spelling.
    for attempt in 0..10 {
        let email = if attempt % 2 == 0 { "victim@mail.example" } else { " Victim@MAIL.example" };
        assert_eq!(shop.send(from(&format!("1.2.3.{attempt}"), login(email))).await.status, 401);
    }
    assert!(is_limited(&shop.send(from("1.2.3.200", login("victim@mail.example"))).await));
    // Many accounts from one client.
    for attempt in 0..60 {
        let answer = shop.send(from("9.9.9.9", login(&format!("a{attempt}@mail.example")))).await;
        assert_eq!(answer.status, 401);
    }
    assert!(is_limited(&shop.send(from("9.9.9.9", login("fresh@mail.example"))).await));
    shop.clock.advance(Duration::from_mins(1));
    assert_eq!(
        shop.send(from("9.9.9.9", login("victim@mail.example"))).await.status,
        401,
        "nobody is locked out"
    );
}

#[tokio::test]
async fn clients_are_told_apart_behind_proxies_and_cannot_choose() {
    let shop = limited();
    let spoofed = |hop: &str, peer: &str| {
        from(peer, login(&format!("{}@mail.example", hop.replace('.', "-"))))
            .with_header("X-Forwarded-For", hop)
    };
    for attempt in 0..60 {
        let hop = format!("7.7.7.{attempt}");
        assert_eq!(shop.send(spoofed(&hop, "8.8.8.8")).await.status, 401);
    }
    assert!(
        is_limited(&shop.send(spoofed("7.7.8.1", "8.8.8.8")).await),
        "a stranger's header is not believed"
    );
    assert_eq!(shop.send(spoofed("7.7.8.2", "10.0.0.1")).await.status, 401, "a proxy's is");
}

#[tokio::test]
async fn unknown_tokens_are_counted_and_known_ones_never() {
    let shop = limited();
    let seller = shop.join("seller", "creator").await;
    let order = shop.bought(&shop.product(&seller, "2500.00", b"book").await).await;
    let link = shop.link(order["order_token"].as_str().unwrap()).await;
    let unknown = format!("/d/{}", "A".repeat(43));
    for _ in 0..60 {
        assert_eq!(shop.send(Request::new(Method::Post, unknown.clone())).await.status, 410);
    }
    assert!(is_limited(&shop.send(Request::new(Method::Post, unknown)).await));
    assert!(is_limited(&shop.get("/f/nonsense").await));
    for _ in 0..100 {
        assert_eq!(shop.get(&link).await.status, 200);
    }
    let claimed = shop.send(Request::new(Method::Post, link.clone())).await;
    assert_eq!(claimed.status, 303);
    for _ in 0..100 {
        assert_eq!(shop.send(Request::new(Method::Post, link.clone())).await.status, 410, "used, but known");
        assert_eq!(shop.get(claimed.header("location").unwrap()).await.status, 200);
    }
}

#[tokio::test]
async fn orders_are_counted_and_repeats_are_not() {
    let shop = limited();
    let seller = shop.join("seller", "creator").await;
    let product = shop.product(&seller, "2500.00", b"book").await;
    let cart = json!({ "items": [{ "product_id": product }], "email": "guest@mail.example" });
    let checkout = |key: &str| Request::new(Method::Post, "/api/v1/checkout").key(key).json(&cart);
    for _ in 0..100 {
        assert_eq!(shop.send(checkout("same")).await.status, 201);
    }
    for order in 1..30 {
        assert_eq!(shop.send(checkout(&format!("k{order}"))).await.status, 201);
    }
    assert!(is_limited(&shop.send(checkout("late")).await));
    assert_eq!(shop.gateway.started().len(), 30);
    shop.clock.advance(Duration::from_mins(1));
    assert_eq!(shop.send(checkout("late")).await.status, 201, "a refused order did not use its key up");
}

#[tokio::test]
async fn a_limit_never_parts_a_key_from_its_order() {
    let shop = limited();
    let seller = shop.join("seller", "creator").await;
    let product = shop.product(&seller, "2500.00", b"book").await;
    let checkout = |key: &str| {
        let body = json!({ "items": [{ "product_id": product }], "email": "guest@mail.example" });
        from("5.5.5.5", Request::new(Method::Post, "/api/v1/checkout").key(key).json(&body))
    };
    // The order is placed, its payment is not begun.
    shop.gateway.fail(Operation::Start, GatewayFault::Refused(GatewayErrorKind::Transient));
    assert_eq!(shop.send(checkout("mine")).await.status, 503);
    let mut others = 0;
    while !is_limited(&shop.send(checkout(&format!("other-{others}"))).await) {
        others += 1;
    }
    assert!(is_limited(&shop.send(checkout("mine")).await));
    shop.clock.advance(Duration::from_mins(1));
    let placed = shop.send(checkout("mine")).await.expect(201);
    let first = shop.gateway.calls().into_iter().find_map(|call| match call {
        GatewayCall::Start(payment) => Some(payment.reference.to_string()),
        _ => None,
    });
    let again = placed["payment"]["reference"].as_str().unwrap();
    assert_eq!(again, format!("{}-1", first.unwrap()), "the second attempt of the same order");
}
