//! A program that runs, and everything it says.

use marketplace_testing::http::poll;
use std::{
    io::{Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

/// What would change a server's settings, or where its requests go.
const FOREIGN: [&str; 7] = ["MARKETPLACE_", "PAYSTACK_", "AWS_", "SMTP_", "APP_", "FAILPOINTS", "LOG_FORMAT"];
const FOREIGN_NAMES: [&str; 8] =
    ["DATABASE_URL", "MAIL_FROM", "HOST", "PORT", "BASE_URL", "TRUSTED_PROXIES", "METRICS_ADDR", "RUST_LOG"];

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The built program of that name: it lies two folders above the test's own, as cargo lays them out.
///
/// # Panics
/// If it is not built.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it lies");
    let path = own.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps").join(name);
    assert!(path.is_file(), "{} is missing; build it first: scripts/test", path.display());
    path
}

/// How to stop a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What service managers send.
    Terminate,
}

/// How a program ended, and what it had said.
#[derive(Debug)]
pub struct Exit {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Said,
    stderr: Said,
}

impl Process {
    /// Starts a built program with these variables, and none of ours that would change its settings.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(
        path: &Path,
        arguments: &[&str],
        variables: &[(String, String)],
        input: Option<&str>,
    ) -> Self {
        let mut command = Command::new(path);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if FOREIGN.iter().any(|prefix| text.starts_with(prefix)) || FOREIGN_NAMES.contains(&&*text) {
                command.env_remove(&name);
            }
        }
        command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
            // A program that refuses before it reads is judged by its exit.
            let _ = stdin.write_all(text.as_bytes());
        }
        let stdout = Said::listen(child.stdout.take());
        let stderr = Said::listen(child.stderr.take());
        Self { child, stdout, stderr }
    }

    /// Its number, under which the system tells of it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far on standard output.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has said so far on standard error.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the child is ours")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let word = match signal {
            Signal::Interrupt => "INT",
            Signal::Terminate => "TERM",
        };
        let command = format!("kill -{word} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &command]).status().expect("there is a shell");
        assert!(sent.success(), "the process is gone already");
    }

    /// Ends it without warning.
    pub fn kill(&mut self) {
        // Both fail only if it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for its end.
    pub async fn exit(mut self) -> Exit {
        let status = poll("the program ends", || self.ended()).await;
        // The pipes close with the process, so the listeners come to an end, too.
        let stdout = poll("standard output ends", || self.stdout.whole()).await;
        let stderr = poll("standard error ends", || self.stderr.whole()).await;
        Exit { code: status.code(), stdout, stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            // The runner shows this only of a test that failed.
            eprintln!("--- the program said on standard error:\n{}", tail(&self.stderr.text()));
        }
    }
}

/// The last lines: what a failure is about.
fn tail(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().rev().take(60).collect();
    lines.reverse();
    lines.join("\n")
}

/// What came through a pipe.
#[derive(Debug, Clone, Default)]
struct Said(Arc<Mutex<(Vec<u8>, bool)>>);

impl Said {
    fn listen(pipe: Option<impl Read + Send + 'static>) -> Self {
        let said = Self::default();
        let Some(mut pipe) = pipe else { return said };
        let heard = said.clone();
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(read) = pipe.read(&mut chunk) {
                let mut all = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
                all.0.extend_from_slice(&chunk[..read]);
                all.1 = read == 0;
                if read == 0 {
                    break;
                }
            }
        });
        said
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner).0).into_owned()
    }

    fn whole(&self) -> Option<String> {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner).1;
        ended.then(|| self.text())
    }
}
