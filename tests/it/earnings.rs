//! What creators see of their sales, before and after the entries are chained.

use crate::{
    place::{Place, everywhere},
    stage::Stage,
};
use marketplace_tests::{Account, Client, Upload, wait_until};
use serde_json::{Value, json};

everywhere! { sales_are_counted_in_their_days_and_listed_line_by_line }

const DAY: u64 = 24 * 60 * 60;

async fn get(client: &Client, who: &Account, path: &str) -> Value {
    client.get(&format!("/api/v1/creator/{path}")).bearer(&who.token).send().await.expect(200)
}

/// The points of a series in which something was sold.
fn sold(series: &Value) -> Vec<Value> {
    let points = series["series"].as_array().expect("a list");
    points.iter().filter(|point| point["orders"] != 0).cloned().collect()
}

async fn sales_are_counted_in_their_days_and_listed_line_by_line(place: Place) {
    let stage = Stage::at(&place).await;
    let Stage { client, ada, eve, .. } = &stage;
    let song = client.sell(ada, "100.01", Upload::pdf("song.pdf", 1_000)).await;
    client.advance(DAY).await;
    let items = json!([{ "product_id": stage.book.id }, { "product_id": song.id }]);
    let cart = json!({ "items": items, "email": "carol@mail.example" });
    let placed = client.post("/api/v1/checkout").json(&cart).send().await.expect(201);
    let placed = marketplace_tests::Placed::read(&placed, None);
    client.pay(&placed).await;

    let series = get(client, ada, "earnings?tz=Africa/Lagos&currency=NGN").await;
    let points = sold(&series);
    let figures = |point: &Value| {
        ["gross", "fees", "refunds", "net"].map(|name| point[name].as_str().expect("text").to_owned())
    };
    assert_eq!(points.len(), 2, "two days: {series}");
    assert_eq!(figures(&points[0]), ["2500.00", "250.00", "0.00", "2250.00"]);
    assert_eq!(figures(&points[1]), ["2600.01", "260.00", "0.00", "2340.01"]);
    assert_eq!(figures(&series["totals"]), ["5100.01", "510.00", "0.00", "4590.01"]);
    assert_eq!(series["totals"]["orders"], 2);
    let start = points[1]["start"].as_str().expect("text");
    assert!(start.ends_with("T23:00:00Z"), "midnight in Lagos: {start}");
    let wallet = client.balance(ada, "NGN").await.expect("there is a balance");
    assert_eq!(wallet["lifetime"], series["totals"]["net"], "the same money as in the wallet");

    let sales = get(client, ada, "sales").await;
    let lines = sales["items"].as_array().expect("a list");
    let told = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        told("order_id"),
        [&placed.order, &placed.order, &stage.sold.placed.order].map(|id| json!(id))
    );
    assert_eq!(told("buyer_email_masked"), ["c***@mail.example", "c***@mail.example", "b***@mail.example"]);
    assert_eq!(told("product")[1], json!({ "id": song.id, "title": "The book" }));
    assert_eq!(told("net")[0], json!({ "amount": "2250.00", "currency": "NGN" }));
    let page = get(client, ada, "sales?limit=1").await;
    let next = page["next_cursor"].as_str().expect("there is more");
    let rest = get(client, ada, &format!("sales?cursor={next}")).await;
    assert_eq!(
        [page["items"].as_array().unwrap().clone(), rest["items"].as_array().unwrap().clone()].concat(),
        *lines
    );
    let songs = get(client, ada, &format!("sales?product={}", song.id)).await;
    assert_eq!(songs["items"], json!([lines[1]]));

    // The next minute brings everything into the chain, and changes nothing that is seen.
    let admin = stage.admin().await;
    client.advance(120).await;
    let report = wait_until("all is chained", || async {
        let report = client.get("/api/v1/admin/ledger/verify").bearer(&admin).send().await.expect(200);
        Some(report).filter(|report| report["unsealed"] == 0)
    });
    let report = report.await;
    assert_eq!((&report["healthy"], &report["sealed"]), (&json!(true), &json!(2)), "{report}");
    let days = |series: &Value| (sold(series), series["totals"].clone());
    assert_eq!(days(&get(client, ada, "earnings?tz=Africa/Lagos").await), days(&series));
    assert_eq!(get(client, ada, "sales").await, sales);
    assert_eq!(get(client, ada, &format!("sales?product={}", song.id)).await, songs);

    assert_eq!(sold(&get(client, eve, "earnings").await), [] as [Value; 0], "Eve sold nothing");
    assert_eq!(get(client, eve, "sales").await["items"], json!([]));
    client.get("/api/v1/creator/earnings?tz=Nowhere").bearer(&ada.token).send().await.refused(422, "invalid");
    client.get("/api/v1/creator/sales").bearer(&stage.bob.token).send().await.refused(403, "forbidden");
}
