//! An answer of a server.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// A header that occurs once.
    ///
    /// # Panics
    /// If it occurs twice or is no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        assert!(values.next().is_none(), "{name} occurs twice");
        Some(first.to_str().expect("a header is text"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    /// The JSON of an answer that must have this status; `null` without a body.
    ///
    /// # Panics
    /// If it has another one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks everything that a refusal must be, and gives its body.
    ///
    /// # Panics
    /// If it is anything else.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.problem(status);
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }

    /// The same, whatever the code.
    ///
    /// # Panics
    /// If it is no refusal, or not of the right form.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        let mut names: Vec<&str> =
            problem.as_object().expect("an object").keys().map(String::as_str).collect();
        names.retain(|name| *name != "errors");
        names.sort_unstable();
        assert_eq!(names, ["code", "detail", "request_id", "status", "title", "type"], "{problem}");
        assert_eq!(problem["status"], status);
        for name in ["type", "title", "detail"] {
            assert!(problem[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {problem}");
        }
        let id = self.header("x-request-id").expect("every answer has its id");
        assert_eq!(problem["request_id"], id);
        assert_code(&problem["code"]);
        for error in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
            assert!(error["field"].is_string() && error["message"].is_string(), "{problem}");
            assert_code(&error["code"]);
        }
        assert_plain(&self.text());
        problem
    }
}

/// Stable words: lower snake case.
#[track_caller]
fn assert_code(code: &Value) {
    let word = code.as_str().expect("a code is text");
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    assert!(plain && word.starts_with(|first: char| first.is_ascii_lowercase()), "{word}");
}

/// What tells of the inside: languages of stores, places in sources, names of libraries, secrets.
const INSIDE: [&str; 19] = [
    "sql",
    "select ",
    "insert ",
    "constraint",
    "mkt_",
    "panicked",
    "backtrace",
    ".rs",
    "src/",
    "serde",
    "tokio",
    "axum",
    "actix",
    "hyper",
    "argon2",
    "sk_test",
    "secret",
    "/tmp",
    "errno",
];

#[track_caller]
fn assert_plain(body: &str) {
    let lower = body.to_ascii_lowercase();
    for word in INSIDE {
        assert!(!lower.contains(word), "an answer tells of the inside ({word}): {body}");
    }
}
