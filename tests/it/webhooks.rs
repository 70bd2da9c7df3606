//! Notices of the gateway: forged, contradicting, repeated, lost and late.

use crate::place::{Place, everywhere};
use crate::stage::Stage;
use futures_util::future::join;
use marketplace_tests::{
    Account, Answer, Client, Detour, Placed, SIGNATURE, Server, ServerOptions, Twin, Upload, charge_success,
    sign, sign_short, wait_until,
};
use serde_json::{Value, json};
use std::path::Path;

everywhere! {
    what_the_gateway_did_not_sign_is_refused_and_not_stored
    a_signed_notice_that_contradicts_goes_to_review_and_grants_nothing
    a_signed_notice_alone_pays_nothing
    a_signed_notice_with_a_nul_is_stored_like_any_other
    a_hundred_copies_at_once_have_one_effect
    every_notice_can_be_lost
    a_notice_comes_before_the_answer_that_began_its_payment
    a_payment_after_the_order_expired_is_honoured
}

const ROUTE: &str = "/api/v1/webhooks/paystack";

/// Sends a notice with these signature headers.
async fn notify(client: &Client, body: &[u8], signatures: &[&str]) -> Answer {
    let ask = client.post(ROUTE).typed("application/json", body.to_vec());
    signatures.iter().fold(ask, |ask, signature| ask.header(SIGNATURE, signature)).send().await
}

/// Sends a notice as the gateway would.
async fn notify_signed(client: &Client, twin: &Twin, body: &[u8]) -> Answer {
    notify(client, body, &[&twin.sign(body)]).await
}

/// That so many notices are stored; and in the embedded database, that its files, the log included, hold these bytes or not.
async fn assert_stored(place: &Place, folder: &Path, notices: i64, marker: &str) {
    assert_eq!(place.count(folder, "SELECT count(*) FROM mkt_notices").await, notices, "{marker}");
    if place.options().variable("DATABASE_URL").is_none() {
        let files = ["marketplace.db", "marketplace.db-wal"].map(|name| std::fs::read(folder.join(name)));
        let holds = |bytes: &[u8]| bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
        assert_eq!(files.into_iter().flatten().any(|bytes| holds(&bytes)), notices > 0, "{marker}");
    }
}

async fn reviews(client: &Client, admin: &str) -> Vec<Value> {
    let path = "/api/v1/admin/payments?status=needs_review&limit=100";
    let answer = client.get(path).bearer(admin).send().await.expect(200);
    answer["items"].as_array().unwrap().clone()
}

/// Nothing has come of an order: no right, no mail, no money.
async fn assert_nothing_granted(client: &Client, placed: &Placed, buyer: &Account, creator: &Account) {
    assert_eq!(client.order(placed).await["status"], "pending");
    assert!(client.library(&buyer.token).await.is_empty());
    assert!(client.mails(&buyer.email).await.is_empty());
    assert_eq!(client.balance(creator, "NGN").await, None);
}

/// A creator, a buyer, and an order that waits for its payment.
async fn open_order(client: &Client) -> (Account, Account, Placed) {
    let ada = client.register("ada", "creator").await;
    let bob = client.register("bob", "customer").await;
    let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 1000)).await;
    let placed = client.check_out(&bob, &book).await;
    (ada, bob, placed)
}

