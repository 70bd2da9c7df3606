//! The requests of the gateway and of operators: a payment that contradicts its order, and is to go back to its payer.

use super::{Keys, play::Play};
use crate::http::{Account, Placed, Product, wait_until};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha512;

/// Of all refunds, as the operator sees them.
const REFUNDS: &str = "/api/v1/admin/refunds";
const PAYMENTS: &str = "/api/v1/admin/payments?status=needs_review";
const VERIFY: &str = "/api/v1/admin/ledger/verify";

/// A notice's signature as the gateway makes it.
fn sign(key: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).expect("a key of any length");
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Dan pays for an order about which the gateway has said something else; the operator gives it back.
pub(super) async fn operator(play: &mut Play, keys: &Keys, ada: &Account, book: &Product) {
    let operator = Some(keys.operator.as_str());
    let cart = json!({ "items": [{ "product_id": book.id }], "email": "dan@mail.example" });
    let placed = Placed::read(&play.post("/api/v1/checkout", None, &cart).await, None);
    let notice = json!({
        "event": "charge.success",
        "data": {
            "id": 31, "domain": "test", "status": "success", "reference": placed.reference, "amount": 100,
            "requested_amount": 100, "currency": "NGN", "channel": "card", "fees": 0, "metadata": 0,
            "gateway_response": "Approved", "paid_at": "2026-01-01T00:00:00.000Z",
        },
    });
    let notice = notice.to_string();
    for _ in 0..2 {
        let ask = play.client.post("/api/v1/webhooks/paystack").typed("application/json", notice.clone());
        let ask = ask.header("x-paystack-signature", &sign(&keys.gateway, &notice));
        play.ask("a notice of the gateway's", ask).await;
    }
    play.client.wait_for_payment(&placed, "needs_review").await;
    let order = format!("/api/v1/orders/{}", placed.order);
    play.get(&order, Some(&placed.token)).await;
    for token in [None, Some(ada.token.as_str()), operator] {
        play.get(PAYMENTS, token).await;
    }
    let reviews = play.get(&format!("{PAYMENTS}&limit=1"), operator).await;

    let client = play.client.clone();
    // Entries are chained once a minute.
    client.advance(61).await;
    wait_until("the ledger is chained", || async {
        let report: Value = client.get(VERIFY).bearer(&keys.operator).send().await.json();
        (report["unsealed"] == 0).then_some(())
    })
    .await;
    play.get(VERIFY, operator).await;

    play.client.hand_over_the_money(&placed).await;
    let resolve = format!("/api/v1/admin/payments/{}/resolve", placed.reference);
    for decision in ["nothing", "refund", "refund", "dismiss"] {
        let review = &reviews["items"][0]["id"];
        let body = json!({ "decision": decision, "reason": "paid and not wanted", "reviews": [review] });
        play.post(&resolve, operator, &body).await;
    }
    wait_until("the gateway has taken the refund in; its bank then takes minutes", || async {
        let refunds = client.get(REFUNDS).bearer(&keys.operator).send().await.json();
        (!refunds["items"][0]["gateway_id"].is_null()).then_some(())
    })
    .await;
    play.get(REFUNDS, operator).await;
    play.get(&format!("{REFUNDS}?cursor=nonsense"), operator).await;
    play.get(PAYMENTS, operator).await;
    play.get(&order, Some(&placed.token)).await;

    for state in ["dead", "odd"] {
        play.get(&format!("/api/v1/admin/jobs?state={state}"), operator).await;
    }
    // No job of a sound server dies.
    let job = "/api/v1/admin/jobs/job_00000000000000000000000000000000/retry";
    play.post(job, operator, &json!({})).await;
}
