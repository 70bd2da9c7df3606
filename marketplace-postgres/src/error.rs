//! What can go wrong, and what it means for the caller: the one place where errors of the driver and the server are
//! judged.
//!
//! Guarantees: `Unavailable` and `Defect` mean that certainly nothing was written. `Unknown` is what fails once the
//! server may have committed: a connection lost, or no answer in time, after a call that commits by itself was sent,
//! or at COMMIT. Sources keep the driver's error.
//!
//! Called by: every module of this crate; `Fault` never leaves it.

use marketplace_core::{
    commit::{CommitError, Committed, Refusal},
    error::{Source, StoreError},
};
use std::{borrow::Cow, fmt, sync::Arc};

/// Why a write or a read did not succeed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A guard said no.
    Refused(Refusal),
    /// The database cannot work now; nothing was written.
    Unavailable(Source),
    /// It may have been written.
    Unknown(Source),
    /// The data, the statement or the set is broken; nothing was written.
    Defect(Source),
}

/// A row that cannot be what the store wrote. Names no value, because values may be personal.
#[derive(Debug, thiserror::Error)]
#[error("damaged row in {table}: column {column}, key {key}")]
pub(crate) struct DamagedRow {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) key: String,
    #[source]
    pub(crate) source: Source,
}

impl From<DamagedRow> for Fault {
    fn from(row: DamagedRow) -> Self {
        Self::Defect(row.into())
    }
}

/// The server did not answer within the store's patience; the connection was given up.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the server did not answer in time")]
pub(crate) struct NoAnswer;

/// Too many commits wait already.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too many commits are waiting")]
pub(crate) struct QueueFull;

/// The task that ran the work is gone: it panicked, or its runtime is shutting down.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the task that committed was lost")]
pub(crate) struct TaskLost;

/// What the server said about one set of a call. Without the message where it could hold values of rows.
#[derive(Debug, thiserror::Error)]
#[error("the set failed with SQLSTATE {code}, constraint {constraint}: {message}")]
pub(crate) struct SetFailed {
    code: String,
    constraint: String,
    message: String,
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION: &str = "23505";
const IN_FAILED_TRANSACTION: &str = "25P02";
const READ_ONLY: &str = "25006";

/// Unique keys that say nothing about a decision: their violation is a mistake of ours.
const OWN_KEYS: [&str; 1] = ["mkt_unfolded_pkey"];

/// Whether the same call can succeed later without anybody repairing our data: lost connections (08), transactions
/// that lost a race (40), no resources (53), an operator or a timeout (57), a broken disk (58), locks (55P03),
/// a read-only server (25006), and what an aborted or timed out transaction of somebody else leaves (25P0x).
fn is_passing(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53" | "57" | "58") || matches!(code, "55P03" | "25006" | "25P02" | "25P03")
}

/// Whether the server ended the connection, rather than the statement.
fn is_farewell(code: &str) -> bool {
    code.starts_with("08") || (code.starts_with("57P") && code != "57P03")
}

fn code_of(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|cause| cause.code().map(Cow::into_owned))
}

/// Errors that are about the connection, not about what was asked.
fn is_of_the_connection(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
    )
}

/// Whether a connection can be used again after this error. Not one to a server that only reads (after a failover
/// the address may lead elsewhere), and not one in a transaction that somebody left.
pub(crate) fn leaves_usable(error: &sqlx::Error) -> bool {
    match code_of(error) {
        Some(code) => !is_farewell(&code) && code != IN_FAILED_TRANSACTION && code != READ_ONLY,
        None => !is_of_the_connection(error),
    }
}

/// Whether the connection stood in a transaction that somebody else left behind, aborted.
pub(crate) fn found_aborted(error: &sqlx::Error) -> bool {
    code_of(error).as_deref() == Some(IN_FAILED_TRANSACTION)
}

/// Whether a unique key was taken.
pub(crate) fn is_unique_violation(error: &sqlx::Error) -> bool {
    code_of(error).as_deref() == Some(UNIQUE_VIOLATION)
}

