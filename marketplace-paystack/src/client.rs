//! The adapter itself, and one exchange over HTTP.
//!
//! Guarantees: TLS by rustls with the ring provider, passed explicitly; no redirects and no proxies from the
//! environment; every call has a time limit and every answer a size limit; the key is in one sensitive header
//! and is never printed.
//!
//! Does not: repeat calls, or decide what an answer means (`failure`, `collect`).
//!
//! Called by: hosts (construction), `collect`.

use crate::{
    config::{Checked, PaystackConfig},
    error::ConfigError,
    failure::{Answer, CallError, Effect},
    signature::Verifier,
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
use std::{fmt, sync::Arc, time::Duration};

const USER_AGENT: &str = concat!("marketplace-paystack/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest answer that is read. A transaction is some kilobytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

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

    /// Reads; the value is the answer's `data`.
    pub(crate) async fn get(&self, path: &[&str]) -> Result<Value, GatewayError> {
        let url = self.address(path);
        self.exchange(Effect::Reads, &url, self.http.get(url.clone())).await
    }

    /// Writes; the value is the answer's `data`.
    pub(crate) async fn post(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<Value, GatewayError> {
        let url = self.address(path);
        self.exchange(Effect::Writes, &url, self.http.post(url.clone()).json(body)).await
    }

    /// The address of a path whose segments are data: each is percent-encoded.
    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        // An address without segments (`mailto:`) was refused by the configuration.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn exchange(
        &self,
        effect: Effect,
        url: &Url,
        request: RequestBuilder,
    ) -> Result<Value, GatewayError> {
        let request = request.header(AUTHORIZATION, self.authorization.clone()).timeout(self.call_timeout);
        let response = request.send().await.map_err(|error| effect.failed(error))?;
        if response.url() != url {
            return Err(GatewayError::new(effect.unclear(), CallError::Elsewhere));
        }
        let answer = answer(response).await.map_err(|error| effect.failed(error))?;
        answer.judge(effect)
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

async fn answer(mut response: Response) -> Result<Answer, reqwest::Error> {
    let status = response.status().as_u16();
    let reset = seconds(response.headers());
    let request_id = request_id(response.headers());
    let mut body = Some(Vec::new());
    while let Some(chunk) = response.chunk().await? {
        match &mut body {
            Some(bytes) if bytes.len().saturating_add(chunk.len()) <= LARGEST_ANSWER => {
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

/// How long until the window of the rate limit ends.
fn seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("x-ratelimit-reset")?.to_str().ok()?;
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
            let url = paystack(base).address(&["transaction", "verify", "a/b?c#d e%2F"]);
            assert_eq!(url.path(), format!("{path}a%2Fb%3Fc%23d%20e%252F"), "{base}");
            assert_eq!((url.query(), url.fragment()), (None, None));
        }
    }

    #[test]
    fn it_is_built_without_a_process_wide_provider_and_shows_no_key() {
        let gateway = paystack("https://api.paystack.co");
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
        let shown = format!("{gateway:?} {:?}", gateway.authorization);
        assert!(!shown.contains("0123456789"), "{shown}");
    }
}
