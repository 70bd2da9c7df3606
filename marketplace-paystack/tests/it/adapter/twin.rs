//! The adapter against the twin, which was written without it.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

use super::server::{Bound, Reply, Request, Server, bind};
use super::{KEY, address, config, payment, reference};
use marketplace_core::money::{Currency, Money};
use marketplace_core::payment::{
    Claimed, Collect,
    GatewayErrorKind::{
        Authentication, Duplicate, Malformed, NotFound, RateLimited, Transient, UnknownOutcome,
    },
    Mode, Notices, PaymentClaim, PaymentState, RawNotice,
};
use marketplace_paystack::{
    Paystack, PaystackConfig, SecretString,
    sandbox::{Fault, PayOptions, Route, Sandbox, TwinRequest},
};
use std::{sync::Arc, time::Duration};

const MOUNT: &str = "/dev/paystack";

struct World {
    twin: Sandbox,
    server: Server,
    gateway: Paystack,
}

impl World {
    async fn new() -> Self {
        let bound = bind().await;
        let twin = twin(&bound);
        let base_url = format!("{}{MOUNT}", bound.url);
        let mounted = twin.clone();
        let server = bound.serve(move |request| answer(mounted.clone(), request));
        let config = config(&base_url).with_call_timeout(Duration::from_secs(10));
        Self { twin, server, gateway: Paystack::new(config).unwrap() }
    }

    fn base_url(&self) -> String {
        format!("{}{MOUNT}", self.server.url)
    }

    async fn started(&self, minor: i64, currency: Currency) -> String {
        address(self.gateway.start(payment(minor, currency)).await.unwrap())
    }

    async fn state(&self) -> PaymentState {
        self.gateway.fetch(&reference().into()).await.unwrap().state
    }
}

fn twin(bound: &Bound) -> Sandbox {
    Sandbox::builder()
        .secret_key(KEY)
        .public_url(format!("{}{MOUNT}", bound.url))
        .webhook_url(Some(format!("{}/hooks", bound.url)))
        .http_client(super::answers::following_client())
        .clock(Arc::new(|| 1_787_390_064_000_000))
        .seed(7)
        .build()
        .unwrap()
}

async fn answer(twin: Sandbox, request: Request) -> Reply {
    let Some(target) = request.target.strip_prefix(MOUNT) else {
        return Reply::Answer { status: 200, headers: Vec::new(), body: Vec::new() };
    };
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let (path, method) = (path.to_owned(), request.method);
    let answer =
        twin.handle(TwinRequest { method, path, query, headers: request.headers, body: request.body }).await;
    Reply::Answer { status: answer.status, headers: answer.headers, body: answer.body }
}

#[tokio::test]
async fn a_payment_from_beginning_to_end() {
    let world = World::new().await;
    let address = world.started(250_000, Currency::NGN).await;
    assert!(address.starts_with(&world.base_url()), "{address}");
    assert_eq!(world.state().await, PaymentState::Open);

    world.twin.control().pay(reference().as_str(), PayOptions::default()).unwrap();
    let snapshot = world.gateway.fetch(&reference().into()).await.unwrap();
    let naira = |minor| Money::new(minor, Currency::NGN);
    assert_eq!((snapshot.state, snapshot.mode), (PaymentState::Paid, Mode::Test));
    assert_eq!(snapshot.reference, reference().as_str());
    assert_eq!((snapshot.requested, snapshot.charged), (Some(naira(250_000)), naira(250_000)));
    assert_eq!(snapshot.fee, Some(naira(13_750)));
    assert!(snapshot.gateway_id.is_some());
}

#[tokio::test]
async fn a_webhook_of_the_twin_is_accepted_and_read() {
    let world = World::new().await;
    world.started(250_000, Currency::NGN).await;
    world.twin.control().pay(reference().as_str(), PayOptions::default()).unwrap();
    world.twin.control().resend_webhook(reference().as_str()).unwrap();
    assert_eq!(world.twin.deliver_due().await, 2);

    let hooks: Vec<Request> =
        world.server.requests().into_iter().filter(|request| request.target == "/hooks").collect();
    let decode =
        |hook: &Request| world.gateway.decode(RawNotice { headers: &hook.headers, body: &hook.body });
    let first = decode(&hooks[0]).unwrap();
    let amount = Some(Money::new(250_000, Currency::NGN));
    let claim = PaymentClaim {
        claimed: Claimed::Paid,
        reference: reference().to_string(),
        mode: Some(Mode::Test),
        amount,
    };
    assert_eq!(first.claim, Some(claim));
    assert_eq!(decode(&hooks[1]).unwrap(), first, "copies of one event share their key");

    let mut forged = hooks[0].clone();
    forged.body.push(b' ');
    assert!(decode(&forged).is_err());
    let stranger = PaystackConfig::new(SecretString::from("sk_test_another"));
    let stranger = Paystack::new(stranger).unwrap();
    assert!(stranger.decode(RawNotice { headers: &hooks[0].headers, body: &hooks[0].body }).is_err());
    let rotated = PaystackConfig::new(SecretString::from("sk_test_another"));
    let rotated = Paystack::new(rotated.with_previous_secret_key(SecretString::from(KEY))).unwrap();
    assert!(rotated.decode(RawNotice { headers: &hooks[0].headers, body: &hooks[0].body }).is_ok());
}

