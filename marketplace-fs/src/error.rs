//! What a failure of the disk means for the caller.
//!
//! Guarantees: what can heal (a full disk, missing rights, a broken device) is unavailable; what shows that
//! the folder is not what this crate made is a defect. Error texts carry no path.
//!
//! Called by: `disk`, `incoming`.

use marketplace_core::file::FileError;
use std::io;

/// What was being done when the disk failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}")]
pub(crate) struct DiskError {
    doing: &'static str,
    source: io::Error,
}

/// Names what was being done, and classifies.
pub(crate) fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> FileError {
    move |source| {
        let defect = matches!(
            source.kind(),
            io::ErrorKind::NotFound
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::IsADirectory
                | io::ErrorKind::AlreadyExists
                | io::ErrorKind::InvalidFilename
                | io::ErrorKind::InvalidInput
        );
        let error = DiskError { doing, source };
        if defect { FileError::Defect(error.into()) } else { FileError::Unavailable(error.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_heal_is_unavailable() {
        for (kind, heals) in [
            (io::ErrorKind::StorageFull, true),
            (io::ErrorKind::QuotaExceeded, true),
            (io::ErrorKind::PermissionDenied, true),
            (io::ErrorKind::ReadOnlyFilesystem, true),
            (io::ErrorKind::Other, true),
            (io::ErrorKind::NotFound, false),
            (io::ErrorKind::NotADirectory, false),
            (io::ErrorKind::IsADirectory, false),
        ] {
            let error = failed("write")(kind.into());
            assert_eq!(matches!(error, FileError::Unavailable(_)), heals, "{kind:?}");
            assert_eq!(matches!(error, FileError::Defect(_)), !heals, "{kind:?}");
        }
    }
}
