//! What can go wrong, and what it means for the caller: the one place where driver errors are judged.
//!
//! Guarantees: `Unavailable` and `Defect` mean that certainly nothing was written, because whatever fails before
//! COMMIT is rolled back with its transaction. `Unknown` is only what fails at COMMIT itself, or a task that was
//! lost. Sources keep the driver's error; neither they nor the texts hold values of rows.
//!
//! Called by: every module of this crate; `Fault` never leaves it.

use marketplace_core::{
    commit::{CommitError, Refusal},
    error::{Source, StoreError},
};
use sqlx::error::DatabaseError;
use std::{fmt, sync::Arc};

/// Why a transaction or a read did not succeed.
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

/// Too many writes wait already.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too many writes are waiting")]
pub(crate) struct QueueFull;

/// A write waited too long for the ones before it, or for whoever keeps the writing connection.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the writing connection was not free in time")]
pub(crate) struct QueueTimedOut;

/// The task that ran the work is gone: it panicked, or its runtime is shutting down.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the task that wrote was lost")]
pub(crate) struct TaskLost;

/// SQLite took back a whole transaction, because one of those who shared it had no room on the disk.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the transaction was rolled back because of another write in it")]
pub(crate) struct TransactionLost;

/// An error that many callers share, because their writes went together.
#[derive(Debug)]
struct OfGroup(Arc<dyn std::error::Error + Send + Sync>);

impl fmt::Display for OfGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a transaction of several writes failed")
    }
}

impl std::error::Error for OfGroup {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.as_ref())
    }
}

// Primary result codes of SQLite, <https://www.sqlite.org/rescode.html>.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const NOMEM: i32 = 7;
const READONLY: i32 = 8;
const INTERRUPT: i32 = 9;
const IOERR: i32 = 10;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const CONSTRAINT: i32 = 19;

/// The primary code: the extended one without its upper bytes.
fn primary_code(error: &dyn DatabaseError) -> Option<i32> {
    error.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}

/// Whether another connection holds the lock.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(primary_code) == Some(BUSY)
}

/// Whether the same call can succeed later without anybody repairing our data.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => matches!(
            primary_code(error.as_ref()),
            Some(BUSY | LOCKED | NOMEM | READONLY | INTERRUPT | IOERR | FULL | CANTOPEN | PROTOCOL)
        ),
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        _ => false,
    }
}

/// Judges an error before COMMIT: nothing is written, whatever it was.
impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) { Self::Unavailable(error.into()) } else { Self::Defect(error.into()) }
    }
}

impl Fault {
    /// Judges an error of COMMIT.
    pub(crate) fn at_commit(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(primary_code);
        match code {
            // SQLite found no lock or no room for the commit, so the transaction is still open and is rolled
            // back with its connection.
            Some(BUSY | FULL) => Self::Unavailable(error.into()),
            // A deferred check (of a host's own table) fails before anything is made durable.
            Some(CONSTRAINT) => Self::Defect(error.into()),
            _ => Self::Unknown(error.into()),
        }
    }

    /// Judges an error of a statement whose unique columns a decision must hear of.
    pub(crate) fn of_unique(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(cause) if cause.is_unique_violation() => Self::Refused(Refusal::Taken),
            _ => error.into(),
        }
    }

    /// The same fault for each of many callers.
    pub(crate) fn copies(self, count: usize) -> Vec<Self> {
        let (make, source): (fn(Source) -> Self, Source) = match self {
            Self::Refused(refusal) => return vec![refusal; count].into_iter().map(Self::Refused).collect(),
            Self::Unavailable(source) => (Self::Unavailable, source),
            Self::Unknown(source) => (Self::Unknown, source),
            Self::Defect(source) => (Self::Defect, source),
        };
        if count == 1 {
            return vec![make(source)];
        }
        let shared: Arc<dyn std::error::Error + Send + Sync> = source.into();
        (0..count).map(|_| make(OfGroup(Arc::clone(&shared)).into())).collect()
    }

    /// A defect found by our own checks.
    pub(crate) fn defect(what: impl Into<Source>) -> Self {
        Self::Defect(what.into())
    }
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
    use std::{borrow::Cow, error::Error as StdError, fmt};

    #[derive(Debug)]
    struct Coded(i32);
    impl fmt::Display for Coded {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "code {}", self.0)
        }
    }
    impl StdError for Coded {}
    impl DatabaseError for Coded {
        fn message(&self) -> &'static str {
            "coded"
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.to_string().into())
        }
        fn kind(&self) -> sqlx::error::ErrorKind {
            if self.0 == 2067 {
                sqlx::error::ErrorKind::UniqueViolation
            } else {
                sqlx::error::ErrorKind::Other
            }
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
    fn coded(code: i32) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Coded(code)))
    }

    #[test]
    fn before_commit_nothing_is_unknown() {
        // Busy, busy snapshot, locked, read-only, write error, sync error, disk full.
        for code in [5, 517, 6, 8, 778, 1034, 13] {
            assert!(matches!(Fault::from(coded(code)), Fault::Unavailable(_)), "{code}");
        }
        // Generic, corrupt, foreign key, check, mismatch, not a database.
        for code in [1, 11, 787, 275, 20, 26] {
            assert!(matches!(Fault::from(coded(code)), Fault::Defect(_)), "{code}");
        }
        assert!(matches!(Fault::from(sqlx::Error::PoolTimedOut), Fault::Unavailable(_)));
    }

    #[test]
    fn at_commit_only_what_certainly_failed_is_certain() {
        for code in [5, 13] {
            assert!(matches!(Fault::at_commit(coded(code)), Fault::Unavailable(_)), "{code}");
        }
        assert!(matches!(Fault::at_commit(coded(787)), Fault::Defect(_)));
        for error in [coded(10), coded(1034), coded(1), sqlx::Error::WorkerCrashed] {
            assert!(matches!(Fault::at_commit(error), Fault::Unknown(_)));
        }
    }

    #[test]
    fn uniqueness_is_a_refusal_only_where_the_statement_says_so() {
        assert!(matches!(Fault::of_unique(coded(2067)), Fault::Refused(Refusal::Taken)));
        assert!(matches!(Fault::of_unique(coded(787)), Fault::Defect(_)));
        assert!(matches!(Fault::from(coded(2067)), Fault::Defect(_)));
    }

    #[test]
    fn what_a_group_shares_keeps_its_cause() {
        let copies = Fault::from(sqlx::Error::PoolTimedOut).copies(3);
        assert_eq!(copies.len(), 3);
        for fault in copies {
            let Fault::Unavailable(source) = fault else { panic!("another kind: {fault:?}") };
            assert!(source.source().unwrap().downcast_ref::<sqlx::Error>().is_some());
        }
    }
}
