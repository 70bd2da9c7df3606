//! Answering disputes: what is asked and sent, and what of an answer is believed.

use super::lists::window;
use super::logs::Log;
use super::server::{Reply, Server, html, json};
use super::{REFERENCE, config, gateway};
use marketplace_core::{
    money::{Currency, Money},
    payment::{
        DisputeSnapshot, DisputeState, Disputes, Evidence,
        GatewayErrorKind::{
            self, Authentication, InvalidRequest, Malformed, NotFound, RateLimited, Transient,
            UnknownOutcome, WrongState,
        },
        Mode,
    },
};
use marketplace_paystack::Paystack;
use std::time::Duration;

const DISPUTES: &str = include_str!("../../fixtures/disputes.json");
const OPEN: &str = r#"{"status":true,"message":"Dispute retrieved","data":{"id":358950,"refund_amount":5800,"currency":"NGN","status":"awaiting-merchant-feedback","resolution":null,"domain":"test","transaction":{"id":896467688,"domain":"test","status":"success","reference":"mkt-0123456789abcdef","amount":5800,"currency":"NGN","authorization":{},"customer":null},"transaction_reference":null,"category":"chargeback","dueAt":"2026-08-23T01:15:02.000Z"}}"#;
const RESOLVED: &str = r#"{"status":true,"message":"Dispute successfully resolved","data":{"currency":"NGN","last4":null,"bin":null,"transaction_reference":null,"merchant_transaction_reference":"mkt-0123456789abcdef","refund_amount":5800,"status":"resolved","domain":"test","resolution":"merchant-accepted","category":"chargeback","note":null,"attachments":"[]","id":358950,"integration":463433,"transaction":896467688,"created_by":1,"evidence":null,"resolvedAt":"2026-08-22T10:15:02.000Z","createdAt":"2026-08-22T09:15:02.000Z","dueAt":null,"message":{"dispute":358950,"sender":"x@example.com","body":"Merchant accepted","id":1}}}"#;
const NOT_FOUND: &str = r#"{"status":false,"message":"Dispute not found"}"#;

fn naira(minor: i64) -> Money {
    Money::new(minor, Currency::NGN)
}

fn snapshot(state: DisputeState) -> DisputeSnapshot {
    DisputeSnapshot {
        gateway_id: "358950".to_owned(),
        reference: Some(REFERENCE.to_owned()),
        mode: Mode::Test,
        amount: Some(naira(5_800)),
        state,
        due_at: "2026-08-23T01:15:02Z".parse().ok(),
    }
}

fn evidence() -> Evidence {
    Evidence {
        email: "b@example.com".parse().unwrap(),
        name: "Bob \"B\"".to_owned(),
        phone: "+2348000000000".parse().unwrap(),
        service: "A book, downloaded on 2026-08-22".to_owned(),
    }
}

async fn accept(
    replies: impl IntoIterator<Item = Reply>,
) -> (Result<DisputeSnapshot, GatewayErrorKind>, Vec<String>) {
    let server = Server::scripted(replies).await;
    let outcome = gateway(&server.url).accept("358950", naira(5_800), "Merchant accepted").await;
    let methods = server.requests().iter().map(|request| request.method.clone()).collect();
    (outcome.map_err(|error| error.kind), methods)
}

#[tokio::test]
async fn the_disputes_of_a_window() {
    let (log, _guard) = Log::begin();
    let server = Server::scripted([json(200, DISPUTES)]).await;
    let listing = Disputes::list(&gateway(&server.url), window(), None).await.unwrap();
    let told: Vec<_> =
        listing.items.iter().map(|dispute| (dispute.gateway_id.as_str(), dispute.state)).collect();
    assert_eq!(
        told,
        [
            ("358950", DisputeState::AwaitsUs),
            ("358951", DisputeState::AwaitsBank),
            ("358952", DisputeState::Lost),
            ("358953", DisputeState::Won),
            ("358954", DisputeState::AwaitsUs),
        ]
    );
    assert_eq!(listing.items[0], snapshot(DisputeState::AwaitsUs));
    let bare = &listing.items[4];
    assert_eq!((&bare.reference, bare.amount, bare.due_at), (&None, None, None));
    assert_eq!(listing.next, None);
    assert_eq!(
        server.requests()[0].target,
        "/dispute?from=2026-08-22T00%3A00%3A00Z&to=2026-08-23T00%3A00%3A00.25Z&perPage=50&page=1"
    );
    let log = log.text();
    for line in ["field=status id=358955", "field=id id=unreadable", "field=domain id=358956"] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains("example.com"), "{log}");
}

