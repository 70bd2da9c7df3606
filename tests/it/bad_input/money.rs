//! Wrong money.

use crate::place::{Place, everywhere};
use crate::stage::Stage;
use marketplace_tests::Server;
use serde_json::{Value, json};

everywhere! {
    only_plain_exact_amounts_are_prices
    the_buyer_pays_the_price_of_the_order_and_each_currency_keeps_its_digits
    the_rules_of_the_marketplace_are_settings
    earnings_are_released_when_their_hold_is_over
}

/// What is no amount of naira, from a list that other shops have fallen for.
fn wrong_amounts() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "0",
        "1",
        "1.",
        "1.0",
        ".50",
        "1.000",
        "19.999",
        "-1.00",
        "-0.00",
        "+1.00",
        "--1.00",
        "1e2",
        "1e400",
        "1.00e2",
        "1E2",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "inf",
        "0x10",
        "0b1",
        "1_000.00",
        "1,000.00",
        "1.000,00",
        "1,00",
        " 1.00",
        "1.00 ",
        "1 000.00",
        "\u{661}.\u{660}\u{660}",
        "１.００",
        "1.00\u{0}",
        "1.00\n",
        "1.0.0",
        "0.30000000000000004",
        "₦1.00",
        "1.00 NGN",
        "$1.00",
        "null",
        "true",
        "1/2",
        "1.00'--",
        "{{7*7}}",
        // One beyond what 64 bits hold, and a lot beyond.
        "92233720368547758.08",
        "1000000000000000000.00",
        "99999999999999999999999999999999999999.00",
    ];
    let mut wrong: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    wrong.push(json!("9".repeat(5000)));
    // Numbers, which would pass through floating point on the way.
    wrong.extend([
        json!(1),
        json!(0),
        json!(-1),
        json!(19.99),
        json!(1e300),
        json!(i64::MAX),
        json!(true),
        json!(["1.00"]),
    ]);
    wrong
}

async fn only_plain_exact_amounts_are_prices(place: Place) {
    let stage = Stage::at(&place).await;
    let edit = format!("/api/v1/creator/products/{}", stage.book.id);
    let send = |price: Value| {
        let new = json!({ "title": "t", "description": "d", "price": price });
        let create = stage.client.post("/api/v1/creator/products").bearer(&stage.ada.token).json(&new);
        let change =
            stage.client.ask("PATCH", &edit).bearer(&stage.ada.token).json(&json!({ "price": price }));
        async { [create.send().await, change.send().await] }
    };
    for amount in wrong_amounts() {
        for answer in send(json!({ "amount": amount, "currency": "NGN" })).await {
            assert_eq!(answer.status, 422, "{amount:.60}: {}", answer.text());
            let problem = answer.refused(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], "price.amount", "{amount:.60}: {problem}");
        }
    }
    for currency in ["", "N", "NG", "NGNN", "ngn", "Ngn", "ZZZ", "XXX", "₦", "566", " NGN", "NGN ", "US$"] {
        for answer in send(json!({ "amount": "100.00", "currency": currency })).await {
            let problem = answer.problem(422);
            assert_eq!(problem["errors"][0]["field"], "price.currency", "{currency}: {problem}");
        }
    }
    // The right form, but not what the gateway takes.
    for (amount, currency, code, field) in [
        ("0.01", "NGN", "amount_below_minimum", "price.amount"),
        ("92233720368547758.07", "NGN", "amount_above_maximum", "price.amount"),
        ("100.00", "EUR", "currency_not_supported", "price.currency"),
        ("100", "JPY", "currency_not_supported", "price.currency"),
    ] {
        for answer in send(json!({ "amount": amount, "currency": currency })).await {
            let problem = answer.refused(422, code);
            assert_eq!(problem["errors"][0]["field"], field, "{amount} {currency}");
        }
    }
    let book = stage.client.get(&format!("/api/v1/products/{}", stage.book.id)).send().await.expect(200);
    assert_eq!(book["price"], json!({ "amount": "2500.00", "currency": "NGN" }), "nothing has changed it");
    let own = stage.client.get("/api/v1/creator/products").bearer(&stage.ada.token).send().await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1, "nothing was made");
}