#[tokio::test]
async fn what_differs_from_the_request_is_told() {
    let world = World::new().await;
    world.started(250_000, Currency::NGN).await;
    let options =
        PayOptions::default().with_amount(260_000).with_requested_amount(240_000).with_currency("GHS");
    world.twin.control().pay(reference().as_str(), options).unwrap();
    let snapshot = world.gateway.fetch(&reference().into()).await.unwrap();
    let cedis = |minor| Money::new(minor, Currency::GHS);
    assert_eq!((snapshot.requested, snapshot.charged), (Some(cedis(240_000)), cedis(260_000)));
}

#[tokio::test]
async fn francs_arrive_as_francs() {
    let world = World::new().await;
    world.started(1_050, Currency::XOF).await;
    world.twin.control().pay(reference().as_str(), PayOptions::default()).unwrap();
    let snapshot = world.gateway.fetch(&reference().into()).await.unwrap();
    let francs = |minor| Money::new(minor, Currency::XOF);
    assert_eq!((snapshot.requested, snapshot.charged), (Some(francs(1_050)), francs(1_050)));
    assert_eq!(snapshot.fee, Some(francs(34)), "33.60 on the wire");
}

#[tokio::test]
async fn declined_and_left_payments() {
    let world = World::new().await;
    world.started(250_000, Currency::NGN).await;
    world.twin.control().abandon(reference().as_str()).unwrap();
    assert_eq!(world.state().await, PaymentState::Open);
    world.twin.control().decline(reference().as_str()).unwrap();
    assert_eq!(world.state().await, PaymentState::Declined);
}

#[tokio::test]
async fn a_reference_is_used_once_and_an_unknown_one_is_not_found() {
    let world = World::new().await;
    assert_eq!(world.gateway.fetch(&reference().into()).await.unwrap_err().kind, NotFound);
    world.started(250_000, Currency::NGN).await;
    let again = world.gateway.start(payment(250_000, Currency::NGN)).await;
    assert_eq!(again.unwrap_err().kind, Duplicate);
}

#[tokio::test]
async fn another_key_is_a_misconfiguration() {
    let world = World::new().await;
    let config = PaystackConfig::new(SecretString::from("sk_test_another")).with_base_url(world.base_url());
    let stranger = Paystack::new(config).unwrap();
    assert_eq!(stranger.start(payment(250_000, Currency::NGN)).await.unwrap_err().kind, Authentication);
    assert_eq!(stranger.fetch(&reference().into()).await.unwrap_err().kind, Authentication);
}

#[tokio::test]
async fn an_outcome_that_is_unknown_is_found_by_asking() {
    let world = World::new().await;
    world.twin.control().answer_next(Route::Initialize, Fault::TimeoutAfterCommit);
    let lost = world.gateway.start(payment(250_000, Currency::NGN)).await;
    assert_eq!(lost.unwrap_err().kind, UnknownOutcome);
    assert_eq!(world.state().await, PaymentState::Open, "it had been executed");

    let hasty = config(&world.base_url()).with_call_timeout(Duration::from_secs(1));
    let hasty = Paystack::new(hasty).unwrap();
    let other = marketplace_core::payment::StartPayment {
        reference: "mkt-the-second-attempt".parse().unwrap(),
        ..payment(250_000, Currency::NGN)
    };
    world.twin.control().answer_next(Route::Initialize, Fault::HangAfterCommit);
    assert_eq!(hasty.start(other.clone()).await.unwrap_err().kind, UnknownOutcome);
    assert_eq!(world.gateway.fetch(&other.reference.clone().into()).await.unwrap().state, PaymentState::Open);
    world.twin.control().release_hanging();
}

#[tokio::test]
async fn faults_of_the_twin_have_their_meaning() {
    let world = World::new().await;
    let limited = |after: &Option<Duration>| after.is_some_and(|after| after <= Duration::from_mins(1));
    for fault in [Fault::Status(500), Fault::Html, Fault::EmptyJson] {
        world.twin.control().answer_next(Route::Initialize, fault);
        let kind = world.gateway.start(payment(250_000, Currency::NGN)).await.unwrap_err().kind;
        assert_eq!(kind, UnknownOutcome, "{fault:?}");
    }
    for (fault, expected) in
        [(Fault::Status(500), Transient), (Fault::Html, Transient), (Fault::EmptyJson, Malformed)]
    {
        world.twin.control().answer_next(Route::Verify, fault);
        assert_eq!(world.gateway.fetch(&reference().into()).await.unwrap_err().kind, expected, "{fault:?}");
    }
    world.twin.control().answer_next(Route::Initialize, Fault::RateLimited);
    let kind = world.gateway.start(payment(250_000, Currency::NGN)).await.unwrap_err().kind;
    assert!(matches!(&kind, RateLimited { after } if limited(after)), "{kind:?}");
    assert_eq!(
        world.gateway.fetch(&reference().into()).await.unwrap_err().kind,
        NotFound,
        "none of them was executed"
    );
}
