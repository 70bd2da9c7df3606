//! Requests and answers without a web framework.
//!
//! Guarantees that a `Debug` print shows neither headers nor bodies, because they carry the secret key and the
//! payer. Does not enforce sizes or timeouts: the host's server does. Callers: hosts build the requests and
//! send the answers (as `serve` does), `api` and `page` do the reverse.

use std::fmt;

use percent_encoding::percent_decode;
use serde::Serialize;

/// A request, as the host received it.
#[derive(Clone, Default)]
pub struct TwinRequest {
    /// Such as `GET`, in capitals.
    pub method: String,
    /// What follows the mount prefix, still percent-encoded; begins with `/`.
    pub path: String,
    /// What follows the question mark.
    pub query: Option<String>,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// The bytes as they came.
    pub body: Vec<u8>,
}

/// An answer, for the host to send as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct TwinResponse {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes to send.
    pub body: Vec<u8>,
    /// What becomes of the connection.
    pub ending: Ending,
}

/// What becomes of the connection on which an answer is due. A host whose server cannot break a connection sends
/// the answer all the same, which is then the 502 of the edge: to a client it says as little.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The answer is sent.
    #[default]
    Answered,
    /// The connection is closed without one.
    Closed,
    /// The connection is reset.
    Reset,
}

impl fmt::Debug for TwinRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwinRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TwinResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwinResponse")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// Lets the page style itself and nothing else. There is no `form-action`: browsers apply it to the redirect
/// after the form as well, and that one leads to the merchant's own site.
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

impl TwinRequest {
    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the body says that it is a form.
    pub(super) fn is_form(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }

    /// The body read as a form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// What follows the question mark, read as a form.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        pairs(self.query.as_deref().unwrap_or_default().as_bytes())
    }
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || unescape(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

fn unescape(part: &[u8]) -> String {
    let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

impl TwinResponse {
    /// An answer that is sent.
    fn whole(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { status, headers, body, ending: Ending::Answered }
    }

    /// No answer: the connection ends like this.
    pub(super) fn broken(ending: Ending) -> Self {
        Self { ending, ..Self::edge_error(502) }
    }

    /// A JSON answer of the API.
    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => Self::whole(status, vec![header("content-type", JSON)], body),
            Err(error) => {
                tracing::error!(%error, "an answer of the sandbox cannot be written");
                Self::empty_json(500)
            }
        }
    }

    /// JSON by its header, nothing by its body. Paystack answers an unknown path like this.
    pub(super) fn empty_json(status: u16) -> Self {
        Self::whole(status, vec![header("content-type", JSON)], Vec::new())
    }

    /// Nothing but a status, as a file store answers.
    pub(super) fn bare(status: u16) -> Self {
        Self::whole(status, Vec::new(), Vec::new())
    }

    /// A page for the payer.
    pub(super) fn page(status: u16, html: String) -> Self {
        Self::whole(status, page_headers(), html.into_bytes())
    }

    /// Sends the payer elsewhere.
    pub(super) fn redirect(to: &str) -> Self {
        let mut headers = page_headers();
        headers.push(header("location", to));
        Self::whole(302, headers, Vec::new())
    }

    /// What the edge in front of the API sends when something behind it is down.
    pub(super) fn edge_error(status: u16) -> Self {
        let html = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
        Self::whole(status, vec![header("content-type", "text/html")], html.into_bytes())
    }

    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(header(name, value));
        self
    }
}

fn page_headers() -> Vec<(String, String)> {
    vec![
        header("content-type", "text/html; charset=utf-8"),
        header("content-security-policy", PAGE_POLICY),
        header("x-content-type-options", "nosniff"),
        header("referrer-policy", "no-referrer"),
        header("cache-control", "no-store"),
    ]
}

#[cfg(test)]
mod tests {
    use super::TwinRequest;

    #[test]
    fn forms_are_decoded() {
        let request = TwinRequest {
            body: b"a=1&email=b%40example.com&name=A+B&empty=&bare".to_vec(),
            query: Some("page=2&&from=2026%2D08".into()),
            ..Default::default()
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let expected = [
            pair("a", "1"),
            pair("email", "b@example.com"),
            pair("name", "A B"),
            pair("empty", ""),
            pair("bare", ""),
        ];
        assert_eq!(request.form(), expected);
        assert_eq!(request.query(), [pair("page", "2"), pair("from", "2026-08")]);
        assert!(TwinRequest::default().query().is_empty());
    }

    #[test]
    fn debug_hides_headers_and_bodies() {
        let request = TwinRequest {
            headers: vec![("Authorization".into(), "Bearer sk_test_secret".into())],
            body: b"email=b@example.com".to_vec(),
            ..Default::default()
        };
        let text = format!("{request:?}");
        assert!(!text.contains("secret") && !text.contains("example"), "{text}");
        assert_eq!(request.header("authorization"), Some("Bearer sk_test_secret"));
    }
}
