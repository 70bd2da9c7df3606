//! Lists of payments: what is asked, what is read of loose rows, how they go on and end.

use super::logs::Log;
use super::server::{Reply, Server, html, json};
use super::{REFERENCE, gateway};
use marketplace_core::{
    money::{Currency, Money},
    payment::{
        Collect,
        GatewayErrorKind::{self, Authentication, InvalidRequest, Malformed, RateLimited, Transient},
        Listing, Mode, PaymentSnapshot, PaymentState, Window,
    },
};

pub(super) const TRANSACTIONS: &str = include_str!("../../fixtures/transactions.json");

/// Rows of the fixture that are one payment in every loose form that Paystack sends.
const LOOSE: usize = 37;

pub(super) fn window() -> Window {
    Window {
        from: "2026-08-22T00:00:00Z".parse().unwrap(),
        until: "2026-08-23T00:00:00.25Z".parse().unwrap(),
    }
}

async fn list(server: &Server, page: Option<&str>) -> Result<Listing<PaymentSnapshot>, GatewayErrorKind> {
    let listing = Collect::list(&gateway(&server.url), window(), page.map(str::to_owned)).await;
    listing.map_err(|error| error.kind)
}

/// A page with `rows` payments.
fn page(rows: usize, meta: &str) -> Reply {
    let row = r#"{"id":1,"domain":"test","status":"success","reference":"mkt-0123456789abcdef","amount":30050,"currency":"NGN"}"#;
    let rows = vec![row; rows].join(",");
    json(200, &format!(r#"{{"status":true,"message":"ok","data":[{rows}],"meta":{meta}}}"#))
}

#[tokio::test]
async fn the_first_page_of_a_window_is_asked_for_exactly_so() {
    let server = Server::scripted([page(0, r#"{"total":0,"page":1,"pageCount":0}"#)]).await;
    assert_eq!(list(&server, None).await, Ok(Listing { items: Vec::new(), next: None }));
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(request.method, "GET");
    assert_eq!(
        request.target,
        "/transaction?from=2026-08-22T00%3A00%3A00Z&to=2026-08-23T00%3A00%3A00.25Z&perPage=50&page=1"
    );
    assert_eq!(request.body, b"");
}

#[tokio::test]
async fn every_loose_row_is_read_and_an_unreadable_one_is_left_out_and_logged() {
    let (log, _guard) = Log::begin();
    let server = Server::scripted([json(200, TRANSACTIONS)]).await;
    let listing = list(&server, None).await.unwrap();
    let naira = |minor| Money::new(minor, Currency::NGN);
    let expected = |number: usize| PaymentSnapshot {
        reference: REFERENCE.to_owned(),
        gateway_id: Some((4_099_260_516 + number).to_string()),
        mode: Mode::Test,
        state: PaymentState::Paid,
        requested: Some(naira(30_050)),
        charged: naira(30_050),
        fee: Some(naira(451)),
    };
    assert_eq!(listing.items, (0..LOOSE).map(expected).collect::<Vec<_>>());
    assert_eq!(listing.next, None);

    let log = log.text();
    for (field, id) in [
        ("amount", "4099261416"),
        ("reference", "4099261417"),
        ("domain", "4099261418"),
        ("requested_amount", "4099261419"),
        ("requested_amount", "4099261420"),
        ("status", "unreadable"),
        ("amount", "unreadable"),
    ] {
        let line = log.lines().find(|line| line.contains(&format!(" field={field} id={id}")));
        assert!(line.is_some_and(|line| line.starts_with("WARN")), "{field} {id}: {log}");
    }
    assert_eq!(log.matches("left out").count(), 7, "{log}");
    assert!(!log.contains("example.com"), "{log}");
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let replies = [
        page(50, r#"{"total":6617829946,"perPage":"50","page":1,"pageCount":"3"}"#),
        page(50, r#"{"total":6617829946,"perPage":"50","page":"2","pageCount":3}"#),
        page(20, r#"{"total":6617829946,"perPage":"50","page":3,"pageCount":3}"#),
        page(50, "null"),
        page(49, "null"),
        page(0, r#"{"page":70000,"pageCount":70001}"#),
    ];
    let server = Server::scripted(replies).await;
    let mut next = None;
    let mut rows = Vec::new();
    for expected in [Some("2"), Some("3"), None] {
        let listing = list(&server, next.as_deref()).await.unwrap();
        rows.push(listing.items.len());
        next = listing.next;
        assert_eq!(next.as_deref(), expected);
    }
    assert_eq!(rows, [50, 50, 20]);
    assert_eq!(
        list(&server, None).await.unwrap().next.as_deref(),
        Some("2"),
        "a full page, and nothing said"
    );
    assert_eq!(list(&server, Some("2")).await.unwrap().next, None);
    assert_eq!(list(&server, Some("70000")).await.unwrap().next, None, "an empty page is the end");
    let asked: Vec<String> = server.requests().iter().map(|request| request.target.clone()).collect();
    for (target, page) in asked.iter().zip(["1", "2", "3", "1", "2", "70000"]) {
        assert!(target.ends_with(&format!("&perPage=50&page={page}")), "{target}");
    }
}

#[tokio::test]
async fn what_was_begun_outside_the_window_is_not_in_it() {
    let row = |begun: &str| {
        format!(
            r#"{{"id":1,"domain":"test","status":"abandoned","reference":"{begun}","amount":1,"currency":"NGN","created_at":"{begun}"}}"#
        )
    };
    let inside = ["2026-08-22T00:00:00.000Z", "2026-08-23T00:00:00.249Z"];
    let outside = ["2026-08-21T23:59:59.999Z", "2026-08-23T00:00:00.250Z"];
    let rows: Vec<String> = inside.iter().chain(&outside).map(|begun| row(begun)).collect();
    let body = format!(r#"{{"status":true,"data":[{}],"meta":{{"page":1,"pageCount":1}}}}"#, rows.join(","));
    let server = Server::scripted([json(200, &body)]).await;
    let listing = list(&server, None).await.unwrap();
    let references: Vec<&str> = listing.items.iter().map(|item| item.reference.as_str()).collect();
    assert_eq!(references, inside);
}

#[tokio::test]
async fn a_page_that_paystack_never_named_is_not_sent() {
    let server = Server::scripted([]).await;
    for page in ["", "0", "2&status=success", "../refund", "-1"] {
        assert_eq!(list(&server, Some(page)).await, Err(InvalidRequest), "{page}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_list_that_fails_fails_as_a_reading_call() {
    let limited = json(429, r#"{"status":false,"message":"Rate limit exceeded!","code":"rate_limited"}"#);
    for (reply, kind) in [
        (Reply::Hangup, Transient),
        (Reply::Torn, Transient),
        (html(502), Transient),
        (html(200), Malformed),
        (json(200, ""), Malformed),
        (json(200, r#"{"status":true,"data":{}}"#), Malformed),
        (json(200, r#"{"status":true,"message":"ok"}"#), Malformed),
        (page(50, r#"{"page":1,"pageCount":9}"#), Malformed),
        (json(401, r#"{"status":false,"message":"Invalid key"}"#), Authentication),
        (
            limited.with_header("x-ratelimit-reset", "7"),
            RateLimited { after: Some(std::time::Duration::from_secs(7)) },
        ),
    ] {
        let server = Server::scripted([reply.clone()]).await;
        // The second page, so that an answer with the first one is seen.
        assert_eq!(list(&server, Some("2")).await, Err(kind), "{reply:?}");
        let asked = reply.times_asked();
        assert_eq!(server.requests().len(), asked, "the core's schedules repeat, the adapter what broke off");
    }
}

#[tokio::test]
async fn a_page_may_be_longer_than_an_answer_about_one_thing() {
    let metadata = format!(r#""metadata":"{}""#, "x".repeat(2 * 1024 * 1024));
    let long = TRANSACTIONS.replacen(r#""metadata":"""#, &metadata, 1);
    let server = Server::scripted([json(200, &long)]).await;
    assert_eq!(list(&server, None).await.unwrap().items.len(), LOOSE);
}