impl Fault {
    /// Judges an error of what commits nothing: a read, getting a connection, BEGIN, or a statement in a transaction
    /// whose COMMIT was not sent.
    pub(crate) fn uncommitted(error: sqlx::Error) -> Self {
        let passing = match code_of(&error) {
            Some(code) => is_passing(&code),
            None => is_of_the_connection(&error),
        };
        if passing { Self::Unavailable(error.into()) } else { Self::Defect(error.into()) }
    }

    /// Judges an error of a call that commits by itself. An error of the statement (also a timeout or a lost lock)
    /// comes before its commit; a connection that ends may end after it.
    pub(crate) fn autocommitted(error: sqlx::Error) -> Self {
        let lost = match code_of(&error) {
            Some(code) => is_farewell(&code),
            None => is_of_the_connection(&error),
        };
        if lost { Self::Unknown(error.into()) } else { Self::uncommitted(error) }
    }

    /// Judges an error of COMMIT: only a deferred check (23) and a lost race (40) certainly roll back.
    pub(crate) fn at_commit(error: sqlx::Error) -> Self {
        match code_of(&error) {
            Some(code) if code.starts_with("23") => Self::Defect(error.into()),
            Some(code) if code.starts_with("40") => Self::Unavailable(error.into()),
            _ => Self::Unknown(error.into()),
        }
    }

    /// A defect found by our own checks.
    pub(crate) fn defect(what: impl Into<Source>) -> Self {
        Self::Defect(what.into())
    }

    /// Whether a call for many sets may have failed because of one of them: a broken set, or a row that somebody
    /// does not let go.
    pub(crate) fn may_be_of_one(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Defect(_) => true,
            Self::Unknown(_) => false,
            Self::Unavailable(source) => {
                let code = source.downcast_ref().and_then(code_of);
                matches!(code.as_deref(), Some("55P03" | "40P01" | "40001"))
            }
        }
    }

    /// The same fault for each of many callers.
    pub(crate) fn copies(self, count: usize) -> Vec<Self> {
        let (make, source): (fn(Source) -> Self, Source) = match self {
            Self::Refused(refusal) => return (0..count).map(|_| Self::Refused(refusal)).collect(),
            Self::Unavailable(source) => (Self::Unavailable, source),
            Self::Unknown(source) => (Self::Unknown, source),
            Self::Defect(source) => (Self::Defect, source),
        };
        if count == 1 {
            return vec![make(source)];
        }
        let shared: Arc<dyn std::error::Error + Send + Sync> = source.into();
        (0..count).map(|_| make(Box::new(OfGroup(Arc::clone(&shared))))).collect()
    }
}

/// An error that many callers share, because their commits went together.
#[derive(Debug)]
struct OfGroup(Arc<dyn std::error::Error + Send + Sync>);

impl fmt::Display for OfGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call for several commits failed")
    }
}
impl std::error::Error for OfGroup {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// What became of one set of a call.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is settled.
    Settled(Result<Committed, Fault>),
    /// It was not tried: somebody else holds its rows.
    Busy,
    /// It was not tried, because of another set of its call.
    Again,
}

impl Outcome {
    /// Reads one answer of `mkt_commit`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.splitn(3, ' ');
        let word = parts.next().unwrap_or_default();
        let settled = match word {
            "busy" => return Self::Busy,
            "again" => return Self::Again,
            "applied" => Ok(Committed::Applied),
            "replayed" => Ok(Committed::Replayed),
            "MK001" => Err(Fault::Refused(Refusal::Stale)),
            "MK002" => Err(Fault::Refused(Refusal::BelowFloor)),
            "MK003" => Err(Fault::Refused(Refusal::LimitReached)),
            "MK004" => Err(Fault::Refused(Refusal::Taken)),
            "MK005" => Err(Fault::Refused(Refusal::KeyReused)),
            code => Err(failed(code, parts.next().unwrap_or("-"), parts.next().unwrap_or_default())),
        };
        Self::Settled(settled)
    }
}

fn failed(code: &str, constraint: &str, message: &str) -> Fault {
    if code == UNIQUE_VIOLATION && !OWN_KEYS.contains(&constraint) {
        return Fault::Refused(Refusal::Taken);
    }
    // Class 22 quotes the value that it could not read.
    let message = if code.starts_with("22") { "a value is out of range or malformed" } else { message };
    let failed =
        SetFailed { code: code.to_owned(), constraint: constraint.to_owned(), message: message.to_owned() };
    if is_passing(code) { Fault::Unavailable(failed.into()) } else { Fault::Defect(failed.into()) }
}

