//! A server under test.

use crate::{
    description::Description,
    process::{Exit, Process, Signal, program},
    twin::Twin,
};
use marketplace_testing::http::{Client, poll, wait_until};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Which server to start, and how.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    binary: String,
    variables: Vec<(String, String)>,
}

impl Default for ServerOptions {
    /// The axum server with the embedded store, and no limits on clients: a test sends more in a second than
    /// a person in an hour.
    fn default() -> Self {
        Self { binary: "axum-server".to_owned(), variables: Vec::new() }
            .with_variable("MARKETPLACE_RATE_LIMIT", "off")
    }
}

impl ServerOptions {
    /// With another server: the name of a program of this workspace.
    #[must_use]
    pub fn with_binary(mut self, name: &str) -> Self {
        name.clone_into(&mut self.binary);
        self
    }

    /// With another store than the embedded one.
    #[must_use]
    pub fn with_database(self, url: &str) -> Self {
        self.with_variable("DATABASE_URL", url)
    }

    /// With a setting; the last one of a name counts.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a setting.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Runs the program once to its end: for commands, and for starts that are to fail.
    pub async fn run(&self, data: &Path, arguments: &[&str], input: Option<&str>) -> Exit {
        self.spawn(data, arguments, input, 0).exit().await
    }

    fn spawn(&self, data: &Path, arguments: &[&str], input: Option<&str>, port: u16) -> Process {
        let folder = data.display().to_string();
        let mut variables = vec![
            ("MARKETPLACE_DATA_DIR".to_owned(), folder),
            ("HOST".to_owned(), "127.0.0.1".to_owned()),
            ("PORT".to_owned(), port.to_string()),
        ];
        variables.extend(self.variables.iter().cloned());
        Process::start(&program(&self.binary), arguments, &variables, input)
    }
}

/// A running server with a data folder of its own.
#[derive(Debug)]
pub struct Server {
    // Before the folder: the process must be gone when the folder goes.
    process: Process,
    folder: TempDir,
    options: ServerOptions,
    base: String,
}

impl Server {
    /// Starts a server on any free port, and waits until it serves.
    ///
    /// # Panics
    /// If it ends instead.
    pub async fn start(options: ServerOptions) -> Self {
        let folder = TempDir::with_prefix("marketplace-test-").expect("there is room for a folder");
        let process = options.spawn(&folder.path().join("data"), &[], None, 0);
        let (process, base) = serving(process).await.unwrap_or_else(|exit| panic!("no start: {exit:#?}"));
        Self { process, folder, options, base }
    }

    /// Where it serves: `http://127.0.0.1:PORT`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client of it, which holds every answer against the API's description of itself.
    pub fn client(&self) -> Client {
        Client::new(&self.base).with_judge(Description::judge)
    }

    /// Its own sandbox of the gateway.
    pub fn twin(&self) -> Twin {
        Twin::new(&self.data_dir())
    }

    /// Its data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// How it was started.
    pub fn options(&self) -> &ServerOptions {
        &self.options
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Runs a command of the program beside the server, on the same data.
    pub async fn command(&self, arguments: &[&str], input: Option<&str>) -> Exit {
        self.options.run(&self.data_dir(), arguments, input).await
    }

    /// Starts a command of the program beside the server that runs as long, on the same data and with the same settings.
    pub fn beside(&self, arguments: &[&str]) -> Process {
        self.options.spawn(&self.data_dir(), arguments, None, port(&self.base))
    }

    /// Waits until it ends by itself, or of a signal that was sent.
    pub async fn ended(self) -> Exit {
        self.process.exit().await
    }

    /// Stops it in good order and checks that this is how it ended.
    ///
    /// # Panics
    /// If it ends otherwise.
    pub async fn stop(self, signal: Signal) -> Stopped {
        let Self { process, folder, options, base } = self;
        process.signal(signal);
        let exit = process.exit().await;
        assert_eq!(exit.code, Some(0), "{exit:#?}");
        assert_eq!(exit.stdout.lines().last(), Some("stopped"), "{exit:#?}");
        Stopped { folder, options, base, exit }
    }

    /// Ends it as a power cut would.
    pub async fn kill(self) -> Stopped {
        let Self { mut process, folder, options, base } = self;
        process.kill();
        let exit = process.exit().await;
        Stopped { folder, options, base, exit }
    }
}

/// A server that has stopped, with everything it left on disk.
#[derive(Debug)]
pub struct Stopped {
    folder: TempDir,
    options: ServerOptions,
    base: String,
    /// How it ended.
    pub exit: Exit,
}

impl Stopped {
    /// Its data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// To be started again with a setting.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.options = self.options.with_variable(name, value);
        self
    }

    /// To be started again without a setting that it had.
    #[must_use]
    pub fn without_variable(mut self, name: &str) -> Self {
        self.options.variables.retain(|(known, _)| known != name);
        self
    }

    /// Starts it again on the same data and the same port, so that addresses given out before are good.
    ///
    /// # Panics
    /// If it ends instead, for another reason than that somebody has taken the port for the moment.
    pub async fn start(self) -> Server {
        let Self { folder, options, base, .. } = self;
        let port = port(&base);
        let data = folder.path().join("data");
        let began = wait_until("the port is free again", || async {
            match serving(options.spawn(&data, &[], None, port)).await {
                Ok(began) => Some(began),
                Err(exit) if exit.stderr.contains("cannot listen") => None,
                Err(exit) => panic!("no second start: {exit:#?}"),
            }
        });
        let (process, again) = began.await;
        assert_eq!(again, base);
        Server { process, folder, options, base }
    }
}

fn port(base: &str) -> u16 {
    base.rsplit(':').next().and_then(|port| port.parse().ok()).expect("the address has a port")
}

/// Waits for the line that says where it serves.
async fn serving(mut process: Process) -> Result<(Process, String), Exit> {
    let base = poll("the server serves or ends", || {
        let stdout = process.stdout();
        // Only whole lines: half an address is none.
        let whole = stdout.rfind('\n').map_or("", |end| &stdout[..end]);
        let mut lines = whole.lines();
        let address = lines.find_map(|line| line.trim_start().strip_prefix("serving")).map(str::trim);
        match address {
            Some(address) => Some(Some(address.to_owned())),
            None => process.ended().map(|_| None),
        }
    })
    .await;
    match base {
        Some(base) => Ok((process, base)),
        None => Err(process.exit().await),
    }
}
