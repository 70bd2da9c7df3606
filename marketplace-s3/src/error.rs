//! What a failure of the server means for the caller.
//!
//! Guarantees: what can heal is unavailable, what a person must mend is a defect, and both say in words what to look at.
//! Of what the server wrote only its code and the request's id are kept, and these only if they are plain words: its texts
//! repeat keys and what was signed.
//!
//! Called by: every call of this crate.

use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId as _,
};
use marketplace_core::error::Source;
use marketplace_core::file::FileError;

/// What was being done, and why it was not.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}: {advice}{answer}")]
struct S3Error {
    doing: &'static str,
    advice: &'static str,
    answer: Answer,
    source: Option<Source>,
}

/// What the server answered, as far as it can be shown.
#[derive(Debug, Default)]
struct Answer {
    status: Option<u16>,
    code: Option<String>,
    request: Option<String>,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(status) = self.status else { return Ok(()) };
        write!(f, " (status {status}")?;
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        if let Some(request) = &self.request {
            write!(f, ", request {request}")?;
        }
        f.write_str(")")
    }
}

/// A word of the server's that can be shown.
fn plain(text: &str) -> Option<String> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!text.is_empty() && text.len() <= 80 && text.bytes().all(word)).then(|| text.to_owned())
}

/// Whether the caller may hope, and what a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Heals(&'static str),
    Mend(&'static str),
}

fn meaning(status: u16, code: &str) -> Meaning {
    use Meaning::{Heals, Mend};
    match code {
        "NoSuchBucket" => {
            return Mend("there is no such bucket; check its name, its region and the endpoint");
        }
        "InvalidAccessKeyId" => {
            return Mend("the server does not know the key; check its id and the endpoint");
        }
        "SignatureDoesNotMatch" => return Mend("the server refuses the signature; check the key's secret"),
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => {
            return Mend("the key is temporary and over; give a lasting one");
        }
        "RequestTimeTooSkewed" => return Mend("this machine's clock is wrong; set it"),
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
            return Mend("the bucket is elsewhere; check the region and the endpoint");
        }
        "BadDigest" | "XAmzContentSHA256Mismatch" | "InvalidDigest" | "IncompleteBody" => {
            return Heals("the bytes were altered or lost on the way");
        }
        "SlowDown" | "RequestTimeout" | "OperationAborted" | "ServiceUnavailable" | "InternalError" => {
            return Heals("the server is down or too busy");
        }
        _ if code.contains("StorageFull") || code.contains("QuotaExceeded") => {
            return Heals("the store is full");
        }
        _ => {}
    }
    match status {
        507 => Heals("the store is full"),
        501 => Mend("the server does not know this call"),
        408 | 425 | 429 | 500..=599 => Heals("the server is down or too busy"),
        401 | 403 => Mend(
            "access is denied; the key needs s3:GetObject, s3:PutObject, s3:DeleteObject, \
             s3:AbortMultipartUpload and s3:ListMultipartUploadParts on the objects, and s3:ListBucket on the \
             bucket, without which absent objects are told like this, too",
        ),
        300..=399 => Mend("the bucket is elsewhere; check the region and the endpoint"),
        404 => Mend("there is nothing of the kind; check the bucket and the endpoint"),
        _ => Mend("the server refuses the request; check the endpoint, the region and the bucket"),
    }
}

/// Whether the server said that the object is not there, rather than that something else is not.
pub(crate) fn is_no_such_key<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    status(error) == Some(404) && code(error) == Some("NoSuchKey")
}

/// Whether the answer had this status.
pub(crate) fn has_status<E>(error: &SdkError<E>, wanted: u16) -> bool {
    status(error) == Some(wanted)
}

