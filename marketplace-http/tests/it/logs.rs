//! What the log says, and what it never says.

use crate::shop::{Fill, Shop};
use marketplace_core::id::Reference;
use marketplace_http::{Method, Request};
use marketplace_testing::fault::Fault;
use serde_json::json;
use std::{
    io::Write,
    sync::{Arc, Mutex},
};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn routes_are_logged_and_secrets_are_not() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let shop = Shop::open();
    let logging = tracing::subscriber::set_default(subscriber);

    let seller = shop.join("seller", "creator").await;
    let order = shop.bought(&shop.product(&seller, "2500.00", b"book").await).await;
    let order_token = order["order_token"].as_str().unwrap();
    let link = shop.link(order_token).await;
    shop.get(&format!("{link}?secret=parameter")).await;
    let claimed = shop.send(Request::new(Method::Post, link.clone())).await;
    let session = claimed.header("location").unwrap();
    shop.get(session).await;
    shop.get(&format!("/o/{order_token}")).await;
    let reference: Reference = order["payment"]["reference"].as_str().unwrap().parse().unwrap();
    let back = Request::new(Method::Get, format!("/pay/return?reference={reference}"));
    shop.send(back.with_header("cookie", format!("mkt_order={order_token}"))).await;
    let wrong = json!({ "email": "seller@mail.example", "password": "guessed horse" });
    shop.post("/api/v1/auth/login", wrong).await.expect(401);
    shop.send(Request::new(Method::Post, "/api/v1/auth/login").json(&json!({ "password": "shapeless" })))
        .await;
    shop.store.script().on_call(Fault::UnavailableBefore);
    shop.get_as(&seller, "/api/v1/me").await.expect(503);
    shop.api.market().worker().run_due().await.unwrap();
    drop(logging);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for told in ["/d/{token}", "/f/{session}", "http.status=303", "request.id", "a part did not answer"] {
        assert!(log.contains(told), "{told}");
    }
    let hidden = [
        seller.as_str(),
        order_token,
        link.strip_prefix("/d/").unwrap(),
        session.strip_prefix("/f/").unwrap(),
        "secret=parameter",
        "correct horse",
        "guessed horse",
        "shapeless",
        "guest@mail.example",
        "seller@mail.example",
    ];
    for secret in hidden {
        assert!(!log.contains(secret), "{secret}");
    }
}