impl From<Fault> for CommitError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => Self::Refused(refusal),
            Fault::Unavailable(source) => Self::Unavailable(source),
            Fault::Unknown(source) => Self::Unknown(source),
            Fault::Defect(source) => Self::Defect(source),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            // Only change sets have guards, so a refusal here is a mistake in this crate.
            Fault::Refused(refusal) => Self::Defect(refusal.into()),
            Fault::Unavailable(source) => Self::Unavailable(source),
            Fault::Unknown(source) => Self::Unknown(source),
            Fault::Defect(source) => Self::Defect(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::error::{DatabaseError, ErrorKind};
    use std::error::Error as StdError;

    #[derive(Debug)]
    struct Coded(&'static str);
    impl fmt::Display for Coded {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    impl StdError for Coded {}
    impl DatabaseError for Coded {
        fn message(&self) -> &str {
            self.0
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }
    }
    fn coded(code: &'static str) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Coded(code)))
    }
    fn cut() -> sqlx::Error {
        sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into())
    }

    #[test]
    fn before_a_commit_nothing_is_unknown() {
        for code in [
            "40001", "40P01", "55P03", "57014", "57P01", "53300", "57P03", "53100", "25006", "25P02", "08006",
        ] {
            assert!(matches!(Fault::uncommitted(coded(code)), Fault::Unavailable(_)), "{code}");
        }
        for code in ["23505", "23503", "42P01", "22P02", "XX000", "28P01", "MK009"] {
            assert!(matches!(Fault::uncommitted(coded(code)), Fault::Defect(_)), "{code}");
        }
        for error in [cut(), sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed] {
            assert!(matches!(Fault::uncommitted(error), Fault::Unavailable(_)));
        }
    }

    #[test]
    fn a_call_that_commits_itself_is_unknown_once_its_connection_ends() {
        for error in [coded("57P01"), coded("57P02"), coded("08006"), cut()] {
            assert!(matches!(Fault::autocommitted(error), Fault::Unknown(_)));
        }
        for code in ["40001", "40P01", "55P03", "57014", "53300", "57P03", "25006", "25P02"] {
            assert!(matches!(Fault::autocommitted(coded(code)), Fault::Unavailable(_)), "{code}");
        }
        assert!(matches!(Fault::autocommitted(coded("23503")), Fault::Defect(_)));
    }

    #[test]
    fn at_commit_only_what_certainly_failed_is_certain() {
        assert!(matches!(Fault::at_commit(coded("40001")), Fault::Unavailable(_)));
        assert!(matches!(Fault::at_commit(coded("23503")), Fault::Defect(_)));
        for error in [coded("57P01"), coded("57014"), coded("53100"), cut()] {
            assert!(matches!(Fault::at_commit(error), Fault::Unknown(_)));
        }
    }

    #[test]
    fn an_answer_about_a_set_keeps_its_meaning() {
        let refusal = |text| match Outcome::parse(text) {
            Outcome::Settled(Err(Fault::Refused(refusal))) => Some(refusal),
            _ => None,
        };
        assert_eq!(refusal("MK002 - MK002"), Some(Refusal::BelowFloor));
        assert_eq!(refusal("23505 mkt_users_email_key duplicate key value"), Some(Refusal::Taken));
        assert_eq!(refusal("23505 mkt_unfolded_pkey duplicate key value"), None);
        let kind = |text| match Outcome::parse(text) {
            Outcome::Settled(Err(Fault::Unavailable(source) | Fault::Defect(source))) => source.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(kind("55P03 - canceling statement due to lock timeout").contains("lock timeout"));
        assert!(!kind("22P02 - invalid input syntax: \"secret\"").contains("secret"));
    }

    #[test]
    fn what_a_group_shares_keeps_its_cause() {
        let copies = Fault::Unavailable(coded("57014").into()).copies(3);
        assert_eq!(copies.len(), 3);
        let Some(Fault::Unavailable(source)) = copies.into_iter().next() else { panic!("another kind") };
        let cause = source.source().unwrap();
        assert!(cause.downcast_ref::<sqlx::Error>().is_some());
    }
}
