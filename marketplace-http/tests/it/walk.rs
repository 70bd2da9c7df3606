//! From nothing to the bytes, through the front door alone.

use crate::shop::{BASE, Fill, Shop};
use marketplace_core::{id::Reference, identity::Role};
use marketplace_http::{Method, Request};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_guest_buys_and_downloads() {
    let shop = Shop::open();
    let seller = shop.join("seller", "customer").await;
    let me = shop.post_as(&seller, "/api/v1/me/creator", json!({})).await.expect(200);
    assert_eq!((&me["role"], &me["email_verified"]), (&json!("creator"), &json!(false)));
    let renamed =
        Request::new(Method::Patch, "/api/v1/me").bearer(&seller).json(&json!({ "display_name": "Ọlá" }));
    assert_eq!(shop.send(renamed).await.expect(200)["display_name"], "Ọlá");

    // A draft is not for sale, and cannot be published without a file.
    let body = json!({ "title": "<b>Book</b>", "description": "Pages.", "price": { "amount": "2500.00", "currency": "NGN" } });
    let product = shop.post_as(&seller, "/api/v1/creator/products", body).await.expect(201);
    let id = product["id"].as_str().unwrap();
    assert_eq!((&product["status"], &product["published_at"]), (&json!("draft"), &json!(null)));
    assert_eq!(shop.get(&format!("/api/v1/products/{id}")).await.status, 404);
    let publish = format!("/api/v1/creator/products/{id}/publish");
    let early = shop.post_as(&seller, &publish, json!({})).await;
    assert_eq!((early.status, early.code().as_str()), (409, "not_publishable"));
    assert_eq!(early.json()["errors"][0]["code"], "no_file");
    shop.send(crate::shop::file_form(&seller, id, "Ọlá 1.txt", b"once upon a time")).await.expect(201);
    assert_eq!(shop.post_as(&seller, &publish, json!({})).await.expect(200)["status"], "published");

    let shown =
        shop.get(&format!("/api/v1/products/{}", product["slug"].as_str().unwrap())).await.expect(200);
    assert_eq!(shown["price"], json!({ "amount": "2500.00", "currency": "NGN" }));
    assert_eq!(shown["creator"]["display_name"], "Ọlá");
    let file = &shown["files"][0];
    assert_eq!((&file["name"], &file["size"], file.get("sha256")), (&json!("Ọlá 1.txt"), &json!(16), None));
    assert_eq!(shop.get("/api/v1/products?q=book").await.expect(200)["items"][0]["id"], id);

    // Buying.
    let cart = json!({ "items": [{ "product_id": id }], "email": "Guest@Mail.example" });
    let answer = shop.post("/api/v1/checkout", cart).await;
    let placed = answer.expect(201);
    let token = placed["order_token"].as_str().unwrap();
    let cookie = answer.header("set-cookie").unwrap();
    assert_eq!(cookie, format!("mkt_order={token}; Path=/; HttpOnly; SameSite=Lax; Secure"));
    assert_eq!(placed["order"]["status"], "pending");
    assert_eq!(placed["order"]["total"], json!({ "amount": "2500.00", "currency": "NGN" }));
    assert_eq!((&placed["order"]["currency"], placed["order"].get("paid_at")), (&json!("NGN"), None));
    assert_eq!(placed["order"]["items"][0]["title"], "<b>Book</b>");
    assert_eq!(placed["order"]["payment"], placed["payment"]);
    assert_eq!(placed["payment"]["status"], "pending");
    assert!(placed["payment"]["authorization_url"].as_str().unwrap().starts_with("https://gateway.example/"));
    let reference: Reference = placed["payment"]["reference"].as_str().unwrap().parse().unwrap();
    assert_eq!(shop.gateway.started()[0].return_url, format!("{BASE}/pay/return"));

    // Coming back: a stranger gets a sentence, the paying browser its order.
    let back = format!("/pay/return?trxref={reference}&reference={reference}");
    let stranger = shop.get(&back).await;
    assert_eq!((stranger.status, stranger.text().contains("being processed")), (200, true));
    assert!(!stranger.text().contains(token) && !stranger.text().contains("Book"));
    assert!(shop.gateway.pay(&reference, None));
    shop.clock.advance(Duration::from_secs(2));
    let buyer = shop.send(
        Request::new(Method::Get, back.clone()).with_header("cookie", format!("a=b; mkt_order={token}")),
    );
    let buyer = buyer.await;
    assert_eq!(buyer.status, 303);
    let order_page = buyer.header("location").unwrap().to_owned();
    assert!(order_page.starts_with("/o/") && !order_page.contains(token), "its address signs nobody in");
    assert!(shop.get(&back).await.text().contains("has arrived"));
    let another = shop.bought(id).await;
    let other = format!("mkt_order={}", another["order_token"].as_str().unwrap());
    let other = shop.send(Request::new(Method::Get, back.clone()).with_header("cookie", other)).await;
    assert_eq!(other.status, 200, "the cookie of another order proves nothing of this one");
    assert_eq!(shop.get("/pay/return?reference=mkt-0000000000000000").await.status, 404);
    assert_eq!(shop.get(&format!("/o/{token}")).await.status, 410, "and the order's token is no address");
    let page = shop.get(&order_page).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("&lt;b&gt;Book&lt;/b&gt;") && page.text().contains(reference.as_str()));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(
        (page.header("referrer-policy"), page.header("x-robots-tag")),
        (Some("no-referrer"), Some("noindex"))
    );

    // The mail brings a link; scanners look at it as often as they like.
    shop.api.market().worker().run_due().await.unwrap();
    let mail =
        shop.mailer.accepted().into_iter().find(|mail| mail.to.as_str() == "guest@mail.example").unwrap();
    let begin = mail.content.text.find(&format!("{BASE}/d/")).unwrap() + BASE.len();
    let link = mail.content.text[begin..].split_whitespace().next().unwrap().to_owned();
    for round in 0..10 {
        let method = if round % 2 == 0 { Method::Get } else { Method::Head };
        let looked = shop.send(Request::new(method, link.clone())).await;
        assert_eq!(looked.status, 200);
        assert_eq!(method == Method::Head, looked.body.is_empty());
    }
    let page = shop.get(&format!("{link}?utm_source=mail")).await;
    assert!(page.text().contains("Ọlá 1.txt") && page.text().contains("method=\"post\""));
    let claimed = shop.send(Request::new(Method::Post, link.clone())).await;
    assert_eq!(claimed.status, 303);
    assert_eq!(shop.send(Request::new(Method::Post, link.clone())).await.status, 410);
    assert_eq!(shop.get(&link).await.status, 410);
    let session = claimed.header("location").unwrap();
    let first = shop.send(Request::new(Method::Get, session).with_header("range", "bytes=0-3")).await;
    let rest = shop.send(Request::new(Method::Get, session).with_header("range", "bytes=4-")).await;
    assert_eq!([first.text(), rest.text()].concat(), "once upon a time");
    assert!(
        first.header("content-disposition").unwrap().contains("filename*=UTF-8''%E1%BB%8Cl%C3%A1%201.txt")
    );

    // The seller has earned, and the books add up.
    let wallet = shop.get_as(&seller, "/api/v1/creator/wallet").await.expect(200);
    assert_eq!(
        wallet["balances"],
        json!([{ "currency": "NGN", "available": "0.00", "pending": "4500.00", "reserved": "0.00",
                 "in_payout": "0.00", "lifetime": "4500.00" }])
    );
    let entries = shop.get_as(&seller, "/api/v1/creator/wallet/entries?currency=NGN").await.expect(200);
    let own = |entry: &&Value| entry["order_id"] == placed["order"]["id"];
    let entry = entries["items"].as_array().unwrap().iter().find(own).unwrap();
    assert_eq!((&entry["kind"], &entry["amount"]), (&json!("sale"), &json!("2250.00")));
    assert!(entry["releases_at"].is_string() && entries["next_cursor"].is_null());
    let operator = shop.operator().await;
    let report = shop.get_as(&operator, "/api/v1/admin/ledger/verify").await.expect(200);
    assert_eq!((&report["healthy"], &report["findings"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn a_user_buys_for_nothing_and_keeps_what_is_taken_off_sale() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let free = shop.product(&seller, "0.00", b"gift").await;
    let buyer = shop.user("buyer", Role::Customer).await;
    let cart = json!({ "items": [{ "product_id": free }] });
    let placed = shop.post_as(&buyer, "/api/v1/checkout", cart).await.expect(201);
    assert_eq!((&placed["order"]["status"], &placed["payment"]), (&json!("paid"), &json!(null)));
    assert!(placed.get("order_token").is_none() && placed["order"]["paid_at"].is_string());
    assert!(shop.gateway.calls().is_empty());
    let orders = shop.get_as(&buyer, "/api/v1/orders").await.expect(200);
    assert_eq!(orders["items"][0]["id"], placed["order"]["id"]);
    shop.post_as(&seller, &format!("/api/v1/creator/products/{free}/archive"), json!({})).await.expect(200);
    let library = shop.get_as(&buyer, "/api/v1/library").await.expect(200);
    let item = &library["items"][0];
    assert_eq!((&item["status"], &item["order_id"]), (&json!("active"), &placed["order"]["id"]));
    let link = shop.link(&buyer).await;
    let claimed = shop.send(Request::new(Method::Post, link)).await;
    assert_eq!(shop.get(claimed.header("location").unwrap()).await.text(), "gift");
    assert_eq!(shop.get_as(&seller, "/api/v1/creator/wallet").await.expect(200), json!({ "balances": [] }));
}

#[tokio::test]
async fn lists_go_on_by_cursor() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(shop.product(&seller, "100.00", b"x").await);
        shop.clock.advance(Duration::from_secs(1));
    }
    made.reverse();
    for path in ["/api/v1/products", "/api/v1/creator/products"] {
        let (mut read, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = shop.get_as(&seller, &format!("{path}?limit=2{cursor}")).await.expect(200);
            read.extend(
                page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(read, made, "{path}");
    }
}

#[tokio::test]
async fn an_operator_sees_reviews_and_revives_jobs() {
    use marketplace_core::money::{Currency, Money};
    let shop = Shop::open();
    let operator = shop.operator().await;
    let unknown: Reference = "mkt-00000000000000000000".parse().unwrap();
    let notice = shop.gateway.notice("event", &unknown, Some(Money::new(100, Currency::NGN)));
    let mut request = Request::new(Method::Post, "/api/v1/webhooks/scripted").with_body(notice.body.clone());
    for (name, value) in &notice.headers {
        request = request.with_header(name, value.clone());
    }
    shop.send(request).await.expect(200);
    let waiting = shop.get_as(&operator, "/api/v1/admin/jobs?state=ready").await.expect(200);
    let job =
        waiting["items"].as_array().unwrap().iter().find(|job| job["kind"] == "process-notice").cloned();
    let job = job.unwrap_or_else(|| waiting["items"][0].clone());
    let id = job["id"].as_str().unwrap();
    let early = shop.post_as(&operator, &format!("/api/v1/admin/jobs/{id}/retry"), json!({})).await;
    assert_eq!((early.status, early.code().as_str()), (409, "job_not_dead"));
    assert_eq!(shop.post_as(&operator, "/api/v1/admin/jobs/job_none/retry", json!({})).await.status, 404);

    let jobs = shop.api.market().jobs();
    let now = shop.api.market().clock().now();
    let claimed = jobs.claim(now, now.saturating_add(Duration::from_mins(1)), 100).await.unwrap();
    for claim in claimed {
        assert!(jobs.bury(claim.fence, now, "a test".to_owned()).await.unwrap());
    }
    let dead = shop.get_as(&operator, "/api/v1/admin/jobs?state=dead").await.expect(200);
    assert_eq!(dead["items"][0]["last_error"], "a test");
    let revived =
        shop.post_as(&operator, &format!("/api/v1/admin/jobs/{id}/retry"), json!({})).await.expect(200);
    assert_eq!(revived["state"], "ready");

    shop.api.market().worker().run_due().await.unwrap();
    let reviews = shop.get_as(&operator, "/api/v1/admin/payments?status=needs_review").await.expect(200);
    assert_eq!(reviews["items"][0]["reason"], "unknown_reference");
    assert_eq!(reviews["items"][0]["reference"], unknown.as_str());
    for wrong in ["payments?status=paid", "jobs?state=lost"] {
        assert_eq!(shop.get_as(&operator, &format!("/api/v1/admin/{wrong}")).await.status, 422);
    }

    let path = format!("/api/v1/admin/payments/{unknown}/resolve");
    let seen = reviews["items"][0]["id"].clone();
    let decide =
        |decision: &str, reason: &str| json!({ "decision": decision, "reason": reason, "reviews": [seen] });
    let of_none = json!({ "decision": "dismiss", "reason": "x", "reviews": [] });
    for wrong in
        [decide("accept", ""), decide("give_back", "x"), of_none, json!({ "decision": "accept" }), json!({})]
    {
        assert_eq!(shop.post_as(&operator, &path, wrong).await.status, 422);
    }
    let refused = shop.post_as(&operator, &path, decide("accept", "it looks right")).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "not_acceptable"));
    let refused = shop.post_as(&operator, &path, decide("refund", "it is another shop's")).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "not_refundable"));
    let dismissed = shop.post_as(&operator, &path, decide("dismiss", "another shop's")).await.expect(200);
    let review = &dismissed["items"][0];
    assert_eq!(
        (&review["status"], &review["resolution"]["decision"]),
        (&json!("resolved"), &json!("dismiss"))
    );
    assert_eq!(review["resolution"]["reason"], "another shop's");
    assert!(review["resolution"]["by"].as_str().unwrap().starts_with("operator:usr_"));
    let left = shop.get_as(&operator, "/api/v1/admin/payments").await.expect(200);
    assert_eq!(left["items"], json!([]));
    let late =
        shop.post_as(&operator, "/api/v1/admin/payments/nothing/resolve", decide("dismiss", "x")).await;
    assert_eq!(late.status, 404);
}
