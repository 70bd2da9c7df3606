//! What creators see of their sales.

use crate::shop::Shop;
use marketplace_core::id::Reference;
use serde_json::{Value, json};
use std::time::Duration;

const SALES: &str = "/api/v1/creator/sales";
const EARNINGS: &str = "/api/v1/creator/earnings";

/// A shop with a seller of a book and a song. The clock stands at 2026-11-18T11:06:40Z.
struct Town {
    shop: Shop,
    seller: String,
    book: String,
    song: String,
}

impl Town {
    async fn open() -> Self {
        let shop = Shop::open();
        let seller = shop.join("seller", "creator").await;
        let book = shop.product(&seller, "2500.00", b"pages").await;
        let song = shop.product(&seller, "100.01", b"notes").await;
        Self { shop, seller, book, song }
    }

    /// A guest's paid order of these; returns its id.
    async fn sold(&self, products: &[&String]) -> Value {
        let items: Vec<Value> = products.iter().map(|id| json!({ "product_id": id })).collect();
        let body = json!({ "items": items, "email": "guest@mail.example" });
        let placed = self.shop.post("/api/v1/checkout", body).await.expect(201);
        let reference: Reference = placed["payment"]["reference"].as_str().unwrap().parse().unwrap();
        assert!(self.shop.gateway.pay(&reference, None));
        let token = placed["order_token"].as_str().unwrap();
        let verify = format!("/api/v1/payments/{reference}/verify");
        self.shop.post_as(token, &verify, json!({})).await.expect(200);
        placed["order"]["id"].clone()
    }

    fn pass(&self, seconds: u64) {
        self.shop.clock.advance(Duration::from_secs(seconds));
    }

    async fn get(&self, path: &str, query: &str) -> Value {
        self.shop.get_as(&self.seller, &format!("{path}?{query}")).await.expect(200)
    }
}

fn figures(gross: &str, fees: &str, net: &str, orders: u64) -> Value {
    json!({ "gross": gross, "fees": fees, "refunds": "0.00", "net": net, "orders": orders })
}

fn point(start: &str, gross: &str, fees: &str, net: &str, orders: u64) -> Value {
    let mut point = figures(gross, fees, net, orders);
    point["start"] = json!(start);
    point
}

#[tokio::test]
async fn a_series_is_cut_by_the_days_of_a_zone() {
    let town = Town::open().await;
    town.sold(&[&town.book]).await;
    // 23:29:59 in UTC, and the next day in Lagos.
    town.pass(44_599);
    town.sold(&[&town.book, &town.song]).await;
    let days = "from=2026-11-18&to=2026-11-19&currency=NGN&interval=day";
    let lagos = town.get(EARNINGS, &format!("{days}&tz=Africa/Lagos")).await;
    assert_eq!(
        lagos,
        json!({
            "currency": "NGN", "interval": "day", "tz": "Africa/Lagos",
            "series": [
                point("2026-11-17T23:00:00Z", "2500.00", "250.00", "2250.00", 1),
                point("2026-11-18T23:00:00Z", "2600.01", "260.00", "2340.01", 1),
            ],
            "totals": figures("5100.01", "510.00", "4590.01", 2),
        })
    );
    let utc = town.get(EARNINGS, &format!("{days}&tz=UTC")).await;
    assert_eq!(utc["series"][0], point("2026-11-18T00:00:00Z", "5100.01", "510.00", "4590.01", 2));
    assert_eq!(utc["series"][1], point("2026-11-19T00:00:00Z", "0.00", "0.00", "0.00", 0));
    // The same once it is in the chain.
    while town.shop.api.market().wallet().seal(1).await.unwrap() > 0 {
        assert_eq!(town.get(EARNINGS, &format!("{days}&tz=Africa/Lagos")).await, lagos);
    }

    let usual = town.get(EARNINGS, "").await;
    assert_eq!(
        (&usual["currency"], &usual["interval"], &usual["tz"]),
        (&json!("NGN"), &json!("day"), &json!("UTC"))
    );
    assert_eq!(usual["series"].as_array().unwrap().len(), 30);
    assert_eq!(usual["series"][29]["start"], "2026-11-18T00:00:00Z");
    assert_eq!(usual["totals"], lagos["totals"]);
    for (interval, start) in [("week", "2026-11-16T00:00:00Z"), ("month", "2026-11-01T00:00:00Z")] {
        let series = town.get(EARNINGS, &format!("interval={interval}")).await;
        assert_eq!(series["series"].as_array().unwrap().len(), 12, "{interval}");
        assert_eq!(series["series"][11]["start"], start, "{interval}");
        assert_eq!(series["series"][11]["orders"], 2, "{interval}");
    }
    let dollars = town.get(EARNINGS, "currency=USD").await;
    assert_eq!(dollars["totals"], figures("0.00", "0.00", "0.00", 0));
    // Times, and an end that is the beginning of a day.
    let exact = town.get(EARNINGS, "from=2026-11-18T10:00:00Z&to=2026-11-19T00:00:00Z").await;
    assert_eq!(exact["series"].as_array().unwrap().len(), 1, "{exact}");
    let other = town.shop.join("other", "creator").await;
    let nothing = town.shop.get_as(&other, EARNINGS).await.expect(200);
    assert_eq!(nothing["totals"], figures("0.00", "0.00", "0.00", 0), "of somebody else's sales, nothing");
}

