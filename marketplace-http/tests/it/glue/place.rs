//! Where a host puts the contract: below a prefix, and in the name of its own users.

use super::serve::{Glue, handle, on_both_frameworks};
use crate::shop::{Fitting, Shop};
use marketplace_core::{Actor, identity::Role};

on_both_frameworks! {
    below_a_prefix_every_address_leads_back
    a_host_brings_its_own_users
}

async fn below_a_prefix_every_address_leads_back(glue: Glue) {
    let shop = Shop::fitted(Fitting { base: "https://shop.example/market", ..Fitting::default() });
    let seller = shop.join("seller", "creator").await;
    let product = shop.product(&seller, "2500.00", b"book").await;
    let order = shop.bought(&product).await;
    let link = shop.link(order["order_token"].as_str().unwrap()).await;
    let exchange =
        async |request: String| glue.exchange(super::serve::contract(&shop.api), request.as_bytes()).await;
    let claim = format!("POST /market{link} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    let answer = exchange(claim).await;
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert!(location.starts_with("/market/f/"), "{answer}");
    let answer = exchange(format!("GET {location} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("book"), "{answer}");
    for nothing in ["/market", "/market/"] {
        let answer =
            exchange(format!("GET {nothing} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("not_found"), "{nothing}: {answer}");
    }
}

async fn a_host_brings_its_own_users(glue: Glue) {
    let shop = Shop::open();
    shop.user("ada", Role::Customer).await;
    let email = "ada@mail.example".parse().unwrap();
    let ada = shop.api.market().identity().users.user_by_email(&email).await.unwrap().unwrap();
    let api = shop.api.clone();
    let own = handle(move |request| {
        let api = api.clone();
        // A host's session: its own header stands for whatever it has.
        let actor =
            if request.headers.get("x-session") == Some("ada") { Actor::User(ada.id) } else { Actor::Guest };
        async move { api.handle(request.with_actor(actor)).await }
    });
    let ask = async |line: &str| {
        let request = format!("GET /api/v1/me HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{line}\r\n\r\n");
        glue.exchange(own.clone(), request.as_bytes()).await
    };
    let answer = ask("X-Session: ada").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("ada@mail.example"), "{answer}");
    assert!(ask("X-Session: eve").await.starts_with("HTTP/1.1 401"));
}
