//! The server process, and the shell that outlives us to clean up.
//!
//! The shell makes the cluster, starts the server, and then reads a pipe whose other end this process holds. When that
//! end closes (the value is dropped, or the process is gone, also by SIGKILL) it stops the server and deletes the
//! folder. It is of a process group of its own, so that Ctrl-C does not take it first.

use super::ClusterError;
use std::{
    env, fs,
    io::{self, Read as _},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::Duration,
};

/// `$0` is the folder of the binaries, `$1` our folder, `$2` the port. A background command reads /dev/null, hence the
/// third descriptor.
const WATCHDOG: &str = r#"
bin=$0; dir=$1; port=$2
exec 3<&0
end() { rm -rf "$dir"; exit "$1"; }
"$bin/initdb" -N -E UTF8 --locale=C.UTF-8 -A trust -U postgres -D "$dir/data" >"$dir/log" 2>&1 \
    || { cat "$dir/log" >&2; end 1; }
"$bin/postgres" -D "$dir/data" -k "$dir" -h 127.0.0.1 -p "$port" -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c shared_buffers=64MB -c max_connections=200 -c jit=off >"$dir/log" 2>&1 &
server=$!
(cat <&3 >/dev/null; kill -INT "$server") &
watcher=$!
wait "$server" || tail -n 20 "$dir/log" >&2
kill "$watcher" 2>/dev/null
end 1
"#;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How often to look whether the server is ready: a minute, for a machine that is busy with a build.
const LOOKS: u32 = 6_000;

/// How often a port that was free a moment ago may be taken by somebody else.
const TRIES: u32 = 5;

#[derive(Debug)]
pub(super) struct Server {
    port: u16,
    shell: Child,
    /// The pipe; closing it ends the server.
    pipe: Option<ChildStdin>,
}

impl Server {
    pub(super) fn start() -> Result<Self, ClusterError> {
        let bin = binaries().ok_or(ClusterError::NotInstalled)?;
        let mut last = String::new();
        for _ in 0..TRIES {
            match Self::start_once(&bin)? {
                Ok(server) => return Ok(server),
                Err(log) => last = log,
            }
        }
        Err(ClusterError::NotStarted(last))
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The inner error is what the server said before it gave up.
    fn start_once(bin: &Path) -> io::Result<Result<Self, String>> {
        let folder = tempfile::Builder::new().prefix("mkt-postgres-").tempdir()?;
        let user = unprivileged(folder.path())?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        // From here on the shell deletes it.
        let folder = folder.keep();
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(WATCHDOG).arg(bin).arg(&folder).arg(port.to_string());
        command.current_dir(&folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        let mut shell = command.spawn().inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let pipe = shell.stdin.take();
        let mut server = Self { port, shell, pipe };
        for _ in 0..LOOKS {
            if is_ready(&folder) {
                return Ok(Ok(server));
            }
            if server.shell.try_wait()?.is_some() {
                return Ok(Err(server.last_words()));
            }
            thread::sleep(PAUSE);
        }
        Ok(Err("it took too long".to_owned()))
    }

    fn last_words(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.shell.stderr.take() {
            // What cannot be read is not worth another error.
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // The shell ends by itself; if it cannot be waited for, nobody is there to be told.
        let _ = self.shell.wait();
    }
}

/// The eighth line of the server's lock file says so, without any client program.
fn is_ready(folder: &Path) -> bool {
    let Ok(text) = fs::read_to_string(folder.join("data/postmaster.pid")) else { return false };
    text.lines().nth(7).is_some_and(|line| line.trim() == "ready")
}

/// The folder of `initdb` and `postgres`: `PG_BIN`, else the newest of Debian's, else one of `PATH`.
fn binaries() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(folder) = env::var_os("PG_BIN").map(PathBuf::from) {
        return Some(folder).filter(complete);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let newest = versions.filter(|(_, folder)| complete(folder)).max();
    let path = env::var_os("PATH").unwrap_or_default();
    newest.map(|(_, folder)| folder).or_else(|| env::split_paths(&path).find(complete))
}

/// PostgreSQL refuses to run as root: then who else it can be, of those in /etc/passwd.
fn unprivileged(own: &Path) -> io::Result<Option<(u32, u32)>> {
    // A folder that was just made is ours.
    if fs::metadata(own)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next()? == name;
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            found.then_some((uid, gid))
        })
    };
    Ok(find("postgres").or_else(|| find("nobody")))
}
