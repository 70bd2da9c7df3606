//! The test instruments on the payment page, and what they ask.

use serde_json::json;

use super::bench::{Bench, header, order, request, text_of};

async fn post(bench: &Bench, access_code: &str, form: &str) -> (u16, String, bool) {
    let mut post = request("POST", &format!("/{access_code}"));
    post.headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
    post.body = format!("outcome=pay&{form}").into_bytes();
    let answer = bench.send(post).await;
    (answer.status, text_of(&answer).to_owned(), header(&answer, "location").is_some())
}

fn asks_for(page: &str, field: &str) -> bool {
    page.contains(&format!("<input name=\"{field}\""))
}

#[tokio::test]
async fn every_published_card_is_on_the_page() {
    let bench = Bench::new();
    let opened = bench.open(&order("r")).await;
    let page = bench.get(&format!("/{}", opened.access_code)).await;
    for number in [
        "4084084084084081",
        "507850785078507812",
        "5060666666666666666",
        "507850785078507804",
        "5192602720584796",
        "4084080000005408",
        "507850785078507853",
        "4084080000670037",
        "4084080000671803",
        "4084080000671902",
        "1012204936",
        "1012204935",
    ] {
        assert!(text_of(&page).contains(&format!("<option value=\"{number}\">")), "{number}");
    }
}

#[tokio::test]
async fn a_card_asks_what_it_is_published_to_ask() {
    let bench = Bench::new();
    for (card, answers) in [
        ("5078 5078 5078 5078 12", vec![("pin", "1111")]),
        ("5060666666666666666", vec![("pin", "1234"), ("otp", "123456")]),
        ("507850785078507804", vec![("pin", "0000"), ("phone", "08012345678"), ("otp", "123456")]),
        ("5192602720584796", vec![("bank", "success")]),
        ("4084084084084081", vec![]),
    ] {
        let opened = bench.open(&order(&format!("r{}", bench.sandbox.records().len()))).await;
        let mut form = format!("card={}", card.replace(' ', "+"));
        for (field, answer) in answers {
            let (status, page, redirected) = post(&bench, &opened.access_code, &form).await;
            assert_eq!((status, redirected), (200, false), "{card}");
            assert!(asks_for(&page, field), "{card} {field}: {page}");
            assert!(page.contains("name=\"card\" value=\""), "what is known is kept");
            form.push_str(&["&", field, "=", answer].concat());
        }
        assert_eq!(bench.verified(&opened.reference).await["status"], "abandoned");
        let (status, _, redirected) = post(&bench, &opened.access_code, &form).await;
        assert_eq!((status, redirected), (302, true), "{card}");
        let seen = bench.verified(&opened.reference).await;
        let last4 = card.replace(' ', "").split_off(card.replace(' ', "").len() - 4);
        assert_eq!((&seen["status"], &seen["authorization"]["last4"]), (&json!("success"), &json!(last4)));
    }
}

#[tokio::test]
async fn a_wrong_answer_ends_it() {
    let bench = Bench::new();
    for (reference, form) in [
        ("pin", "card=507850785078507812&pin=9999"),
        ("otp", "card=5060666666666666666&pin=1234&otp=1"),
        ("bank", "card=5192602720584796&bank=no"),
    ] {
        let opened = bench.open(&order(reference)).await;
        let (status, page, _) = post(&bench, &opened.access_code, form).await;
        assert!(status == 200 && page.contains("Payment declined"), "{page}");
        let seen = bench.verified(reference).await;
        assert_eq!(
            (&seen["status"], &seen["gateway_response"]),
            (&json!("failed"), &json!("Transaction failed authentication"))
        );
        post(&bench, &opened.access_code, "card=4084084084084081").await;
        assert_eq!(bench.verified(reference).await["status"], "failed", "finally");
        let (_, page, _) = post(&bench, &opened.access_code, "card=507850785078507812").await;
        assert!(page.contains("Payment declined") && !asks_for(&page, "pin"), "nothing is asked any more");
    }
}

#[tokio::test]
async fn some_cards_never_pay() {
    let bench = Bench::new();
    for (card, words) in [
        ("4084080000005408", "Declined"),
        ("4084080000670037", "Insufficient Funds"),
        ("507850785078507853&pin=0000", "Token Not Generated. Customer Not Registered on Token Platform"),
    ] {
        let opened = bench.open(&order(&format!("r{}", bench.sandbox.records().len()))).await;
        post(&bench, &opened.access_code, &format!("card={card}")).await;
        let seen = bench.verified(&opened.reference).await;
        assert_eq!((&seen["status"], &seen["gateway_response"]), (&json!("failed"), &json!(words)), "{card}");
    }
    let opened = bench.open(&order("unknown")).await;
    assert_eq!(post(&bench, &opened.access_code, "card=4111111111111111").await.0, 400);
    assert_eq!(bench.verified("unknown").await["status"], "abandoned");
}