async fn what_the_gateway_did_not_sign_is_refused_and_not_stored(place: Place) {
    let server = Server::start(place.options()).await;
    let (client, twin) = (server.client(), server.twin());
    let (ada, bob, placed) = open_order(&client).await;

    let key = twin.key();
    let mut notice = charge_success(1, &placed.reference, 250_000, "NGN", "test");
    notice["data"]["gateway_response"] = json!("marker-of-the-forged-one");
    let body = notice.to_string().into_bytes();
    let good = sign(&key, &body);
    let altered = String::from_utf8_lossy(&body).replace("250000", "250001").into_bytes();
    let respaced = serde_json::to_vec_pretty(&notice).unwrap();
    let wrong_last = format!("{}{}", &good[..127], if good.ends_with('0') { '1' } else { '0' });
    let (short, other_key) = (sign_short(&key, &body), sign("sk_test_of_somebody_else", &body));
    let unkeyed = sign("", &body);
    let (upper, blank, long) = (good.to_uppercase(), format!("{good} x"), format!("{good}00"));
    let cases: [(&str, &[u8], &[&str]); 14] = [
        ("unsigned", &body, &[]),
        ("empty", &body, &[""]),
        ("altered body", &altered, &[&good]),
        ("altered signature", &body, &[&wrong_last]),
        ("upper case", &body, &[&upper]),
        ("two headers", &body, &[&good, &good]),
        ("one wrong, one right", &body, &[&wrong_last, &good]),
        ("SHA-256", &body, &[&short]),
        ("another key", &body, &[&other_key]),
        ("no key", &body, &[&unkeyed]),
        ("written anew", &respaced, &[&good]),
        ("too long", &body, &[&long]),
        ("something behind it", &body, &[&blank]),
        ("no body", b"", &[&good]),
    ];
    for (case, body, signatures) in cases {
        let answer = notify(&client, body, signatures).await;
        assert_eq!(answer.status, 401, "{case}");
        answer.problem(401);
    }
    assert_stored(&place, &server.data_dir(), 0, "marker-of-the-forged-one").await;
    assert_nothing_granted(&client, &placed, &bob, &ada).await;

    // The same place does hold what is well signed, so the look into it proves something.
    let mut unreadable = json!({ "event": "charge.success", "data": [1, 2, 3] });
    unreadable["note"] = json!("marker-of-the-good-one");
    let answer = notify_signed(&client, &twin, unreadable.to_string().as_bytes()).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_stored(&place, &server.data_dir(), 1, "marker-of-the-good-one").await;
}

async fn a_signed_notice_that_contradicts_goes_to_review_and_grants_nothing(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, twin) = (&stage.client, stage.server.twin());
    let admin = stage.admin().await;
    let price = 250_000;
    let before = stage.client.balance(&stage.ada, "NGN").await.unwrap();
    for (id, name, amount, currency, domain, reason) in [
        (11, "less", price - 1, "NGN", "test", "amount_mismatch"),
        (12, "more", price + 1, "NGN", "test", "amount_mismatch"),
        (13, "other-currency", price, "GHS", "test", "currency_mismatch"),
        (14, "real-money", price, "NGN", "live", "mode_mismatch"),
    ] {
        let buyer = client.register(name, "customer").await;
        let placed = client.check_out(&buyer, &stage.book).await;
        let notice = charge_success(id, &placed.reference, amount, currency, domain).to_string();
        assert_eq!(notify_signed(client, &twin, notice.as_bytes()).await.status, 200, "{name}");
        client.wait_for_payment(&placed, "needs_review").await;
        let open = reviews(client, &admin).await;
        let review = open.iter().find(|review| review["reference"] == placed.reference.as_str());
        let review = review.unwrap_or_else(|| panic!("{name}: {open:?}"));
        assert_eq!(review["reason"], reason, "{name}");
        assert_eq!(review["order_id"], placed.order.as_str(), "{name}");
        assert_eq!(review["expected"], json!({ "amount": "2500.00", "currency": "NGN" }), "{name}");
        assert_eq!(client.order(&placed).await["status"], "pending", "{name}");
        assert!(client.library(&buyer.token).await.is_empty(), "{name}");
        // No way round the operator.
        let again = format!("/api/v1/orders/{}/payments", placed.order);
        client.post(&again).bearer(&buyer.token).send().await.problem(409);
    }
    let stranger = "someone-elses-reference-1";
    let notice = charge_success(15, stranger, price, "NGN", "test").to_string();
    assert_eq!(notify_signed(client, &twin, notice.as_bytes()).await.status, 200);
    let review = wait_until("the unknown reference is in review", || async {
        reviews(client, &admin).await.into_iter().find(|review| review["reference"] == stranger)
    })
    .await;
    assert_eq!((&review["reason"], &review["order_id"]), (&json!("unknown_reference"), &Value::Null));
    assert_eq!(reviews(client, &admin).await.len(), 5);

    // All that disturbs nobody else, and by the time somebody else has his mail, nobody here has one.
    let grace = client.register("grace", "customer").await;
    client.buy(&grace, &stage.book).await;
    for name in ["less", "more", "other-currency", "real-money"] {
        assert!(client.mails(&format!("{name}@mail.example")).await.is_empty(), "{name}");
    }
    assert_eq!((&before["pending"], before["lifetime"].as_str()), (&json!("2250.00"), Some("2250.00")));
    assert_eq!(client.balance(&stage.ada, "NGN").await.unwrap()["pending"], "4500.00");
}

