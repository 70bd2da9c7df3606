//! Limits on clients: told by 429 and `Retry-After`, and not dodged by a header.

use crate::place::{Place, everywhere, on_both_servers};
use crate::stage::Stage;
use marketplace_tests::{Answer, Ask, Client, Server, ServerOptions};
use serde_json::json;

everywhere! {
    sign_ins_are_limited_per_client_and_per_account
    clients_behind_a_trusted_proxy_are_told_apart
    only_unknown_link_tokens_are_counted
}

on_both_servers! {
    a_route_of_the_hosts_own_counts_each_client_for_itself
}

fn limited(place: &Place) -> ServerOptions {
    place.options().with_variable("MARKETPLACE_RATE_LIMIT", "on")
}

/// Calls until it is refused; gives the count of calls before, and the refusal.
async fn until_refused(ask: impl Fn(usize) -> Ask) -> (usize, Answer) {
    for count in 0..2_000 {
        let answer = ask(count).send().await;
        if answer.status == 429 {
            answer.refused(429, "too_many_requests");
            let after: u64 = answer.header("retry-after").expect("it says when").parse().expect("seconds");
            assert!((1..=60).contains(&after), "{after}");
            return (count, answer);
        }
    }
    panic!("two thousand calls and no limit");
}

/// The same where the limit was reached a moment ago: what is refilled meanwhile is little.
async fn still_refused(ask: impl Fn(usize) -> Ask) {
    let (calls, _) = until_refused(ask).await;
    assert!(calls <= 10, "{calls}");
}

async fn sign_ins_are_limited_per_client_and_per_account(place: Place) {
    let server = Server::start(limited(&place)).await;
    let client = server.client();
    let login = |email: &str| {
        let body = json!({ "email": email, "password": "a wrong password" });
        client.post("/api/v1/auth/login").json(&body)
    };
    // Every spelling is one account. What is refilled meanwhile may let a few more through.
    let (calls, _) =
        until_refused(|count| login(if count % 2 == 0 { "bob@mail.example" } else { " BOB@mail.example" }))
            .await;
    assert!((10..=20).contains(&calls), "{calls}");
    // Another account is free, until the client itself has had enough, whatever it claims to be.
    let (calls, _) = until_refused(|count| {
        let forged = format!("203.0.113.{count}");
        client.post("/api/v1/auth/login").header("x-forwarded-for", &forged).typed("application/json", "{")
    })
    .await;
    assert!((20..=80).contains(&calls), "{calls}");
    still_refused(|_| client.post("/api/v1/auth/register").json(&json!({}))).await;
    // Nobody else is in the way: other routes have limits of their own.
    client.get("/api/v1/products").send().await.expect(200);
}

async fn clients_behind_a_trusted_proxy_are_told_apart(place: Place) {
    let server = Server::start(limited(&place).with_variable("TRUSTED_PROXIES", "127.0.0.1")).await;
    let client = server.client();
    let from = |address: &str| {
        client.post("/api/v1/auth/login").header("x-forwarded-for", address).typed("application/json", "{")
    };
    until_refused(|_| from("203.0.113.1")).await;
    from("203.0.113.2").send().await.refused(400, "malformed_json");
    still_refused(|_| from("203.0.113.9, 203.0.113.1")).await;
}

async fn only_unknown_link_tokens_are_counted(place: Place) {
    let stage = Stage::on(Server::start(limited(&place)).await).await;
    let client = &stage.client;
    let (calls, _) = until_refused(|count| client.get(&format!("/d/guess-{count}"))).await;
    assert!((60..=120).contains(&calls), "{calls}");
    still_refused(|_| client.post("/d/another-guess")).await;
    still_refused(|_| client.get("/f/another-guess")).await;
    // A known one is never counted, and neither is the gateway.
    for _ in 0..100 {
        assert_eq!(client.get(&stage.sold.link).send().await.status, 200);
    }
    let file = client.claim(&stage.sold.link).await;
    for _ in 0..100 {
        assert_eq!(client.get(&file).header("range", "bytes=0-9").send().await.status, 206);
    }
    for _ in 0..100 {
        assert_eq!(client.post("/api/v1/webhooks/paystack").send().await.status, 401);
    }
}

async fn a_route_of_the_hosts_own_counts_each_client_for_itself(place: Place) {
    let server = Server::start(limited(&place).with_variable("TRUSTED_PROXIES", "127.0.0.1")).await;
    let client = Client::busy(server.base());
    let from = |address: &str| client.get("/newest").header("x-forwarded-for", address);
    let (calls, _) = until_refused(|_| from("203.0.113.1")).await;
    assert!(calls >= 600, "{calls}");
    from("203.0.113.2").send().await.expect(200);
    // It is the limit of the operation behind it, whichever way one comes.
    let (calls, _) =
        until_refused(|_| client.get("/api/v1/products").header("x-forwarded-for", "203.0.113.1")).await;
    assert!(calls < 600, "{calls}");
}
