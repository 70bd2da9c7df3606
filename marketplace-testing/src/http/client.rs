//! An HTTP client that shows everything as it is: no redirects followed, no connection kept.

use super::answer::Answer;
use bytes::Bytes;
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};
use serde_json::Value;
use std::sync::Arc;

/// An answer of the server, and what was asked.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The method that was asked with.
    pub method: &'a str,
    /// The path that was asked for, as sent; a query may follow.
    pub path: &'a str,
    /// The JSON that was sent, if any was.
    pub sent: Option<&'a [u8]>,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body; `None` if it is not known yet.
    pub body: Option<&'a [u8]>,
}

/// Says what is wrong with an answer, whatever was wanted of it.
pub type Judge = fn(&Given<'_>) -> Result<(), String>;

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    judge: Judge,
}

impl Client {
    /// A client of the server at `base`.
    ///
    /// # Panics
    /// If the client cannot be built.
    pub fn new(base: &str) -> Self {
        // A connection kept from before a restart would answer for a server that is gone.
        Self::keeping(base, 0)
    }

    /// The same with connections that are used again: for more requests than a machine has ports. The server stays the
    /// same one meanwhile.
    ///
    /// # Panics
    /// If the client cannot be built.
    pub fn busy(base: &str) -> Self {
        Self::keeping(base, usize::MAX)
    }

    #[expect(clippy::disallowed_methods, reason = "the TLS provider is given here")]
    fn keeping(base: &str, idle: usize) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(idle)
            .build()
            .expect("the client is complete");
        Self { http, base: base.to_owned(), judge: |_| Ok(()) }
    }

    /// With a judge of every answer of this server.
    #[must_use]
    pub fn with_judge(self, judge: Judge) -> Self {
        Self { judge, ..self }
    }

    /// The address of its server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request. `path` may be a whole address.
    ///
    /// # Panics
    /// If the method is no word.
    pub fn ask(&self, method: &str, path: &str) -> Ask {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        // Only what is asked of this server is described.
        let own = url.strip_prefix(&self.base).filter(|path| path.starts_with('/')).map(str::to_owned);
        let word = Method::from_bytes(method.as_bytes()).expect("a method");
        Ask {
            request: self.http.request(word, url),
            method: method.to_owned(),
            own,
            sent: None,
            judge: self.judge,
        }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    /// `POST`.
    pub fn post(&self, path: &str) -> Ask {
        self.ask("POST", path)
    }

    /// Moves the server's clock.
    pub async fn advance(&self, seconds: u64) {
        self.post("/dev/clock")
            .json(&serde_json::json!({ "advance_seconds": seconds }))
            .send()
            .await
            .expect(200);
    }
}

/// A request that is being put together.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Ask {
    request: RequestBuilder,
    method: String,
    own: Option<String>,
    /// The JSON that is sent with it.
    sent: Option<String>,
    judge: Judge,
}

impl Ask {
    /// With a sign-in.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a sign-in, if there is one.
    pub fn bearer_if(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.bearer(token),
            None => self,
        }
    }

    /// With one more header line.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// With an idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a JSON body.
    pub fn json(self, value: &Value) -> Self {
        let sent = value.to_string();
        Self { sent: Some(sent.clone()), ..self.typed("application/json", sent) }
    }

    /// With a body of a type.
    pub fn typed(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.header("content-type", content_type).body(body)
    }

    /// With a body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { request: self.request.body(body.into()), ..self }
    }

    /// With a body in chunks, whose length is not announced.
    pub fn chunked(self, chunks: Vec<Bytes>) -> Self {
        let stream = futures_util::stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
        Self { request: self.request.body(reqwest::Body::wrap_stream(stream)), ..self }
    }

    /// Its method and its path, without the query. `None` if it goes to another server.
    pub(crate) fn line(&self) -> Option<(&str, &str)> {
        let path = self.own.as_deref()?;
        Some((&self.method, path.split('?').next().unwrap_or(path)))
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// If there is no answer, or the judge finds it wrong.
    pub async fn send(self) -> Answer {
        self.whole().await.expect("there is an answer, and it is whole")
    }

    /// Sends it to a server that may die over it: the answer, if there is a whole one.
    ///
    /// # Panics
    /// If the judge finds that one wrong.
    pub async fn try_send(self) -> Option<Answer> {
        self.whole().await.ok()
    }

    async fn whole(self) -> reqwest::Result<Answer> {
        let Self { request, method, own, sent, judge } = self;
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let answer = Answer { status, headers, body: answer.bytes().await? };
        let asked = (&*method, own.as_deref(), sent.as_deref());
        judged(judge, asked, answer.status, &answer.headers, Some(&answer.body));
        Ok(answer)
    }

    /// Sends it and reads the head of the answer only.
    ///
    /// # Panics
    /// If there is no answer, or the judge finds it wrong.
    pub async fn open(self) -> Response {
        let Self { request, method, own, sent, judge } = self;
        let answer = request.send().await.expect("there is an answer");
        let asked = (&*method, own.as_deref(), sent.as_deref());
        judged(judge, asked, answer.status().as_u16(), answer.headers(), None);
        answer
    }
}

/// Lets the judge look at an answer of its server.
fn judged(
    judge: Judge,
    (method, own, sent): (&str, Option<&str>, Option<&str>),
    status: u16,
    headers: &HeaderMap,
    body: Option<&[u8]>,
) {
    let Some(path) = own else { return };
    let given = Given { method, path, sent: sent.map(str::as_bytes), status, headers, body };
    if let Err(wrong) = judge(&given) {
        let body = String::from_utf8_lossy(body.unwrap_or_default());
        panic!("not as described: {method} {path}: {status}: {wrong}: {body}");
    }
}
