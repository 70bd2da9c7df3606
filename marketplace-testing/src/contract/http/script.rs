//! The requests of the suite, in order: people, a product, parts, refusals, a purchase, figures, delivery,
//! service, operators.

use super::{Keys, operator::operator, parts::parts, play::Play};
use crate::http::{Account, Placed, Product, Upload, multipart};
use bytes::Bytes;
use serde_json::{Value, json};

/// How large files are: beyond what frameworks take by themselves.
pub(super) const LARGE: usize = 3_000_000;

/// Plays everything on a server that nobody has used before.
pub(super) async fn script(play: &mut Play, keys: &Keys) {
    let (ada, bob) = people(play).await;
    let book = product(play, &ada).await;
    parts(play).await;
    refusals(play, &ada, &book).await;
    let (order, reference) = purchase(play, &bob, &book).await;
    figures(play, &ada, &bob, &order).await;
    delivery(play, &bob, &book, &reference).await;
    service(play, &bob).await;
    second_try(play, &book).await;
    // Last: it moves the clock.
    operator(play, keys, &ada, &book).await;
}

async fn people(play: &mut Play) -> (Account, Account) {
    let mut accounts = Vec::new();
    for (name, role) in [("ada", "creator"), ("bob", "customer"), ("ada", "customer")] {
        accounts.push(play.register(name, role).await);
    }
    for password in ["correct horse battery", "wrong"] {
        let body = json!({ "email": "bob@mail.example", "password": password });
        play.post("/api/v1/auth/login", None, &body).await;
    }
    play.post("/api/v1/auth/register", None, &json!({ "email": 1, "extra": {} })).await;
    let (ada, bob) = (accounts.remove(0), accounts.remove(0));
    for token in [None, Some("x"), Some(ada.token.as_str()), Some(&bob.token)] {
        play.get("/api/v1/me", token).await;
        play.get("/api/v1/admin/jobs", token).await;
        play.get("/api/v1/creator/products", token).await;
    }
    let rename =
        play.client.ask("PATCH", "/api/v1/me").bearer(&bob.token).json(&json!({ "display_name": "Bób" }));
    play.ask("PATCH /me", rename).await;
    (ada, bob)
}

async fn product(play: &mut Play, ada: &Account) -> Product {
    let token = Some(ada.token.as_str());
    let products = "/api/v1/creator/products";
    let price = json!({ "amount": "2500.00", "currency": "NGN" });
    for amount in [json!(2500), json!("2500"), json!("-1.00")] {
        let body =
            json!({ "title": "t", "description": "", "price": { "amount": amount, "currency": "NGN" } });
        play.post(products, token, &body).await;
    }
    let body = json!({ "title": "The book – 50%", "description": "Its \"pages\".", "price": price });
    let made = play.post(products, token, &body).await;
    let (id, slug) = (made["id"].as_str().unwrap().to_owned(), made["slug"].as_str().unwrap().to_owned());
    let own = format!("{products}/{id}");
    play.post(&format!("{own}/publish"), token, &json!({})).await;
    let upload = Upload::pdf("Ọlá’s book.pdf", LARGE);
    let files = format!("{own}/files");
    let (kind, form) = multipart("file", &upload);
    let whole = play.client.post(&files).bearer(&ada.token).typed(&kind, form.clone());
    let stored = play.ask("upload", whole).await;
    let chunks: Vec<Bytes> = form.chunks(7_000).map(Bytes::copy_from_slice).collect();
    let chunked = play.client.post(&files).bearer(&ada.token).header("content-type", &kind).chunked(chunks);
    let second = play.ask("upload in chunks", chunked).await;
    for (what, field, cut) in [("another field", "upload", 0), ("broken off", "file", 40)] {
        let (kind, form) = multipart(field, &upload);
        let ask = play.client.post(&files).bearer(&ada.token).typed(&kind, form.slice(..form.len() - cut));
        play.ask(what, ask).await;
    }
    let second = format!("{files}/{}", second["id"].as_str().unwrap());
    for _ in 0..2 {
        let remove = play.client.ask("DELETE", &second).bearer(&ada.token);
        play.ask("remove the second file", remove).await;
    }
    let change = play.client.ask("PATCH", &own).bearer(&ada.token).json(&json!({ "description": "Better." }));
    play.ask("change", change).await;
    for act in ["publish", "unpublish", "publish"] {
        play.post(&format!("{own}/{act}"), token, &json!({})).await;
    }
    for path in ["/api/v1/products", "/api/v1/products?q=book&limit=1"] {
        play.get(path, None).await;
    }
    for path in [own, format!("/api/v1/products/{id}"), format!("/api/v1/products/{slug}")] {
        let ask = play.client.get(&path).bearer(&ada.token);
        play.ask("the product", ask).await;
        let head = play.client.ask("HEAD", &path).bearer(&ada.token);
        play.ask("its head", head).await;
    }
    Product { id, slug, file_id: stored["id"].as_str().unwrap().to_owned(), upload }
}

