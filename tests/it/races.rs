//! Many at once, over HTTP: what is told is one story, and the books add up to it.

use crate::place::{Place, everywhere};
use crate::stage::Stage;
use futures_util::future::{join, join_all};
use marketplace_tests::{PASSWORD, Server};
use serde_json::json;
use std::collections::BTreeMap;

everywhere! {
    one_address_makes_one_account
    a_product_changes_while_many_buy_it
    everybody_who_may_settle_an_order_settles_it_once
}

async fn one_address_makes_one_account(place: Place) {
    let server = Server::start(place.options()).await;
    let client = server.client();
    let register = |number: usize| {
        // Spellings of one address, too.
        let email = if number.is_multiple_of(2) { "zoe@mail.example" } else { "Zoe@Mail.Example" };
        let body = json!({ "email": email, "password": PASSWORD, "display_name": "Zoe", "role": "customer" });
        client.post("/api/v1/auth/register").json(&body).send()
    };
    let answers = join_all((0..8).map(register)).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(409, "email_taken");
    }
    client.sign_in("zoe@mail.example", PASSWORD).await;
}

async fn a_product_changes_while_many_buy_it(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, ada, bob, book) = (&stage.client, &stage.ada, &stage.bob, &stage.book);
    let prices = ["2500.00", "100.00", "333.33", "99.95"];
    let path = format!("/api/v1/creator/products/{}", book.id);
    let changing = async {
        for round in 0..12 {
            let price = json!({ "price": { "amount": prices[round % prices.len()], "currency": "NGN" } });
            client.ask("PATCH", &path).bearer(&ada.token).json(&price).send().await.expect(200);
            let word = if round % 3 == 0 { "unpublish" } else { "publish" };
            client.post(&format!("{path}/{word}")).bearer(&ada.token).send().await.expect(200);
        }
    };
    let cart = json!({ "items": [{ "product_id": book.id }] });
    let buying = join_all((0..40).map(|_| async {
        let answer = client.post("/api/v1/checkout").bearer(&bob.token).json(&cart).send().await;
        if answer.status == 201 {
            return Some(marketplace_tests::Placed::read(&answer.json(), Some(&bob.token)));
        }
        answer.refused(404, "not_found");
        None
    }));
    let (placed, ()) = join(buying, changing).await;
    let placed: Vec<_> = placed.into_iter().flatten().collect();
    assert!(!placed.is_empty(), "some came while it was on sale");
    let orders = join_all(placed.iter().map(|placed| client.pay(placed))).await;

    // Net of ten per cent, in kobo, rounded as the fee is.
    let nets =
        BTreeMap::from([("2500.00", 225_000_i64), ("100.00", 9000), ("333.33", 30_000), ("99.95", 8995)]);
    let mut earned = nets["2500.00"];
    for order in &orders {
        assert_eq!(order["total"], order["payment"]["amount"]);
        assert_eq!(order["total"], order["items"][0]["price"]);
        earned += nets[order["total"]["amount"].as_str().unwrap()];
    }
    let balance = client.balance(ada, "NGN").await.unwrap();
    assert_eq!(balance["pending"], format!("{}.{:02}", earned / 100, earned % 100));
    assert_eq!(client.library(&bob.token).await.len().min(20), (orders.len() + 1).min(20));
    client.wait_for_mails(&bob.email, orders.len() + 1).await;
    let admin = stage.admin().await;
    let report = client.get("/api/v1/admin/ledger/verify").bearer(&admin).send().await.expect(200);
    assert_eq!(report["healthy"], true, "{report}");
    let dead = client.get("/api/v1/admin/jobs?state=dead").bearer(&admin).send().await.expect(200);
    assert_eq!(dead["items"], json!([]));
}

async fn everybody_who_may_settle_an_order_settles_it_once(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let placed = client.check_out(&stage.mallory, &stage.book).await;
    let back = client.hand_over_the_money(&placed).await;
    // The webhook, the returning browser, the impatient buyer and the sweep, all at once.
    let verify = format!("/api/v1/payments/{}/verify", placed.reference);
    let verifying = join_all((0..10).map(|_| client.post(&verify).bearer(&stage.mallory.token).send()));
    let returning = join_all((0..10).map(|_| client.get(&back).send()));
    let (answers, pages) = join(join(verifying, returning), client.advance(61)).await.0;
    assert!(answers.iter().chain(&pages).all(|answer| answer.status == 200));
    client.wait_for_order(&placed, "paid").await;
    client.wait_for_mails(&stage.mallory.email, 1).await;
    // A later sale ends after whatever was still under way.
    client.buy(&stage.bob, &stage.book).await;
    // The clock's step may have ended the lease of a job at work, which then runs twice: the mail is the same.
    let mails = client.mails(&stage.mallory.email).await;
    assert!(mails.iter().all(|mail| mail.message_id == mails[0].message_id), "{mails:?}");
    assert_eq!(client.library(&stage.mallory.token).await.len(), 1);
    assert_eq!(client.balance(&stage.ada, "NGN").await.unwrap()["pending"], "6750.00");
}