async fn a_signed_notice_alone_pays_nothing(place: Place) {
    let server = Server::start(place.options()).await;
    let (client, twin) = (server.client(), server.twin());
    let (ada, bob, placed) = open_order(&client).await;
    // Right in everything, but the gateway, asked, says that nobody has paid.
    let notice = charge_success(21, &placed.reference, 250_000, "NGN", "test").to_string();
    assert_eq!(notify_signed(&client, &twin, notice.as_bytes()).await.status, 200);
    let verify = format!("/api/v1/payments/{}/verify", placed.reference);
    let verified = client.post(&verify).bearer(&bob.token).send().await.expect(200);
    assert_eq!(verified["order"]["status"], "pending");

    for odd in [
        "",
        "null",
        "[]",
        "7",
        "{",
        "\u{0}",
        "<html>",
        "{\"event\":\"charge.success\"}",
        "{\"event\":7}",
        "{\"event\":\"charge.success\",\"data\":{\"reference\":null,\"amount\":-1}}",
        "{\"event\":\"transfer.success\",\"data\":{\"id\":1}}",
        "{\"event\":\"charge.success\",\"data\":{\"id\":1e400}}",
    ] {
        let answer = notify_signed(&client, &twin, odd.as_bytes()).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{odd}");
    }
    assert_eq!(notify_signed(&client, &twin, "[".repeat(100_000).as_bytes()).await.status, 200);
    assert_eq!(notify_signed(&client, &twin, &vec![b' '; 1 << 20]).await.status, 200);
    notify_signed(&client, &twin, &vec![b' '; (1 << 20) + 1]).await.refused(413, "payload_too_large");
    client.get(ROUTE).send().await.refused(405, "method_not_allowed");
    client.post("/api/v1/webhooks/another").send().await.refused(404, "not_found");
    assert_nothing_granted(&client, &placed, &bob, &ada).await;

    // The payment itself still counts, once.
    client.pay(&placed).await;
    client.wait_for_mails(&bob.email, 1).await;
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["pending"], "2250.00");
}

async fn a_hundred_copies_at_once_have_one_effect(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, twin) = (&stage.client, stage.server.twin());
    let bought = client.check_out(&stage.mallory, &stage.book).await;
    client.hand_over_the_money(&bought).await;
    let notice = twin.notice_of(&bought.reference).expect("a payment owes a notice");
    // The same event in another order of its members is signed anew, as after a repair at the gateway.
    let reordered = serde_json::from_str::<Value>(&notice).unwrap().to_string();
    assert_ne!(notice, reordered);
    let copies = (0..100).map(|number| {
        let body = if number % 2 == 0 { &notice } else { &reordered };
        notify_signed(client, &twin, body.as_bytes())
    });
    for answer in futures_util::future::join_all(copies).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    client.wait_for_order(&bought, "paid").await;
    client.wait_for_mails(&stage.mallory.email, 1).await;
    // A later sale of everything once more: what was still to come of the copies has come by then.
    client.buy(&stage.bob, &stage.book).await;
    assert_eq!(notify_signed(client, &twin, notice.as_bytes()).await.status, 200, "also much later");

    let lines = client.wallet_lines(&stage.ada).await;
    let of_order: Vec<_> = lines.iter().filter(|line| line["order_id"] == bought.order.as_str()).collect();
    assert_eq!(of_order.len(), 1, "{lines:?}");
    assert_eq!(client.balance(&stage.ada, "NGN").await.unwrap()["pending"], "6750.00");
    assert_eq!(client.mails(&stage.mallory.email).await.len(), 1);
    assert_eq!(client.library(&stage.mallory.token).await.len(), 1);
    let sold = client.mails(&stage.ada.email).await;
    assert_eq!(sold.len(), 3, "one for each sale");
}

async fn every_notice_can_be_lost(place: Place) {
    // The twin of one server is the gateway of another: its notices go to the wrong one, every time.
    let gateway = Server::start(ServerOptions::default()).await;
    let options = place
        .options()
        .with_variable("PAYSTACK_SECRET_KEY", gateway.twin().key())
        .with_variable("PAYSTACK_BASE_URL", format!("{}/dev/paystack", gateway.base()))
        .with_variable("METRICS_ADDR", "127.0.0.1:0");
    let server = Server::start(options).await;
    let client = server.client();
    let (ada, bob, placed) = open_order(&client).await;
    assert!(placed.pay_at.starts_with(gateway.base()));
    assert_eq!(metric(&server, "marketplace_payments_untold_total").await, "0");
    client.hand_over_the_money(&placed).await;
    assert_nothing_granted(&client, &placed, &bob, &ada).await;

    // A minute later the sweep asks by itself.
    client.advance(61).await;
    client.wait_for_order(&placed, "paid").await;
    assert_eq!(client.wait_for_mails(&bob.email, 1).await.len(), 1);
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["pending"], "2250.00");
    assert_eq!(client.library(&bob.token).await.len(), 1);
    // Which somebody ought to hear of.
    assert_eq!(metric(&server, "marketplace_payments_untold_total").await, "1");
    assert_eq!(metric(&server, "marketplace_reviews_open").await, "0");
    assert_eq!(metric(&server, "marketplace_jobs_dead").await, "0");
}