async fn refusals(play: &mut Play, ada: &Account, book: &Product) {
    for method in ["OPTIONS", "PUT", "TRACE", "PROPFIND", "DELETE"] {
        for path in ["/api/v1/me", "/api/v1/products", "/api/v1/checkout", "/nowhere", "/health/live"] {
            let ask = play.client.ask(method, path);
            play.ask(&format!("{method} {path}"), ask).await;
        }
    }
    for path in [
        "/api/v1/products/",
        "//api/v1/products",
        "/api/v1/pr%6fducts",
        "/api/v1/products/%zz",
        "/api/v1/products/%00",
        "/api/v1/products/%ff",
        "/api/v1/products/a%2Fb",
        "/api/v1/products?limit=0",
        "/api/v1/products?limit=1&limit=2",
        "/api/v1/products?x",
        "/api/v1/products?q=%zz",
        "/api/v1/products?cursor=nonsense",
        "/api/v1",
        "/api/v1/",
        "/.env",
        "/d/x",
        "/f/x",
        "/o/x",
        "/pay/return",
        "/pay/return?reference=none",
        "/d/",
    ] {
        play.get(path, None).await;
        let head = play.client.ask("HEAD", path);
        play.ask(&format!("HEAD {path}"), head).await;
    }
    let cart = json!({ "items": [{ "product_id": book.id }] }).to_string();
    for (what, kind, body) in [
        ("no JSON", "application/json", "{".to_owned()),
        ("nothing", "application/json", String::new()),
        ("another shape", "application/json", "[]".to_owned()),
        ("another type", "text/plain", cart.clone()),
        ("another charset", "application/json; charset=latin1", cart.clone()),
        ("no buyer", "application/json", cart.clone()),
        ("too large", "application/json", cart + &" ".repeat(64 * 1024)),
    ] {
        let ask = play.client.post("/api/v1/checkout").typed(kind, body);
        play.ask(what, ask).await;
    }
    let chunks = vec![Bytes::from(vec![b' '; 8_000]); 10];
    let ask = play.client.post("/api/v1/checkout").header("content-type", "application/json").chunked(chunks);
    play.ask("too large, in chunks", ask).await;
    for key in ["", " ", "é", &"k".repeat(256)] {
        let body = json!({ "items": [{ "product_id": book.id }], "email": "eve@mail.example" });
        let ask = play.client.post("/api/v1/checkout").key(key).json(&body);
        play.ask("no key", ask).await;
    }
    for signature in ["", "0", &"0".repeat(128)] {
        let ask = play.client.post("/api/v1/webhooks/paystack").header("x-paystack-signature", signature);
        play.ask("no notice of the gateway's", ask.body("{}")).await;
    }
    let twice = play.client.get("/api/v1/me").bearer(&ada.token).bearer(&ada.token);
    play.ask("two sign-ins", twice).await;
    let coded = play.client.post("/api/v1/checkout").header("content-encoding", "gzip").json(&json!({}));
    play.ask("a coding", coded).await;
}

/// Gives the order and the reference of its payment.
async fn purchase(play: &mut Play, bob: &Account, book: &Product) -> (String, String) {
    let cart = json!({ "items": [{ "product_id": book.id }] });
    let mut placed = Value::Null;
    for body in [&cart, &cart, &json!({ "items": [{ "product_id": book.id }, { "product_id": book.id }] })] {
        let ask = play.client.post("/api/v1/checkout").bearer(&bob.token).key("first").json(body);
        let answer = play.ask("checkout", ask).await;
        if placed.is_null() {
            placed = answer;
        }
    }
    let placed = Placed::read(&placed, Some(&bob.token));
    let verify = format!("/api/v1/payments/{}/verify", placed.reference);
    play.post(&verify, Some(&bob.token), &json!({})).await;
    play.post(&format!("/api/v1/orders/{}/payments", placed.order), Some(&bob.token), &json!({})).await;
    // While nothing runs beside it, a timeline is the same everywhere.
    play.get(&format!("/api/v1/orders/{}/timeline", placed.order), Some(&bob.token)).await;
    play.client.pay(&placed).await;
    play.client.wait_for_mails(&bob.email, 1).await;
    play.post(&verify, Some(&bob.token), &json!({})).await;
    play.post(&verify, None, &json!({})).await;
    play.post(&format!("/api/v1/orders/{}/payments", placed.order), Some(&bob.token), &json!({})).await;
    let guest = json!({ "items": [{ "product_id": book.id }], "email": "guest@mail.example" });
    let answer = play.post("/api/v1/checkout", None, &guest).await;
    let order = format!("/api/v1/orders/{}", answer["order"]["id"].as_str().unwrap());
    for token in [answer["order_token"].as_str(), Some(&bob.token), None] {
        play.get(&order, token).await;
        play.get(&format!("{order}/timeline"), token).await;
    }
    (placed.order, placed.reference)
}

