//! `application/problem+json` (RFC 9457): the one form of every refusal.
//!
//! Guarantees: status and code come from the error's kind and code; a defect shows nothing but the request
//! id, and its chain of causes goes to the log; a refusal that passes carries `Retry-After`.
//!
//! Called by: everything that refuses, through `?`; hosts may use it for routes of their own.

use crate::response::Response;
use marketplace_core::error::{ErrorKind, Failure, FieldError};
use serde::Serialize;
use std::{error::Error, time::Duration};
use utoipa::ToSchema;

/// A refusal on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: u16,
    code: &'static str,
    detail: String,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    headers: Vec<(&'static str, String)>,
}

/// When to come back, where nobody knows better.
const SHORTLY: Duration = Duration::from_secs(2);

impl Problem {
    /// A refusal with its stable code and a sentence for people.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        let retry_after = (status == 503 || status == 429).then_some(SHORTLY);
        let headers =
            if status == 401 { vec![("www-authenticate", "Bearer".to_owned())] } else { Vec::new() };
        Self { status, code, detail: detail.into(), fields: Vec::new(), retry_after, headers }
    }

    /// 404, the same for what does not exist and for what is not yours.
    pub fn not_found() -> Self {
        Self::new(404, "not_found", "there is no such thing, or it is not yours")
    }

    /// 422 with the fields that are wrong.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self::new(422, "invalid", "some fields are wrong").with_fields(fields)
    }

    /// 422 with one wrong field.
    pub fn invalid_field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, code, message)])
    }

    /// 401: nobody, or a dead sign-in.
    pub fn unauthenticated() -> Self {
        Self::new(401, "unauthenticated", "this needs a live sign-in")
    }

    /// 403: somebody, but not the right one.
    pub fn forbidden() -> Self {
        Self::new(403, "forbidden", "this sign-in may not do that")
    }

    /// 500, written to the log with its causes.
    pub fn defect(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = %chain(error), "a defect was answered");
        Self::new(500, "internal", "something broke here; the request id names what")
    }

    /// With another sentence for the client.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With wrong fields.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.fields = fields;
        self
    }

    /// With the time after which to come back.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// With a header line.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The answer.
    pub fn into_response(self, request_id: &str) -> Response {
        let wire = Wire {
            r#type: "about:blank",
            title: title(self.status),
            status: self.status,
            detail: &self.detail,
            code: self.code,
            request_id,
            errors: self.fields.iter().map(WireField::of).collect(),
        };
        // Texts and numbers always serialise; an empty body would still carry the status.
        let bytes = serde_json::to_vec(&wire).unwrap_or_default();
        let mut response = Response::empty(self.status)
            .with_header("content-type", "application/problem+json")
            .with_body(bytes);
        for (name, value) in self.headers {
            response = response.with_header(name, value);
        }
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0)).max(1);
            response = response.with_header("retry-after", seconds.to_string());
        }
        response
    }
}

impl<E: Failure + 'static> From<E> for Problem {
    fn from(error: E) -> Self {
        let kind = error.kind();
        match kind {
            ErrorKind::Internal => return Self::defect(&error),
            ErrorKind::Unavailable | ErrorKind::Unknown => {
                tracing::warn!(error = %chain(&error), "a part did not answer");
            }
            _ => {}
        }
        if kind == ErrorKind::NotFound {
            return Self::not_found();
        }
        Self::new(kind.http_status(), error.code(), error.to_string()).with_fields(error.fields().to_vec())
    }
}

/// An error and its causes, joined by colons.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Wire<'a> {
    #[schema(examples("about:blank"))]
    r#type: &'static str,
    #[schema(examples("Unprocessable Content"))]
    title: &'static str,
    #[schema(examples(422), minimum = 400, maximum = 599)]
    status: u16,
    #[schema(examples("some fields are wrong"))]
    detail: &'a str,
    #[schema(examples("invalid"), pattern = "^[a-z][a-z0-9_]*$")]
    code: &'static str,
    #[schema(examples("019ab3c45d6e7f8090a1b2c3d4e5f611"))]
    request_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable = false)]
    errors: Vec<WireField<'a>>,
}

/// A field of the request that is wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldProblem)]
struct WireField<'a> {
    #[schema(examples("price.amount"))]
    field: &'a str,
    #[schema(examples("invalid"), pattern = "^[a-z][a-z0-9_]*$")]
    code: &'static str,
    #[schema(examples("an amount of NGN is plain digits with 2 decimals"))]
    message: &'a str,
}

impl<'a> WireField<'a> {
    fn of(error: &'a FieldError) -> Self {
        Self { field: &error.field, code: error.code, message: &error.message }
    }
}

pub(crate) const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::ResponseBody;
    use marketplace_core::error::StoreError;

    fn body(response: &Response) -> serde_json::Value {
        let ResponseBody::Bytes(bytes) = &response.body else { panic!("no body") };
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn the_form_is_complete() {
        let answer = Problem::invalid_field("price.amount", "invalid", "no amount").into_response("r1");
        assert_eq!(answer.status, 422);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(
            body(&answer),
            serde_json::json!({
                "type": "about:blank", "title": "Unprocessable Content", "status": 422,
                "detail": "some fields are wrong", "code": "invalid", "request_id": "r1",
                "errors": [{"field": "price.amount", "code": "invalid", "message": "no amount"}],
            })
        );
    }

    #[test]
    fn a_defect_tells_nothing() {
        let answer = Problem::from(StoreError::defect("table users is broken")).into_response("r2");
        assert_eq!(answer.status, 500);
        assert!(!body(&answer).to_string().contains("users"));
    }

    #[test]
    fn what_passes_says_when() {
        let answer = Problem::from(StoreError::Unavailable("down".into())).into_response("r3");
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
        let late =
            Problem::new(429, "too_many_requests", "slow").with_retry_after(Duration::from_millis(1200));
        assert_eq!(late.into_response("r4").header("retry-after"), Some("2"));
        assert_eq!(Problem::unauthenticated().into_response("r5").header("www-authenticate"), Some("Bearer"));
    }
}
