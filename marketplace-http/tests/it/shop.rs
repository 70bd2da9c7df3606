//! A marketplace in memory behind the contract, and a client for it.

use bytes::Bytes;
use futures_util::StreamExt;
use marketplace_core::{
    id::{AppSecret, Reference},
    identity::{NewAccount, Role},
    limiter::RateLimiter,
    market::{Marketplace, Rules},
    time::{Clock, ManualClock, Timestamp},
};
use marketplace_http::{Api, Body, HttpOptions, Method, Request, Response, ResponseBody};
use marketplace_testing::{
    fake::{
        ManualTimer, MemoryFiles, OpenLimiter, PlainComposer, PlainHasher, RecordingMailer, ScriptedGateway,
        SeqIds,
    },
    fault::FaultyStore,
    memory::MemoryStore,
};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const BASE: &str = "https://shop.example";

/// Everything behind the contract, and the contract.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) api: Api,
    pub(crate) gateway: Arc<ScriptedGateway>,
    pub(crate) files: Arc<MemoryFiles>,
    pub(crate) mailer: Arc<RecordingMailer>,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) clock: Arc<ManualClock>,
}

/// What a test may want otherwise.
pub(crate) struct Fitting {
    pub(crate) limiter: fn(Arc<dyn Clock>) -> Arc<dyn RateLimiter>,
    pub(crate) files: MemoryFiles,
    pub(crate) options: HttpOptions,
    pub(crate) rules: Rules,
    pub(crate) base: &'static str,
}

impl Default for Fitting {
    fn default() -> Self {
        Self {
            limiter: |_| Arc::new(OpenLimiter),
            files: MemoryFiles::new(),
            options: HttpOptions::default(),
            rules: Rules::default(),
            base: BASE,
        }
    }
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::fitted(Fitting::default())
    }

    pub(crate) fn fitted(fitting: Fitting) -> Self {
        let gateway = Arc::new(ScriptedGateway::new());
        let files = Arc::new(fitting.files);
        let mailer = Arc::new(RecordingMailer::default());
        let store = Arc::new(FaultyStore::new(Arc::new(MemoryStore::new())));
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_795_000_000_000_000)));
        let market = Marketplace::builder()
            .store(store.clone())
            .gateway(gateway.clone())
            .files(files.clone())
            .direct_uploads(files.clone())
            .mailer(mailer.clone())
            .composer(Arc::new(PlainComposer))
            .clock(clock.clone())
            .timer(Arc::new(ManualTimer::default()))
            .ids(Arc::new(SeqIds::new(1)))
            .hasher(Arc::new(PlainHasher))
            .limiter((fitting.limiter)(clock.clone()))
            .secret(AppSecret::new([7; 32]).expect("long enough"))
            .base_url(fitting.base)
            .rules(fitting.rules)
            .build()
            .expect("whole");
        let api = Api::new(Arc::new(market), fitting.options);
        Self { api, gateway, files, mailer, store, clock }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        Answer::read(self.api.handle(request).await).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::new(Method::Get, path)).await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send(Request::new(Method::Get, path).bearer(token)).await
    }

    pub(crate) async fn post_as(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(Request::new(Method::Post, path).bearer(token).json(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Request::new(Method::Post, path).json(&body)).await
    }

    /// Registers somebody; returns the sign-in token.
    pub(crate) async fn join(&self, name: &str, role: &str) -> String {
        let body = json!({
            "email": format!("{name}@mail.example"), "password": "correct horse", "display_name": name, "role": role,
        });
        self.post("/api/v1/auth/register", body).await.expect(201)["token"].as_str().unwrap().to_owned()
    }

    /// Makes an operator; returns the sign-in token.
    pub(crate) async fn operator(&self) -> String {
        let identity = self.api.market().identity();
        identity.create_operator("root@mail.example".to_owned(), "correct horse".into()).await.expect("made");
        let body = json!({ "email": "root@mail.example", "password": "correct horse" });
        self.post("/api/v1/auth/login", body).await.expect(200)["token"].as_str().unwrap().to_owned()
    }

    /// A published product of `seller` with one file; returns its id.
    pub(crate) async fn product(&self, seller: &str, amount: &str, content: &[u8]) -> String {
        let body = json!({
            "title": "A book", "description": "Pages.", "price": { "amount": amount, "currency": "NGN" },
        });
        let product = self.post_as(seller, "/api/v1/creator/products", body).await.expect(201);
        let id = product["id"].as_str().unwrap().to_owned();
        self.send(file_form(seller, &id, "book.pdf", content)).await.expect(201);
        self.post_as(seller, &format!("/api/v1/creator/products/{id}/publish"), json!({})).await.expect(200);
        id
    }

    /// A guest's paid order; returns its answer.
    pub(crate) async fn bought(&self, product: &str) -> Value {
        let body = json!({ "items": [{ "product_id": product }], "email": "guest@mail.example" });
        let placed = self.post("/api/v1/checkout", body).await.expect(201);
        let reference: Reference = placed["payment"]["reference"].as_str().unwrap().parse().unwrap();
        assert!(self.gateway.pay(&reference, None));
        let token = placed["order_token"].as_str().unwrap();
        let verified = self.post_as(token, &format!("/api/v1/payments/{reference}/verify"), json!({})).await;
        assert_eq!(verified.expect(200)["order"]["status"], "paid");
        placed
    }

    /// A link to the first file of an order; returns its path.
    pub(crate) async fn link(&self, order_token: &str) -> String {
        let library = self.get_as(order_token, "/api/v1/library").await.expect(200);
        let item = &library["items"][0];
        let (right, file) =
            (item["entitlement_id"].as_str().unwrap(), item["files"][0]["id"].as_str().unwrap());
        let path = format!("/api/v1/library/{right}/files/{file}/links");
        let link = self.post_as(order_token, &path, json!({})).await.expect(201);
        let base = self.api.market().base_url();
        link["url"].as_str().unwrap().strip_prefix(base).unwrap().to_owned()
    }

    /// A download session of a fresh guest order; returns its path.
    pub(crate) async fn session(&self, content: &[u8]) -> String {
        let seller = self.join("seller", "creator").await;
        let product = self.product(&seller, "2500.00", content).await;
        let order = self.bought(&product).await;
        let link = self.link(order["order_token"].as_str().unwrap()).await;
        let claimed = self.send(Request::new(Method::Post, link)).await;
        assert_eq!(claimed.status, 303);
        claimed.header("location").unwrap().to_owned()
    }

    /// Signs up straight at the service, past the contract.
    pub(crate) async fn user(&self, name: &str, role: Role) -> String {
        let account = NewAccount {
            email: format!("{name}@mail.example"),
            password: "correct horse".into(),
            display_name: name.to_owned(),
            role,
        };
        let signed_in = self.api.market().identity().register(account).await.expect("registers");
        signed_in.token.expose().to_owned()
    }
}

