//! Why the catalogue says no.

use crate::{
    commit::CommitFailure,
    error::{ErrorKind, Failure, FieldError, StoreError},
    file::FileError,
};

/// What stands between a product and its publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPublishable {
    /// It has no file.
    NoFile,
    /// The gateway does not take its price any more.
    PriceNotTaken,
    /// It was put away for good.
    Archived,
}

impl NotPublishable {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoFile => "no_file",
            Self::PriceNotTaken => "price_not_taken",
            Self::Archived => "archived",
        }
    }
}

/// Why the catalogue said no.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// Some fields are wrong.
    #[error("invalid product data")]
    Invalid(Vec<FieldError>),
    /// Only creators have products.
    #[error("only creators have products")]
    NotACreator,
    /// No such thing, or not yours.
    #[error("no such product or file")]
    NotFound,
    /// The product cannot be published yet.
    #[error("the product cannot be published")]
    NotPublishable(Vec<NotPublishable>),
    /// The product was put away for good.
    #[error("the product is archived")]
    Archived,
    /// A published product keeps at least one file.
    #[error("the last file of a published product stays")]
    LastFile,
    /// The product has as many files as it may.
    #[error("the product has too many files")]
    TooManyFiles,
    /// The file has no bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// The file store failed.
    #[error("the file store failed")]
    File(#[from] FileError),
    /// A commit failed.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Failure for CatalogError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) | Self::EmptyFile | Self::File(FileError::BrokenOff(_)) => ErrorKind::Invalid,
            Self::NotACreator => ErrorKind::Forbidden,
            Self::NotFound => ErrorKind::NotFound,
            Self::NotPublishable(_) | Self::Archived | Self::LastFile | Self::TooManyFiles => {
                ErrorKind::Conflict
            }
            Self::File(FileError::TooLarge) => ErrorKind::TooLarge,
            Self::File(FileError::Unavailable(_)) => ErrorKind::Unavailable,
            Self::File(FileError::Defect(_)) => ErrorKind::Internal,
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::NotACreator => "forbidden",
            Self::NotFound => "not_found",
            Self::NotPublishable(_) => "not_publishable",
            Self::Archived => "product_archived",
            Self::LastFile => "last_file",
            Self::TooManyFiles => "too_many_files",
            Self::EmptyFile => "empty_file",
            Self::File(FileError::TooLarge) => "payload_too_large",
            Self::File(FileError::BrokenOff(_)) => "upload_broken_off",
            Self::File(FileError::Unavailable(_)) => "unavailable",
            Self::File(FileError::Defect(_)) => "internal",
            Self::Commit(failure) => failure.code(),
            Self::Store(error) => error.code(),
        }
    }
    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}
