//! What a failed call means: the one place where Paystack's answers become kinds of `GatewayError`.
//!
//! Guarantees: a write that may have been executed is an unknown outcome, whatever came back; only a readable
//! refusal, a refused connection or an answer of the edge in front of the API counts as not executed, and of
//! a transfer only a refusal that is known to be one. Codes are looked at first, then texts, statuses last:
//! the same refusal is seen under several statuses, with and without a code. Error texts carry status, code
//! and a harmless message of Paystack: no key, no address, no account number.
//!
//! Does not: repeat a call (`client` repeats a question whose connection broke off, once). Any other second try
//! within one call would need a timer of its own and gains nothing over the next look: the core's schedules ask
//! again, and wait as long as a rate limit says.
//!
//! Called by: `client`, and whoever reads an object.

use crate::{
    refusal::Refusal,
    wire::{self, Envelope},
};
use marketplace_core::payment::{GatewayError, GatewayErrorKind};
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
    /// Money leaves: a refusal that says nothing certain is not believed.
    Pays,
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

/// A request that Paystack would refuse, or that has no form on its wire.
pub(crate) fn not_sent(why: &'static str) -> GatewayError {
    GatewayError::new(GatewayErrorKind::InvalidRequest, CallError::NotSent(why))
}

/// Something that Paystack does not have.
pub(crate) fn unsupported(why: &'static str) -> GatewayError {
    GatewayError::new(GatewayErrorKind::Unsupported, CallError::NotSent(why))
}

/// A reading call that failed before a command was sent: whatever was wrong with it, the command did not
/// happen, and the same command may be given again.
pub(crate) fn before_command(error: GatewayError) -> GatewayError {
    match error.kind {
        GatewayErrorKind::Malformed => GatewayError { kind: GatewayErrorKind::Transient, ..error },
        _ => error,
    }
}

impl Effect {
    /// The kind of an answer that cannot be read.
    pub(crate) fn unclear(self) -> GatewayErrorKind {
        match self {
            Self::Reads => GatewayErrorKind::Malformed,
            Self::Writes | Self::Pays => GatewayErrorKind::UnknownOutcome,
        }
    }

    /// An answer with a field that cannot be read, or that is not about what was asked.
    pub(crate) fn unread(self, field: &'static str) -> GatewayError {
        GatewayError::new(self.unclear(), CallError::Field(field))
    }

    /// The kind of a failure on the way or at the other end.
    fn broken(self) -> GatewayErrorKind {
        match self {
            Self::Reads => GatewayErrorKind::Transient,
            Self::Writes | Self::Pays => GatewayErrorKind::UnknownOutcome,
        }
    }

    /// The kind of a refusal by a bank or processor behind Paystack. One that cannot tell what it is asked is
    /// asked again later.
    fn declined(self) -> GatewayErrorKind {
        match self {
            Self::Reads => GatewayErrorKind::Transient,
            Self::Writes | Self::Pays => GatewayErrorKind::Declined,
        }
    }

    /// A call that ended without an answer.
    fn failed(self, error: reqwest::Error) -> GatewayError {
        // Without a connection nothing can have been executed.
        let kind = if error.is_connect() { GatewayErrorKind::Transient } else { self.broken() };
        GatewayError::new(kind, CallError::NoAnswer(error.without_url()))
    }
}

/// How an exchange ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With an answer, whatever it says.
    Answered(Answer),
    /// Without one.
    NoAnswer(reqwest::Error),
    /// With an answer from another address than the one that was asked.
    Elsewhere,
}

impl End {
    /// Whether a connection that stood broke before the answer was whole. A refused one would be refused again,
    /// and one that is too slow would be waited for twice.
    pub(crate) fn broke_off(&self) -> bool {
        let Self::NoAnswer(error) = self else {
            return false;
        };
        !(error.is_connect() || error.is_timeout() || error.is_builder() || error.is_redirect())
    }