#[tokio::test]
async fn sales_come_line_by_line_and_name_no_buyer() {
    let town = Town::open().await;
    let first = town.sold(&[&town.book]).await;
    town.pass(60);
    let second = town.sold(&[&town.book, &town.song]).await;
    let all = town.get(SALES, "").await;
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    let naira = |amount: &str| json!({ "amount": amount, "currency": "NGN" });
    assert_eq!(
        items[2],
        json!({
            "order_id": first, "product": { "id": town.book, "title": "A book" },
            "buyer_email_masked": "g***@mail.example", "gross": naira("2500.00"), "fee": naira("250.00"),
            "net": naira("2250.00"), "status": "paid", "paid_at": "2026-11-18T11:06:40Z",
        })
    );
    assert_eq!((&items[0]["order_id"], &items[1]["order_id"]), (&second, &second));
    assert_eq!((&items[1]["gross"], &items[1]["fee"]), (&naira("100.01"), &naira("10.00")));
    assert!(!all.to_string().contains("guest"), "an address shows: {all}");
    assert_eq!(all["next_cursor"], Value::Null);

    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = town.get(SALES, &format!("limit=1{cursor}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        read.push(page["items"][0].clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(&read, items, "line by line");

    for (query, wanted) in [
        (format!("product={}", town.song), vec![1]),
        (format!("product={}", town.book), vec![0, 2]),
        ("product=nothing".to_owned(), vec![]),
        ("from=2026-11-18T11:06:41Z".to_owned(), vec![0, 1]),
        ("to=2026-11-18T11:07:40Z".to_owned(), vec![2]),
        ("from=2026-11-18&to=2026-11-18".to_owned(), vec![0, 1, 2]),
        ("from=2026-11-19".to_owned(), vec![]),
    ] {
        let picked = town.get(SALES, &query).await;
        let wanted: Vec<Value> = wanted.into_iter().map(|number: usize| items[number].clone()).collect();
        assert_eq!(picked["items"], json!(wanted), "{query}");
    }
    let other = town.shop.join("other", "creator").await;
    for path in [SALES.to_owned(), format!("{SALES}?product={}", town.book)] {
        let nothing = town.shop.get_as(&other, &path).await.expect(200);
        assert_eq!(nothing, json!({ "items": [], "next_cursor": null }), "{path}");
    }
    let free = town.shop.product(&town.seller, "0.00", b"gift").await;
    let cart = json!({ "items": [{ "product_id": free }], "email": "guest@mail.example" });
    town.shop.post("/api/v1/checkout", cart).await.expect(201);
    assert_eq!(town.get(SALES, "").await, all, "what brings nothing is no sale");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let town = Town::open().await;
    for (path, query, fields) in [
        (EARNINGS, "tz=Lagos", vec![("tz", "unknown_time_zone")]),
        (EARNINGS, "tz=", vec![("tz", "unknown_time_zone")]),
        (EARNINGS, "interval=year", vec![("interval", "unknown_interval")]),
        (EARNINGS, "currency=naira", vec![("currency", "unknown_currency")]),
        (EARNINGS, "from=soon&to=later", vec![("from", "invalid"), ("to", "invalid")]),
        (EARNINGS, "from=2026-11-02&to=2026-11-01", vec![("from", "after_to")]),
        (EARNINGS, "from=2020-01-01&to=2026-01-01", vec![("from", "range_too_long")]),
        (EARNINGS, "from=0000-01-01&interval=month", vec![("from", "range_too_long")]),
        (EARNINGS, "to=9999-12-31", vec![("to", "out_of_range")]),
        (EARNINGS, "limit=1", vec![("limit", "unknown_parameter")]),
        (EARNINGS, "tz=UTC&tz=UTC", vec![("tz", "duplicate_parameter")]),
        (SALES, "from=2026-11-02&to=2026-11-01", vec![("from", "after_to")]),
        (SALES, "from=2026-02-30", vec![("from", "invalid")]),
        (SALES, "limit=0&cursor=AAAA", vec![("limit", "invalid"), ("cursor", "invalid")]),
        (SALES, "tz=UTC", vec![("tz", "unknown_parameter")]),
    ] {
        let refused = town.shop.get_as(&town.seller, &format!("{path}?{query}")).await;
        let problem = refused.expect(422);
        assert_eq!(problem["code"], "invalid", "{query}");
        let told: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        assert_eq!(told, fields, "{query}");
    }
    let buyer = town.shop.join("buyer", "customer").await;
    for path in [SALES, EARNINGS] {
        assert_eq!(town.shop.get(path).await.status, 401);
        assert_eq!(town.shop.get_as(&buyer, path).await.status, 403);
    }
}
