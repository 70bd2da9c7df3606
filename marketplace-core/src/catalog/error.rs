//! Why the catalogue says no.

use super::UploadRefusal;
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
    /// Not all of its files have been looked at yet.
    FileChecking,
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
            Self::FileChecking => "file_checking",
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
    /// The creator stores as much as is allowed.
    #[error("the creator stores as much as is allowed")]
    StorageFull,
    /// The file has no bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// Files cannot be sent to the file store directly here.
    #[error("files go through the server here")]
    NoDirectUpload,
    /// As many uploads are open as may be.
    #[error("too many uploads are open")]
    TooManyUploads,
    /// The upload expired or was given up.
    #[error("the upload is over")]
    UploadGone,
    /// These are not the parts that were announced, or that are there.
    #[error("these are not the parts of the upload")]
    PartsDiffer,
    /// What was sent is not what was announced; nothing is kept.
    #[error("the upload was refused")]
    UploadRefused(UploadRefusal),
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
            Self::Invalid(_) | Self::EmptyFile | Self::PartsDiffer | Self::File(FileError::BrokenOff(_)) => {
                ErrorKind::Invalid
            }
            Self::NotACreator => ErrorKind::Forbidden,
            Self::NotFound => ErrorKind::NotFound,
            Self::NotPublishable(_)
            | Self::Archived
            | Self::LastFile
            | Self::TooManyFiles
            | Self::StorageFull
            | Self::UploadRefused(_) => ErrorKind::Conflict,
            Self::NoDirectUpload => ErrorKind::NotSupported,
            Self::TooManyUploads => ErrorKind::TooMany,
            Self::UploadGone => ErrorKind::Gone,
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
            Self::StorageFull => "creator_storage_full",
            Self::EmptyFile => "empty_file",
            Self::NoDirectUpload => "direct_upload_not_supported",
            Self::TooManyUploads => "too_many_uploads",
            Self::UploadGone => "upload_gone",
            Self::PartsDiffer => "parts_mismatch",
            Self::UploadRefused(reason) => reason.as_str(),
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