async fn the_buyer_pays_the_price_of_the_order_and_each_currency_keeps_its_digits(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let placed = client.check_out(&stage.mallory, &stage.book).await;
    let path = format!("/api/v1/creator/products/{}", stage.book.id);
    let dearer = json!({ "price": { "amount": "9999.99", "currency": "NGN" } });
    client.ask("PATCH", &path).bearer(&stage.ada.token).json(&dearer).send().await.expect(200);
    let order = client.pay(&placed).await;
    assert_eq!(order["total"], json!({ "amount": "2500.00", "currency": "NGN" }));
    assert_eq!(client.balance(&stage.ada, "NGN").await.unwrap()["pending"], "4500.00");

    // Prices that leave a half: the fee is rounded half away from zero, and nothing is lost.
    for (amount, net) in
        [("100.05", "90.04"), ("100.04", "90.04"), ("100.15", "90.13"), ("9999.99", "8999.99")]
    {
        let odd = json!({ "price": { "amount": amount, "currency": "NGN" } });
        client.ask("PATCH", &path).bearer(&stage.ada.token).json(&odd).send().await.expect(200);
        let placed = client.check_out(&stage.bob, &stage.book).await;
        client.pay(&placed).await;
        let lines = client.wallet_lines(&stage.ada).await;
        let line = lines.iter().find(|line| line["order_id"] == placed.order.as_str()).unwrap();
        assert_eq!(line["amount"], net, "{amount}");
    }

    // A currency without subunits has no decimals, and does not mix with another.
    let francs = json!({ "title": "t", "description": "", "price": { "amount": "2500", "currency": "XOF" } });
    let made = client
        .post("/api/v1/creator/products")
        .bearer(&stage.ada.token)
        .json(&francs)
        .send()
        .await
        .expect(201);
    assert_eq!(made["price"], json!({ "amount": "2500", "currency": "XOF" }));
    let decimals =
        json!({ "title": "t", "description": "", "price": { "amount": "2500.00", "currency": "XOF" } });
    client
        .post("/api/v1/creator/products")
        .bearer(&stage.ada.token)
        .json(&decimals)
        .send()
        .await
        .problem(422);
    let id = made["id"].as_str().unwrap();
    client.upload(&stage.ada, id, &marketplace_tests::Upload::pdf("f.pdf", 10)).await;
    client
        .post(&format!("/api/v1/creator/products/{id}/publish"))
        .bearer(&stage.ada.token)
        .send()
        .await
        .expect(200);
    let mixed = json!({ "items": [{ "product_id": id }, { "product_id": stage.book.id }] });
    let answer = client.post("/api/v1/checkout").bearer(&stage.bob.token).json(&mixed).send().await;
    answer.refused(422, "mixed_currencies");
    let alone = json!({ "items": [{ "product_id": id }] });
    let answer =
        client.post("/api/v1/checkout").bearer(&stage.bob.token).json(&alone).send().await.expect(201);
    assert_eq!(answer["payment"]["amount"], json!({ "amount": "2500", "currency": "XOF" }));
    client.pay(&marketplace_tests::Placed::read(&answer, Some(&stage.bob.token))).await;
    assert_eq!(client.balance(&stage.ada, "XOF").await.unwrap()["pending"], "2250");
}

async fn the_rules_of_the_marketplace_are_settings(place: Place) {
    let options = place
        .options()
        .with_variable("MARKETPLACE_FEE_BPS", "250")
        .with_variable("MARKETPLACE_HOLD_SECONDS", "0");
    let stage = Stage::on(Server::start(options).await).await;
    let wallet = stage.client.balance(&stage.ada, "NGN").await.unwrap();
    assert_eq!((&wallet["available"], &wallet["pending"]), (&json!("2437.50"), &json!("0.00")));
}

async fn earnings_are_released_when_their_hold_is_over(place: Place) {
    let stage = Stage::at(&place).await;
    let before = stage.client.balance(&stage.ada, "NGN").await.unwrap();
    assert_eq!((&before["available"], &before["pending"]), (&json!("0.00"), &json!("2250.00")));
    stage.client.advance(7 * 86_400 + 1).await;
    let after = marketplace_tests::wait_until("the hold is released", || async {
        let balance = stage.client.balance(&stage.ada, "NGN").await.unwrap();
        (balance["available"] != "0.00").then_some(balance)
    })
    .await;
    assert_eq!((&after["available"], &after["pending"]), (&json!("2250.00"), &json!("0.00")));
    assert_eq!(after["lifetime"], "2250.00");
}
