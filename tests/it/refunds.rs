//! Money that pays nothing goes back to its payer: over HTTP, through the real adapter, at the gateway's twin.

use crate::place::{Place, on_both_stores};
use crate::stage::Stage;
use marketplace_tests::{SIGNATURE, charge_success, wait_until};
use serde_json::{Value, json};

on_both_stores! {
    an_operator_gives_back_what_pays_nothing
}

async fn an_operator_gives_back_what_pays_nothing(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, twin) = (&stage.client, stage.server.twin());
    let admin = stage.admin().await;
    let placed = client.check_out(&stage.mallory, &stage.book).await;
    // A signed notice contradicts before anybody has paid; then the payer pays after all.
    let notice = charge_success(31, &placed.reference, 100, "NGN", "test").to_string().into_bytes();
    let hook = client.post("/api/v1/webhooks/paystack").typed("application/json", notice.clone());
    assert_eq!(hook.header(SIGNATURE, &twin.sign(&notice)).send().await.status, 200);
    client.wait_for_payment(&placed, "needs_review").await;
    client.hand_over_the_money(&placed).await;

    let list = async |path: &str| -> Vec<Value> {
        let answer = client.get(&format!("/api/v1/admin/{path}")).bearer(&admin).send().await.expect(200);
        answer["items"].as_array().expect("a list").clone()
    };
    let reviews = list("payments").await;
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    let path = format!("/api/v1/admin/payments/{}/resolve", placed.reference);
    let decide = async |decision: &str| {
        let body =
            json!({ "decision": decision, "reason": "paid and not wanted", "reviews": [reviews[0]["id"]] });
        client.post(&path).bearer(&admin).json(&body).send().await
    };
    let closed = decide("refund").await.expect(200);
    assert_eq!(closed["items"][0]["resolution"]["decision"], "refund");
    assert_eq!(decide("refund").await.expect(200), closed, "the same again is the same");
    decide("dismiss").await.refused(409, "already_decided");

    let begun = wait_until("the gateway takes the refund in", || async {
        list("refunds").await.into_iter().find(|refund| !refund["gateway_id"].is_null())
    })
    .await;
    assert_eq!(begun["reference"], placed.reference.as_str());
    assert_eq!(begun["order_id"], placed.order.as_str());
    assert_eq!(begun["amount"], json!({ "amount": "2500.00", "currency": "NGN" }));
    assert_eq!(begun["reason"], "paid and not wanted");
    assert!(begun["requested_by"].as_str().expect("a name").starts_with("operator:usr_"));
    assert_eq!(client.order(&placed).await["payment"]["status"], "failed");
    assert!(client.library(&stage.mallory.token).await.is_empty());

    // The bank takes its time, which here is the clock's.
    let done = wait_until("the refund is done", || async {
        client.advance(3_600).await;
        list("refunds").await.into_iter().find(|refund| refund["status"] == "done")
    })
    .await;
    assert!(!done["ended_at"].is_null());
    assert_eq!(list("refunds").await.len(), 1);
    assert_eq!(list("payments").await, Vec::<Value>::new());
    let report = client.get("/api/v1/admin/ledger/verify").bearer(&admin).send().await.expect(200);
    assert_eq!(report["healthy"], true, "{report}");
    assert_eq!(client.balance(&stage.ada, "NGN").await.expect("a wallet")["lifetime"], "2250.00");
}
