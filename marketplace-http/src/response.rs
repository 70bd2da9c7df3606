//! A response without a framework.
//!
//! Guarantees: header names are lower case and values carry no line end; an answer says `no-store` unless
//! its handler chose otherwise; `nosniff` stands on every answer; HTML runs no script, loads nothing and is
//! framed by nobody.
//!
//! Called by: handlers (make one), [`crate::Api`] (finishes it), the glue (sends it).

use crate::problem::Problem;
use bytes::Bytes;
use marketplace_core::file::ByteStream;
use serde::Serialize;
use std::fmt;

/// What follows the head of an answer.
pub enum ResponseBody {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Bytes),
    /// Bytes as they come, and how many they will be, if that is known.
    Stream(ByteStream, Option<u64>),
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Stream(_, length) => write!(f, "Stream({length:?})"),
        }
    }
}

/// An answer.
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its header lines, names lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: ResponseBody,
}

impl Response {
    /// An answer without a body.
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: ResponseBody::Empty }
    }

    /// An answer of JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Result<Self, Problem> {
        let bytes = serde_json::to_vec(value).map_err(|error| Problem::defect(&error))?;
        Ok(Self::json_bytes(status, bytes))
    }

    /// An answer of JSON that is already written.
    pub fn json_bytes(status: u16, bytes: impl Into<Bytes>) -> Self {
        Self::empty(status).with_header("content-type", "application/json").with_body(bytes)
    }

    /// A page. `form_action` names further places to which its forms may lead.
    pub fn html(status: u16, page: String, form_action: Option<&str>) -> Self {
        let policy = match form_action {
            Some(origin) => format!("{POLICY}; form-action 'self' {origin}"),
            None => format!("{POLICY}; form-action 'self'"),
        };
        Self::empty(status)
            .with_header("content-type", "text/html; charset=utf-8")
            .with_header("content-security-policy", policy)
            .with_header("referrer-policy", "no-referrer")
            .with_header("x-robots-tag", "noindex")
            .with_body(page)
    }

    /// An answer that leads elsewhere.
    pub fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::empty(status).with_header("location", location).with_header("referrer-policy", "no-referrer")
    }

    /// With one more header line. Line ends, which would end the header, are dropped.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let mut value: String = value.into();
        value.retain(|character| !character.is_control());
        self.headers.push((name.to_owned(), value));
        self
    }

    /// With a body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = ResponseBody::Bytes(body.into());
        self
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Puts on what every answer carries, and takes off the body if only the head was asked for.
    pub(crate) fn finish(mut self, request_id: &str, head_only: bool) -> Self {
        if self.header("cache-control").is_none() {
            self = self.with_header("cache-control", "no-store");
        }
        self = self.with_header("x-content-type-options", "nosniff").with_header("x-request-id", request_id);
        if head_only {
            let length = match &self.body {
                ResponseBody::Empty => None,
                ResponseBody::Bytes(bytes) => Some(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
                ResponseBody::Stream(_, length) => *length,
            };
            if let (Some(length), None) = (length, self.header("content-length")) {
                self = self.with_header("content-length", length.to_string());
            }
            self.body = ResponseBody::Empty;
        }
        self
    }
}

const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Status, header names and kind of body: values may be secrets.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &names)
            .field("body", &self.body)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_keeps_its_length_and_loses_its_body() {
        let answer = Response::html(200, "<p>x</p>".to_owned(), None).finish("id", true);
        assert!(matches!(answer.body, ResponseBody::Empty));
        assert_eq!(answer.header("content-length"), Some("8"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-request-id"), Some("id"));
    }

    #[test]
    fn no_header_is_split() {
        let answer = Response::redirect(303, "/a\r\nset-cookie: b=c");
        assert_eq!(answer.header("location"), Some("/aset-cookie: b=c"));
    }

    #[test]
    fn pages_forbid_all_but_their_forms() {
        let answer = Response::html(200, String::new(), Some("https://files.example"));
        assert_eq!(
            answer.header("content-security-policy"),
            Some(
                "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' https://files.example"
            )
        );
    }
}
