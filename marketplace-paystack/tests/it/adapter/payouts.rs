//! Paying out: who can be paid, what is sent, and what of a failure is believed.

use super::logs::Log;
use super::server::{Reply, Server, html, json};
use super::{REFERENCE, config, gateway, reference};
use marketplace_core::{
    money::{Currency, Money},
    payment::{
        BankAccount,
        GatewayErrorKind::{
            self, Authentication, Declined, Duplicate, InsufficientFunds, InvalidRequest, Malformed,
            NotFound, RateLimited, Transient, UnknownOutcome, Unsupported,
        },
        Institution, InstitutionKind, Mode, NewRecipient, PayoutSnapshot, PayoutState, Payouts, SendPayout,
    },
};
use marketplace_paystack::Paystack;
use std::time::Duration;

const BANKS: &str = include_str!("../../fixtures/banks.json");
const RESOLVED: &str = r#"{"status":true,"message":"Account number resolved","data":{"account_number":"0123456789","account_name":"ADA LOVELACE","bank_id":9}}"#;
const RECIPIENT: &str = r#"{"status":true,"message":"Transfer recipient created successfully","data":{"active":true,"createdAt":"2026-08-22T09:15:02.000Z","currency":"NGN","domain":"test","id":56824902,"integration":463433,"name":"Ada Lovelace","recipient_code":"RCP_gd9vgag7n5lr5ix","type":"nuban","updatedAt":"2026-08-22T09:15:02.000Z","is_deleted":0,"details":{"authorization_code":null,"account_number":"0123456789","account_name":null,"bank_code":"044","bank_name":"Access Bank"}}}"#;
const QUEUED: &str = r#"{"status":true,"message":"Transfer has been queued","data":{"transfersessionid":[],"transfertrials":[],"domain":"test","amount":100000,"currency":"NGN","reference":"mkt-0123456789abcdef","source":"balance","source_details":null,"reason":"payout","status":"pending","failures":null,"transfer_code":"TRF_v5tip3zx8nna9o78","titan_code":null,"transferred_at":null,"id":860703114,"integration":463433,"request":1,"recipient":56824902,"createdAt":"2026-08-22T09:15:02.000Z","updatedAt":"2026-08-22T09:15:02.000Z"}}"#;
const SENT: &str = r#"{"status":true,"message":"Transfer retrieved","data":{"amount":"100000","createdAt":"2026-08-22T09:15:02.000Z","currency":"NGN","domain":"test","failures":null,"id":860703114,"integration":463433,"reason":"payout","reference":"mkt-0123456789abcdef","source":"balance","status":"success","transfer_code":"TRF_v5tip3zx8nna9o78","recipient":{"active":1,"details":{"account_number":"0123456789","bank_code":"044"}},"session":{"provider":"nip","id":"1"},"fee_charged":5000,"gateway_response":null}}"#;
const TAKEN: &str = r#"{"status":false,"message":"Please provide a unique reference. Reference already exists on a transfer","meta":{"nextStep":"Create a new reference for the new transfer"},"type":"validation_error","code":"duplicate_transfer_reference"}"#;

fn account(code: &str, kind: InstitutionKind) -> BankAccount {
    BankAccount {
        institution: "044".to_owned(),
        kind,
        number: "0123456789".to_owned(),
        currency: Currency::from_code(code).unwrap(),
    }
}

fn recipient(code: &str, kind: InstitutionKind) -> NewRecipient {
    NewRecipient { account: account(code, kind), name: "Ada Lovelace".to_owned() }
}

fn payout(amount: Money) -> SendPayout {
    SendPayout {
        reference: reference(),
        recipient: "RCP_gd9vgag7n5lr5ix".to_owned(),
        amount,
        reason: "payout".to_owned(),
    }
}

fn naira(minor: i64) -> Money {
    Money::new(minor, Currency::NGN)
}

fn snapshot(state: PayoutState) -> PayoutSnapshot {
    PayoutSnapshot {
        reference: REFERENCE.to_owned(),
        gateway_id: Some("TRF_v5tip3zx8nna9o78".to_owned()),
        mode: Mode::Test,
        amount: naira(100_000),
        fee: None,
        state,
    }
}

