//! What a payer sees while the gateway gives no answer: that it goes on, never that it failed.

use crate::shop::Shop;
use marketplace_core::{
    id::Reference,
    payment::GatewayErrorKind::{Authentication, Malformed, RateLimited, Transient, UnknownOutcome},
};
use marketplace_testing::{contract::gateway::Operation, fake::GatewayFault};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_gateway_without_an_answer_is_no_failed_payment() {
    let shop = Shop::open();
    let seller = shop.join("ada", "creator").await;
    let product = shop.product(&seller, "2500.00", b"pages").await;
    let body = json!({ "items": [{ "product_id": product }], "email": "guest@mail.example" });
    let placed = shop.post("/api/v1/checkout", body).await.expect(201);
    let reference: Reference = placed["payment"]["reference"].as_str().unwrap().parse().unwrap();
    let token = placed["order_token"].as_str().unwrap();
    assert!(shop.gateway.pay(&reference, None));
    let limited = RateLimited { after: Some(Duration::from_mins(1)) };
    for kind in [Transient, Malformed, UnknownOutcome, Authentication, limited] {
        for asks_as_buyer in [false, true] {
            shop.clock.advance(Duration::from_secs(5));
            shop.gateway.fail(Operation::Fetch, GatewayFault::Refused(kind));
            let answer = if asks_as_buyer {
                shop.post_as(token, &format!("/api/v1/payments/{reference}/verify"), json!({})).await
            } else {
                shop.get(&format!("/pay/return?reference={reference}")).await
            };
            let text = answer.text();
            assert_eq!(answer.status, 200, "{kind:?}: {text}");
            assert!(
                !text.contains("an answer of the test"),
                "the gateway's words are not for payers: {text}"
            );
            assert!(!text.to_lowercase().contains("fail"), "{kind:?}: {text}");
        }
    }
    let order = placed["order"]["id"].as_str().unwrap();
    let order = shop.get_as(token, &format!("/api/v1/orders/{order}")).await.expect(200);
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("pending"), &json!("pending")));
    // And then it answers.
    shop.clock.advance(Duration::from_secs(5));
    let verified = shop.post_as(token, &format!("/api/v1/payments/{reference}/verify"), json!({})).await;
    assert_eq!(verified.expect(200)["order"]["status"], "paid");
}
