//! What the adapter sends, and what it makes of answers that come, break off or stay away.

use super::server::{Reply, Server, bind, html, json};
use super::{REFERENCE, address, chain, config, gateway, payment, reference};
use marketplace_core::money::{Currency, Money};
use marketplace_core::payment::{
    Collect,
    GatewayErrorKind::{
        self, Authentication, InvalidRequest, Malformed, RateLimited, Transient, UnknownOutcome,
    },
    Mode, PaymentState,
};
use marketplace_paystack::Paystack;
use std::time::Duration;

const CREATED: &str = r#"{"status":true,"message":"Authorization URL created","data":{"authorization_url":"https://checkout.paystack.com/3ni8kdavz62431k","access_code":"3ni8kdavz62431k","reference":"mkt-0123456789abcdef"}}"#;
const PAID: &str = r#"{"status":true,"message":"Verification successful","data":{"id":4099260516,"domain":"test","status":"success","reference":"mkt-0123456789abcdef","receipt_number":null,"amount":30050,"message":null,"gateway_response":"Successful","paid_at":"2026-08-22T09:15:02.000Z","created_at":"2026-08-22T09:14:24.000Z","channel":"card","currency":"NGN","ip_address":"197.210.54.33","metadata":"","log":{"start_time":1724318098,"time_spent":4,"attempts":1,"errors":0,"success":true,"mobile":false,"input":[],"history":[{"type":"action","message":"Attempted to pay with card","time":3},{"type":"success","message":"Successfully paid with card","time":4}]},"fees":451,"fees_split":null,"authorization":{"authorization_code":"AUTH_uh8bcl3zbn","bin":"408408","last4":"4081","exp_month":"12","exp_year":"2030","channel":"card","card_type":"visa ","bank":"TEST BANK","country_code":"NG","brand":"visa","reusable":true,"signature":"SIG_yEXu7dLBeqG0kU7g95Ke","account_name":null},"customer":{"id":181873746,"first_name":null,"last_name":null,"email":"b@example.com","customer_code":"CUS_1rkzaqsv4rrhqo6","phone":null,"metadata":null,"risk_action":"default","international_format_phone":null},"plan":null,"split":{},"order_id":null,"paidAt":"2026-08-22T09:15:02.000Z","createdAt":"2026-08-22T09:14:24.000Z","requested_amount":30050,"pos_transaction_data":null,"source":null,"fees_breakdown":null,"connect":null,"transaction_date":"2026-08-22T09:14:24.000Z","plan_object":{},"subaccount":{}}}"#;

async fn start(reply: Reply) -> Result<String, GatewayErrorKind> {
    let server = Server::scripted([reply]).await;
    let started = gateway(&server.url).start(payment(250_000, Currency::NGN)).await;
    assert_eq!(server.requests().len(), 1, "a write is sent once");
    started.map(address).map_err(|error| error.kind)
}

async fn fetch(reply: Reply) -> Result<PaymentState, GatewayErrorKind> {
    let asked = reply.times_asked();
    let server = Server::scripted([reply.clone(), reply]).await;
    let snapshot = gateway(&server.url).fetch(&reference().into()).await;
    assert_eq!(server.requests().len(), asked, "the sweep repeats, the adapter only what broke off");
    snapshot.map(|snapshot| snapshot.state).map_err(|error| error.kind)
}

#[tokio::test]
async fn initialize_sends_exactly_this() {
    let server = Server::scripted([json(200, CREATED)]).await;
    let base_url = format!("{}/dev/paystack/", server.url);
    let started = gateway(&base_url).start(payment(250_000, Currency::NGN)).await.unwrap();
    assert_eq!(address(started), "https://checkout.paystack.com/3ni8kdavz62431k");
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/dev/paystack/transaction/initialize")
    );
    assert_eq!(
        std::str::from_utf8(&request.body).unwrap(),
        r#"{"email":"b@example.com","amount":250000,"currency":"NGN","reference":"mkt-0123456789abcdef","callback_url":"https://shop.example/pay/return","metadata":{"reference":"mkt-0123456789abcdef"}}"#
    );
    assert_eq!(
        request.header("authorization"),
        Some("Bearer sk_test_0123456789abcdef0123456789abcdef01234567")
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("marketplace-paystack/", env!("CARGO_PKG_VERSION")))
    );
}

