//! Who may do what: 401 before everything, 403 by role, 404 for what is another's.

use crate::shop::{Fill, Shop};
use marketplace_core::{
    Actor,
    id::{Reference, UserId},
};
use marketplace_http::{
    Method, Request,
    route::{ROUTES, Route, Who},
};
use serde_json::{Value, json};

fn request(route: &Route, path: &str, body: &Value) -> Request {
    let request = Request::new(route.method, path);
    if route.method == Method::Get { request } else { request.json(body) }
}

fn nowhere(route: &Route) -> String {
    let names = [
        "{id}",
        "{file_id}",
        "{upload_id}",
        "{number}",
        "{entitlement_id}",
        "{reference}",
        "{gateway}",
        "{token}",
        "{session}",
    ];
    names.iter().fold(route.pattern.to_owned(), |path, name| path.replace(name, "none"))
}

#[tokio::test]
async fn nobody_and_dead_tokens_are_401_everywhere() {
    let shop = Shop::open();
    let dead = shop.join("gone", "creator").await;
    shop.post_as(&dead, "/api/v1/auth/logout", json!({})).await.expect(204);
    let never = "A".repeat(43);
    for route in ROUTES.iter().filter(|route| !matches!(route.who, Who::Open)) {
        let path = nowhere(route);
        if route.who != Who::Public {
            assert_eq!(shop.send(request(route, &path, &json!({}))).await.status, 401, "{path}");
        }
        for token in [dead.as_str(), never.as_str(), "short", "eyJhbGciOiJub25lIn0.e30.", ""] {
            let answer = shop.send(request(route, &path, &json!({})).bearer(token)).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"), "{path} {token}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    assert_eq!(shop.post_as(&dead, "/api/v1/auth/logout", json!({})).await.status, 401);
    // A dead token must not lock its owner out of signing in again.
    let body = json!({ "email": "gone@mail.example", "password": "correct horse" });
    assert_eq!(shop.post_as(&dead, "/api/v1/auth/login", body).await.status, 200);
}

#[tokio::test]
async fn roles_are_403() {
    let shop = Shop::open();
    let (customer, creator) =
        (shop.join("customer", "customer").await, shop.join("creator", "creator").await);
    let operator = shop.operator().await;
    for route in ROUTES {
        let path = nowhere(route);
        let barred: &[&str] = match route.who {
            Who::Creator => &[&customer, &operator],
            Who::Admin => &[&customer, &creator],
            _ => &[],
        };
        for token in barred {
            let answer = shop.send(request(route, &path, &json!({})).bearer(token)).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{path}");
        }
    }
    assert_eq!(shop.get_as(&operator, "/api/v1/admin/jobs").await.status, 200);
}

#[tokio::test]
async fn what_is_anothers_is_as_if_it_did_not_exist() {
    let shop = Shop::open();
    let (seller, other) = (shop.join("seller", "creator").await, shop.join("other", "creator").await);
    let product = shop.product(&seller, "2500.00", b"book").await;
    let own = shop.get_as(&seller, &format!("/api/v1/creator/products/{product}")).await.expect(200);
    let file = own["files"][0]["id"].as_str().unwrap().to_owned();
    let order = shop.bought(&product).await;
    let order_token = order["order_token"].as_str().unwrap();
    let library = shop.get_as(order_token, "/api/v1/library").await.expect(200);
    let right = library["items"][0]["entitlement_id"].as_str().unwrap().to_owned();
    let stranger = shop.bought(&shop.product(&other, "100.00", b"other").await).await;
    let reference = order["payment"]["reference"].as_str().unwrap();

    let file_to_come = json!({ "name": "more.pdf", "size": 10, "content_type": "application/pdf" });
    let uploads = format!("/api/v1/creator/products/{product}/uploads");
    let upload = shop.post_as(&seller, &uploads, file_to_come.clone()).await.expect(201)["upload_id"].clone();
    let upload = upload.as_str().unwrap();

    for route in ROUTES.iter().filter(|route| route.pattern.contains('{')) {
        let tokens: Vec<&str> = match route.who {
            Who::Creator => vec![&other],
            Who::OrderOrSignedIn => vec![&other, stranger["order_token"].as_str().unwrap()],
            _ => continue,
        };
        let with = |id: &str| {
            route
                .pattern
                .replace("{id}", id)
                .replace("{file_id}", &file)
                .replace("{upload_id}", upload)
                .replace("{entitlement_id}", &right)
                .replace("{reference}", reference)
        };
        let id = if route.pattern.contains("/orders/") {
            order["order"]["id"].as_str().unwrap()
        } else {
            &product
        };
        if route.body == marketplace_http::route::BodyRule::Multipart {
            continue;
        }
        let valid = match route.pattern {
            path if path.ends_with("/uploads") => file_to_come.clone(),
            path if path.ends_with("/complete") => json!({ "parts": [{ "number": 1, "etag": "a" }] }),
            _ => json!({}),
        };
        for token in tokens {
            let foreign = shop.send(request(route, &with(id), &valid).bearer(token)).await;
            let missing = shop.send(request(route, &nowhere(route), &valid).bearer(token)).await;
            assert_eq!((foreign.status, foreign.code().as_str()), (404, "not_found"), "{}", route.pattern);
            let strip = |answer: &crate::shop::Answer| {
                let mut body = answer.json();
                body["request_id"] = Value::Null;
                body
            };
            assert_eq!(strip(&foreign), strip(&missing), "{}", route.pattern);
        }
    }
    let form = crate::shop::file_form(&other, &product, "x.pdf", b"x");
    assert_eq!(shop.send(form).await.status, 404);
    // The order is as it was.
    let still =
        shop.get_as(order_token, &format!("/api/v1/orders/{}", order["order"]["id"].as_str().unwrap())).await;
    assert_eq!(still.expect(200)["status"], "paid");
}

#[tokio::test]
async fn an_order_token_opens_its_order_alone() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let product = shop.product(&seller, "2500.00", b"book").await;
    let order = shop.bought(&product).await;
    let token = order["order_token"].as_str().unwrap();
    let id = order["order"]["id"].as_str().unwrap();
    assert_eq!(shop.get_as(token, &format!("/api/v1/orders/{id}")).await.expect(200)["id"], id);
    for path in
        ["/api/v1/orders", "/api/v1/me", "/api/v1/products", "/api/v1/creator/products", "/api/v1/admin/jobs"]
    {
        assert_eq!(shop.get_as(token, path).await.status, 401, "{path}");
    }
    let paid: Reference = order["payment"]["reference"].as_str().unwrap().parse().unwrap();
    let again = shop.post_as(token, &format!("/api/v1/orders/{id}/payments"), json!({})).await;
    assert_eq!((again.status, again.code().as_str()), (409, "order_already_paid"));
    assert!(shop.gateway.started().iter().all(|payment| payment.reference == paid));
}

#[tokio::test]
async fn whom_the_host_vouches_for_is_that_user_and_nobody_else() {
    let shop = Shop::open();
    let (ada, bob) = (shop.join("ada", "creator").await, shop.join("bob", "customer").await);
    let id = async |token: &str| -> UserId {
        shop.get_as(token, "/api/v1/me").await.expect(200)["id"].as_str().unwrap().parse().unwrap()
    };
    let (ada_id, bob_id) = (id(&ada).await, id(&bob).await);
    let ask =
        |method, path: &str, actor| shop.send(Request::new(method, path).bearer(&ada).with_actor(actor));
    let me = ask(Method::Get, "/api/v1/me", Actor::User(bob_id)).await.expect(200);
    assert_eq!(me["email"], "bob@mail.example", "not the sign-in that was sent");
    for (path, actor, status) in [
        ("/api/v1/creator/products", Actor::User(ada_id), 200),
        ("/api/v1/creator/products", Actor::User(bob_id), 403),
        ("/api/v1/admin/jobs", Actor::Operator(ada_id), 403),
        ("/api/v1/me", Actor::Guest, 401),
        ("/api/v1/products", Actor::Guest, 200),
        ("/api/v1/me", Actor::System, 401),
        ("/api/v1/admin/jobs", Actor::System, 401),
        ("/api/v1/admin/jobs", Actor::Gateway, 401),
        ("/api/v1/me", Actor::User(UserId::from_uuid(uuid::Uuid::nil())), 401),
    ] {
        assert_eq!(ask(Method::Get, path, actor).await.status, status, "{path} {actor}");
    }
    let out = ask(Method::Post, "/api/v1/auth/logout", Actor::User(ada_id)).await;
    assert_eq!(out.status, 204);
    shop.get_as(&ada, "/api/v1/me").await.expect(200);
}
