//! Notices of the gateway.

use crate::shop::{Answer, Shop};
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
};
use marketplace_http::{Method, Request};
use marketplace_testing::{
    fake::{SIGNATURE_HEADER, SignedNotice},
    fault::Fault,
};

const PATH: &str = "/api/v1/webhooks/scripted";

async fn deliver(shop: &Shop, notice: &SignedNotice) -> Answer {
    let mut request = Request::new(Method::Post, PATH).with_body(notice.body.clone());
    for (name, value) in &notice.headers {
        request = request.with_header(name, value.clone());
    }
    shop.send(request).await
}

#[tokio::test]
async fn only_the_gateway_is_heard() {
    let shop = Shop::open();
    let signed = shop.gateway.signed("{}");
    let (name, secret) = signed.headers[0].clone();
    assert_eq!(name, SIGNATURE_HEADER);
    let unsigned =
        |headers: Vec<(String, String)>| SignedNotice { headers, body: b"{\"key\":\"x\"}".to_vec() };
    for headers in [
        vec![],
        vec![(name.clone(), String::new())],
        vec![(name.clone(), secret[..secret.len() - 1].to_owned())],
        vec![(name.clone(), secret.to_uppercase())],
        vec![(name.clone(), secret.clone()), (name.clone(), secret.clone())],
    ] {
        let answer = deliver(&shop, &unsigned(headers)).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_signature"));
    }
    assert_eq!(shop.api.market().jobs().next_due().await.unwrap(), None, "nothing was stored");
    let other = Request::new(Method::Post, "/api/v1/webhooks/other").with_body("{}");
    assert_eq!(shop.send(other).await.status, 404);
}

#[tokio::test]
async fn whatever_is_signed_is_stored() {
    let shop = Shop::open();
    for body in ["{}", "[]", "not json", "", "{\"payment\":[]}"] {
        assert_eq!(deliver(&shop, &shop.gateway.signed(body)).await.status, 200, "{body}");
    }
    let large = shop.gateway.signed(vec![b'x'; 1024 * 1024 + 1]);
    assert_eq!(deliver(&shop, &large).await.status, 413);
    assert_eq!(deliver(&shop, &shop.gateway.signed(vec![b'x'; 1024 * 1024])).await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_stored_is_sent_again() {
    let shop = Shop::open();
    let notice = shop.gateway.signed("{\"key\":\"e\"}");
    for fault in [Fault::UnavailableBefore, Fault::Refused(marketplace_core::commit::Refusal::Stale)] {
        shop.store.script().on_commit(fault);
        assert_eq!(deliver(&shop, &notice).await.status, 503);
    }
    shop.store.script().on_commit(Fault::UnknownBefore);
    shop.store.script().on_commit(Fault::UnknownAfter);
    assert_eq!(deliver(&shop, &notice).await.status, 503);
    assert_eq!(deliver(&shop, &notice).await.status, 200, "a copy of what was stored after all");
}

#[tokio::test]
async fn a_notice_pays_once_however_often_it_comes() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let product = shop.product(&seller, "2500.00", b"book").await;
    let body = serde_json::json!({ "items": [{ "product_id": product }], "email": "guest@mail.example" });
    let placed = shop.post("/api/v1/checkout", body).await.expect(201);
    let reference: Reference = placed["payment"]["reference"].as_str().unwrap().parse().unwrap();
    assert!(shop.gateway.pay(&reference, None));
    let amount = Some(Money::new(250_000, Currency::NGN));
    for _ in 0..10 {
        assert_eq!(deliver(&shop, &shop.gateway.notice("event", &reference, amount)).await.status, 200);
    }
    shop.api.market().worker().run_due().await.unwrap();
    let wallet = shop.get_as(&seller, "/api/v1/creator/wallet").await.expect(200);
    assert_eq!(wallet["balances"][0]["pending"], "2250.00");
    assert_eq!(wallet["balances"][0]["lifetime"], "2250.00");
    assert_eq!(wallet["balances"].as_array().unwrap().len(), 1);
}