async fn send(reply: Reply) -> Result<PayoutSnapshot, GatewayErrorKind> {
    let server = Server::scripted([reply]).await;
    let sent = gateway(&server.url).send(payout(naira(100_000))).await;
    assert_eq!(server.requests().len(), 1, "money is sent once");
    sent.map_err(|error| error.kind)
}

fn house(name: &str, code: &str) -> Institution {
    Institution {
        code: code.to_owned(),
        name: name.to_owned(),
        kind: InstitutionKind::Bank,
        currency: Currency::NGN,
    }
}

#[tokio::test]
async fn only_houses_that_can_be_paid_are_told() {
    let (log, _guard) = Log::begin();
    let server = Server::scripted([json(200, BANKS)]).await;
    let houses = gateway(&server.url).institutions(Currency::NGN).await.unwrap();
    assert_eq!(
        houses,
        [
            house("ALAT by WEMA", "035A"),
            house("Access Bank", "044"),
            house("Bank One", "645"),
            house("Bank Two", "645"),
        ]
    );
    assert_eq!(server.requests()[0].target, "/bank?currency=NGN&use_cursor=true&perPage=100");
    let log = log.text();
    assert!(log.contains("field=code id=7") && log.contains("field=type id=9"), "{log}");
}

#[tokio::test]
async fn the_list_of_houses_is_whole_however_it_is_paged() {
    let page = |row: &str, meta: &str| {
        json(200, &format!(r#"{{"status":true,"message":"ok","data":[{row}],"meta":{meta}}}"#))
    };
    let bank = |code: &str| {
        format!(
            r#"{{"name":"{code}","code":"{code}","supports_transfer":true,"active":true,"currency":"NGN","type":"nuban"}}"#
        )
    };
    let codes = |houses: Vec<Institution>| houses.into_iter().map(|house| house.code).collect::<Vec<_>>();

    let marks = [page(&bank("1"), r#"{"next":"a+b/=="}"#), page(&bank("2"), r#"{"next":null}"#)];
    let server = Server::scripted(marks).await;
    assert_eq!(codes(gateway(&server.url).institutions(Currency::NGN).await.unwrap()), ["1", "2"]);
    assert!(server.requests()[1].target.ends_with("&next=a%2Bb%2F%3D%3D"));

    let numbers =
        [page(&bank("1"), r#"{"page":1,"pageCount":2}"#), page(&bank("2"), r#"{"page":"2","pageCount":2}"#)];
    let server = Server::scripted(numbers).await;
    assert_eq!(codes(gateway(&server.url).institutions(Currency::NGN).await.unwrap()), ["1", "2"]);
    assert!(server.requests()[1].target.ends_with("&page=2"));

    let deaf = [page(&bank("1"), r#"{"next":"x"}"#), page(&bank("1"), r#"{"next":"x"}"#)];
    let server = Server::scripted(deaf).await;
    assert_eq!(codes(gateway(&server.url).institutions(Currency::NGN).await.unwrap()), ["1"]);

    let endless = (0..60).map(|number| page(&bank(&number.to_string()), r#"{"next":"x"}"#));
    let server = Server::scripted(endless).await;
    assert_eq!(gateway(&server.url).institutions(Currency::NGN).await.unwrap_err().kind, Malformed);

    let broken = Server::scripted([page(&bank("1"), r#"{"next":"x"}"#), html(502)]).await;
    let half = gateway(&broken.url).institutions(Currency::NGN).await.unwrap_err();
    assert_eq!(half.kind, Transient, "half a list is none");
}

#[tokio::test]
async fn a_name_is_looked_up_with_the_account_in_the_query() {
    let server = Server::scripted([json(200, RESOLVED), json(200, RESOLVED)]).await;
    let gateway = gateway(&server.url);
    let name = gateway.resolve_account(&account("NGN", InstitutionKind::Bank)).await.unwrap();
    assert_eq!(name, "ADA LOVELACE");
    let hostile = BankAccount {
        institution: "044&x=y".to_owned(),
        number: "01 23#4".to_owned(),
        ..account("GHS", InstitutionKind::MobileMoney)
    };
    gateway.resolve_account(&hostile).await.unwrap();
    let targets: Vec<String> = server.requests().iter().map(|request| request.target.clone()).collect();
    assert_eq!(
        targets,
        [
            "/bank/resolve?account_number=0123456789&bank_code=044",
            "/bank/resolve?account_number=01+23%234&bank_code=044%26x%3Dy",
        ]
    );
}

#[tokio::test]
async fn an_account_that_is_not_there_is_a_wrong_request() {
    let message = |status, text: &str, code: &str| {
        json(status, &format!(r#"{{"status":false,"message":"{text}","code":"{code}"}}"#))
    };
    let limit = "Test mode daily limit of 3 live bank resolves exceeded.";
    for (reply, kind) in [
        (
            message(422, "Could not resolve account name. Check parameters or try again.", "invalid_params"),
            InvalidRequest,
        ),
        (message(400, "Unknown bank code: 0", "invalid_bank_code"), InvalidRequest),
        (message(404, "Account not found", "account_not_found"), InvalidRequest),
        (message(429, limit, "unknown"), RateLimited { after: None }),
        (message(400, "no", "processor_error"), Transient),
        (html(502), Transient),
        (html(404), Malformed),
        (json(200, r#"{"status":true,"data":{"account_name":null}}"#), Malformed),
        (Reply::Hangup, Transient),
    ] {
        let server = Server::scripted([reply.clone()]).await;
        let error = gateway(&server.url).resolve_account(&account("NGN", InstitutionKind::Bank)).await;
        assert_eq!(error.unwrap_err().kind, kind, "{reply:?}");
    }
}

#[tokio::test]
async fn what_paystack_does_not_do_is_not_sent() {
    use InstitutionKind::{Bank, MobileMoney};
    let server = Server::scripted([]).await;
    let gateway = gateway(&server.url);
    for code in ["USD", "XOF", "EUR"] {
        let currency = Currency::from_code(code).unwrap();
        assert_eq!(gateway.institutions(currency).await.unwrap_err().kind, Unsupported, "{code}");
        let sent = gateway.send(payout(Money::new(100, currency))).await;
        assert_eq!(sent.unwrap_err().kind, Unsupported, "{code}");
    }
    for (code, kind) in [("KES", Bank), ("KES", MobileMoney), ("ZAR", Bank), ("NGN", MobileMoney)] {
        let name = gateway.resolve_account(&account(code, kind)).await;
        assert_eq!(name.unwrap_err().kind, Unsupported, "{code} {kind}");
    }
    for (code, kind) in [("NGN", MobileMoney), ("ZAR", MobileMoney), ("USD", Bank), ("XOF", MobileMoney)] {
        let made = gateway.create_recipient(recipient(code, kind)).await;
        assert_eq!(made.unwrap_err().kind, Unsupported, "{code} {kind}");
    }
    for minor in [0, -1, i64::MIN] {
        assert_eq!(gateway.send(payout(naira(minor))).await.unwrap_err().kind, InvalidRequest, "{minor}");
    }
    for code in ["", "RCP/1", "b@example.com"] {
        let payout = SendPayout { recipient: code.to_owned(), ..payout(naira(100)) };
        assert_eq!(gateway.send(payout).await.unwrap_err().kind, InvalidRequest, "{code}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_recipient_is_exactly_this() {
    use InstitutionKind::{Bank, MobileMoney};
    for (code, kind, word) in [
        ("NGN", Bank, "nuban"),
        ("GHS", Bank, "ghipss"),
        ("GHS", MobileMoney, "mobile_money"),
        ("KES", Bank, "kepss"),
        ("KES", MobileMoney, "mobile_money"),
        ("ZAR", Bank, "basa"),
    ] {
        // Created, and known already.
        for status in [201, 200] {
            let server = Server::scripted([json(status, RECIPIENT)]).await;
            let made = gateway(&server.url).create_recipient(recipient(code, kind)).await.unwrap();
            assert_eq!(made, "RCP_gd9vgag7n5lr5ix");
            let request = &server.requests()[0];
            assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/transferrecipient"));
            let expected = format!(
                r#"{{"type":"{word}","name":"Ada Lovelace","account_number":"0123456789","bank_code":"044","currency":"{code}"}}"#
            );
            assert_eq!(std::str::from_utf8(&request.body).unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn a_recipient_that_is_another_account_or_unreadable_is_none() {
    for (body, bank, telephone) in [
        (RECIPIENT.replace(r#""bank_code":"044""#, r#""bank_code":"058""#), Err(InvalidRequest), Ok(())),
        (
            RECIPIENT.replace(r#""account_number":"0123456789""#, r#""account_number":"0""#),
            Err(InvalidRequest),
            Ok(()),
        ),
        (RECIPIENT.replace("RCP_gd9vgag7n5lr5ix", "b@example.com"), Err(UnknownOutcome), Err(UnknownOutcome)),
        (RECIPIENT.replace(r#""details":{"#, r#""other":{"#), Ok(()), Ok(())),
        (
            r#"{"status":true,"data":{"recipient_code":7}}"#.to_owned(),
            Err(UnknownOutcome),
            Err(UnknownOutcome),
        ),
        (
            r#"{"status":false,"message":"Account number is invalid","code":"invalid_params"}"#.to_owned(),
            Err(UnknownOutcome),
            Err(UnknownOutcome),
        ),
    ] {
        for (code, kind, expected) in
            [("NGN", InstitutionKind::Bank, bank), ("GHS", InstitutionKind::MobileMoney, telephone)]
        {
            let server = Server::scripted([json(200, &body)]).await;
            let made = gateway(&server.url).create_recipient(recipient(code, kind)).await;
            assert_eq!(made.map(drop).map_err(|error| error.kind), expected, "{kind} {body}");
        }
    }
    let refusal = r#"{"status":false,"message":"Account number is invalid","type":"validation_error","code":"invalid_params"}"#;
    for (reply, kind) in [
        (json(400, refusal), InvalidRequest),
        (json(401, refusal), Authentication),
        (Reply::Hangup, UnknownOutcome),
        (html(502), UnknownOutcome),
    ] {
        let server = Server::scripted([reply.clone()]).await;
        let made = gateway(&server.url).create_recipient(recipient("NGN", InstitutionKind::Bank)).await;
        assert_eq!(made.unwrap_err().kind, kind, "{reply:?}");
    }
}

#[tokio::test]
async fn a_transfer_is_exactly_this() {
    let server = Server::scripted([json(200, QUEUED), json(200, QUEUED)]).await;
    let gateway = gateway(&server.url);
    let sent = gateway.send(payout(naira(100_000))).await.unwrap();
    assert_eq!(sent, snapshot(PayoutState::InProgress));
    let silent = SendPayout { reason: String::new(), ..payout(Money::new(7, Currency::KES)) };
    gateway.send(silent).await.unwrap();
    let bodies: Vec<String> =
        server.requests().into_iter().map(|request| String::from_utf8(request.body).unwrap()).collect();
    assert_eq!(
        bodies,
        [
            r#"{"source":"balance","amount":100000,"currency":"NGN","recipient":"RCP_gd9vgag7n5lr5ix","reference":"mkt-0123456789abcdef","reason":"payout"}"#,
            r#"{"source":"balance","amount":7,"currency":"KES","recipient":"RCP_gd9vgag7n5lr5ix","reference":"mkt-0123456789abcdef"}"#,
        ]
    );
    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/transfer"));
}

#[tokio::test]
async fn a_transfer_is_told_as_it_stands() {
    for (status, state) in [
        ("otp", PayoutState::NeedsApproval),
        ("received", PayoutState::InProgress),
        ("success", PayoutState::Paid),
        ("failed", PayoutState::Failed),
        ("blocked", PayoutState::Failed),
        ("rejected", PayoutState::Failed),
        ("reversed", PayoutState::Reversed),
        ("a-new-state", PayoutState::Unrecognised),
    ] {
        let body = QUEUED.replace(r#""status":"pending""#, &format!(r#""status":"{status}""#));
        assert_eq!(send(json(200, &body)).await, Ok(snapshot(state)), "{status}");
    }
    let other = QUEUED.replace(REFERENCE, "mkt-another-payout-1");
    assert_eq!(send(json(200, &other)).await, Err(UnknownOutcome), "an answer about another transfer");
    let unnamed = QUEUED.replace(r#""status":"pending""#, r#""status":null"#);
    assert_eq!(send(json(200, &unnamed)).await, Err(UnknownOutcome));
}

#[tokio::test]
async fn every_refusal_of_a_transfer_has_its_meaning() {
    let message = |status, text: &str| json(status, &format!(r#"{{"status":false,"message":"{text}"}}"#));
    let kind = |text: &str, kind: &str, code: &str| {
        let body = format!(r#"{{"status":false,"message":"{text}","type":"{kind}","code":"{code}"}}"#);
        json(400, &body)
    };
    let starter = "You cannot initiate third party payouts as a starter business";
    for (reply, expected) in [
        (json(400, TAKEN), Duplicate),
        (json(404, TAKEN), Duplicate),
        (message(404, "Duplicate reference(s) found: mkt-1"), Duplicate),
        (message(400, "Your balance is not enough to fulfil this request"), InsufficientFunds),
        (kind(starter, "api_error", "transfer_unavailable"), Authentication),
        (kind("no", "processor_error", "unknown"), Declined),
        (message(400, "Account closed"), Declined),
        (
            kind("Recipient specified is invalid", "validation_error", "invalid_transfer_recipient"),
            InvalidRequest,
        ),
        (message(400, "Your reference contains illegal special characters"), InvalidRequest),
        (kind("An error occurred", "api_error", "unknown"), UnknownOutcome),
        (message(400, "An error occurred"), UnknownOutcome),
        (message(503, "Your balance is not enough to fulfil this request"), UnknownOutcome),
        (html(502), UnknownOutcome),
        (html(400), UnknownOutcome),
        (html(200), UnknownOutcome),
        (json(200, ""), UnknownOutcome),
        (Reply::Hangup, UnknownOutcome),
        (Reply::Torn, UnknownOutcome),
        (
            html(429).with_header("x-ratelimit-reset", "3"),
            RateLimited { after: Some(Duration::from_secs(3)) },
        ),
        (message(401, "Invalid key"), Authentication),
    ] {
        assert_eq!(send(reply.clone()).await, Err(expected), "{reply:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_transfer_is_asked_for() {
    let missing = r#"{"status":false,"message":"Transfer not found","code":"transfer_not_found"}"#;
    let script = [Reply::Silence, json(404, missing), json(400, TAKEN), json(200, SENT)];
    let server = Server::scripted(script).await;
    let hasty = Paystack::new(config(&server.url).with_call_timeout(Duration::from_millis(200))).unwrap();
    let patient = gateway(&server.url);
    assert_eq!(hasty.send(payout(naira(100_000))).await.unwrap_err().kind, UnknownOutcome);
    assert_eq!(Payouts::fetch(&patient, &reference()).await.unwrap_err().kind, NotFound, "proves nothing");
    let again = patient.send(payout(naira(100_000))).await.unwrap_err();
    assert_eq!(again.kind, Duplicate, "the first one landed");
    let found = Payouts::fetch(&patient, &reference()).await.unwrap();
    assert_eq!(found, PayoutSnapshot { fee: Some(naira(5_000)), ..snapshot(PayoutState::Paid) });
    let requests = server.requests();
    assert_eq!(requests[0].body, requests[2].body, "the same reference, the same transfer");
    assert_eq!(requests[3].target, format!("/transfer/verify/{REFERENCE}"));
}

#[tokio::test]
async fn a_transfer_that_cannot_be_read_is_asked_for_again() {
    for (reply, kind) in [
        (json(200, r#"{"status":true,"data":{"status":"success"}}"#), Malformed),
        (html(404), Malformed),
        (json(400, r#"{"status":false,"message":"Transfer not found"}"#), NotFound),
        (html(500), Transient),
        (Reply::Torn, Transient),
    ] {
        let server = Server::scripted([reply.clone()]).await;
        let error = Payouts::fetch(&gateway(&server.url), &reference()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{reply:?}");
    }
}
