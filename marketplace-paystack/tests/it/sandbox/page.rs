//! The payment page, as a browser or curl meets it.

use marketplace_paystack::sandbox::Record;
use serde_json::json;
use tokio::task::JoinSet;

use super::bench::{Bench, header, order, request, text_of};

const BACK: &str = "https://shop.example/back?order=7&trxref=r&reference=r";

#[tokio::test]
async fn the_page_shows_the_payment_and_changes_nothing() {
    let bench = Bench::new();
    let mut body = order("r");
    body["email"] = json!("\"><script>x</script>&'@example.com");
    let opened = bench.open(&body).await;
    let before = bench.sandbox.records();

    let page = bench.get(&format!("/{}", opened.access_code)).await;
    let text = text_of(&page);
    assert_eq!(page.status, 200);
    assert!(text.contains("NGN 300.50"), "{text}");
    assert!(text.contains("&quot;&gt;&lt;script&gt;x&lt;/script&gt;&amp;&#39;@example.com"), "{text}");
    assert!(!text.contains("<script"), "{text}");
    for (outcome, label) in [("pay", "Pay"), ("decline", "Decline"), ("abandon", "Abandon")] {
        assert!(text.contains(&format!("name=\"outcome\" value=\"{outcome}\">{label}</button>")), "{text}");
    }
    let policy = header(&page, "content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
    assert_eq!(header(&page, "x-content-type-options"), Some("nosniff"));
    assert_eq!(header(&page, "content-type"), Some("text/html; charset=utf-8"));

    let head = bench.send(request("HEAD", &format!("/{}", opened.access_code))).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.headers, page.headers);
    let mut with_query = request("GET", &format!("/{}", opened.access_code));
    with_query.query = Some("outcome=pay".into());
    assert_eq!(bench.send(with_query).await.status, 200);
    assert_eq!(bench.sandbox.records(), before);
}

#[tokio::test]
async fn paying_redirects_to_the_merchant_and_charges_once() {
    let bench = Bench::new();
    let opened = bench.open(&order("r")).await;
    for _ in 0..2 {
        let answer = bench.choose(&opened.access_code, "pay").await;
        assert_eq!((answer.status, header(&answer, "location")), (302, Some(BACK)));
    }
    for late in ["decline", "abandon"] {
        let answer = bench.choose(&opened.access_code, late).await;
        assert_eq!((answer.status, header(&answer, "location")), (302, Some(BACK)), "{late}");
    }
    assert_eq!(bench.payments().len(), 1);
    assert_eq!(bench.sandbox.records().len(), 2);
    assert_eq!(bench.verified("r").await["status"], "success");
    let page = bench.get(&format!("/{}", opened.access_code)).await;
    let link = format!("<a href=\"{}\">", BACK.replace('&', "&amp;"));
    assert!(text_of(&page).contains(&link) && !text_of(&page).contains("<form"), "{}", text_of(&page));
}

#[tokio::test]
async fn a_decline_is_final_for_its_reference() {
    let bench = Bench::new();
    let opened = bench.open(&order("r")).await;
    let answer = bench.choose(&opened.access_code, "decline").await;
    assert_eq!(answer.status, 200);
    assert!(text_of(&answer).contains("Payment declined") && !text_of(&answer).contains("<form"));

    let answer = bench.choose(&opened.access_code, "pay").await;
    assert_eq!(answer.status, 200);
    assert!(text_of(&answer).contains("Payment declined"));
    bench.choose(&opened.access_code, "abandon").await;
    assert_eq!(bench.sandbox.records().len(), 2);
    let seen = bench.verified("r").await;
    assert_eq!((&seen["status"], &seen["gateway_response"]), (&json!("failed"), &json!("Declined")));
    assert_eq!(
        (&seen["paid_at"], &seen["fees"], &seen["authorization"]),
        (&json!(null), &json!(null), &json!({}))
    );
    assert_eq!(seen["log"]["history"][1], json!({"type": "error", "message": "Declined", "time": 4}));
}

