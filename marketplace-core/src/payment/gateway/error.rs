//! What a failed call to a gateway means for its caller.

use crate::error::Source;
use std::time::Duration;

/// What a failed gateway call means for the caller.
///
/// | kind | was it executed? | what may follow |
/// |---|---|---|
/// | `InvalidRequest`, `Unsupported` | no | nothing: the same again fails again |
/// | `Authentication` | no | a person looks at the key and the account |
/// | `Declined`, `WrongState` | no | another command, with another reference |
/// | `InsufficientFunds` | no | the same again once there is money |
/// | `NotFound` | – | of a payment or a refund: it is not there; of a payout it proves nothing |
/// | `Duplicate` | before, perhaps by an earlier call | ask for it |
/// | `RateLimited`, `Transient` | no | the same again, later |
/// | `UnknownOutcome` | perhaps | only asking for it |
/// | `Malformed` | – | of a reading call: ask again, later |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GatewayErrorKind {
    /// The gateway found the request wrong. Not executed.
    InvalidRequest,
    /// The gateway has no such thing. Not executed.
    Unsupported,
    /// The key is wrong or the account may not do this. Not executed; a person must look.
    Authentication,
    /// The gateway, a bank or the receiving account refused it. Not executed.
    Declined,
    /// What it is about is in a state in which it cannot be, such as given back already. Not executed.
    WrongState,
    /// Our balance at the gateway is too small for it. Not executed; a person must look.
    InsufficientFunds,
    /// The gateway does not know it. For a reading call, or for what a command is about.
    NotFound,
    /// The reference is in use: evidence that an earlier call landed. Ask for it.
    Duplicate,
    /// Too many calls. Not executed.
    RateLimited {
        /// When to try again, if the gateway said so.
        after: Option<Duration>,
    },
    /// Surely not executed: no connection, or a failed read.
    Transient,
    /// It may have been executed. Only asking for it may follow.
    UnknownOutcome,
    /// The gateway answered what the adapter cannot read.
    Malformed,
}

impl GatewayErrorKind {
    /// Whether every other call would fail the same way now.
    pub const fn is_about_all(self) -> bool {
        matches!(self, Self::Authentication | Self::RateLimited { .. })
    }

    /// Whether a command that failed so may have been executed. Of a repeated command it says nothing of the calls
    /// before.
    pub const fn may_have_been_executed(self) -> bool {
        matches!(self, Self::UnknownOutcome | Self::Duplicate)
    }
}

/// A gateway call that failed. Its text names no key, address or account.
#[derive(Debug, thiserror::Error)]
#[error("the gateway call failed: {kind:?}")]
pub struct GatewayError {
    /// What it means.
    pub kind: GatewayErrorKind,
    /// The cause, for operators.
    #[source]
    pub source: Source,
}

impl GatewayError {
    /// An error with its cause.
    pub fn new(kind: GatewayErrorKind, source: impl Into<Source>) -> Self {
        Self { kind, source: source.into() }
    }
}