#[tokio::test]
async fn a_franc_is_a_hundred_on_the_wire() {
    let server = Server::scripted([json(200, CREATED)]).await;
    gateway(&server.url).start(payment(2_500, Currency::XOF)).await.unwrap();
    let body = String::from_utf8(server.requests()[0].body.clone()).unwrap();
    assert!(body.contains(r#""amount":250000,"currency":"XOF""#), "{body}");
}

#[tokio::test]
async fn verify_reads_a_real_answer() {
    let server = Server::scripted([json(200, PAID)]).await;
    let snapshot = gateway(&server.url).fetch(&reference().into()).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.method, "GET");
    assert_eq!(request.target, format!("/transaction/verify/{REFERENCE}"));
    assert_eq!(snapshot.reference, REFERENCE);
    assert_eq!((snapshot.state, snapshot.mode), (PaymentState::Paid, Mode::Test));
    assert_eq!(snapshot.gateway_id.as_deref(), Some("4099260516"));
    assert_eq!(snapshot.requested, Some(Money::new(30_050, Currency::NGN)));
    assert_eq!(snapshot.charged, Money::new(30_050, Currency::NGN));
    assert_eq!(snapshot.fee, Some(Money::new(451, Currency::NGN)));
}

#[tokio::test]
async fn what_paystack_would_refuse_is_not_sent() {
    let server = Server::scripted([]).await;
    let gateway = gateway(&server.url);
    for (minor, code) in [
        (0, "NGN"),
        (-5_000, "NGN"),
        (4_999, "NGN"),
        (1_000_000_001, "NGN"),
        (i64::MAX, "NGN"),
        (i64::MIN, "NGN"),
        (199, "USD"),
        (9, "GHS"),
        (99, "ZAR"),
        (299, "KES"),
        (0, "XOF"),
        (10_000_001, "XOF"),
        (10_000, "EUR"),
        (10_000, "KWD"),
    ] {
        let error = gateway.start(payment(minor, Currency::from_code(code).unwrap())).await.unwrap_err();
        assert_eq!(error.kind, InvalidRequest, "{minor} {code}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn payers_are_sent_to_web_addresses_of_our_own_payment() {
    let address = "https://checkout.paystack.com/3ni8kdavz62431k";
    assert_eq!(start(json(200, CREATED)).await, Ok(address.to_owned()));
    for wrong in [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://x/",
        "/relative",
        "https:",
        "checkout.paystack.com/x",
    ] {
        assert_eq!(start(json(200, &CREATED.replace(address, wrong))).await, Err(UnknownOutcome), "{wrong}");
    }
    let other = CREATED.replace(REFERENCE, "mkt-another-payment-1");
    assert_eq!(start(json(200, &other)).await, Err(UnknownOutcome));
    assert_eq!(start(json(200, r#"{"status":true,"message":"ok"}"#)).await, Err(UnknownOutcome));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_unknown_for_a_write_only() {
    for (reply, write, read) in [
        (Reply::Hangup, UnknownOutcome, Transient),
        (Reply::Torn, UnknownOutcome, Transient),
        (html(502), UnknownOutcome, Transient),
        (html(200), UnknownOutcome, Malformed),
        (json(200, ""), UnknownOutcome, Malformed),
        (json(404, ""), UnknownOutcome, Malformed),
        (json(401, r#"{"status":false,"message":"Invalid key"}"#), Authentication, Authentication),
        (json(302, "").with_header("location", "/elsewhere"), UnknownOutcome, Malformed),
    ] {
        assert_eq!(start(reply.clone()).await, Err(write), "{reply:?}");
        assert_eq!(fetch(reply.clone()).await, Err(read), "{reply:?}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown_for_a_write_only() {
    let server = Server::scripted([Reply::Silence, Reply::Silence]).await;
    let config = config(&server.url).with_call_timeout(Duration::from_millis(100));
    let gateway = Paystack::new(config).unwrap();
    assert_eq!(gateway.start(payment(250_000, Currency::NGN)).await.unwrap_err().kind, UnknownOutcome);
    assert_eq!(gateway.fetch(&reference().into()).await.unwrap_err().kind, Transient);
}

#[tokio::test]
async fn without_a_connection_nothing_happened() {
    // The port is free again when the listener is dropped.
    let url = bind().await.url;
    let error = gateway(&url).start(payment(250_000, Currency::NGN)).await.unwrap_err();
    assert_eq!(error.kind, Transient);
    assert_eq!(gateway(&url).fetch(&reference().into()).await.unwrap_err().kind, Transient);
    assert!(!chain(&error).contains("sk_test"), "{}", chain(&error));
}

#[tokio::test]
async fn the_rate_limit_tells_when_to_come_back() {
    let body =
        r#"{"status":false,"message":"Rate limit exceeded!","type":"api_error","code":"rate_limited"}"#;
    let limited = |seconds| RateLimited { after: Some(Duration::from_secs(seconds)) };
    for (header, kind) in [("17", limited(17)), ("0", limited(0)), ("soon", RateLimited { after: None })] {
        let reply = json(429, body).with_header("x-ratelimit-reset", header);
        assert_eq!(start(reply.clone()).await, Err(kind));
        assert_eq!(fetch(reply).await, Err(kind));
    }
    assert_eq!(start(json(429, body)).await, Err(RateLimited { after: None }));
}

#[tokio::test]
async fn long_answers_are_not_read_to_their_end() {
    let padded = |length: usize| {
        let padding = " ".repeat(length.saturating_sub(CREATED.len()));
        json(200, &format!("{CREATED}{padding}"))
    };
    assert!(start(padded(1024 * 1024)).await.is_ok());
    assert_eq!(start(padded(1024 * 1024 + 1)).await, Err(UnknownOutcome));
    let paid = PAID.replace(r#""metadata":"""#, &format!(r#""metadata":"{}""#, "x".repeat(1024 * 1024)));
    assert_eq!(fetch(json(200, &paid)).await, Err(Malformed));
}

#[tokio::test]
async fn a_client_that_follows_redirects_is_not_believed() {
    let elsewhere = Server::scripted([json(200, CREATED), json(200, PAID)]).await;
    let moved = || json(307, "").with_header("location", &format!("{}/elsewhere", elsewhere.url));
    let server = Server::scripted([moved(), moved()]).await;
    let gateway = Paystack::with_client(config(&server.url), following_client()).unwrap();
    assert_eq!(gateway.start(payment(250_000, Currency::NGN)).await.unwrap_err().kind, UnknownOutcome);
    assert_eq!(gateway.fetch(&reference().into()).await.unwrap_err().kind, Malformed);
    assert_eq!(elsewhere.requests().len(), 2);
}

#[tokio::test]
async fn errors_name_status_and_code_and_nobody() {
    let body = r#"{"status":false,"message":"b@example.com may not","meta":{"nextStep":"sk_test_0123"},"code":"missing_params"}"#;
    let server = Server::scripted([json(400, body).with_header("x-amzn-requestid", "1f2e-3d")]).await;
    let error = gateway(&server.url).start(payment(250_000, Currency::NGN)).await.unwrap_err();
    let shown = format!("{} {error:?}", chain(&error));
    assert!(shown.contains("status 400, code missing_params") && shown.contains("1f2e-3d"), "{shown}");
    assert!(!shown.contains("example") && !shown.contains("sk_test"), "{shown}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the provider is passed explicitly, which is what the rule is for"
)]
pub(crate) fn following_client() -> reqwest::Client {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}
