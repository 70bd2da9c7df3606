//! Giving money back: what is sent, what is looked for before, and what becomes of answers that are lost.

use super::server::{Reply, Server, html, json};
use super::{config, gateway, reference};
use marketplace_core::{
    money::{Currency, Money},
    payment::{
        CreateRefund,
        GatewayErrorKind::{
            self, Authentication, Declined, InsufficientFunds, InvalidRequest, Malformed, NotFound,
            RateLimited, Transient, UnknownOutcome, WrongState,
        },
        Mode, PaymentLocator, RefundSnapshot, RefundState, Refunds,
    },
};
use marketplace_paystack::Paystack;
use std::time::Duration;

const REFUNDS: &str = include_str!("../../fixtures/refunds.json");
const ID: &str = "rfd_0000000000000000000000000000002a";
const NONE: &str = r#"{"status":true,"message":"Refunds retrieved","data":[],"meta":{"total":0,"skipped":0,"perPage":50,"page":1,"pageCount":0}}"#;
const CREATED: &str = r#"{"status":true,"message":"Refund has been queued for processing","data":{"transaction":{"id":1004723697,"domain":"test","reference":"mkt-0123456789abcdef","amount":30050,"channel":"card","currency":"NGN","authorization":{"exp_month":null},"customer":{"international_format_phone":null},"plan":{},"subaccount":{"currency":null},"split":{}},"integration":412829,"deducted_amount":0,"channel":null,"merchant_note":"refund rfd_0000000000000000000000000000002a","customer_note":"not as described","status":"pending","refunded_by":"owner","expected_at":"2026-09-01T09:15:02.000Z","currency":"NGN","domain":"test","amount":10000,"fully_deducted":false,"id":3018284,"createdAt":"2026-08-22T09:15:02.000Z","updatedAt":"2026-08-22T09:15:02.000Z"}}"#;
const FETCHED: &str = r#"{"status":true,"message":"Refund retrieved","data":{"integration":412829,"transaction":1004723697,"dispute":null,"settlement":null,"domain":"test","amount":"10000","deducted_amount":10000,"fully_deducted":1,"currency":"NGN","channel":"migs","status":"processed","refunded_by":"owner","customer_note":"x","merchant_note":"refund rfd_0000000000000000000000000000002a","id":"3018284","created_at":"2026-08-22T09:15:02.000Z"}}"#;

fn payment() -> PaymentLocator {
    PaymentLocator { reference: reference(), gateway_id: Some("1004723697".to_owned()) }
}

fn refund() -> CreateRefund {
    CreateRefund {
        id: ID.parse().unwrap(),
        payment: payment(),
        amount: Money::new(10_000, Currency::NGN),
        reason: "not as described".to_owned(),
    }
}

fn snapshot(state: RefundState) -> RefundSnapshot {
    RefundSnapshot {
        gateway_id: "3018284".to_owned(),
        id: ID.parse().ok(),
        payment: Some("1004723697".to_owned()),
        mode: Mode::Test,
        amount: Money::new(10_000, Currency::NGN),
        state,
    }
}

