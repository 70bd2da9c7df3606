//! Why a file was not delivered.

use crate::{
    commit::CommitFailure,
    error::{ErrorKind, Failure, StoreError},
    file::FileError,
};

/// Why a file was not delivered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// No such purchase or file, or not yours.
    #[error("no such purchase or file")]
    NotFound,
    /// The link or download is unknown, used, expired or revoked: never said which.
    #[error("the link is over")]
    Gone,
    /// The right was taken away.
    #[error("the purchase was revoked")]
    Revoked,
    /// The object is missing or has another size; the link is not used up.
    #[error("the file is not available")]
    Broken,
    /// The file store failed; the link is not used up.
    #[error("the file store failed")]
    File(#[from] FileError),
    /// A commit failed.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Failure for DeliveryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Gone => ErrorKind::Gone,
            Self::Revoked => ErrorKind::Conflict,
            Self::Broken | Self::File(_) => ErrorKind::Unavailable,
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Gone => "link_gone",
            Self::Revoked => "purchase_revoked",
            Self::Broken | Self::File(_) => "file_unavailable",
            Self::Commit(failure) => failure.code(),
            Self::Store(error) => error.code(),
        }
    }
}