/// Whether the answer had this code.
pub(crate) fn has_code<E: ProvideErrorMetadata>(error: &SdkError<E>, wanted: &str) -> bool {
    code(error) == Some(wanted)
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Names what was being done, and classifies.
pub(crate) fn failed<E>(doing: &'static str, error: SdkError<E>) -> FileError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let answer = Answer {
        status: status(&error),
        code: code(&error).and_then(plain),
        request: error.as_service_error().and_then(|error| error.meta().request_id()).and_then(plain),
    };
    let (meaning, source) = match error {
        SdkError::TimeoutError(_) => (Meaning::Heals("the server does not answer in time"), None),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            (Meaning::Heals("the server does not answer in time"), None)
        }
        error @ SdkError::DispatchFailure(_) => (
            Meaning::Heals("there is no connection to the server; check the endpoint"),
            // Of sockets, names and certificates; the request is not in it.
            error.into_source().ok(),
        ),
        SdkError::ConstructionFailure(_) => (Meaning::Mend("the request cannot be built"), None),
        _ => match answer.status {
            Some(status) => (meaning(status, answer.code.as_deref().unwrap_or_default()), None),
            None => (Meaning::Mend("the answer cannot be read; check the endpoint"), None),
        },
    };
    match meaning {
        Meaning::Heals(advice) => FileError::Unavailable(S3Error { doing, advice, answer, source }.into()),
        Meaning::Mend(advice) => FileError::Defect(S3Error { doing, advice, answer, source }.into()),
    }
}

/// An answer that is no answer.
pub(crate) fn nonsense(doing: &'static str, advice: &'static str) -> FileError {
    FileError::Defect(S3Error { doing, advice, answer: Answer::default(), source: None }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_heal_is_told_from_what_must_be_mended() {
        for (status, code, heals, says) in [
            (500, "InternalError", true, "too busy"),
            (503, "SlowDown", true, "too busy"),
            (503, "", true, "too busy"),
            (429, "", true, "too busy"),
            (400, "RequestTimeout", true, "too busy"),
            (507, "", true, "full"),
            (507, "XMinioStorageFull", true, "full"),
            (400, "XMinioAdminBucketQuotaExceeded", true, "full"),
            (403, "QuotaExceeded", true, "full"),
            (400, "BadDigest", true, "altered"),
            (404, "NoSuchBucket", false, "bucket"),
            (403, "AccessDenied", false, "s3:ListBucket"),
            (403, "", false, "access is denied"),
            (403, "InvalidAccessKeyId", false, "id"),
            (403, "SignatureDoesNotMatch", false, "secret"),
            (403, "RequestTimeTooSkewed", false, "clock"),
            (400, "ExpiredToken", false, "temporary"),
            (301, "PermanentRedirect", false, "region"),
            (400, "AuthorizationHeaderMalformed", false, "region"),
            (307, "", false, "elsewhere"),
            (404, "", false, "endpoint"),
            (501, "NotImplemented", false, "call"),
            (400, "", false, "endpoint"),
        ] {
            let (did_heal, advice) = match meaning(status, code) {
                Meaning::Heals(advice) => (true, advice),
                Meaning::Mend(advice) => (false, advice),
            };
            assert_eq!(did_heal, heals, "{status} {code}");
            assert!(advice.contains(says), "{status} {code}: {advice}");
        }
    }

    #[test]
    fn only_plain_words_of_the_server_are_shown() {
        assert_eq!(plain("NoSuchKey").as_deref(), Some("NoSuchKey"));
        for text in ["", "<b>", "AKIA SECRET", "a\nb", "ключ", &"a".repeat(81)] {
            assert_eq!(plain(text), None, "{text}");
        }
        let answer =
            Answer { status: Some(403), code: plain("AccessDenied"), request: plain("4442587FB7D0A2F9") };
        let error = S3Error { doing: "open an object", advice: "access is denied", answer, source: None };
        let shown =
            "cannot open an object: access is denied (status 403, AccessDenied, request 4442587FB7D0A2F9)";
        assert_eq!(error.to_string(), shown);
    }
}
