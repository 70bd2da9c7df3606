//! Money that pays nothing goes back to its payer: over HTTP, through the real adapter, at the gateway's twin.

use crate::place::{Place, everywhere};
use crate::stage::Stage;
use marketplace_tests::{Answer, Client, Placed, SIGNATURE, Server, charge_success, poll, wait_until};
use serde_json::{Value, json};

everywhere! {
    an_operator_gives_back_what_pays_nothing
    a_death_beside_the_gateway_gives_nothing_back_twice
}

/// Mallory has paid for an order whose payment was in review before.
async fn paid_in_review(stage: &Stage) -> Placed {
    let (client, twin) = (&stage.client, stage.server.twin());
    let placed = client.check_out(&stage.mallory, &stage.book).await;
    // A signed notice contradicts before anybody has paid; then the payer pays after all.
    let notice = charge_success(31, &placed.reference, 100, "NGN", "test").to_string().into_bytes();
    let hook = client.post("/api/v1/webhooks/paystack").typed("application/json", notice.clone());
    assert_eq!(hook.header(SIGNATURE, &twin.sign(&notice)).send().await.status, 200);
    client.wait_for_payment(&placed, "needs_review").await;
    client.hand_over_the_money(&placed).await;
    placed
}

/// A list of an operator.
async fn list(client: &Client, admin: &str, what: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/v1/admin/{what}")).bearer(admin).send().await.expect(200);
    answer["items"].as_array().expect("a list").clone()
}

async fn decide(client: &Client, admin: &str, placed: &Placed, decision: &str, review: &Value) -> Answer {
    let path = format!("/api/v1/admin/payments/{}/resolve", placed.reference);
    let body = json!({ "decision": decision, "reason": "paid and not wanted", "reviews": [review["id"]] });
    client.post(&path).bearer(admin).json(&body).send().await
}

/// The bank takes its time, which here is the clock's.
async fn wait_until_done(client: &Client, admin: &str) -> Value {
    wait_until("the refund is done", || async {
        client.advance(3_600).await;
        list(client, admin, "refunds").await.into_iter().find(|refund| refund["status"] == "done")
    })
    .await
}

async fn an_operator_gives_back_what_pays_nothing(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, admin) = (&stage.client, stage.admin().await);
    let placed = paid_in_review(&stage).await;
    let reviews = list(client, &admin, "payments").await;
    assert_eq!(reviews.len(), 1, "{reviews:?}");
    let closed = decide(client, &admin, &placed, "refund", &reviews[0]).await.expect(200);
    assert_eq!(closed["items"][0]["resolution"]["decision"], "refund");
    let again = decide(client, &admin, &placed, "refund", &reviews[0]).await.expect(200);
    assert_eq!(again, closed, "the same again is the same");
    decide(client, &admin, &placed, "dismiss", &reviews[0]).await.refused(409, "already_decided");

    let begun = wait_until("the gateway takes the refund in", || async {
        let refunds = list(client, &admin, "refunds").await;
        refunds.into_iter().find(|refund| !refund["gateway_id"].is_null())
    })
    .await;
    assert_eq!(begun["reference"], placed.reference.as_str());
    assert_eq!(begun["order_id"], placed.order.as_str());
    assert_eq!(begun["amount"], json!({ "amount": "2500.00", "currency": "NGN" }));
    assert_eq!(begun["reason"], "paid and not wanted");
    assert!(begun["requested_by"].as_str().expect("a name").starts_with("operator:usr_"));
    assert_eq!(client.order(&placed).await["payment"]["status"], "failed");
    assert!(client.library(&stage.mallory.token).await.is_empty());

    let done = wait_until_done(client, &admin).await;
    assert!(!done["ended_at"].is_null());
    assert_eq!(list(client, &admin, "refunds").await.len(), 1);
    assert_eq!(list(client, &admin, "payments").await, Vec::<Value>::new());
    let report = client.get("/api/v1/admin/ledger/verify").bearer(&admin).send().await.expect(200);
    assert_eq!(report["healthy"], true, "{report}");
    assert_eq!(client.balance(&stage.ada, "NGN").await.expect("a wallet")["lifetime"], "2250.00");
}

async fn a_death_beside_the_gateway_gives_nothing_back_twice(place: Place) {
    // Killed at one point, risen, killed at the other, risen: one refund in the end, and it is done.
    let points = ["refund.before-gateway", "refund.after-gateway"];
    let failpoints = |point: &str| format!("{point}=return");
    let options = place.options().with_variable("FAILPOINTS", failpoints(points[0]));
    let stage = Stage::on(Server::start(options).await).await;
    let admin = stage.admin().await;
    let placed = paid_in_review(&stage).await;
    let reviews = list(&stage.client, &admin, "payments").await;
    decide(&stage.client, &admin, &placed, "refund", &reviews[0]).await.expect(200);
    let mut server = stage.server;
    for (point, next) in [(points[0], Some(points[1])), (points[1], None)] {
        let reached = format!("\"failpoint\":\"{point}\"");
        poll(&reached, || server.process().stderr().contains(&reached).then_some(())).await;
        let mut stopped = server.kill().await.without_variable("FAILPOINTS");
        if let Some(next) = next {
            stopped = stopped.with_variable("FAILPOINTS", failpoints(next));
        }
        server = stopped.start().await;
        // The lease of the dead one runs out.
        server.client().advance(61).await;
    }
    let client = server.client();
    wait_until_done(&client, &admin).await;
    assert_eq!(list(&client, &admin, "refunds").await.len(), 1);
    assert_eq!(server.twin().facts("refund_created").len(), 1);
    let report = client.get("/api/v1/admin/ledger/verify").bearer(&admin).send().await.expect(200);
    assert_eq!(report["healthy"], true, "{report}");
}
