//! Every class of refusal, and what every answer carries.

use crate::shop::{Fill, Shop};
use futures_util::StreamExt;
use marketplace_http::{Body, Method, Request, ResponseBody, route::ROUTES};
use serde_json::{Value, json};

#[tokio::test]
async fn every_answer_carries_its_id_and_its_headers() {
    let shop = Shop::open();
    let mut seen = std::collections::HashSet::new();
    for path in ["/api/v1/products", "/nowhere", "/health/live", "/api/v1/me", "/d/x", "/pay/return"] {
        let answer = shop.send(Request::new(Method::Get, path).with_header("X-Request-Id", "chosen")).await;
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert_ne!(id, "chosen");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("cache-control").is_some(), "{path}");
        assert!(seen.insert(id), "{path}");
    }
    assert_eq!(shop.get("/api/v1/me").await.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_host_that_breaks_down_answers_in_the_same_form() {
    let shop = Shop::open();
    let answer = shop.api.broken(&std::io::Error::other("sk_test_inside"));
    let id = answer.header("x-request-id").unwrap().to_owned();
    for (name, value) in [
        ("content-type", "application/problem+json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    let ResponseBody::Bytes(body) = &answer.body else { panic!("no body") };
    let problem: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(
        (answer.status, &problem["code"], &problem["request_id"]),
        (500, &json!("internal"), &json!(id))
    );
    assert!(!problem.to_string().contains("inside"), "{problem}");
}

#[tokio::test]
async fn paths_and_methods() {
    let shop = Shop::open();
    for path in ["/", "/api/v1", "/api/v1/products/", "/api/v1/me/", "/api/v1/payouts", "/d", "/d/", "/f/"] {
        let answer = shop.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    for (method, path, allow) in [
        (Method::Options, "/api/v1/products", "GET, HEAD"),
        (Method::Delete, "/api/v1/me", "GET, HEAD, PATCH"),
        (Method::Get, "/api/v1/checkout", "POST"),
        (Method::Put, "/d/x", "GET, HEAD, POST"),
        (Method::Other, "/f/x", "GET, HEAD"),
        (Method::Post, "/o/x", "GET, HEAD"),
    ] {
        let answer = shop.send(Request::new(method, path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{path}");
        assert_eq!(answer.code(), "method_not_allowed");
    }
    let head = shop.send(Request::new(Method::Head, "/api/v1/products")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let get = shop.get("/api/v1/products").await;
    assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()));
}

#[tokio::test]
async fn bad_bodies() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let post = |path: &str| Request::new(Method::Post, path).bearer(&seller);
    let product = "/api/v1/creator/products";
    let money = |amount: Value| json!({ "title": "t", "description": "", "price": { "amount": amount, "currency": "NGN" } });
    let cases: Vec<(Request, u16, &str)> = vec![
        (post(product).with_body("{}"), 415, "unsupported_media_type"),
        (
            post(product).with_header("content-type", "text/plain").with_body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            post(product).with_header("content-type", "application/xml").with_body("<a/>"),
            415,
            "unsupported_media_type",
        ),
        (
            post(product).with_header("content-type", "application/json; charset=utf-16").with_body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            post(product).with_header("content-encoding", "gzip").json(&json!({})),
            415,
            "unsupported_media_type",
        ),
        (post(product).with_header("content-type", "application/json").with_body("{"), 400, "malformed_json"),
        (post(product).with_header("content-type", "application/json"), 400, "malformed_json"),
        (post(product).json(&json!([])), 422, "invalid"),
        (post(product).json(&json!({})), 422, "invalid"),
        (post(product).with_header("content-length", "999999999").json(&json!({})), 413, "payload_too_large"),
        (post("/api/v1/me/creator").json(&json!({ "a": 1 })), 422, "invalid"),
        (post("/api/v1/me/creator").json(&json!([])), 422, "invalid"),
        (post("/api/v1/me/creator").with_body("{}"), 415, "unsupported_media_type"),
        (post(product).json(&money(json!(19.99))), 422, "invalid"),
        (post(product).json(&money(json!("-1.00"))), 422, "invalid"),
        (post(product).json(&money(json!("19.999"))), 422, "invalid"),
        (post(product).json(&money(json!("1e9"))), 422, "invalid"),
        (post(product).json(&money(json!("Infinity"))), 422, "invalid"),
        (post(product).json(&money(json!("92233720368547758.08"))), 422, "invalid"),
        (post(product).json(&money(json!("10000000000.01"))), 422, "amount_above_maximum"),
    ];
    for (request, status, code) in cases {
        let path = request.path.clone();
        let answer = shop.send(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path} {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let shop = Shop::open();
    let endless = futures_util::stream::repeat_with(|| Ok(bytes::Bytes::from_static(&[b' '; 1024])));
    let request = Request::new(Method::Post, "/api/v1/auth/login")
        .with_header("content-type", "application/json")
        .with_body_stream(endless);
    assert_eq!(shop.send(request).await.status, 413);
}

trait Streamed {
    fn with_body_stream<S>(self, stream: S) -> Request
    where
        S: futures_util::Stream<Item = Result<bytes::Bytes, marketplace_core::file::BytesError>>
            + Send
            + 'static;
}
impl Streamed for Request {
    fn with_body_stream<S>(mut self, stream: S) -> Request
    where
        S: futures_util::Stream<Item = Result<bytes::Bytes, marketplace_core::file::BytesError>>
            + Send
            + 'static,
    {
        self.body = Body::from_stream(stream.boxed());
        self
    }
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let shop = Shop::open();
    let account = |change: fn(&mut Value)| {
        let mut body = json!({
            "email": "a@mail.example", "password": "correct horse", "display_name": "A", "role": "customer",
        });
        change(&mut body);
        body
    };
    let cases: Vec<(Value, &str, &str)> = vec![
        (account(|body| body["is_admin"] = json!(true)), "is_admin", "unknown_field"),
        (account(|body| body["id"] = json!("usr_1")), "id", "unknown_field"),
        (account(|body| body["email_verified"] = json!(true)), "email_verified", "unknown_field"),
        (account(|body| body["role"] = json!("admin")), "role", "invalid"),
        (account(|body| body["role"] = json!("root")), "role", "invalid"),
        (account(|body| body["role"] = json!(null)), "role", "wrong_type"),
        (account(|body| body["email"] = json!("a@b")), "email", "invalid"),
        (account(|body| body["email"] = json!("a@mail.example\r\nBcc: b@mail.example")), "email", "invalid"),
        (account(|body| body["password"] = json!("7 chars")), "password", "too_short"),
        (account(|body| body["password"] = json!(12_345_678)), "password", "wrong_type"),
        (account(|body| body["display_name"] = json!("a\u{0}b")), "display_name", "invalid"),
        (account(|body| _ = body.as_object_mut().unwrap().remove("password")), "password", "required"),
    ];
    for (body, field, code) in cases {
        let problem = shop.post("/api/v1/auth/register", body).await.expect(422);
        let errors = problem["errors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error["field"] == field && error["code"] == code), "{problem}");
        assert!(!problem.to_string().contains("12345678"), "nothing is repeated");
    }
}

#[tokio::test]
async fn a_checkout_takes_no_price_from_outside() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let product = shop.product(&seller, "2500.00", b"book").await;
    for (extra, value) in
        [("price", json!("1.00")), ("total", json!(1)), ("fee_bps", json!(0)), ("currency", json!("XOF"))]
    {
        let mut body = json!({ "items": [{ "product_id": product }], "email": "a@mail.example" });
        body[extra] = value.clone();
        assert_eq!(shop.post("/api/v1/checkout", body).await.status, 422, "{extra}");
        let mut body = json!({ "items": [{ "product_id": product }], "email": "a@mail.example" });
        body["items"][0][extra] = value;
        assert_eq!(shop.post("/api/v1/checkout", body).await.status, 422, "items[0].{extra}");
    }
    for (body, status) in [
        (json!({ "items": [{ "product_id": product }] }), 422),
        (json!({ "items": [], "email": "a@mail.example" }), 422),
        (
            json!({ "items": [{ "product_id": product }, { "product_id": product }], "email": "a@mail.example" }),
            422,
        ),
        (json!({ "items": [{ "product_id": "nothing" }], "email": "a@mail.example" }), 404),
        (json!({ "items": [{ "product_id": product }], "email": "no address" }), 422),
    ] {
        let answer = shop.post("/api/v1/checkout", body.clone()).await;
        assert_eq!(answer.status, status, "{body}");
    }
    assert!(shop.gateway.calls().is_empty());
}

#[tokio::test]
async fn queries_are_strict() {
    let shop = Shop::open();
    for wrong in [
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=x",
        "limit=1&limit=1",
        "sort=price",
        "q=%00",
        "q=%ff",
        "cursor=%27%3B--",
    ] {
        let answer = shop.get(&format!("/api/v1/products?{wrong}")).await;
        assert_eq!(answer.status, 422, "{wrong}");
        assert!(answer.json()["errors"][0]["field"].is_string(), "{wrong}");
    }
    for right in ["", "?", "?q=%25_%5C%27--", "?creator=nobody", "?limit=100"] {
        assert_eq!(
            shop.get(&format!("/api/v1/products{right}")).await.expect(200)["items"],
            json!([]),
            "{right}"
        );
    }
    let seller = shop.join("seller", "creator").await;
    assert_eq!(shop.get_as(&seller, "/api/v1/creator/wallet/entries?currency=naira").await.status, 422);
    assert_eq!(shop.get_as(&seller, "/api/v1/creator/wallet?x=1").await.status, 422);
}

#[tokio::test]
async fn a_store_that_is_down_is_503_and_a_defect_tells_nothing() {
    use marketplace_testing::{fake::FileFault, fault::Fault};
    let shop = Shop::open();
    shop.store.script().on_call(Fault::UnavailableBefore);
    let answer = shop.get("/api/v1/products").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"));
    assert!(answer.header("retry-after").is_some());
    assert!(!answer.text().contains("fault of the test"));
    shop.store.script().on_call(Fault::UnavailableBefore);
    assert_eq!(shop.get("/health/ready").await.expect(503)["parts"]["store"], "failing");
    shop.files.fail_next(FileFault::Unavailable);
    let parts = shop.get("/health/ready").await.expect(503);
    assert_eq!((&parts["parts"]["files"], &parts["parts"]["store"]), (&json!("failing"), &json!("ok")));
    assert_eq!(shop.get("/health/ready").await.status, 200);
    assert_eq!(shop.get("/health/live").await.status, 200);
}

#[test]
fn every_route_of_the_api_lies_under_its_base() {
    for route in ROUTES {
        let outside = ["/d/", "/f/", "/o/", "/u/", "/pay/return", "/health/"];
        let known = route.pattern.starts_with("/api/v1/")
            || outside.iter().any(|path| route.pattern.starts_with(path));
        assert!(known, "{}", route.pattern);
    }
}