#[tokio::test]
async fn leaving_keeps_the_payment_open() {
    let bench = Bench::new();
    let mut body = order("r");
    body["metadata"] = json!({"cancel_action": "https://shop.example/cart"});
    let opened = bench.open(&body).await;
    let answer = bench.choose(&opened.access_code, "abandon").await;
    assert_eq!((answer.status, header(&answer, "location")), (302, Some("https://shop.example/cart")));
    assert_eq!(bench.verified("r").await["status"], "abandoned");
    bench.choose(&opened.access_code, "pay").await;
    assert_eq!(bench.verified("r").await["status"], "success");
    assert!(matches!(bench.sandbox.records()[1], Record::Abandoned { .. }));

    for (reference, metadata) in [("s", json!(null)), ("t", json!({"cancel_action": "javascript:alert(1)"}))]
    {
        let mut body = order(reference);
        body["metadata"] = metadata;
        let opened = bench.open(&body).await;
        let answer = bench.choose(&opened.access_code, "abandon").await;
        let expected = BACK.replace("=r", &format!("={reference}"));
        assert_eq!(header(&answer, "location"), Some(expected.as_str()));
    }
}

#[tokio::test]
async fn without_a_callback_the_payer_stays() {
    let bench = Bench::new();
    let opened = bench.open(&json!({"email": "b@example.com", "amount": 5000, "reference": "r"})).await;
    let answer = bench.choose(&opened.access_code, "abandon").await;
    assert_eq!(answer.status, 200);
    assert!(text_of(&answer).contains("Payment not completed") && text_of(&answer).contains("<form"));
    let answer = bench.choose(&opened.access_code, "pay").await;
    assert_eq!((answer.status, header(&answer, "location")), (200, None));
    assert!(text_of(&answer).contains("Payment successful"));
}

#[tokio::test]
async fn callbacks_keep_their_query_and_fragment() {
    let bench = Bench::new();
    let cases = [
        ("https://shop.example", "https://shop.example/?trxref=a&reference=a"),
        ("https://shop.example/x?", "https://shop.example/x?trxref=b&reference=b"),
        (
            "https://shop.example/x?q=%20a&q=b#frag",
            "https://shop.example/x?q=%20a&q=b&trxref=c%3D&reference=c%3D#frag",
        ),
        (
            "http://127.0.0.1:3000/a\r\nset-cookie: x",
            "http://127.0.0.1:3000/aset-cookie:%20x?trxref=d&reference=d",
        ),
    ];
    for (reference, (callback, expected)) in ["a", "b", "c=", "d"].into_iter().zip(cases) {
        let mut body = order(reference);
        body["callback_url"] = json!(callback);
        let opened = bench.open(&body).await;
        let answer = bench.choose(&opened.access_code, "pay").await;
        assert_eq!(header(&answer, "location"), Some(expected));
    }
}

#[tokio::test]
async fn what_is_not_a_payment_is_not_found() {
    let bench = Bench::new();
    let opened = bench.open(&order("r")).await;
    let answer = bench.get("/aaaaaaaaaaaaaaa").await;
    assert_eq!((answer.status, header(&answer, "content-type")), (404, Some("text/html; charset=utf-8")));
    assert_eq!(bench.choose("aaaaaaaaaaaaaaa", "pay").await.status, 404);
    assert_eq!(bench.choose(&opened.access_code, "refund").await.status, 400);
    assert_eq!(bench.send(request("POST", &format!("/{}", opened.access_code))).await.status, 400);
    let answer = bench.send(request("DELETE", &format!("/{}", opened.access_code))).await;
    assert_eq!((answer.status, header(&answer, "allow")), (405, Some("GET, HEAD, POST")));
    assert_eq!(bench.sandbox.records().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_payments_charge_once() {
    let bench = Bench::with_webhooks("http://127.0.0.1:9/");
    let opened = bench.open(&order("r")).await;
    let mut payers = JoinSet::new();
    for _ in 0..32 {
        let (bench, code) = (bench.clone(), opened.access_code.clone());
        payers.spawn(async move { bench.choose(&code, "pay").await });
    }
    for answer in payers.join_all().await {
        assert_eq!(header(&answer, "location"), Some(BACK));
    }
    let records = bench.sandbox.records();
    assert_eq!(bench.payments().len(), 1);
    assert_eq!(records.iter().filter(|record| matches!(record, Record::WebhookQueued(_))).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_initializations_of_one_reference_make_one_transaction() {
    let bench = Bench::new();
    let mut callers = JoinSet::new();
    for _ in 0..32 {
        let bench = bench.clone();
        callers.spawn(async move { bench.post_json(&order("r")).await.status });
    }
    let statuses = callers.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 31);
}