/// A payment is declined, and the next one begins.
async fn second_try(play: &mut Play, book: &Product) {
    let cart = json!({ "items": [{ "product_id": book.id }], "email": "fay@mail.example" });
    let placed = Placed::read(&play.post("/api/v1/checkout", None, &cart).await, None);
    let token = Some(placed.token.as_str());
    play.client.at_the_gateway(&placed, "decline").await;
    play.post(&format!("/api/v1/payments/{}/verify", placed.reference), token, &json!({})).await;
    play.post(&format!("/api/v1/orders/{}/payments", placed.order), token, &json!({})).await;
}

async fn figures(play: &mut Play, ada: &Account, bob: &Account, order: &str) {
    play.get("/api/v1/orders?limit=1", Some(&bob.token)).await;
    play.get(&format!("/api/v1/orders/{order}"), Some(&bob.token)).await;
    play.get(&format!("/api/v1/orders/{order}"), Some(&ada.token)).await;
    for path in [
        "wallet",
        "wallet/entries",
        "wallet/entries?currency=NGN&limit=1",
        "wallet/entries?currency=none",
        "sales",
        "sales?limit=1",
        "earnings?currency=NGN&from=2020-01-01&to=2020-01-03&interval=day",
        "earnings",
        "products",
    ] {
        play.get(&format!("/api/v1/creator/{path}"), Some(&ada.token)).await;
    }
}

async fn delivery(play: &mut Play, bob: &Account, book: &Product, reference: &str) {
    let library = play.get("/api/v1/library", Some(&bob.token)).await;
    let right = library["items"][0]["entitlement_id"].as_str().unwrap().to_owned();
    let links = format!("/api/v1/library/{right}/files/{}/links", book.file_id);
    let link = play.post(&links, Some(&bob.token), &json!({})).await["url"].as_str().unwrap().to_owned();
    play.get(&link, None).await;
    let head = play.client.ask("HEAD", &link);
    play.ask("the link's head", head).await;
    let foreign = play.client.post(&link).header("sec-fetch-site", "cross-site");
    play.ask("a claim from elsewhere", foreign).await;
    let claim = play.client.post(&link);
    let claim = play.answer("a claim", claim).await;
    let session = claim.header("location").expect("it leads on").to_owned();
    let again = play.client.post(&link);
    play.ask("a second claim", again).await;
    play.get(&link, None).await;
    let tag = play.client.get(&session).send().await.header("etag").unwrap().to_owned();
    for (name, value) in [
        ("accept", "*/*"),
        ("range", "bytes=0-99"),
        ("range", "bytes=-7"),
        ("range", "bytes=100000-"),
        ("range", "bytes=0-1,3-4"),
        ("range", "bytes=9999999-"),
        ("range", "nonsense"),
        ("if-none-match", &tag),
        ("if-range", "\"another\""),
    ] {
        for method in ["GET", "HEAD"] {
            let ask = play.client.ask(method, &session).header(name, value);
            play.ask(&format!("{method} the file, {name}: {value:.20}"), ask).await;
        }
    }
    let fresh = play.client.post(&format!("{link}/fresh"));
    play.ask("a fresh link", fresh).await;
    let mails = play.client.wait_for_mails(&bob.email, 2).await;
    let page = mails.iter().find(|mail| mail.text.contains("/o/")).expect("the mail of the purchase").page();
    play.get(&page, None).await;
    play.get(&format!("/pay/return?reference={reference}"), None).await;
}

async fn service(play: &mut Play, bob: &Account) {
    play.get("/health/live", None).await;
    play.get("/health/ready", None).await;
    let description = "/api/v1/openapi.json";
    let head = play.client.ask("HEAD", description);
    let head = play.answer("the description's head", head).await;
    let known = play.client.get(description).header("if-none-match", head.header("etag").unwrap());
    play.ask("a description that is known", known).await;
    for _ in 0..2 {
        let out = play.client.post("/api/v1/auth/logout").bearer(&bob.token);
        play.ask("log out", out).await;
    }
}