/// A list with rows, on the only page.
fn listed(rows: &[&str]) -> Reply {
    let rows = rows.join(",");
    json(
        200,
        &format!(r#"{{"status":true,"message":"ok","data":[{rows}],"meta":{{"page":1,"pageCount":1}}}}"#),
    )
}

fn row(id: u64, note: &str, status: &str) -> String {
    format!(
        r#"{{"id":{id},"domain":"test","transaction":1004723697,"currency":"NGN","amount":10000,"status":"{status}","merchant_note":"{note}"}}"#
    )
}

fn refused(code: &str) -> Reply {
    json(400, &format!(r#"{{"status":false,"message":"no","type":"api_error","code":"{code}"}}"#))
}

/// Creates the refund against these answers; the kind of the failure, and how many requests there were.
async fn create(
    replies: impl IntoIterator<Item = Reply>,
) -> (Result<RefundSnapshot, GatewayErrorKind>, usize) {
    let server = Server::scripted(replies).await;
    let outcome = gateway(&server.url).create(refund()).await.map_err(|error| error.kind);
    (outcome, server.requests().len())
}

#[tokio::test]
async fn a_refund_is_looked_for_and_then_begun_exactly_so() {
    let server = Server::scripted([json(200, NONE), json(200, CREATED)]).await;
    let begun = gateway(&server.url).create(refund()).await.unwrap();
    assert_eq!(begun, snapshot(RefundState::Requested));
    let [look, create] = &server.requests()[..] else { panic!("two requests") };
    assert_eq!(
        (look.method.as_str(), look.target.as_str()),
        ("GET", "/refund?transaction=1004723697&perPage=50&page=1")
    );
    assert_eq!((create.method.as_str(), create.target.as_str()), ("POST", "/refund"));
    assert_eq!(create.header("content-type"), Some("application/json"));
    assert_eq!(
        std::str::from_utf8(&create.body).unwrap(),
        r#"{"transaction":"1004723697","amount":10000,"currency":"NGN","customer_note":"not as described","merchant_note":"refund rfd_0000000000000000000000000000002a"}"#
    );
}

#[tokio::test]
async fn a_franc_is_a_hundred_and_no_reason_is_no_note() {
    let server = Server::scripted([json(200, NONE), json(200, CREATED)]).await;
    let amount = Money::new(2_500, Currency::XOF);
    let refund = CreateRefund { amount, reason: String::new(), ..refund() };
    gateway(&server.url).create(refund).await.unwrap();
    assert_eq!(
        std::str::from_utf8(&server.requests()[1].body).unwrap(),
        r#"{"transaction":"1004723697","amount":250000,"currency":"XOF","merchant_note":"refund rfd_0000000000000000000000000000002a"}"#
    );
}

#[tokio::test]
async fn one_that_carries_our_id_is_adopted_whatever_its_state() {
    for (status, state) in [
        ("pending", RefundState::Requested),
        ("processed", RefundState::Done),
        ("failed", RefundState::Failed),
        ("needs-attention", RefundState::NeedsDetails),
        ("a-new-state", RefundState::Unrecognised),
    ] {
        let ours = row(3_018_284, &format!("refund {ID}"), status);
        let others = [
            row(3_018_283, "refund rfd_0000000000000000000000000000002b", "failed"),
            row(3_018_282, "by ada", "pending"),
        ];
        let (outcome, requests) = create([listed(&[&others[0], &ours, &others[1]])]).await;
        assert_eq!((outcome, requests), (Ok(snapshot(state)), 1), "{status}");
    }
}

#[tokio::test]
async fn our_id_is_looked_for_on_every_page() {
    let page = |number: u64, row: String| {
        json(200, &format!(r#"{{"status":true,"data":[{row}],"meta":{{"page":{number},"pageCount":3}}}}"#))
    };
    let replies = [
        page(1, row(1, "x", "failed")),
        page(2, row(2, "", "failed")),
        page(3, row(3_018_284, ID, "pending")),
    ];
    assert_eq!(create(replies).await, (Ok(snapshot(RefundState::Requested)), 3));
    let endless = (1..=30).map(|number| {
        json(
            200,
            &format!(
                r#"{{"status":true,"data":[{}],"meta":{{"pageCount":9999}}}}"#,
                row(number, "", "failed")
            ),
        )
    });
    assert_eq!(create(endless).await, (Err(Transient), 20), "no payment has so many; nothing is begun");
}

#[tokio::test]
async fn without_the_number_of_the_payment_nothing_is_sent() {
    let server = Server::scripted([]).await;
    let gateway = gateway(&server.url);
    for number in [
        None,
        Some(""),
        Some("mkt-0123456789abcdef"),
        Some("../refund"),
        Some("1&x=2"),
        Some("99999999999999999999"),
    ] {
        let payment = PaymentLocator { gateway_id: number.map(str::to_owned), ..payment() };
        let refund = CreateRefund { payment: payment.clone(), ..refund() };
        assert_eq!(gateway.create(refund).await.unwrap_err().kind, InvalidRequest, "{number:?}");
        assert_eq!(gateway.find(&payment).await.unwrap_err().kind, InvalidRequest, "{number:?}");
    }
    for minor in [0, -1, i64::MIN] {
        let refund = CreateRefund { amount: Money::new(minor, Currency::NGN), ..refund() };
        assert_eq!(gateway.create(refund).await.unwrap_err().kind, InvalidRequest, "{minor}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_look_that_fails_begins_nothing() {
    let unreadable = r#"{"id":7,"domain":"test","transaction":1004723697,"currency":"NGN","amount":1.5,"status":"pending"}"#;
    for (reply, kind) in [
        (Reply::Hangup, Transient),
        (html(502), Transient),
        (html(200), Transient),
        (json(200, r#"{"status":true,"data":0}"#), Transient),
        (listed(&[unreadable]), Transient),
        (json(401, r#"{"status":false,"message":"Invalid key"}"#), Authentication),
        (json(404, r#"{"status":false,"message":"Transaction not found"}"#), NotFound),
        (html(429).with_header("retry-after", "9"), RateLimited { after: Some(Duration::from_secs(9)) }),
    ] {
        let asked = reply.times_asked();
        let replies = [reply.clone(), if asked == 1 { json(200, CREATED) } else { reply.clone() }];
        assert_eq!(create(replies).await, (Err(kind), asked), "{reply:?}");
    }
}

#[tokio::test]
async fn every_refusal_of_a_refund_has_its_meaning() {
    let message =
        |status, message: &str| json(status, &format!(r#"{{"status":false,"message":"{message}"}}"#));
    for (reply, kind) in [
        (Reply::Hangup, UnknownOutcome),
        (Reply::Torn, UnknownOutcome),
        (html(502), UnknownOutcome),
        (html(200), UnknownOutcome),
        (json(200, ""), UnknownOutcome),
        (json(200, r#"{"status":true,"message":"ok","data":{}}"#), UnknownOutcome),
        (json(200, &CREATED.replace("0002a", "0002b")), UnknownOutcome),
        (message(400, "Insufficient balance to fulfill this refund. Please top up."), InsufficientFunds),
        (message(400, "Transaction currency must match refund currency"), InvalidRequest),
        (
            message(400, "The minimum amount you may send in a single refund at this time is: GHS1.00"),
            InvalidRequest,
        ),
        (message(404, "Transaction not found"), NotFound),
        (refused("processor_error"), Declined),
        (refused("unknown"), InvalidRequest),
        (html(429), RateLimited { after: None }),
    ] {
        assert_eq!(create([json(200, NONE), reply.clone()]).await, (Err(kind), 2), "{reply:?}");
    }
}

#[tokio::test]
async fn an_answer_without_our_note_still_answers_our_call() {
    let bare = CREATED.replace(
        r#""merchant_note":"refund rfd_0000000000000000000000000000002a""#,
        r#""merchant_note":null"#,
    );
    let expected = (Ok(snapshot(RefundState::Requested)), 2);
    assert_eq!(create([json(200, NONE), json(200, &bare)]).await, expected);
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_refund_is_adopted_by_the_same_call() {
    let ours = row(3_018_284, &format!("refund {ID}"), "processing");
    let server = Server::scripted([json(200, NONE), Reply::Silence, listed(&[&ours])]).await;
    // Long enough for the look that comes first, on a busy machine.
    let hasty = Paystack::new(config(&server.url).with_call_timeout(Duration::from_secs(2))).unwrap();
    assert_eq!(hasty.create(refund()).await.unwrap_err().kind, UnknownOutcome);
    assert_eq!(gateway(&server.url).create(refund()).await.unwrap(), snapshot(RefundState::Processing));
    let posts = server.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1, "begun once");
}

#[tokio::test]
async fn what_was_given_back_already_may_be_ours() {
    let reversed = || refused("transaction_reversed");
    let too_much = || {
        json(
            400,
            r#"{"status":false,"message":"Total refund amount cannot exceed original transaction amount"}"#,
        )
    };
    let ours = row(3_018_284, ID, "pending");
    for refusal in [reversed(), too_much()] {
        let replies = [json(200, NONE), refusal.clone(), listed(&[&ours])];
        assert_eq!(create(replies).await, (Ok(snapshot(RefundState::Requested)), 3));
        let replies = [json(200, NONE), refusal.clone(), listed(&[&row(1, "by ada", "processed")])];
        assert_eq!(create(replies).await, (Err(WrongState), 3));
        assert_eq!(create([json(200, NONE), refusal, Reply::Hangup]).await, (Err(UnknownOutcome), 4));
    }
}

#[tokio::test]
async fn a_refund_is_asked_for_by_its_number() {
    let server = Server::scripted([json(200, FETCHED)]).await;
    let fetched = Refunds::fetch(&gateway(&server.url), "3018284").await.unwrap();
    assert_eq!(fetched, snapshot(RefundState::Done));
    assert_eq!(server.requests()[0].target, "/refund/3018284");
    for (reply, kind) in [
        (json(404, r#"{"status":false,"message":"Refund not found"}"#), NotFound),
        (html(404), Malformed),
        (html(503), Transient),
        (json(200, r#"{"status":true,"data":{"id":1}}"#), Malformed),
    ] {
        let server = Server::scripted([reply.clone()]).await;
        let error = Refunds::fetch(&gateway(&server.url), "1").await.unwrap_err();
        assert_eq!(error.kind, kind, "{reply:?}");
    }
}

#[tokio::test]
async fn hostile_numbers_reach_no_other_endpoint() {
    let not_found = json(404, r#"{"status":false,"message":"Refund not found"}"#);
    let server = Server::scripted(vec![not_found; 4]).await;
    let gateway = gateway(&server.url);
    for id in ["1/../../transaction", "1?x=y#z", "%2e%2e/balance", ".\t./x y"] {
        assert_eq!(Refunds::fetch(&gateway, id).await.unwrap_err().kind, NotFound, "{id}");
    }
    for id in ["", ".", ".."] {
        assert_eq!(Refunds::fetch(&gateway, id).await.unwrap_err().kind, InvalidRequest, "{id:?}");
    }
    let targets: Vec<String> = server.requests().iter().map(|request| request.target.clone()).collect();
    assert_eq!(
        targets,
        [
            "/refund/1%2F..%2F..%2Ftransaction",
            "/refund/1%3Fx%3Dy%23z",
            "/refund/%252e%252e%2Fbalance",
            "/refund/.%09.%2Fx%20y",
        ]
    );
}

#[tokio::test]
async fn every_refund_of_a_payment_is_found_oldest_first() {
    let server = Server::scripted([json(200, REFUNDS)]).await;
    let found = gateway(&server.url).find(&payment()).await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|refund| {
            (
                refund.gateway_id.as_str(),
                refund.id.map(|id| id.to_string()),
                refund.amount.minor(),
                refund.state,
            )
        })
        .collect();
    let other = "rfd_0000000000000000000000000000002b";
    assert_eq!(
        told,
        [
            ("3018284", Some(ID.to_owned()), 10_000, RefundState::Done),
            ("3018286", Some(other.to_owned()), 10_000, RefundState::NeedsDetails),
            ("3018288", None, 10_000, RefundState::Failed),
            ("3018290", None, 5_000, RefundState::Requested),
        ],
        "the one of another payment is not among them"
    );
    assert!(found.iter().all(|refund| refund.payment.as_deref() == Some("1004723697")));
    let unreadable = REFUNDS.replace(r#""status":"failed""#, r#""status":null"#);
    let server = Server::scripted([json(200, &unreadable)]).await;
    assert_eq!(gateway(&server.url).find(&payment()).await.unwrap_err().kind, Malformed, "every one or none");
}