/// What the server's metrics say under a name.
async fn metric(server: &Server, name: &str) -> String {
    let said = server.process().stdout();
    let at = said.split_whitespace().find(|word| word.ends_with("/metrics")).expect("the address is printed");
    let answer = server.client().get(at).send().await;
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body.to_vec()).expect("metrics are text");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name}: {text}")).to_owned()
}

async fn a_notice_comes_before_the_answer_that_began_its_payment(place: Place) {
    let gateway = Server::start(ServerOptions::default()).await;
    let mut detour = Detour::to(gateway.base(), "/transaction/initialize").await;
    let options = place
        .options()
        .with_variable("PAYSTACK_SECRET_KEY", gateway.twin().key())
        .with_variable("PAYSTACK_BASE_URL", format!("{}/dev/paystack", detour.base()));
    let server = Server::start(options).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let bob = client.register("bob", "customer").await;
    let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 1000)).await;

    let being_faster = async {
        let held = detour.held().await;
        let begun = held.answer.json();
        let text = |name: &str| begun["data"][name].as_str().expect("text").to_owned();
        let form = "outcome=pay";
        let paid = client
            .post(&text("authorization_url"))
            .typed("application/x-www-form-urlencoded", form)
            .send()
            .await;
        assert_eq!(paid.status, 302, "{}", paid.text());
        let notice = gateway.twin().notice_of(&text("reference")).expect("a payment owes a notice");
        assert_eq!(notify_signed(&client, &gateway.twin(), notice.as_bytes()).await.status, 200);
        // All of it is done before the checkout knows that it has begun.
        let mails = client.wait_for_mails(&bob.email, 1).await;
        held.let_go();
        (notice, mails)
    };
    let (placed, (notice, mails)) = join(client.check_out(&bob, &book), being_faster).await;
    assert_eq!(placed.answer["order"]["status"], "paid", "{}", placed.answer);
    assert_eq!(placed.answer["payment"]["status"], "succeeded", "{}", placed.answer);

    // Whoever tells it again, later, tells nothing new.
    assert_eq!(notify_signed(&client, &gateway.twin(), notice.as_bytes()).await.status, 200);
    client
        .post(&format!("/api/v1/payments/{}/verify", placed.reference))
        .bearer(&bob.token)
        .send()
        .await
        .expect(200);
    client.advance(61).await;
    let file = client.claim(&mails[0].links()[0]).await;
    assert_eq!(client.get(&file).send().await.body, book.upload.bytes);
    assert_eq!(client.wallet_lines(&ada).await.len(), 1, "one posting");
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["pending"], "2250.00");
    assert_eq!(client.library(&bob.token).await.len(), 1);
    let verified = server.command(&["ledger", "verify"], None).await;
    assert_eq!(verified.code, Some(0), "{verified:#?}");
}

async fn a_payment_after_the_order_expired_is_honoured(place: Place) {
    let server = Server::start(place.options()).await;
    let client = server.client();
    let (ada, _, placed) = open_order(&client).await;
    client.advance(8 * 86_400).await;
    client.wait_for_order(&placed, "expired").await;
    client.hand_over_the_money(&placed).await;
    client.wait_for_order(&placed, "paid").await;
    client.wait_for_mails("bob@mail.example", 1).await;
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["pending"], "2250.00");
}

async fn a_signed_notice_with_a_nul_is_stored_like_any_other(place: Place) {
    let server = Server::start(place.options()).await;
    let client = server.client();
    let notice = charge_success(77, "mkt-\0-0123456789abcdef", 250_000, "NGN", "test").to_string();
    assert!(notice.contains("\\u0000"), "{notice}");
    assert_eq!(notify_signed(&client, &server.twin(), notice.as_bytes()).await.status, 200);
}
