//! Nobody's key, address, telephone or account in an error, its causes, or the log.

use super::lists::window;
use super::logs::Log;
use super::server::{Reply, Server, json};
use super::{chain, gateway, payment, reference};
use marketplace_core::{
    money::{Currency, Money},
    payment::{
        BankAccount, Collect, CreateRefund, Disputes, Evidence, GatewayError, InstitutionKind, NewRecipient,
        PaymentLocator, Payouts, Refunds, SendPayout,
    },
};
use marketplace_paystack::Paystack;

/// What must not be seen anywhere, whoever says it.
const SECRETS: [&str; 6] = [
    "0123456789abcdef0123456789abcdef01234567",
    "b@example.com",
    "0987654321",
    "8031234567",
    "AUTH_x",
    "Lovelace",
];

/// The failures of every call that carries somebody's data, or may be answered with it.
async fn every_call(gateway: &Paystack) -> Vec<GatewayError> {
    let naira = Money::new(250_000, Currency::NGN);
    let account = BankAccount {
        institution: "044".to_owned(),
        kind: InstitutionKind::Bank,
        number: "0987654321".to_owned(),
        currency: Currency::NGN,
    };
    let locator = PaymentLocator { reference: reference(), gateway_id: Some("7".to_owned()) };
    let refund = CreateRefund {
        id: "rfd_0000000000000000000000000000002a".parse().unwrap(),
        payment: locator.clone(),
        amount: naira,
        reason: "asked by b@example.com".to_owned(),
    };
    let evidence = Evidence {
        email: "b@example.com".parse().unwrap(),
        name: "Ada Lovelace".to_owned(),
        phone: "+2348031234567".parse().unwrap(),
        service: "sent to b@example.com".to_owned(),
    };
    let payout = SendPayout {
        reference: reference(),
        recipient: "RCP_1".to_owned(),
        amount: naira,
        reason: "Ada Lovelace".to_owned(),
    };
    let recipient = NewRecipient { account: account.clone(), name: "Ada Lovelace".to_owned() };
    let failures = [
        gateway.start(payment(250_000, Currency::NGN)).await.err(),
        Collect::fetch(gateway, &locator).await.err(),
        Collect::list(gateway, window(), None).await.err(),
        gateway.create(refund).await.err(),
        Refunds::fetch(gateway, "b@example.com").await.err(),
        gateway.find(&locator).await.err(),
        Disputes::list(gateway, window(), None).await.err(),
        Disputes::fetch(gateway, "b@example.com").await.err(),
        gateway.submit_evidence("b@example.com", evidence).await.err(),
        gateway.accept("b@example.com", naira, "Ada Lovelace").await.err(),
        gateway.institutions(Currency::NGN).await.err(),
        gateway.resolve_account(&account).await.err(),
        gateway.create_recipient(recipient).await.err(),
        gateway.send(payout).await.err(),
        Payouts::fetch(gateway, &reference()).await.err(),
    ];
    failures.into_iter().flatten().collect()
}

/// Calls against a server that always answers so; everything that can be seen of it.
async fn seen(reply: Reply) -> String {
    let (log, _guard) = Log::begin();
    let server = Server::scripted(vec![reply; 20]).await;
    let gateway = gateway(&server.url);
    let errors = every_call(&gateway).await;
    let mut text = format!("{gateway:?}");
    for error in &errors {
        text = format!("{text}\n{} {error:?}", chain(error));
    }
    format!("{text}\n{}", log.text())
}

#[tokio::test]
async fn nothing_names_anybody() {
    let echo = r#"{"status":false,"message":"b@example.com 08031234567: account 0987654321, AUTH_x","type":"b@example.com","code":"b@example.com","meta":{"nextStep":"sk_test_0123456789abcdef0123456789abcdef01234567"}}"#;
    let odd = r#"{"status":true,"message":"b@example.com","data":{"id":"b@example.com","status":"b@example.com","amount":1,"currency":"NGN","domain":"test","reference":"b@example.com","merchant_note":"b@example.com","account_number":"0987654321"}}"#;
    let replies =
        [json(400, echo), json(422, echo), json(500, echo), json(200, odd), Reply::Hangup, Reply::Torn];
    for reply in replies {
        let text = seen(reply.clone()).await;
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} after {reply:?}: {text}");
        }
        assert!(text.contains("payout.send") && text.contains("refund.create"), "the log was kept: {text}");
    }
}
