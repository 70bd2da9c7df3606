//! An HTTP client that shows everything as it is: no redirects followed, no connection kept.

use crate::{
    answer::Answer,
    description::{Description, Given},
};
use bytes::Bytes;
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};
use serde_json::Value;
use std::sync::Arc;

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
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
        Self { http, base: base.to_owned() }
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
        Ask { request: self.http.request(word, url), method: method.to_owned(), own, sent: None }
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

    /// Sends it and reads the whole answer, which must be as the API describes it.
    ///
    /// # Panics
    /// If there is no answer, or one that is described otherwise.
    pub async fn send(self) -> Answer {
        self.whole().await.expect("there is an answer, and it is whole")
    }

    /// Sends it to a server that may die over it: the answer, if there is a whole one.
    ///
    /// # Panics
    /// If that one is described otherwise.
    pub async fn try_send(self) -> Option<Answer> {
        self.whole().await.ok()
    }

    async fn whole(self) -> reqwest::Result<Answer> {
        let Self { request, method, own, sent } = self;
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let answer = Answer { status, headers, body: answer.bytes().await? };
        check((&method, own.as_deref(), sent.as_deref()), answer.status, &answer.headers, Some(&answer.body));
        Ok(answer)
    }

    /// Sends it and reads the head of the answer only.
    ///
    /// # Panics
    /// If there is no answer, or one that is described otherwise.
    pub async fn open(self) -> Response {
        let Self { request, method, own, sent } = self;
        let answer = request.send().await.expect("there is an answer");
        check((&method, own.as_deref(), sent.as_deref()), answer.status().as_u16(), answer.headers(), None);
        answer
    }
}

/// Holds an answer of the server against its description.
fn check(
    (method, own, sent): (&str, Option<&str>, Option<&str>),
    status: u16,
    headers: &HeaderMap,
    body: Option<&[u8]>,
) {
    let Some(path) = own else { return };
    let given = Given { method, path, sent: sent.map(str::as_bytes), status, headers, body };
    if let Err(wrong) = Description::of_the_code().check(&given) {
        let body = String::from_utf8_lossy(body.unwrap_or_default());
        panic!("not as described: {method} {path}: {status}: {wrong}: {body}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    /// A server that answers one request with this body.
    async fn answering(body: &'static str) -> Client {
        answering_as("application/json", body).await
    }

    #[expect(clippy::disallowed_methods, reason = "the server of a test runs beside it")]
    async fn answering_as(kind: &'static str, body: &'static str) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nx-request-id: r\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            connection.write_all(answer.as_bytes()).await.unwrap();
        });
        Client::new(&base)
    }

    #[tokio::test]
    async fn an_answer_as_described_is_handed_on() {
        let client = answering(r#"{"status":"live"}"#).await;
        client.get("/health/live").send().await.expect(200);
    }

    #[tokio::test]
    #[should_panic(expected = "not as described: GET /health/live: 200")]
    async fn no_test_gets_an_answer_that_is_not_as_described() {
        answering(r#"{"status":"live","pid":1}"#).await.get("/health/live").send().await;
    }

    #[tokio::test]
    #[should_panic(expected = "not as described: GET /api/v1/products: 200")]
    async fn nor_one_whose_head_alone_is_looked_at() {
        let client = answering_as("text/plain", "{}").await;
        client.get("/api/v1/products").open().await;
    }
}
