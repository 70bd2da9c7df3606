//! What a failed call means: the one place where Paystack's answers become kinds of `GatewayError`.
//!
//! Guarantees: a write that may have been executed is an unknown outcome, whatever came back; only a readable
//! refusal, a refused connection or an answer of the edge in front of the API counts as not executed. Error
//! texts carry status, code and a harmless message of Paystack: no key, no address, no account number.
//!
//! Called by: `client`, `collect`.

use crate::wire::{self, Envelope};
use marketplace_core::payment::{GatewayError, GatewayErrorKind};
use serde_json::Value;
use std::time::Duration;

/// The longest wait that is believed. A window of the rate limit is a minute; a server that sends a date
/// instead of a number of seconds must not stop the sweep for years.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What a call does at Paystack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it may be repeated at will.
    Reads,
    /// Something that must not happen twice.
    Writes,
}

/// Why a call failed, for operators.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("no answer came")]
    NoAnswer(#[source] reqwest::Error),
    #[error("the answer came from another address: the http client follows redirects")]
    Elsewhere,
    #[error("paystack refused: status {status}, code {code}, message {message:?}, request {request}")]
    Refused { status: u16, code: String, message: String, request: String },
    #[error("the answer cannot be read: status {status}, request {request}")]
    Unreadable { status: u16, request: String },
    #[error("the answer cannot be read: {0}")]
    Field(&'static str),
    #[error("not sent: {0}")]
    NotSent(&'static str),
}

impl Effect {
    /// The kind of an answer that cannot be read.
    pub(crate) fn unclear(self) -> GatewayErrorKind {
        match self {
            Self::Reads => GatewayErrorKind::Malformed,
            Self::Writes => GatewayErrorKind::UnknownOutcome,
        }
    }

    /// The kind of a failure on the way or at the other end.
    fn broken(self) -> GatewayErrorKind {
        match self {
            Self::Reads => GatewayErrorKind::Transient,
            Self::Writes => GatewayErrorKind::UnknownOutcome,
        }
    }

    /// A call that ended without an answer.
    pub(crate) fn failed(self, error: reqwest::Error) -> GatewayError {
        // Without a connection nothing can have been executed.
        let kind = if error.is_connect() { GatewayErrorKind::Transient } else { self.broken() };
        GatewayError::new(kind, CallError::NoAnswer(error.without_url()))
    }
}

/// An answer of any status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The seconds that the rate limit's window still lasts.
    pub(crate) reset: Option<Duration>,
    pub(crate) request_id: Option<String>,
    /// `None` if it was too long.
    pub(crate) body: Option<Vec<u8>>,
}

impl Answer {
    /// The `data` of an accepted call, or what the refusal means.
    pub(crate) fn judge(self, effect: Effect) -> Result<Value, GatewayError> {
        let envelope = self.body.as_deref().and_then(wire::envelope);
        match envelope {
            Some(envelope) if envelope.accepted && (200..300).contains(&self.status) => Ok(envelope.data),
            envelope => {
                let kind = self.kind(effect, envelope.as_ref());
                Err(GatewayError::new(kind, self.cause(envelope)))
            }
        }
    }

    fn kind(&self, effect: Effect, envelope: Option<&Envelope>) -> GatewayErrorKind {
        let code = |wanted: &[&str]| {
            let code = envelope.and_then(|envelope| envelope.code.as_deref());
            code.is_some_and(|code| wanted.iter().any(|wanted| code.eq_ignore_ascii_case(wanted)))
        };
        let message = |wanted: &str| {
            let message = envelope.and_then(|envelope| envelope.message.as_deref()).unwrap_or_default();
            message.to_ascii_lowercase().starts_with(wanted)
        };
        // Code and text come before the status, because the same refusal is seen under several statuses.
        if code(&["duplicate_reference"]) || message("duplicate transaction reference") {
            return GatewayErrorKind::Duplicate;
        }
        if code(&["rate_limited"]) || self.status == 429 {
            return GatewayErrorKind::RateLimited { after: self.reset.map(|wait| wait.min(LONGEST_WAIT)) };
        }
        let account =
            code(&["invalid_key", "unsupported_currency", "transfer_unavailable"]) || message("invalid key");
        if account || matches!(self.status, 401 | 403) {
            return GatewayErrorKind::Misconfigured;
        }
        if effect == Effect::Reads
            && (code(&["transaction_not_found"]) || message("transaction reference not found"))
        {
            return GatewayErrorKind::NotFound;
        }
        // A refusal that says it is none proves nothing.
        let refused = envelope.is_some_and(|envelope| !envelope.accepted);
        match self.status {
            408 | 500.. => effect.broken(),
            // An unreadable 404 is a wrong base address just as well, so it proves nothing.
            404 if effect == Effect::Reads && refused => GatewayErrorKind::NotFound,
            400..500 if refused => GatewayErrorKind::InvalidRequest,
            _ => effect.unclear(),
        }
    }

    fn cause(self, envelope: Option<Envelope>) -> CallError {
        let (status, request) = (self.status, self.request_id.unwrap_or_else(|| "unnamed".to_owned()));
        match envelope {
            None => CallError::Unreadable { status, request },
            Some(Envelope { code, message, .. }) => {
                let code = code.filter(|code| wire::is_word(code)).unwrap_or_else(|| "none".to_owned());
                let message = message.as_deref().map(harmless).unwrap_or_default();
                CallError::Refused { status, code, message, request }
            }
        }
    }
}

/// The message, or nothing if it could name a payer, an account or a key.
fn harmless(message: &str) -> String {
    let digits_in_a_row = message.split(|character: char| !character.is_ascii_digit()).map(str::len).max();
    if message.contains('@') || message.contains("sk_") || digits_in_a_row.unwrap_or(0) > 5 {
        return String::new();
    }
    message.chars().filter(|character| !character.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use GatewayErrorKind::{
        Duplicate, InvalidRequest, Malformed, Misconfigured, NotFound, RateLimited, Transient, UnknownOutcome,
    };

    const HTML: &str = "<html><body>502 Bad Gateway</body></html>";
    const INVALID_KEY: &str = r#"{"status":false,"message":"Invalid key","meta":{"nextStep":"x"},"type":"validation_error","code":"invalid_Key"}"#;
    const SHORT_INVALID_KEY: &str = r#"{"status":false,"message":"Invalid key"}"#;
    const DUPLICATE: &str = r#"{"status":false,"message":"Duplicate Transaction Reference","meta":{},"type":"validation_error","code":"duplicate_reference"}"#;
    const SHORT_DUPLICATE: &str = r#"{"status":false,"message":"Duplicate Transaction Reference"}"#;
    const NO_SUCH: &str =
        r#"{"status":false,"message":"Transaction reference not found.","code":"transaction_not_found"}"#;
    const SHORT_NO_SUCH: &str = r#"{"status":false,"message":"Transaction reference not found."}"#;
    const MISSING: &str = r#"{"status":false,"message":"Email Address is required","meta":{"nextStep":"Provide all required params "},"type":"validation_error","code":"missing_params"}"#;
    const CURRENCY: &str =
        r#"{"status":false,"message":"Currency not supported by merchant","code":"unsupported_currency"}"#;
    const LIMITED: &str =
        r#"{"status":false,"message":"Rate limit exceeded!","type":"api_error","code":"rate_limited"}"#;
    const BROKEN: &str =
        r#"{"status":false,"message":"An error occurred","type":"api_error","code":"unknown"}"#;

    fn judge(effect: Effect, status: u16, body: &str) -> Result<Value, GatewayError> {
        Answer { status, reset: None, request_id: None, body: Some(body.as_bytes().to_vec()) }.judge(effect)
    }

    #[test]
    fn every_refusal_has_one_meaning_per_effect() {
        let limited = RateLimited { after: None };
        for (status, body, write, read) in [
            (401, INVALID_KEY, Misconfigured, Misconfigured),
            (401, SHORT_INVALID_KEY, Misconfigured, Misconfigured),
            (400, SHORT_INVALID_KEY, Misconfigured, Misconfigured),
            (401, "", Misconfigured, Misconfigured),
            (403, HTML, Misconfigured, Misconfigured),
            (400, CURRENCY, Misconfigured, Misconfigured),
            (400, DUPLICATE, Duplicate, Duplicate),
            (404, DUPLICATE, Duplicate, Duplicate),
            (200, SHORT_DUPLICATE, Duplicate, Duplicate),
            (500, DUPLICATE, Duplicate, Duplicate),
            (429, LIMITED, limited, limited),
            (429, HTML, limited, limited),
            (400, LIMITED, limited, limited),
            (404, NO_SUCH, InvalidRequest, NotFound),
            (400, NO_SUCH, InvalidRequest, NotFound),
            (400, SHORT_NO_SUCH, InvalidRequest, NotFound),
            (404, BROKEN, InvalidRequest, NotFound),
            (404, "", UnknownOutcome, Malformed),
            (404, HTML, UnknownOutcome, Malformed),
            (400, MISSING, InvalidRequest, InvalidRequest),
            (422, MISSING, InvalidRequest, InvalidRequest),
            (400, HTML, UnknownOutcome, Malformed),
            (400, "", UnknownOutcome, Malformed),
            (408, BROKEN, UnknownOutcome, Transient),
            (500, BROKEN, UnknownOutcome, Transient),
            (502, HTML, UnknownOutcome, Transient),
            (503, "", UnknownOutcome, Transient),
            (504, "{\"status\":tr", UnknownOutcome, Transient),
            (200, "", UnknownOutcome, Malformed),
            (200, HTML, UnknownOutcome, Malformed),
            (200, "{\"status\":true,\"mess", UnknownOutcome, Malformed),
            (200, "[]", UnknownOutcome, Malformed),
            (200, "{}", UnknownOutcome, Malformed),
            (200, BROKEN, UnknownOutcome, Malformed),
            (204, "", UnknownOutcome, Malformed),
            (302, HTML, UnknownOutcome, Malformed),
        ] {
            assert_eq!(
                judge(Effect::Writes, status, body).unwrap_err().kind,
                write,
                "write: {status} {body}"
            );
            assert_eq!(judge(Effect::Reads, status, body).unwrap_err().kind, read, "read: {status} {body}");
        }
    }

    #[test]
    fn only_an_accepted_call_has_data() {
        let accepted = r#"{"status":true,"message":"ok","data":{"reference":"r"}}"#;
        assert_eq!(judge(Effect::Writes, 200, accepted).unwrap(), serde_json::json!({"reference": "r"}));
        assert_eq!(judge(Effect::Reads, 201, accepted).unwrap(), serde_json::json!({"reference": "r"}));
        assert_eq!(judge(Effect::Writes, 500, accepted).unwrap_err().kind, UnknownOutcome);
        assert_eq!(judge(Effect::Writes, 400, accepted).unwrap_err().kind, UnknownOutcome);
        assert_eq!(judge(Effect::Reads, 404, accepted).unwrap_err().kind, Malformed);
    }

    #[test]
    fn a_long_answer_is_unclear_and_a_long_wait_is_cut() {
        let long = |status| Answer { status, reset: None, request_id: None, body: None };
        assert_eq!(long(200).judge(Effect::Writes).unwrap_err().kind, UnknownOutcome);
        assert_eq!(long(200).judge(Effect::Reads).unwrap_err().kind, Malformed);
        assert_eq!(long(401).judge(Effect::Reads).unwrap_err().kind, Misconfigured);
        for (reset, after) in [(17, 17), (1_893_456_000, 3600)] {
            let answer = Answer { reset: Some(Duration::from_secs(reset)), ..long(429) };
            let kind = answer.judge(Effect::Reads).unwrap_err().kind;
            assert_eq!(kind, RateLimited { after: Some(Duration::from_secs(after)) });
        }
    }

    #[test]
    fn messages_that_could_name_somebody_are_left_out() {
        assert_eq!(harmless("Invalid Amount Sent\r\n"), "Invalid Amount Sent");
        assert_eq!(harmless("no account 0123456789"), "");
        assert_eq!(harmless("b@example.com is blocked"), "");
        assert_eq!(harmless("bad key sk_test_1"), "");
        let body = r#"{"status":false,"message":"b@example.com: sk_live_x","code":"b@example.com"}"#;
        let error = judge(Effect::Reads, 400, body).unwrap_err();
        let shown = format!("{error} {error:?} {}", error.source);
        assert!(!shown.contains("example") && !shown.contains("sk_live"), "{shown}");
    }
}
