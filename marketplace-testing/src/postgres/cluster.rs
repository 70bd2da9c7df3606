//! The server that tests share.

use super::server::Server;
use std::{env, fmt, io, sync::OnceLock};

/// Where tests find a server that is running already. Never `DATABASE_URL`, which may be a real one.
pub const URL_VARIABLE: &str = "TEST_DATABASE_URL";

/// No server could be had.
#[derive(Debug)]
pub enum ClusterError {
    /// PostgreSQL is not installed where it is looked for.
    NotInstalled,
    /// The server did not start. With what it said.
    NotStarted(String),
    /// The operating system refused.
    System(io::Error),
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => write!(
                f,
                "no PostgreSQL found: install the package postgresql, or set PG_BIN to the folder of initdb, or \
                 {URL_VARIABLE} to a server for tests"
            ),
            Self::NotStarted(log) => write!(f, "the PostgreSQL server did not start: {log}"),
            Self::System(_) => f.write_str("the operating system refused to start PostgreSQL"),
        }
    }
}
impl std::error::Error for ClusterError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}
impl From<io::Error> for ClusterError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// What a server for tests is to be like. The default is quick.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterOptions {
    /// Whether what it acknowledged survives its death, as on a real one (`fsync`, `synchronous_commit`,
    /// `full_page_writes`); with 256 MB of shared buffers instead of 64.
    pub durable: bool,
}

impl ClusterOptions {
    /// With or without durability.
    #[must_use]
    pub const fn with_durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }
}

/// A PostgreSQL server for tests.
#[derive(Debug)]
pub struct TestCluster {
    url: String,
    /// Ends with the value, or with the process.
    server: Option<Server>,
}

impl TestCluster {
    /// The server of this process: the one that `TEST_DATABASE_URL` names, or one that is started now and lives as
    /// long as the process. Panics when there is none.
    #[expect(clippy::disallowed_methods, reason = "where the test server is, is told by the environment")]
    pub fn get() -> &'static Self {
        static CLUSTER: OnceLock<TestCluster> = OnceLock::new();
        CLUSTER.get_or_init(|| match env::var(URL_VARIABLE) {
            Ok(url) => Self { url, server: None },
            Err(_) => Self::start().unwrap_or_else(|error| panic!("{error}")),
        })
    }

    /// Starts a server that lives as long as the value, at the most as long as the process.
    pub fn start() -> Result<Self, ClusterError> {
        Self::start_with(ClusterOptions::default())
    }

    /// The same, a server of another kind.
    pub fn start_with(options: ClusterOptions) -> Result<Self, ClusterError> {
        let server = Server::start(options)?;
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port());
        Ok(Self { url, server: Some(server) })
    }

    /// The address of its maintenance database, for a user who may create databases.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id of its postmaster, the parent of the process of each connection. `None` for a server that was
    /// not started here, and for one that was killed.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref()?.pid()
    }

    /// Kills the postmaster, as the system does when memory runs out (SIGKILL). Its children end by themselves, as soon
    /// as they notice; this returns when all of them are gone. Does nothing to a server that is dead, or was not started
    /// here. Blocks.
    pub fn kill(&mut self) -> Result<(), ClusterError> {
        self.server.as_mut().map_or(Ok(()), Server::kill)
    }

    /// Starts a killed server again, with the same address and data, and waits until it is ready. Does nothing to one
    /// that runs, or was not started here. Blocks.
    pub fn restart(&mut self) -> Result<(), ClusterError> {
        self.server.as_mut().map_or(Ok(()), Server::restart)
    }
}