    /// The envelope of an accepted call, or what its end means.
    pub(crate) fn judge(self, effect: Effect) -> Result<Envelope, GatewayError> {
        match self {
            Self::Answered(answer) => answer.judge(effect),
            Self::NoAnswer(error) => Err(effect.failed(error)),
            Self::Elsewhere => Err(GatewayError::new(effect.unclear(), CallError::Elsewhere)),
        }
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
    /// The envelope of an accepted call, or what the refusal means.
    pub(crate) fn judge(self, effect: Effect) -> Result<Envelope, GatewayError> {
        let envelope = self.body.as_deref().and_then(wire::envelope);
        match envelope {
            Some(envelope) if envelope.accepted && (200..300).contains(&self.status) => Ok(envelope),
            envelope => {
                let kind = self.kind(effect, envelope.as_ref());
                Err(GatewayError::new(kind, self.cause(envelope)))
            }
        }
    }

    fn kind(&self, effect: Effect, envelope: Option<&Envelope>) -> GatewayErrorKind {
        use GatewayErrorKind as Kind;
        let refusal = Refusal::of(envelope);
        // A reference that is in use says so under any status, even under that of a breakdown.
        if refusal.is_duplicate() {
            return Kind::Duplicate;
        }
        if refusal.has_code("rate_limited") || self.status == 429 {
            return Kind::RateLimited { after: self.reset.map(|wait| wait.min(LONGEST_WAIT)) };
        }
        if refusal.is_about_the_account() || matches!(self.status, 401 | 403) {
            return Kind::Authentication;
        }
        // A refusal that says it is none proves nothing.
        let refused = envelope.is_some_and(|envelope| !envelope.accepted);
        if refused && self.status < 500 && self.status != 408 {
            if refusal.is_about_the_state() {
                return Kind::WrongState;
            }
            if refusal.is_about_our_balance() {
                return Kind::InsufficientFunds;
            }
            // Of a transfer "not found" would be its recipient, which proves nothing about the transfer.
            if refusal.is_about_something_missing() && effect != Effect::Pays {
                return Kind::NotFound;
            }
        }
        match self.status {
            408 | 500.. => effect.broken(),
            400..500 if refused && refusal.is_by_a_processor() => effect.declined(),
            // An unreadable 404 is a wrong base address just as well, so it proves nothing.
            404 if effect == Effect::Reads && refused => Kind::NotFound,
            // What no table lists may have happened: a payout that is taken for failed would be sent again
            // under another reference.
            400..500 if effect == Effect::Pays && !refusal.is_certain() => Kind::UnknownOutcome,
            400..500 if refused => Kind::InvalidRequest,
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
    let digits = message.bytes().filter(u8::is_ascii_digit).count();
    let lower = message.to_ascii_lowercase();
    let named = ["@", "sk_", "auth_"].iter().any(|part| lower.contains(part));
    if named || digits_in_a_row.unwrap_or(0) > 5 || digits > 8 {
        return String::new();
    }
    message.chars().filter(|character| !character.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_could_name_somebody_are_left_out() {
        assert_eq!(harmless("Invalid Amount Sent\r\n"), "Invalid Amount Sent");
        assert_eq!(harmless("no account 0123456789"), "");
        assert_eq!(harmless("b@example.com is blocked"), "");
        assert_eq!(harmless("bad key sk_test_1"), "");
        assert_eq!(harmless("Authorization AUTH_84bqxd3rkf is invalid"), "");
        assert_eq!(harmless("no account 01-234-567-89"), "");
        let body = r#"{"status":false,"message":"b@example.com: sk_live_x","code":"b@example.com"}"#;
        let body = Some(body.as_bytes().to_vec());
        let answer = Answer { status: 400, reset: None, request_id: None, body };
        let error = answer.judge(Effect::Reads).unwrap_err();
        let shown = format!("{error} {error:?} {}", error.source);
        assert!(!shown.contains("example") && !shown.contains("sk_live"), "{shown}");
    }
}