#[tokio::test]
async fn a_dispute_is_asked_for_by_its_number() {
    let not_found = || json(404, NOT_FOUND);
    let server = Server::scripted([json(200, OPEN), not_found(), not_found(), html(500)]).await;
    let gateway = gateway(&server.url);
    assert_eq!(Disputes::fetch(&gateway, "358950").await.unwrap(), snapshot(DisputeState::AwaitsUs));
    for id in ["../transaction", "1?status=resolved"] {
        assert_eq!(Disputes::fetch(&gateway, id).await.unwrap_err().kind, NotFound, "{id}");
    }
    assert_eq!(Disputes::fetch(&gateway, "..").await.unwrap_err().kind, InvalidRequest);
    assert_eq!(Disputes::fetch(&gateway, "1").await.unwrap_err().kind, Transient);
    let targets: Vec<String> = server.requests().iter().map(|request| request.target.clone()).collect();
    assert_eq!(
        targets,
        ["/dispute/358950", "/dispute/..%2Ftransaction", "/dispute/1%3Fstatus%3Dresolved", "/dispute/1"]
    );
}

#[tokio::test]
async fn evidence_is_exactly_this() {
    let answer = r#"{"status":true,"message":"Evidence created","data":{"customer_email":"b@example.com","dispute":358950,"id":21}}"#;
    let server = Server::scripted([json(200, answer), json(201, r#"{"status":true,"message":"ok"}"#)]).await;
    let gateway = gateway(&server.url);
    gateway.submit_evidence("358950", evidence()).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/dispute/358950/evidence"));
    assert_eq!(
        std::str::from_utf8(&request.body).unwrap(),
        r#"{"customer_email":"b@example.com","customer_name":"Bob \"B\"","customer_phone":"+2348000000000","service_details":"A book, downloaded on 2026-08-22"}"#
    );
    gateway.submit_evidence("358950", evidence()).await.unwrap();
}

#[tokio::test]
async fn evidence_that_fails_fails_as_a_writing_call() {
    for (reply, kind) in [
        (Reply::Hangup, UnknownOutcome),
        (html(502), UnknownOutcome),
        (json(200, ""), UnknownOutcome),
        (json(404, NOT_FOUND), NotFound),
        (json(400, r#"{"status":false,"message":"customer_phone is required"}"#), InvalidRequest),
        (json(401, r#"{"status":false,"message":"Invalid key"}"#), Authentication),
        (html(429), RateLimited { after: None }),
    ] {
        let server = Server::scripted([reply.clone()]).await;
        let error = gateway(&server.url).submit_evidence("358950", evidence()).await.unwrap_err();
        assert_eq!((error.kind, server.requests().len()), (kind, 1), "{reply:?}");
    }
}

#[tokio::test]
async fn an_acceptance_looks_first_and_is_exactly_this() {
    let server = Server::scripted([json(200, OPEN), json(200, RESOLVED)]).await;
    let accepted = gateway(&server.url).accept("358950", naira(5_800), "Merchant accepted").await.unwrap();
    assert_eq!(accepted, DisputeSnapshot { due_at: None, ..snapshot(DisputeState::Lost) });
    let [look, resolve] = &server.requests()[..] else { panic!("two requests") };
    assert_eq!((look.method.as_str(), look.target.as_str()), ("GET", "/dispute/358950"));
    assert_eq!((resolve.method.as_str(), resolve.target.as_str()), ("PUT", "/dispute/358950/resolve"));
    assert_eq!(
        std::str::from_utf8(&resolve.body).unwrap(),
        r#"{"resolution":"merchant-accepted","message":"Merchant accepted","refund_amount":5800,"uploaded_filename":"none"}"#
    );
}

#[tokio::test]
async fn a_dispute_that_is_over_or_unlike_what_is_accepted_is_left_alone() {
    let over = |resolution: &str| {
        json(200, &OPEN.replace("awaiting-merchant-feedback", "resolved").replacen("null", resolution, 1))
    };
    for resolution in [r#""merchant-accepted""#, r#""auto-accepted""#, r#""declined""#] {
        let (outcome, methods) = accept([over(resolution)]).await;
        assert_eq!((outcome, methods), (Err(WrongState), vec!["GET".to_owned()]), "{resolution}");
    }
    let cedis = json(200, &OPEN.replace(r#""NGN""#, r#""GHS""#));
    assert_eq!(accept([cedis]).await, (Err(InvalidRequest), vec!["GET".to_owned()]));
    let server = Server::scripted([]).await;
    let gateway = gateway(&server.url);
    for minor in [0, -1] {
        let error = gateway.accept("358950", naira(minor), "x").await.unwrap_err();
        assert_eq!(error.kind, InvalidRequest);
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn every_refusal_of_an_acceptance_has_its_meaning() {
    for (reply, kind) in [
        (Reply::Hangup, Transient),
        (html(503), Transient),
        (html(200), Transient),
        (json(404, NOT_FOUND), NotFound),
    ] {
        let asked = reply.times_asked();
        let (outcome, methods) = accept(std::iter::repeat_n(reply.clone(), asked)).await;
        assert_eq!((outcome, methods), (Err(kind), vec!["GET".to_owned(); asked]), "before: {reply:?}");
    }
    for (reply, kind) in [
        (Reply::Hangup, UnknownOutcome),
        (Reply::Torn, UnknownOutcome),
        (html(502), UnknownOutcome),
        (html(200), UnknownOutcome),
        (json(200, r#"{"status":true,"message":"ok","data":{}}"#), UnknownOutcome),
        (
            json(400, r#"{"status":false,"message":"Refund amount cannot be greater than initial amount"}"#),
            InvalidRequest,
        ),
        (json(404, NOT_FOUND), NotFound),
        (html(429), RateLimited { after: None }),
    ] {
        let (outcome, methods) = accept([json(200, OPEN), reply.clone()]).await;
        assert_eq!((outcome, methods.len()), (Err(kind), 2), "{reply:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_asking_tells() {
    let resolved = || json(200, RESOLVED);
    let server = Server::scripted([json(200, OPEN), Reply::Silence, resolved(), resolved()]).await;
    // Long enough for the look that comes first, on a busy machine.
    let hasty = Paystack::new(config(&server.url).with_call_timeout(Duration::from_secs(2))).unwrap();
    let patient = gateway(&server.url);
    let lost = hasty.accept("358950", naira(5_800), "x").await.unwrap_err();
    assert_eq!(lost.kind, UnknownOutcome);
    assert_eq!(Disputes::fetch(&patient, "358950").await.unwrap().state, DisputeState::Lost);
    let again = patient.accept("358950", naira(5_800), "x").await.unwrap_err();
    assert_eq!(again.kind, WrongState);
    let puts = server.requests().iter().filter(|request| request.method == "PUT").count();
    assert_eq!(puts, 1, "accepted once");
}

#[tokio::test]
async fn an_unreadable_dispute_is_no_dispute() {
    let server = Server::scripted([json(200, r#"{"status":true,"data":[]}"#)]).await;
    assert_eq!(Disputes::fetch(&gateway(&server.url), "1").await.unwrap_err().kind, Malformed);
}
