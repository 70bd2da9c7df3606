//! The server process, and the shell that outlives us to clean up.
//!
//! The shell makes the cluster, starts the server, and then reads a pipe whose other end this process holds. A line in
//! it kills the server, the next line starts it again on the same port and data. When that end closes (the value is
//! dropped, or the process is gone, also by SIGKILL) it stops the server, if there is one, and deletes the folder. It
//! is of a process group of its own, so that Ctrl-C does not take it first.

use super::{ClusterError, ClusterOptions};
use std::{
    env, fs,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

/// `$0` is the folder of the binaries, `$1` our folder, `$2` the port, the rest are arguments of the server. A
/// background command reads /dev/null, hence the third descriptor.
///
/// It says the id of each server that it starts, and `killed` when one is. Every process of the server writes its log
/// into a pipe, whose end therefore tells that the last one is gone: a server whose postmaster was killed refuses to
/// start beside what is left of it. Nobody may be listening any more: then a word in vain must not end the shell.
const WATCHDOG: &str = r#"
trap '' PIPE
bin=$0; dir=$1; port=$2; shift 2
exec 3<&0
end() { rm -rf "$dir"; exit "$1"; }
"$bin/initdb" -N -E UTF8 --locale=C.UTF-8 -A trust -U postgres -D "$dir/data" >"$dir/log" 2>&1 \
    || { cat "$dir/log" >&2; end 1; }
mkfifo "$dir/said" || end 1
while :; do
    cat "$dir/said" >"$dir/log" 3<&- &
    log=$!
    "$bin/postgres" -D "$dir/data" -k "$dir" -h 127.0.0.1 -p "$port" "$@" >"$dir/said" 2>&1 3<&- &
    server=$!
    echo "$server"
    # SIGINT ends it at once, but is ignored before it is quite there, when SIGTERM is not.
    (read -r word <&3 && trap '' TERM && kill -KILL "$server" && exit 7; kill -TERM "$server"; kill -INT "$server") &
    watcher=$!
    wait "$server"
    kill "$watcher" 2>/dev/null
    wait "$watcher"
    [ "$?" = 7 ] || break
    wait "$log"
    echo killed
    read -r word <&3 || break
done
wait "$log"
tail -n 20 "$dir/log" >&2
end 1
"#;

/// What every server for tests is told.
const ALWAYS: [&str; 2] = ["max_connections=200", "jit=off"];

/// Quick: what is not on disk yet is lost with the server.
const FLEETING: [&str; 4] =
    ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB"];

/// As a real one: what was acknowledged survives.
const DURABLE: [&str; 4] =
    ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=256MB"];

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How often to look whether the server is ready: a minute, for a machine that is busy with a build.
const LOOKS: u32 = 6_000;

/// How often a port that was free a moment ago may be taken by somebody else.
const TRIES: u32 = 5;

#[derive(Debug)]
pub(super) struct Server {
    folder: PathBuf,
    port: u16,
    /// The postmaster, unless it was killed.
    pid: Option<u32>,
    shell: Child,
    /// Commands; closing it ends the server.
    pipe: Option<ChildStdin>,
    /// What the shell says.
    said: BufReader<ChildStdout>,
}

impl Server {
    pub(super) fn start(options: ClusterOptions) -> Result<Self, ClusterError> {
        let bin = binaries().ok_or(ClusterError::NotInstalled)?;
        let mut last = String::new();
        for _ in 0..TRIES {
            match Self::start_once(&bin, options)? {
                Ok(server) => return Ok(server),
                Err(log) => last = log,
            }
        }
        Err(ClusterError::NotStarted(last))
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// The postmaster is gone when this returns, and its children are, which end as soon as they notice.
    pub(super) fn kill(&mut self) -> Result<(), ClusterError> {
        if self.pid.is_some() {
            self.tell("kill")?;
            self.hear()?;
            self.pid = None;
        }
        Ok(())
    }

    pub(super) fn restart(&mut self) -> Result<(), ClusterError> {
        if self.pid.is_none() {
            self.tell("start")?;
            self.await_ready()?.map_err(ClusterError::NotStarted)?;
        }
        Ok(())
    }

    /// The inner error is what the server said before it gave up.
    fn start_once(bin: &Path, options: ClusterOptions) -> io::Result<Result<Self, String>> {
        let folder = tempfile::Builder::new().prefix("mkt-postgres-").tempdir()?;
        let user = unprivileged(folder.path())?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let port = free_port()?;
        // From here on the shell deletes it.
        let folder = folder.keep();
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(WATCHDOG).arg(bin).arg(&folder).arg(port.to_string());
        let settings = if options.durable { DURABLE } else { FLEETING };
        command.args(ALWAYS.iter().chain(&settings).flat_map(|setting| ["-c", setting]));
        command.current_dir(&folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        let mut shell = command.spawn().inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let pipe = shell.stdin.take();
        let said = BufReader::new(shell.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut server = Self { folder, port, pid: None, shell, pipe, said };
        Ok(server.await_ready()?.map(|()| server))
    }

    /// Waits for a server that the shell is starting. The inner error is what it said before it gave up.
    fn await_ready(&mut self) -> io::Result<Result<(), String>> {
        let Some(pid) = self.hear()?.parse().ok() else { return Ok(Err(self.last_words())) };
        for _ in 0..LOOKS {
            if is_ready(&self.folder, pid) {
                self.pid = Some(pid);
                return Ok(Ok(()));
            }
            if self.shell.try_wait()?.is_some() {
                return Ok(Err(self.last_words()));
            }
            thread::sleep(PAUSE);
        }
        Ok(Err("it took too long".to_owned()))
    }

    fn tell(&mut self, word: &str) -> io::Result<()> {
        let pipe = self.pipe.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        pipe.write_all(format!("{word}\n").as_bytes())
    }

    /// The shell's next line; empty when it has ended.
    fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        Ok(line.trim().to_owned())
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

/// The first and the eighth line of the server's lock file say so, without any client program. The file of one that was
/// killed stays until the next one replaces it.
fn is_ready(folder: &Path, pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(folder.join("data/postmaster.pid")) else { return false };
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(&pid.to_string()) && lines.nth(6) == Some("ready")
}

/// A port that nobody listens on, below those that systems give out by themselves: a killed server finds it free again.
fn free_port() -> io::Result<u16> {
    let mut last = io::ErrorKind::AddrInUse.into();
    for _ in 0..LOOKS {
        // Random, because other processes look for one, too.
        let random = RandomState::new().build_hasher().finish().to_be_bytes();
        let port = 0x4000 | (u16::from_be_bytes([random[0], random[1]]) & 0x3fff);
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(last)
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
