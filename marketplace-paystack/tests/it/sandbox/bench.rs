//! A twin on a clock that only the test moves.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests that fails fails the test")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use marketplace_paystack::sandbox::{
    Initialized, Paid, PayOptions, Record, Sandbox, SandboxBuilder, TwinRequest, TwinResponse,
    WebhookAttempted,
};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";
/// 2026-08-22T09:14:24Z
pub(crate) const START: i64 = 1_787_390_064_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;

#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub(crate) fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn function(&self) -> Arc<dyn Fn() -> i64 + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

pub(crate) fn builder(clock: &ManualClock) -> SandboxBuilder {
    Sandbox::builder()
        .secret_key(KEY)
        .public_url("http://127.0.0.1:3000/dev/paystack/")
        .clock(clock.function())
        .seed(42)
}

fn with_receiver(clock: &ManualClock, url: &str) -> SandboxBuilder {
    builder(clock)
        .webhook_url(Some(url.to_owned()))
        .http_client(http_client(reqwest::redirect::Policy::none()))
}

/// A twin with the calls that tests make all the time.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: ManualClock,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new();
        Self { sandbox: builder(&clock).build().unwrap(), clock }
    }

    pub(crate) fn with_webhooks(url: &str) -> Self {
        let clock = ManualClock::new();
        let sandbox = with_receiver(&clock, url).build().unwrap();
        Self { sandbox, clock }
    }

    /// A process that begins, on a clock and a journal that outlive it.
    pub(crate) fn start(clock: &ManualClock, seed: u64, url: &str, journal: &Path) -> Self {
        let builder = with_receiver(clock, url).seed(seed).journal_file(Some(journal.to_path_buf()));
        Self { sandbox: builder.build().unwrap(), clock: clock.clone() }
    }

    pub(crate) async fn send(&self, request: TwinRequest) -> TwinResponse {
        self.sandbox.handle(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> TwinResponse {
        self.send(request("GET", path)).await
    }

    /// Asks with a query and gives back the body of a success.
    pub(crate) async fn list(&self, path: &str, query: &str) -> Value {
        let mut get = request("GET", path);
        get.query = Some(query.to_owned());
        let answer = self.send(get).await;
        assert_eq!(answer.status, 200, "{path}?{query}: {}", text_of(&answer));
        json_of(&answer)
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> TwinResponse {
        let mut request = request(method, path);
        request.headers.push(("content-type".into(), "application/json".into()));
        request.body = body.to_string().into_bytes();
        self.send(request).await
    }

    /// Posts and gives back the `data` of a success.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.call("POST", path, body).await;
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", text_of(&answer));
        json_of(&answer)["data"].clone()
    }

    /// A call that is refused: its status, message, type and code.
    pub(crate) async fn refused(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, String, String, String) {
        let answer = self.call(method, path, body).await;
        let seen = json_of(&answer);
        assert_eq!(seen["status"], false, "{seen}");
        assert!(seen["meta"]["nextStep"].is_string(), "{seen}");
        let text = |name: &str| seen[name].as_str().unwrap().to_owned();
        (answer.status, text("message"), text("type"), text("code"))
    }

    /// Begins a transaction of 300.50 naira and pays it.
    pub(crate) async fn paid(&self, reference: &str) -> Initialized {
        self.paid_with(reference, PayOptions::default()).await
    }

    pub(crate) async fn paid_with(&self, reference: &str, options: PayOptions) -> Initialized {
        let opened = self.open(&order(reference)).await;
        self.sandbox.control().pay(reference, options).unwrap();
        opened
    }

    pub(crate) fn advance_minutes(&self, minutes: i64) {
        self.clock.advance(minutes * 60_000_000);
    }

    /// What the events of the webhooks so far say, oldest first.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        self.pick(|record| if let Record::WebhookQueued(queued) = record { Some(queued) } else { None })
            .into_iter()
            .map(|queued| {
                let body: Value = serde_json::from_str(&queued.body).unwrap();
                assert_eq!(body["event"], queued.event);
                assert_ne!(body.to_string(), queued.body, "re-writing the JSON must break the signature");
                (queued.event, body["data"].clone())
            })
            .collect()
    }

    pub(crate) async fn post_json(&self, body: &Value) -> TwinResponse {
        self.send(initialize(body)).await
    }

    /// Initializes and gives back what the twin recorded.
    pub(crate) async fn open(&self, body: &Value) -> Initialized {
        let answer = self.post_json(body).await;
        assert_eq!(answer.status, 200, "{}", json_of(&answer));
        match self.sandbox.records().pop() {
            Some(Record::Initialized(opened)) => opened,
            other => panic!("the last record is {other:?}"),
        }
    }

    pub(crate) async fn choose(&self, access_code: &str, outcome: &str) -> TwinResponse {
        let mut post = request("POST", &format!("/{access_code}"));
        post.headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
        post.body = format!("outcome={outcome}").into_bytes();
        self.send(post).await
    }

    pub(crate) async fn verified(&self, reference: &str) -> Value {
        let answer = self.get(&format!("/transaction/verify/{reference}")).await;
        assert_eq!(answer.status, 200);
        json_of(&answer)["data"].clone()
    }

    pub(crate) fn payments(&self) -> Vec<Paid> {
        self.pick(|record| if let Record::Paid(paid) = record { Some(paid) } else { None })
    }

    pub(crate) fn attempts(&self) -> Vec<WebhookAttempted> {
        self.pick(
            |record| if let Record::WebhookAttempted(attempted) = record { Some(attempted) } else { None },
        )
    }

    fn pick<T>(&self, choose: impl Fn(Record) -> Option<T>) -> Vec<T> {
        self.sandbox.records().into_iter().filter_map(choose).collect()
    }
}

pub(crate) fn request(method: &str, path: &str) -> TwinRequest {
    TwinRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![("Authorization".into(), format!("Bearer {KEY}"))],
        ..TwinRequest::default()
    }
}

pub(crate) fn initialize(body: &Value) -> TwinRequest {
    let mut request = request("POST", "/transaction/initialize");
    request.headers.push(("content-type".into(), "application/json".into()));
    request.body = body.to_string().into_bytes();
    request
}

pub(crate) fn order(reference: &str) -> Value {
    json!({
        "email": "b@example.com",
        "amount": 30050,
        "currency": "NGN",
        "reference": reference,
        "callback_url": "https://shop.example/back?order=7"
    })
}

pub(crate) fn json_of(answer: &TwinResponse) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

pub(crate) fn text_of(answer: &TwinResponse) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

pub(crate) fn header<'a>(answer: &'a TwinResponse, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

pub(crate) fn http_client(redirects: reqwest::redirect::Policy) -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::ClientBuilder::new()
        .tls_backend_preconfigured(tls)
        .redirect(redirects)
        .no_proxy()
        .build()
        .unwrap()
}