/// Short ways to fill a request.
pub(crate) trait Fill {
    fn bearer(self, token: &str) -> Request;
    fn json(self, body: &Value) -> Request;
    fn key(self, key: &str) -> Request;
}

impl Fill for Request {
    fn bearer(self, token: &str) -> Request {
        self.with_header("Authorization", format!("Bearer {token}"))
    }
    fn json(self, body: &Value) -> Request {
        self.with_header("Content-Type", "application/json").with_body(body.to_string())
    }
    fn key(self, key: &str) -> Request {
        self.with_header("Idempotency-Key", key)
    }
}

/// A form with one file.
pub(crate) fn file_form(seller: &str, product: &str, name: &str, content: &[u8]) -> Request {
    let mut body = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--XX--\r\n");
    Request::new(Method::Post, format!("/api/v1/creator/products/{product}/files"))
        .bearer(seller)
        .with_header("Content-Type", "multipart/form-data; boundary=XX")
        .with_body(Body::from(Bytes::from(body)))
}

/// An answer, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let Response { status, headers, body } = response;
        let body = match body {
            ResponseBody::Empty => Vec::new(),
            ResponseBody::Bytes(bytes) => bytes.to_vec(),
            ResponseBody::Stream(stream, length) => {
                let bytes = stream.map(|chunk| chunk.expect("whole").to_vec()).concat().await;
                assert_eq!(length, Some(bytes.len() as u64), "a stream is as long as it says");
                bytes
            }
        };
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The JSON of an answer of this status.
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}
