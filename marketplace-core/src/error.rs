//! What every error of this library answers: its kind and its code.
//!
//! Guarantees: a small closed set of kinds with one mapping to HTTP; a stable lower-snake-case code per
//! variant. Display texts are for operators: lower case, no full stop, never the source's text, because the
//! source chain prints it.

use std::fmt;

/// What went wrong, in the few classes that decide what a caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is wrong; the same input will always be refused.
    Invalid,
    /// Nobody is signed in, or the sign-in is dead.
    Unauthenticated,
    /// Signed in, but not allowed.
    Forbidden,
    /// No such thing, or not yours.
    NotFound,
    /// The thing is in another state than the request assumes.
    Conflict,
    /// The thing is over: a used or expired link.
    Gone,
    /// Too many requests.
    TooMany,
    /// Larger than allowed.
    TooLarge,
    /// A part is down; certainly nothing was done. Try again.
    Unavailable,
    /// The outcome is not known. Send the same request with the same key again.
    Unknown,
    /// The host did not configure what this needs.
    NotSupported,
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// The HTTP status of the kind.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::TooMany => 429,
            Self::TooLarge => 413,
            Self::Unavailable | Self::Unknown => 503,
            Self::NotSupported => 501,
            Self::Internal => 500,
        }
    }
}

/// An error of a use case.
pub trait Failure: std::error::Error {
    /// The class of the error.
    fn kind(&self) -> ErrorKind;
    /// The stable code, lower snake case.
    fn code(&self) -> &'static str;
    /// The fields that are wrong, for [`ErrorKind::Invalid`].
    fn fields(&self) -> &[FieldError] {
        &[]
    }
}

/// One wrong field of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where: `price.amount`.
    pub field: String,
    /// Stable code, lower snake case.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl FieldError {
    /// A wrong field.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// The boxed cause of an error, kept for the chain.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// A port that could not do its work, in the three classes that matter.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Certainly nothing was written. Trying again later is right.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// It may have been written.
    #[error("the outcome of a store call is unknown")]
    Unknown(#[source] Source),
    /// The store or its data is broken; trying again does not help.
    #[error("defect in the store")]
    Defect(#[source] Source),
}

impl StoreError {
    /// A defect described in words, for inconsistencies found by our own checks.
    pub fn defect(what: impl fmt::Display) -> Self {
        Self::Defect(what.to_string().into())
    }
}

impl Failure for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unavailable(_) => ErrorKind::Unavailable,
            Self::Unknown(_) => ErrorKind::Unknown,
            Self::Defect(_) => ErrorKind::Internal,
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Unknown(_) => "outcome_unknown",
            Self::Defect(_) => "internal",
        }
    }
}
