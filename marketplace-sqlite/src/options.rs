//! Where the database is, and how it is opened.
//!
//! Guarantees: an address that would lose money at the end of the process (`:memory:`), or that asks for
//! something that this store does not do, is refused with its reason before anything is opened.
//!
//! Called by: hosts.

use marketplace_core::error::Source;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

/// How to open a database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// The database file.
    pub path: PathBuf,
    /// How many connections read at once, besides the one that writes.
    pub readers: NonZeroU32,
    /// How long a statement waits for another process's lock.
    pub busy_timeout: Duration,
    /// How long a call waits for a connection of this process, behind others if it writes, and how long opening may
    /// take.
    pub queue_timeout: Duration,
    /// How many writes may wait for the writing connection; more are turned away as unavailable.
    pub longest_queue: usize,
}

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address does not begin with `sqlite:`, or names no file.
    #[error("the database address is not sqlite:PATH")]
    NotSqlite,
    /// A database in memory is gone with the process, and every connection has its own.
    #[error("a database in memory cannot keep money, name a file")]
    InMemory,
    /// The address carries parameters, or is a `file:` URI of SQLite's, which may carry them.
    #[error("the database address carries parameters, use SqliteOptions instead")]
    Parameters,
    /// The folder of the file could not be made.
    #[error("the folder of the database could not be made")]
    Folder(#[source] std::io::Error),
    /// The file could not be opened, or is no database.
    #[error("the database could not be opened")]
    Open(#[source] Source),
}

/// More writes than this waiting means that the disk has been standing still for seconds.
const LONGEST_QUEUE: usize = 10_000;

const READERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(3);

/// SQLite counts 31 bits of milliseconds, and the driver panics above that.
const LONGEST: Duration = Duration::from_millis(2_147_483_647);

/// All statements of this crate fit, so none is prepared twice on a connection.
const STATEMENTS: usize = 200;

/// The writing connection keeps a text for each kind of set, by which changes it has in which order. A text takes
/// about 150 KB with its prepared statements; what is used least makes room.
const TEXTS: usize = 100;

impl SqliteOptions {
    /// The defaults for a file: 4 readers, 5 s for another process's lock, 10 s for a connection, 10,000 writes waiting.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: READERS,
            busy_timeout: Duration::from_secs(5),
            queue_timeout: Duration::from_secs(10),
            longest_queue: LONGEST_QUEUE,
        }
    }

    /// From an address: `sqlite:PATH` or `sqlite://PATH`. The path is taken as it stands, without escapes.
    pub fn from_url(url: &str) -> Result<Self, ConnectError> {
        let rest = url.strip_prefix("sqlite:").ok_or(ConnectError::NotSqlite)?;
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.contains("mode=memory") {
            return Err(ConnectError::InMemory);
        }
        if path.contains('?') {
            return Err(ConnectError::Parameters);
        }
        let options = Self::new(path);
        options.check()?;
        Ok(options)
    }

    /// Sets how many connections read at once.
    #[must_use]
    pub fn with_readers(self, readers: NonZeroU32) -> Self {
        Self { readers, ..self }
    }

    /// Sets how long a statement waits for another process's lock.
    #[must_use]
    pub fn with_busy_timeout(self, busy_timeout: Duration) -> Self {
        Self { busy_timeout, ..self }
    }

    /// Sets how long a call waits for a connection of this process, and how long opening may take.
    #[must_use]
    pub fn with_queue_timeout(self, queue_timeout: Duration) -> Self {
        Self { queue_timeout, ..self }
    }

    /// Sets how many writes may wait for the writing connection.
    #[must_use]
    pub fn with_longest_queue(self, longest_queue: usize) -> Self {
        Self { longest_queue, ..self }
    }

    /// Refuses what SQLite would not take for a plain file, also when the path did not come from an address.
    pub(crate) fn check(&self) -> Result<(), ConnectError> {
        let path = self.path.as_os_str().as_encoded_bytes();
        if path.is_empty() {
            return Err(ConnectError::NotSqlite);
        }
        if path.starts_with(b"file:") {
            return Err(ConnectError::Parameters);
        }
        if path.starts_with(b":memory:") { Err(ConnectError::InMemory) } else { Ok(()) }
    }

    /// The folder that must exist before the file can.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty())
    }

    fn common(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .foreign_keys(true)
            .busy_timeout(self.busy_timeout.min(LONGEST))
            .statement_cache_capacity(STATEMENTS)
    }

    /// FULL: a commit that was acknowledged survives a loss of power, too.
    pub(crate) fn writing(&self) -> SqliteConnectOptions {
        self.common()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // A savepoint copies the pages that change behind it; without this, into a file for each transaction.
            .pragma("temp_store", "MEMORY")
            .statement_cache_capacity(TEXTS)
    }

    /// Readers of a WAL database neither block the writer nor wait for it.
    pub(crate) fn reading(&self) -> SqliteConnectOptions {
        self.common().read_only(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_file() {
        for (url, path) in [
            ("sqlite:market.db", "market.db"),
            ("sqlite://data/market.db", "data/market.db"),
            ("sqlite:///var/lib/market.db", "/var/lib/market.db"),
            ("sqlite:/var/lib/50%.db", "/var/lib/50%.db"),
        ] {
            assert_eq!(SqliteOptions::from_url(url).unwrap().path, Path::new(path), "{url}");
        }
    }

    #[test]
    fn what_cannot_keep_money_is_refused() {
        for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite:file.db?mode=memory"] {
            assert!(matches!(SqliteOptions::from_url(url), Err(ConnectError::InMemory)), "{url}");
        }
        for url in ["", "market.db", "sqlite:", "sqlite://", "postgres://localhost/market"] {
            assert!(matches!(SqliteOptions::from_url(url), Err(ConnectError::NotSqlite)), "{url}");
        }
        for url in ["sqlite:a.db?mode=ro", "sqlite:file:a.db", "sqlite:file::memory:"] {
            assert!(matches!(SqliteOptions::from_url(url), Err(ConnectError::Parameters)), "{url}");
        }
        assert!(matches!(SqliteOptions::new(":memory:").check(), Err(ConnectError::InMemory)));
        assert!(matches!(SqliteOptions::new("").check(), Err(ConnectError::NotSqlite)));
    }
}
