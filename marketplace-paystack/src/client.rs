//! The adapter itself, and one exchange over HTTP.
//!
//! Guarantees: TLS by rustls with the ring provider, passed explicitly; no redirects and no proxies from the
//! environment; every call has a time limit and every answer a size limit; the key is in one sensitive header
//! and is never printed; what is put into a path or a query stays one segment or one value, whatever is in it.
//!
//! A question whose connection broke off is asked once more, at once: Paystack's edge closes connections that were
//! kept, and that is the most common failure there is. Each of the two tries has the whole time limit.
//!
//! Does not: repeat anything else (no write, and no question that was refused, answered or too slow), wait, or
//! decide what an answer means (`failure`, and whoever reads an object).
//!
//! Called by: hosts (construction), and the modules of the capabilities.

use crate::{
    config::{Checked, PaystackConfig},
    error::ConfigError,
    failure::{Answer, Effect, End, not_sent},
    signature::Verifier,
    wire::Envelope,
};
use marketplace_core::payment::{GatewayError, Mode};
use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
    redirect::Policy,
};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use std::{
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

const USER_AGENT: &str = concat!("marketplace-paystack/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer about one thing that is read. A transaction is some kilobytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// The largest page of a list that is read: it holds other people's `metadata`, too.
const LARGEST_LIST: usize = 8 * 1024 * 1024;

/// What is asked for, in names and values.
pub(crate) type Query<'a> = &'a [(&'static str, &'a str)];

/// Paystack as a gateway. Clones share connections.
#[derive(Clone)]
pub struct Paystack {
    http: Client,
    authorization: HeaderValue,
    base_url: Url,
    mode: Mode,
    call_timeout: Duration,
    verifier: Verifier,
}

impl Paystack {
    /// The gateway with an HTTP client of its own: rustls with ring and the roots of webpki-roots, no
    /// redirects, no proxy, 5 seconds to connect.
    pub fn new(config: PaystackConfig) -> Result<Self, ConfigError> {
        Self::with_client(config, client()?)
    }

    /// The gateway on the host's HTTP client, for a proxy or certificates of one's own. The client must not
    /// follow redirects: an answer from another address than the one that was asked is not believed. The
    /// time limit of a call is set here all the same.
    pub fn with_client(config: PaystackConfig, http: Client) -> Result<Self, ConfigError> {
        let Checked { secret_key, previous_key, mode, base_url, call_timeout } = config.check()?;
        let bearer = format!("Bearer {}", secret_key.expose_secret());
        let mut authorization = HeaderValue::try_from(bearer).map_err(|_| ConfigError::SecretKey)?;
        authorization.set_sensitive(true);
        let keys = std::iter::once(&secret_key).chain(&previous_key);
        let verifier = Verifier::new(keys).ok_or(ConfigError::SecretKey)?;
        Ok(Self { http, authorization, base_url, mode, call_timeout, verifier })
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the gateway is spoken to in the clear, which is so on the loopback interface only.
    pub(crate) fn is_local(&self) -> bool {
        self.base_url.scheme() == "http"
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Reads one thing; the value is the answer's `data`.
    pub(crate) async fn get(&self, path: &[&str], query: Query<'_>) -> Result<Value, GatewayError> {
        Ok(self.ask(LARGEST_ANSWER, &self.address(path, query)?).await?.data)
    }

    /// Reads a page of a list, with what is said of how it goes on.
    pub(crate) async fn get_page(&self, path: &[&str], query: Query<'_>) -> Result<Envelope, GatewayError> {
        self.ask(LARGEST_LIST, &self.address(path, query)?).await
    }

    /// Writes; the value is the answer's `data`.
    pub(crate) async fn post(
        &self,
        effect: Effect,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<Value, GatewayError> {
        let url = self.address(path, &[])?;
        let request = self.http.post(url.clone()).json(body);
        Ok(self.exchange(&url, LARGEST_ANSWER, request).await.judge(effect)?.data)
    }

    /// Changes; the value is the answer's `data`.
    pub(crate) async fn put(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<Value, GatewayError> {
        let url = self.address(path, &[])?;
        let request = self.http.put(url.clone()).json(body);
        Ok(self.exchange(&url, LARGEST_ANSWER, request).await.judge(Effect::Writes)?.data)
    }

    /// The address of a path whose segments are data. A segment that URLs give a meaning of its own has none.
    fn address(&self, path: &[&str], query: Query<'_>) -> Result<Url, GatewayError> {
        let mut target = self.base_url.path().trim_end_matches('/').to_owned();
        for segment in path {
            // Empty ones would name the list of all, dots another endpoint; encoded they would mean the same.
            if matches!(*segment, "" | "." | "..") {
                return Err(not_sent("an id is none of paystack's"));
            }
            target.push('/');
            push_encoded(&mut target, segment);
        }
        let mut url = self.base_url.clone();
        url.set_path(&target);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Asks, and once more if the connection broke off.
    async fn ask(&self, largest: usize, url: &Url) -> Result<Envelope, GatewayError> {
        let mut end = self.exchange(url, largest, self.http.get(url.clone())).await;
        if end.broke_off() {
            tracing::debug!("a connection to paystack broke off; the question is asked once more");
            end = self.exchange(url, largest, self.http.get(url.clone())).await;
        }
        end.judge(Effect::Reads)
    }

    async fn exchange(&self, url: &Url, largest: usize, request: RequestBuilder) -> End {
        let request = request.header(AUTHORIZATION, self.authorization.clone()).timeout(self.call_timeout);
        let response = match request.send().await {
            Ok(response) if response.url() == url => response,
            Ok(_) => return End::Elsewhere,
            Err(error) => return End::NoAnswer(error),
        };
        answer(response, largest).await.map_or_else(End::NoAnswer, End::Answered)
    }
}

/// Every byte that is not plain everywhere in an address becomes a number.
fn push_encoded(target: &mut String, segment: &str) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            target.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            write!(target, "%{byte:02X}").ok();
        }
    }
}

impl fmt::Debug for Paystack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paystack")
            .field("mode", &self.mode)
            .field("base_url", &self.base_url.as_str())
            .field("call_timeout", &self.call_timeout)
            .field("verifier", &self.verifier)
            .finish_non_exhaustive()
    }
}

async fn answer(mut response: Response, largest: usize) -> Result<Answer, reqwest::Error> {
    let status = response.status().as_u16();
    let reset = seconds(response.headers());
    let request_id = request_id(response.headers());
    let mut body = Some(Vec::new());
    while let Some(chunk) = response.chunk().await? {
        match &mut body {
            Some(bytes) if bytes.len().saturating_add(chunk.len()) <= largest => {
                bytes.extend_from_slice(&chunk);
            }
            _ => {
                body = None;
                break;
            }
        }
    }
    Ok(Answer { status, reset, request_id, body })
}

/// How long until the window of the rate limit ends. The edge in front of the API has another name for it.
fn seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("x-ratelimit-reset").or_else(|| headers.get("retry-after"))?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// What Paystack's support asks for.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("x-amzn-requestid").or_else(|| headers.get("cf-ray"))?.to_str().ok()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain && id.len() <= 64 { Some(id.to_owned()) } else { None }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the provider is passed explicitly, which is what the rule is for"
)]
fn client() -> Result<Client, ConfigError> {
    let unbuilt = |error: Box<dyn std::error::Error + Send + Sync>| ConfigError::Client(error);
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unbuilt(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        // Libraries do not read the environment, and a proxy from there would see the key of a loopback call.
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(USER_AGENT)
        .build()
        .map_err(|error| unbuilt(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::payment::GatewayErrorKind;
    use secrecy::SecretString;

    const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";

    fn paystack(base_url: &str) -> Paystack {
        Paystack::new(PaystackConfig::new(SecretString::from(KEY)).with_base_url(base_url)).unwrap()
    }

    #[test]
    fn segments_are_data() {
        for (base, path) in [
            ("http://127.0.0.1:1", "/transaction/verify/"),
            ("http://127.0.0.1:1/", "/transaction/verify/"),
            ("http://127.0.0.1:1/dev/paystack", "/dev/paystack/transaction/verify/"),
            ("http://127.0.0.1:1/dev/paystack/", "/dev/paystack/transaction/verify/"),
        ] {
            let gateway = paystack(base);
            let url = gateway.address(&["transaction", "verify", "a/b?c#d e%2F"], &[]).unwrap();
            assert_eq!(url.path(), format!("{path}a%2Fb%3Fc%23d%20e%252F"), "{base}");
            assert_eq!((url.query(), url.fragment()), (None, None));
            for (segment, encoded) in [
                ("..;", "..%3B"),
                (".\t.", ".%09."),
                ("%2e%2e", "%252e%252e"),
                ("a\\b", "a%5Cb"),
                ("ọ", "%E1%BB%8D"),
                ("\u{0}", "%00"),
                ("a~b_c.d-e", "a~b_c.d-e"),
            ] {
                let url = gateway.address(&["transaction", "verify", segment], &[]).unwrap();
                assert_eq!(url.path(), format!("{path}{encoded}"), "{base}");
            }
            for segment in ["", ".", ".."] {
                let refused = gateway.address(&["transaction", "verify", segment], &[]).unwrap_err();
                assert_eq!(refused.kind, GatewayErrorKind::InvalidRequest, "{segment:?}");
            }
        }
    }

    #[test]
    fn values_of_a_query_are_data() {
        let gateway = paystack("http://127.0.0.1:1/dev");
        let query = [("account_number", "01&bank_code=2"), ("bank_code", "035A #ọ"), ("next", "")];
        let url = gateway.address(&["bank", "resolve"], &query).unwrap();
        assert_eq!(url.path(), "/dev/bank/resolve");
        let expected = "account_number=01%26bank_code%3D2&bank_code=035A+%23%E1%BB%8D&next=";
        assert_eq!((url.query(), url.fragment()), (Some(expected), None));
    }

    #[test]
    fn it_is_built_without_a_process_wide_provider_and_shows_no_key() {
        let gateway = paystack("https://api.paystack.co");
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
        let shown = format!("{gateway:?} {:?}", gateway.authorization);
        assert!(!shown.contains("0123456789"), "{shown}");
    }
}
